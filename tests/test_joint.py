"""Findings across files: from several files to one report, with and without a repository around them."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kvlint import registry
from kvlint.checks.world import World
from kvlint.cli import main
from kvlint.engine import map_source, reduce
from kvlint.finding import Report, Severity
from kvlint.inputs import files
from kvlint.plan import ActiveRule, Plan
from kvlint.rule import Check, Context, Match
from kvlint.source import Source

CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: media, namespace: tv}
spec:
  storageClassName: ""
  volumeName: media
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 100Gi}}
"""
VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: media}
spec:
  storageClassName: ""
  capacity: {storage: 50Gi}
  accessModes: [ReadWriteOnce]
  csi: {driver: smb.csi.k8s.io, volumeHandle: nas, volumeAttributes: {password: hunter2hunter2}}
"""


def plan_of(severity: Severity | None = None, **more: Any) -> Plan:
    rules = [
        ActiveRule(rule, severity, {name: schema["default"] for name, schema in rule.params.items()})
        for rule in registry.rules().values()
        if rule.category in ("binding", "engine")
    ]
    return Plan(rules, **more)


def report(texts: dict[str, str], plan: Plan | None = None, others: dict[str, str] | None = None) -> Report:
    plan = plan or plan_of()
    mapped = [map_source(Source(name, text.encode()), plan) for name, text in texts.items()]
    around = [map_source(Source(name, text.encode()), plan) for name, text in (others or {}).items()]
    return reduce(mapped, plan, (), around)


def test_a_contradiction_between_two_files() -> None:
    (finding,) = report({"claim.yaml": CLAIM, "volume.yaml": VOLUME}).findings
    assert (finding.rule, finding.severity, finding.category) == ("unbindable-claim", Severity.ERROR, "binding")
    assert finding.location[:5] == ("claim.yaml", 6, 15, 6, 20)
    assert [place[:2] for place in finding.related] == [("volume.yaml", 6)]
    assert finding.resource == ("v1", "PersistentVolumeClaim", "tv", "media")
    assert finding.field == "spec.volumeName"


def test_a_finding_is_about_linted_files_only() -> None:
    assert report({"volume.yaml": VOLUME}, others={"claim.yaml": CLAIM}).findings == ()
    assert len(report({"claim.yaml": CLAIM}, others={"volume.yaml": VOLUME}).findings) == 1
    assert report({"claim.yaml": CLAIM}).findings == ()


def test_the_configuration_sets_the_severity() -> None:
    (finding,) = report({"a.yaml": CLAIM, "b.yaml": VOLUME}, plan_of(Severity.INFO)).findings
    assert finding.severity == Severity.INFO


def test_fingerprints_stay_when_lines_move() -> None:
    template = (
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  volumeClaimTemplates:\n%s"
        "    - metadata: {name: data}\n      spec: {storageClassName: quick}\n"
    )
    more = "    - metadata: {name: logs}\n      spec: {storageClassName: gp2}\n"
    (alone,) = report({"a.yaml": template % ""}).findings
    first, second = report({"a.yaml": "# moved\n" + template % more}).findings
    assert second.fingerprint == alone.fingerprint
    assert first.fingerprint != second.fingerprint
    (elsewhere,) = report({"b.yaml": template % ""}).findings
    assert elsewhere.fingerprint != alone.fingerprint


def test_equal_findings_have_fingerprints_of_their_own() -> None:
    found = report(
        {"a.yaml": "---\n".join([CLAIM.replace('""', "quick").replace("  volumeName: media\n", "")] * 3)}
    ).findings
    assert len(found) == len({finding.fingerprint for finding in found}) == 3


def test_the_namespace_of_the_run_is_that_of_objects_without_one() -> None:
    volumes = "[{name: d, persistentVolumeClaim: {claimName: media}}]"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: " + volumes + "}\n"
    closed = World(closed=True)
    static = CLAIM.replace("  volumeName: media\n", "").replace("100Gi", "1Gi")
    texts = {"a.yaml": pod, "b.yaml": static, "c.yaml": VOLUME}
    assert report(texts, plan_of(world=closed)).findings == ()
    (finding,) = report(texts, plan_of(world=closed, namespace="shop")).findings
    assert finding.rule == "missing-claim"
    assert report(texts, plan_of(world=closed, namespace="tv")).findings == ()


def test_a_failing_check_hides_nothing() -> None:
    def broken(view: object, context: Context) -> Iterator[Match]:
        raise ValueError("hunter2")
        yield

    checks = {**registry.CHECKS, "missing-claim": Check(broken, registry.CHECKS["missing-claim"].tokens)}
    made = report({"a.yaml": CLAIM, "b.yaml": VOLUME}, plan_of(checks=checks))
    assert made.failed
    assert {finding.rule for finding in made.findings} == {"unbindable-claim", "internal-error"}
    assert "hunter2" not in repr(made)


def repository(root: Path, **texts: str) -> None:
    subprocess.run(["git", "init", "-q", root], check=True)
    for name, text in texts.items():
        path = root / name.replace("__", "/")
        path = path.with_name(f"{path.name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def lint(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = main(["check", "--isolated", "--no-cache", "--color", "never", "--select", "binding", *args])
    return code, capsys.readouterr().out


def test_credentials_beside_a_finding_are_masked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path, p=VOLUME, q=VOLUME.replace("name: media", "name: other"))
    monkeypatch.chdir(tmp_path)
    for paths in (["."], ["q.yaml"]):
        for output in ("full", "json", "sarif"):
            code, out = lint(capsys, "--output-format", output, *paths)
            assert code == 1
            assert "duplicate-volume-handle" in out
            assert "hunter2" not in out


def test_the_repository_answers_for_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path, apps__claim=CLAIM, storage__volume=VOLUME)
    monkeypatch.chdir(tmp_path / "apps")
    code, out = lint(capsys, "--output-format", "json", "claim.yaml")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["rule"], finding["severity"]) == (1, "unbindable-claim", "warning")
    assert finding["related"][0]["file"].endswith("storage/volume.yaml")
    assert lint(capsys, "--no-inventory", "claim.yaml")[0] == 0


def test_a_file_without_open_reference_reads_no_other_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
    claim = CLAIM.replace('""', "local-path").replace("  volumeName: media\n", "")
    repository(tmp_path, pod=pod, claim=claim, **{f"other{at}": VOLUME for at in range(20)})
    read: list[str] = []
    plain = files.read

    def noted(name: str) -> bytes:
        read.append(Path(name).name)
        return plain(name)

    monkeypatch.setattr(files, "read", noted)
    monkeypatch.chdir(tmp_path)
    assert lint(capsys, "pod.yaml")[0] == 0
    assert lint(capsys, "--platform", "k3s", "claim.yaml")[0] == 0
    assert read == ["pod.yaml", "claim.yaml"]
    read.clear()
    lint(capsys, "claim.yaml")
    assert len(set(read)) == 22


def test_a_complete_inventory_makes_absence_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path, claim=CLAIM.replace('""', "quick").replace("  volumeName: media\n", ""))
    monkeypatch.chdir(tmp_path)
    assert lint(capsys, "claim.yaml")[0] == 0
    code, out = lint(capsys, "--inventory-complete", "claim.yaml")
    assert code == 1
    assert "error[unknown-storage-class]" in out


def test_the_fix_of_a_static_claim_holds_beside_other_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CLAIM.replace('  storageClassName: ""\n', "").replace("100Gi", "50Gi")
    repository(tmp_path, claim=text, volume=VOLUME)
    monkeypatch.chdir(tmp_path)
    lint(capsys, "--fix", "--unsafe-fixes", "claim.yaml")
    assert (tmp_path / "claim.yaml").read_text() == text.replace("spec:\n", 'spec:\n  storageClassName: ""\n')
    assert lint(capsys, "claim.yaml")[0] == 0


def test_verbose_tells_the_size_of_the_inventory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "class.yaml").write_text(
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: ebs.csi.aws.com\n"
    )
    (tmp_path / "claim.yaml").write_text(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: fast}\n"
    )
    monkeypatch.chdir(tmp_path)
    main(["check", "--isolated", "--no-cache", "-v", "claim.yaml"])
    assert "inventory: 1 more resources of 1 files" in capsys.readouterr().err
