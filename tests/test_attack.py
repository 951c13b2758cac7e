"""What once went wrong when somebody tried hard: hostile manifests, odd files, fixes in odd places."""

from pathlib import Path

import pytest

from kvlint import registry
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
