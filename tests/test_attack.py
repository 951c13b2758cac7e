"""What once went wrong when somebody tried hard: hostile manifests, odd files, fixes in odd places."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from kvlint import changes, fixer, registry
from kvlint.cli import main
from kvlint.engine import map_source, reduce
from kvlint.finding import MANUAL, Report
from kvlint.fixer import Fixed, Level, fix
from kvlint.plan import ActiveRule, Plan
from kvlint.source import Source

ALL = Level(unsafe=True, placeholders=True)

NFS_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  volumes:
    - name: pages
      nfs:
        server: 192.0.2.4
        path: /exports/pages
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: cache
  annotations:
    volume.beta.kubernetes.io/storage-class: fast
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 5Gi}}
"""


def plan() -> Plan:
    return Plan(
        ActiveRule(rule, None, {name: schema["default"] for name, schema in rule.params.items()})
        for rule in registry.rules().values()
    )


def lint(text: str) -> Report:
    source, chosen = Source("x.yaml", text.encode()), plan()
    return reduce([map_source(source, chosen)], chosen)


def fixed(text: str, level: Level = ALL) -> Fixed:
    return fix(Source("x.yaml", text.encode()), plan(), level)


@pytest.mark.parametrize("metadata", ["cache", "[cache]", "5", "{name: [a], namespace: {b: c}}"])
def test_metadata_that_is_no_mapping(metadata: str) -> None:
    report = lint(
        f"apiVersion: storage.k8s.io/v1beta1\nkind: StorageClass\nprovisioner: x.example.com\nmetadata: {metadata}\n"
    )
    assert not report.failed
    assert "deprecated-storage-api" in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("line_end", ["\r", "\r\r\n", "\u2028", "\x85"])
def test_files_with_other_line_ends_are_left_to_a_human(line_end: str) -> None:
    text = NFS_POD.replace("\n", line_end)
    assert all(finding.fix is None or finding.fix.applicability == MANUAL for finding in lint(text).findings)
    done = fixed(text)
    assert (done.after, done.refused) == (done.before, ())


def test_a_document_is_not_json_because_the_one_before_it_is() -> None:
    done = fixed('{"apiVersion": "v1", "kind": "ConfigMap"}\n---\n' + CLAIM)
    assert not done.refused
    assert done.after.decode().endswith("resources: {requests: {storage: 5Gi}}\n  storageClassName: fast\n")


def test_a_fix_goes_in_beside_a_credential_that_stays() -> None:
    text = """\
apiVersion: snapshot.storage.k8s.io/v1beta1
kind: VolumeSnapshotClass
metadata:
  name: daily
driver: csi.example.com
deletionPolicy: Delete
parameters:
  password: {}
"""
    secret = "h7Kq2mPz9"
    done = fixed(text.format(secret))
    assert not done.refused
    assert done.after.decode() == text.format(secret).replace("v1beta1", "v1")


CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: kubernetes.io/aws-ebs
parameters: {type: gp2}
"""


def test_objects_of_one_name_have_fixes_of_their_own() -> None:
    text = CLASS + "---\n" + CLASS.replace("gp2", "st1")
    assert len({finding.migration.id for finding in lint(text).findings if finding.migration}) == 2
    done = fixed(text)
    assert not done.refused
    assert done.after.count(b"provisioner: ebs.csi.aws.com") == 2
    assert b"{type: st1, " in done.after


def test_two_files_with_one_object_show_a_fix_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(NFS_POD)
    assert main(["check", "--isolated"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("= fix: PersistentVolume") == 2
    assert "[*] 2 volumes can be migrated" in shown


HEADS = (
    "apiVersion: v1\nkind: Pod\n",
    "apiVersion: example.com/v1\nkind: Any\n",
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nprovisioner: kubernetes.io/rbd\n",
)


@pytest.mark.parametrize("broken", ["<<: 5", "<<: [5]", "!!int x: y"])
@pytest.mark.parametrize("place", ["spec", "metadata", "provisioner", "x"])
@pytest.mark.parametrize("head", HEADS)
def test_what_kubernetes_refuses_to_read_fails_no_run(broken: str, place: str, head: str) -> None:
    pod = "{spec: {containers: [], volumes: [{name: a, nfs: {server: a, path: /b}}]}}"
    text = f"{head}{place}:\n  template: {pod}\n  {broken}\n"
    assert not lint(text).failed
    assert not fixed(text).refused


def test_a_merge_of_what_is_no_mapping_is_invalid_yaml() -> None:
    report = lint(NFS_POD + "      <<: 5\n")
    assert [(finding.rule, finding.location.line) for finding in report.findings] == [("invalid-yaml", 12)]


PV = """\
apiVersion: v1
kind: PersistentVolume
metadata:
  name: data
  labels:
    failure-domain.beta.kubernetes.io/zone: eu-west-1a
  annotations:
    volume.beta.kubernetes.io/storage-class: gp2
spec:
  capacity:
    storage: 10Gi
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  awsElasticBlockStore:
    volumeID: vol-0123456789abcdef0
"""


def test_several_fixes_of_one_volume_do_not_contradict_each_other() -> None:
    done = fixed(PV)
    assert not done.refused
    for old in (b"failure-domain", b"volume.beta", b"awsElasticBlockStore"):
        assert old not in done.after


def test_a_volume_of_two_clusters_is_fixed_in_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, disk in ("a", "vol-0a"), ("b", "vol-0b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pv.yaml").write_text(PV.replace("vol-0123456789abcdef0", disk))
    main(["check", "--isolated", "--fix", "--unsafe-fixes"])
    for name, disk in ("a", "vol-0a"), ("b", "vol-0b"):
        assert f"volumeHandle: {disk}\n" in (tmp_path / name / "pv.yaml").read_text()


TAKEN = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: nfs-192-0-2-4-exports-pages
  namespace: shop
spec:
  accessModes: [ReadWriteMany]
  resources: {requests: {storage: 5Gi}}
  storageClassName: ""
  volumeName: something-else
"""


@pytest.mark.parametrize("here", [True, False])
def test_a_claim_of_that_name_for_other_storage_is_not_taken(
    here: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pod = NFS_POD + ("---\n" + TAKEN if here else "")
    (tmp_path / "pod.yaml").write_text(pod)
    if not here:
        (tmp_path / "claim.yaml").write_text(TAKEN)
    main(["check", "--isolated", "--fix", "--unsafe-fixes", "--with-placeholders"])
    assert (tmp_path / "pod.yaml").read_text() == pod
    assert "by hand: another" in capsys.readouterr().out


@pytest.mark.parametrize("apart", [True, False])
def test_what_an_earlier_run_wrote_and_somebody_filled_in_is_used(
    apart: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["check", "--isolated", "--fix", "--unsafe-fixes", "--with-placeholders"]
    first, second = tmp_path / "a.yaml", tmp_path / ("b.yaml" if apart else "a.yaml")
    first.write_text(NFS_POD)
    main(command)
    filled = first.read_text().replace("<kvlint:capacity.nfs-192-0-2-4-exports-pages>", "5Gi")
    assert filled != first.read_text()
    first.write_text(filled)
    second.write_text(("" if apart else filled + "---\n") + NFS_POD.replace("name: web", "name: other"))
    main(command)
    assert first.read_text().count("kind: PersistentVolume\n") == 1
    assert "nfs:" not in second.read_text()
    assert "<kvlint:" not in second.read_text()


def test_objects_that_kubernetes_loses_are_fixed_too() -> None:
    done = fixed(CLASS.replace("provisioner: kubernetes.io/aws-ebs", "provisioner: ebs.csi.aws.com") + "...\n" + CLASS)
    assert not done.refused
    assert b"kubernetes.io" not in done.after


def test_a_comment_at_the_margin_stays() -> None:
    text = NFS_POD.replace("        server:", "# who serves it\n        server:")
    assert b"# who serves it" in fixed(text).after


def test_a_custom_resource_is_left_to_its_owner() -> None:
    text = (
        NFS_POD.replace("v1", "example.com/v1")
        .replace("kind: Pod", "kind: Web")
        .replace("spec:", "spec:\n  containers: []")
    )
    report = lint(text)
    assert [finding.rule for finding in report.findings] == ["inline-network-volume"]
    fix = report.findings[0].fix
    assert fix is not None
    assert (fix.applicability, fix.edits) == (MANUAL, ())
    assert report.findings[0].migration is not None


FIX = ("check", "--isolated", "--fix", "--unsafe-fixes", "--with-placeholders")


@pytest.mark.parametrize(
    "names", [("pod.yaml", "{}/pod.yaml"), ("link.yaml", "pod.yaml"), ("{}/pod.yaml", "."), (".", "{}")]
)
def test_a_file_under_two_names_is_one_file(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.yaml").write_text(NFS_POD)
    (tmp_path / "link.yaml").symlink_to("pod.yaml")
    main([*FIX, *(name.format(tmp_path) for name in names)])
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "pod.yaml").read_text().count("\nkind: PersistentVolume") == 2


def test_a_pipe_is_read_once_and_never_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    for command, code in (("check", "--isolated"), 1), (FIX, 2):
        writer = threading.Thread(target=lambda: Path("pipe").write_text(NFS_POD), daemon=True)
        writer.start()
        assert main([*command, "pipe"]) == code
        writer.join()
    output = capsys.readouterr()
    assert "9 |       nfs:" in output.out
    assert "cannot write `pipe`: it is no file" in output.err


def test_a_file_that_changes_meanwhile_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pod = tmp_path / "pod.yaml"
    pod.write_text(NFS_POD)
    fix_all = changes.make

    def slow(*arguments: Any) -> changes.Changes:
        made = fix_all(*arguments)
        pod.write_text(NFS_POD + "# edited\n")
        return made

    monkeypatch.setattr(changes, "make", slow)
    assert main([*FIX, "pod.yaml"]) == 2
    assert pod.read_text() == NFS_POD + "# edited\n"
    assert "`pod.yaml` has changed since it was read" in capsys.readouterr().err


def test_a_read_only_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = tmp_path / "pod.yaml"
    pod.write_text(NFS_POD)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert main([*FIX, str(pod)]) == 2
    assert pod.read_text() == NFS_POD


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    pod = tmp_path / f"{'x' * 250}.yaml"
    pod.write_text(NFS_POD)
    main([*FIX, str(pod)])
    assert "persistentVolumeClaim" in pod.read_text()
    assert list(tmp_path.iterdir()) == [pod]


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["check", "--isolated", "-"]) == 2
    assert capsys.readouterr().err == "error: cannot read standard input: it is closed\n"


@pytest.mark.parametrize(
    "beside",
    [
        "---\nstringData:\n  password: {}\napiVersion: v1\nkind: Secret\n",
        "--- # password: {}\n",
        "---\nother: yaml\npassword: {}\n",
        "---\nlogin: [{{password: {}\n",
    ],
)
def test_a_diff_hides_the_credentials_of_documents_beside_it(
    beside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.yaml").write_text(NFS_POD + beside.format("h7Kq2mPz9"))
    assert main(["check", "--isolated", "--diff", "--unsafe-fixes", "--with-placeholders"]) == 1
    shown = capsys.readouterr().out
    assert "h7Kq2mPz9" not in shown
    assert "password" in shown


@pytest.mark.parametrize(
    "config",
    [
        "migrate: {{smb: {{password: {}}}}}\n",
        "password: {}\n",
        "apiVersion: v1\nkind: Secret\nstringData: {{a: {}}}\n",
        "rules: {{x: [}} # password={}\n",
    ],
)
def test_a_configuration_that_holds_a_credential_is_not_quoted(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".kvlint.yaml").write_text(config.format("h7Kq2mPz9"))
    assert main(["check"]) == 2
    shown = "".join(capsys.readouterr())
    assert "error[invalid-config]" in shown
    assert "h7Kq2mPz9" not in shown


def test_an_address_that_holds_a_password_gets_no_name() -> None:
    text = NFS_POD.replace("192.0.2.4", "'//admin:h7Kq2mPz9@files.example.com'")
    report = lint(text)
    assert "h7kq2mpz9" not in repr(report.findings).lower()
    assert report.findings[0].migration is not None
    assert report.findings[0].migration.status == "manual"


def test_a_key_of_several_lines_is_not_shown_with_another_indentation() -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
    key = f"|\n          -----BEGIN PRIVATE KEY-----\n          {line}\n          -----END PRIVATE KEY-----"
    text = CLASS.replace("{type: gp2}", f"\n  type: gp2\n  fsType: {key}")
    report = lint(text)
    assert {finding.rule for finding in report.findings} >= {"intree-provisioner", "storage-class-credential"}
    assert line not in repr(report.findings)


def test_no_input_is_named_after_a_credential() -> None:
    report = lint(
        CLASS.replace("aws-ebs", "rbd").replace("{type: gp2}", "{monitors: a, adminId: 'x,password=h7Kq2mPz9'}")
    )
    assert any(finding.migration is not None and finding.migration.inputs for finding in report.findings)
    assert "h7Kq2mPz9" not in repr(report.findings)


@pytest.mark.parametrize(
    ("one", "other", "namespace", "pairs"),
    [
        ("a.yaml", "b.yaml", True, 1),
        ("a.yaml", "b.yaml", False, 1),
        ("a.yaml", "app/b.yaml", True, 1),
        ("a.yaml", "app/b.yaml", False, 2),
        ("east/a.yaml", "west/b.yaml", True, 2),
        ("east/a.yaml", "west/b.yaml", False, 2),
    ],
)
def test_what_is_written_in_another_folder_may_be_for_another_cluster(
    one: str, other: str, namespace: bool, pairs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = NFS_POD if namespace else NFS_POD.replace("  namespace: shop\n", "")
    for name in (one, other):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    main([*FIX, "."])
    written = [(tmp_path / name).read_text() for name in (one, other)]
    assert sum(made.count("\nkind: PersistentVolumeClaim\n") for made in written) == pairs
    main([*FIX, "."])
    assert [(tmp_path / name).read_text() for name in (one, other)] == written


def test_one_handle_gets_one_volume() -> None:
    disk = "      gcePersistentDisk: {pdName: data%s}\n"
    pod = NFS_POD.partition("      nfs:")[0] + disk
    read, write = pod % ", readOnly: true", pod % ""
    volume = PV.partition("  awsE")[0].replace("    failure-domain.beta.kubernetes.io/zone: eu-west-1a", "    a: b")
    for other in (read.replace("shop", "other"), write, volume + disk[4:] % ""):
        done = fixed(read + "---\n" + other)
        assert not any(finding.category == "inline" for finding in done.applied)
    assert b"gcePersistentDisk" not in fixed(read + "---\n" + read.replace("name: web", "name: more")).after


def test_a_disk_that_has_a_volume_gets_no_other() -> None:
    pod = NFS_POD.partition("      nfs:")[0] + "      awsElasticBlockStore: {volumeID: vol-0123456789abcdef0}\n"
    source = "  csi: {driver: ebs.csi.aws.com, volumeHandle: vol-0123456789abcdef0}\n"
    done = fixed(pod + "---\n" + PV.partition("  awsE")[0] + source)
    assert b"awsElasticBlockStore" in done.after


@pytest.mark.parametrize(
    ("old", "new"), [("shop", "$NAMESPACE"), ("/exports/pages", "${NFS_PATH}"), ("192.0.2.4", "$(SERVER)")]
)
def test_storage_that_a_variable_names_is_left_to_a_human(old: str, new: str) -> None:
    text = NFS_POD.replace(old, new)
    finding = lint(text).findings[0]
    assert finding.fix is not None
    assert finding.fix.applicability == MANUAL
    assert finding.migration is not None
    assert any(new in note for note in finding.migration.notes)
    assert fixed(text.replace(new, f"{new}.example.com" if old != "shop" else "shop")).applied


@pytest.mark.parametrize("end", ["", "\r\n"])
def test_files_with_windows_line_ends_are_fixed(end: str) -> None:
    text = NFS_POD.replace("\n", "\r\n").removesuffix("\r\n") + end
    after = fixed(text).after.decode()
    assert "persistentVolumeClaim" in after
    assert "\n" not in after.replace("\r\n", "")


TWO = NFS_POD + "---\n" + CLAIM


@pytest.mark.parametrize(
    ("flags", "config"),
    [
        (("--baseline", "accepted.json"), ""),
        (("--min-severity", "error"), ""),
        ((), "per-file-ignores: {'*.yaml': [inline]}\n"),
    ],
)
def test_only_findings_that_count_are_fixed(
    flags: tuple[str, ...], config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pod = tmp_path / "pod.yaml"
    pod.write_text(TWO + "---\n" + CLASS.replace("/v1", "/v1beta1"))
    main(["check", "--select", "inline", "--write-baseline", "--baseline", "accepted.json", "pod.yaml"])
    if config:
        (tmp_path / ".kvlint.yaml").write_text(config)
    main(["check", *FIX[2:], *flags, "pod.yaml"])
    after = pod.read_text()
    assert "v1beta1" not in after
    assert "nfs:" in after
    assert ("volume.beta" in after) == ("error" in flags)


@pytest.mark.parametrize("value", [",", " , "])
def test_a_list_of_nothing_is_no_list(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--select", value]) == 2
    assert "`--select` needs a value" in capsys.readouterr().err


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("frame", ["documents", "list", "volumes"])
def test_a_file_of_many_pods_is_fixed_in_a_few_passes(same: bool, frame: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixer, "MAX_PASSES", 4)
    pods = [NFS_POD.replace("web", f"web{n}").replace("/pages", "/pages" if same else f"/pages{n}") for n in range(60)]
    if frame == "documents":
        text = "---\n".join(pods)
    elif frame == "volumes":
        head, _, volume = NFS_POD.partition("    - name")
        paths = ("/pages" if same else f"/pages{n}" for n in range(60))
        text = head + "".join(f"    - name{volume}".replace("/pages", path) for path in paths)
    else:
        items = ("- " + pod.rstrip("\n").replace("\n", "\n  ") + "\n" for pod in pods)
        text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(items)
    done = fixed(text)
    assert not done.refused
    assert b"nfs:" not in done.after
    assert done.after.count(b" volumeName: ") == (1 if same else 60)
    assert fixed(done.after.decode()).after == done.after


def test_a_fix_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    prove = fixer._proved

    def strict(source: Source, chosen: Any, lint: Any) -> bytes | None:
        bad = any(finding.resource.name == "web7" for finding in chosen)
        return None if bad else prove(source, chosen, lint)

    monkeypatch.setattr(fixer, "_proved", strict)
    done = fixed("---\n".join(NFS_POD.replace("web", f"web{n}").replace("/pages", f"/p{n}") for n in range(20)))
    assert len(done.refused) == 1
    assert done.after.count(b"nfs:") == 1
