"""What once went wrong when somebody tried hard: hostile manifests, odd files, fixes in odd places."""

import pytest

from kvlint import registry
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
