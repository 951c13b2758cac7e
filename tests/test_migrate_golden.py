"""Golden files: whole migrations. `KVLINT_UPDATE=1 pytest` writes them anew.

Those of ceph-csi and of the GCE driver are what the drivers' own documentation asks for (ceph-csi docs/static-pvc.md
and examples/rbd/secret.yaml; gcp-compute-persistent-disk-csi-driver examples/kubernetes/demo-zonal-sc.yaml)."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from migrate_support import check, class_of, inline, persistent, storage_class, volume

from kvlint.migrate import Subject, migrate

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden" / "migrate"
CEPH = {
    "capacity": "1Gi",
    "ceph": {"cluster-id": "b9127830-b0cc-4e34-aa47-9d1a2e9949a8", "user-secret": "csi-rbd-secret"},
}


def _example(path: str) -> dict[str, Any]:
    first: dict[str, Any] = next(yaml.safe_load_all((ROOT / "examples" / path).read_text()))
    return first


def _example_pod(config: dict[str, Any] | None = None) -> Subject:
    pod = _example("1-inline/rbd-pod.yaml")
    metadata = pod["metadata"]
    return inline(pod["spec"]["volumes"][0], metadata["namespace"], config, ("Pod", metadata["name"]))


SAMPLES = {
    "rbd-pod": _example_pod(),
    "rbd-pod-with-inputs": _example_pod(CEPH),
    "rbd-pv": volume(_example("2-claims/rbd-pv.yaml")),
    "rbd-pv-with-inputs": volume(_example("2-claims/rbd-pv.yaml"), CEPH),
    "gce-pd-class": storage_class(_example("3-classes/gce-pd-class.yaml")),
    "rbd-class": storage_class(
        class_of(
            "kubernetes.io/rbd",
            {
                "monitors": "192.0.2.11:6789,192.0.2.12:6789",
                "adminId": "admin",
                "adminSecretName": "ceph-admin",
                "adminSecretNamespace": "kube-system",
                "pool": "kube",
                "userId": "kube",
                "userSecretName": "ceph-kube",
                "fsType": "xfs",
                "imageFormat": "2",
                "imageFeatures": "layering",
            },
            mountOptions=["discard"],
        )
    ),
    "cephfs-pv": volume(
        persistent(
            {"cephfs": {"monitors": ["192.0.2.11:6789"], "path": "/web", "user": "web", "secretFile": "/etc/ceph/web"}},
            accessModes=["ReadWriteMany"],
        )
    ),
    "nfs-deployment": inline(
        {"name": "media", "nfs": {"server": "10.0.0.4", "path": "/exports/web", "readOnly": True}}, None
    ),
    "iscsi-statefulset": inline(
        {
            "name": "data",
            "iscsi": {
                "targetPortal": "192.0.2.40:3260",
                "iqn": "iqn.2001-04.example:db",
                "lun": 3,
                "chapAuthSession": True,
                "secretRef": {"name": "chap"},
            },
        },
        owner=("StatefulSet", "db"),
        replicas=3,
    ),
    "ebs-deployment": inline(
        {"name": "data", "awsElasticBlockStore": {"volumeID": "aws://eu-west-3a/vol-0f1e2d3c", "fsType": "xfs"}},
        config={"capacity": "20Gi"},
        replicas=2,
    ),
    "azure-disk-pv": volume(
        persistent(
            {"azureDisk": {"diskName": "d7", "diskURI": "/subscriptions/1/resourceGroups/g/providers/x/disks/d7"}},
            metadata={
                "labels": {"failure-domain.beta.kubernetes.io/zone": "westeurope-1"},
                "annotations": {
                    "pv.kubernetes.io/provisioned-by": "kubernetes.io/azure-disk",
                    "pv.kubernetes.io/bound-by-controller": "yes",
                    "volume.beta.kubernetes.io/mount-options": "noatime,nodiratime",
                },
                "finalizers": ["kubernetes.io/pv-protection"],
                "uid": "6d0ff34c",
            },
            accessModes=["ReadOnlyMany"],
            persistentVolumeReclaimPolicy="Delete",
            claimRef={"namespace": "shop", "name": "data", "uid": "77c1", "kind": "PersistentVolumeClaim"},
        )
    ),
    "vsphere-class": storage_class(
        class_of("kubernetes.io/vsphere-volume", {"diskformat": "thin", "datastore": "san01", "iopslimit": "500"})
    ),
    "git-repo-pod": inline(
        {
            "name": "site",
            "gitRepo": {
                "repository": "https://me:hunter2@git.example/site.git",
                "revision": "0c1d2e3",
                "directory": ".",
            },
        }
    ),
    "glusterfs-pod": inline({"name": "old", "glusterfs": {"endpoints": "gluster", "path": "vol1"}}),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_golden(name: str) -> None:
    subject = SAMPLES[name]
    migration = migrate(subject)
    check(subject, migration)
    text = yaml.safe_dump(_plain(migration._asdict()), sort_keys=False, width=118, allow_unicode=True)
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("KVLINT_UPDATE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(SAMPLES)


def test_the_static_image_is_the_one_ceph_csi_documents() -> None:
    volume_, claim = migrate(SAMPLES["rbd-pod-with-inputs"]).manifests
    assert volume_["spec"]["csi"] == {
        "driver": "rbd.csi.ceph.com",
        "volumeHandle": "web-data",
        "fsType": "ext4",
        "volumeAttributes": {
            "clusterID": "b9127830-b0cc-4e34-aa47-9d1a2e9949a8",
            "pool": "kube",
            "staticVolume": "true",
            "imageFeatures": "layering",
        },
        "nodeStageSecretRef": {"name": "csi-rbd-secret", "namespace": "shop"},
    }
    assert volume_["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert claim["spec"]["storageClassName"] == ""
    assert claim["spec"]["volumeName"] == volume_["metadata"]["name"]
    (secret,) = migrate(SAMPLES["rbd-pod"]).secrets
    assert secret["stringData"].keys() == {"userID", "userKey"}


def test_the_class_is_the_one_the_gce_driver_documents() -> None:
    (made,) = migrate(SAMPLES["gce-pd-class"]).manifests
    assert made["provisioner"] == "pd.csi.storage.gke.io"
    assert made["parameters"] == {"type": "pd-ssd", "csi.storage.k8s.io/fstype": "ext4"}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
