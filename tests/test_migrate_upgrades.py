"""Deprecated APIs, annotations, topology keys, parameters, driver names and Recycle: the object in its current form."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate_support import schema_errors

from kvlint.finding import MANUAL, READY, SAFE, UNSAFE, Migration
from kvlint.knowledge import api_lifecycle, csi_drivers, markers
from kvlint.migrate import upgrades
from kvlint.migrate.subject import Inputs

CREDENTIAL = "s3cr3tV4lue"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"
OLD_REGION = "failure-domain.beta.kubernetes.io/region"
OLD_CLASS = "volume.beta.kubernetes.io/storage-class"
OLD_OPTIONS = "volume.beta.kubernetes.io/mount-options"
OLD_AFFINITY = "volume.alpha.kubernetes.io/node-affinity"
ASPECTS = (
    "annotation",
    "class-parameter",
    "deprecated-api",
    "flexvolume-installer",
    "flexvolume-policy",
    "recycle",
    "retired-csi-driver",
    "retired-workload",
    "topology-label",
)


def upgrade(aspect: str, old: dict[str, Any], inputs: Any = None) -> Migration:
    """The migration; the object is left alone, and what is new is a valid object of Kubernetes."""
    before = copy.deepcopy(old)
    migration = upgrades.upgrade(aspect, old, "shop", Inputs(inputs))
    assert old == before
    again = upgrades.upgrade(aspect, old, "shop", Inputs(inputs))
    assert migration == again
    if migration.replacement is not None and migration.replacement["apiVersion"] in ("v1", "storage.k8s.io/v1"):
        assert schema_errors(migration.replacement) == []
    return migration


def claim(annotations: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "annotations": annotations},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}} | spec,
    }


def volume(annotations: dict[str, str], labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "data", "annotations": annotations} | ({"labels": labels} if labels else {}),
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]} | spec,
    }


def storage_class(provisioner: str, parameters: dict[str, str], **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast"},
        "provisioner": provisioner,
        "parameters": parameters,
    } | fields


NFS = {"nfs": {"server": "10.0.0.9", "path": "/a"}}
CSI = {"csi": {"driver": "nfs.csi.k8s.io", "volumeHandle": "h"}}

DROP_IN = [
    ("storage.k8s.io/v1beta1", "StorageClass", {"provisioner": "ebs.csi.aws.com"}),
    ("storage.k8s.io/v1beta1", "CSIDriver", {"spec": {"attachRequired": True}}),
    (
        "storage.k8s.io/v1beta1",
        "VolumeAttachment",
        {"spec": {"attacher": "a.example.com", "nodeName": "n", "source": {"persistentVolumeName": "v"}}},
    ),
    ("storage.k8s.io/v1beta1", "CSINode", {"spec": {"drivers": []}}),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", {"storageClassName": "fast"}),
    ("storage.k8s.io/v1alpha1", "VolumeAttributesClass", {"driverName": "a.example.com", "parameters": {"iops": "1"}}),
    ("snapshot.storage.k8s.io/v1beta1", "VolumeSnapshot", {"spec": {"source": {"persistentVolumeClaimName": "c"}}}),
    ("snapshot.storage.k8s.io/v1beta1", "VolumeSnapshotClass", {"driver": "a.example.com", "deletionPolicy": "Delete"}),
    ("groupsnapshot.storage.k8s.io/v1beta1", "VolumeGroupSnapshotClass", {"driver": "a.example.com"}),
]


@pytest.mark.parametrize(
    ("version", "kind", "fields"), DROP_IN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_drop_in_apis(version: str, kind: str, fields: dict[str, Any]) -> None:
    old = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}} | fields
    migration = upgrade("deprecated-api", old)
    row = api_lifecycle.find(version, kind)
    assert row is not None
    assert migration.replacement == old | {"apiVersion": row.replacement}
    assert migration.manifests == (migration.replacement,)
    assert (migration.status, migration.applicability, migration.driver) == (READY, SAFE, None)


def test_every_deprecated_api_has_an_answer() -> None:
    for version, kind in api_lifecycle.kinds():
        old = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": {}}
        if (version, kind) == ("snapshot.storage.k8s.io/v1beta1", "VolumeSnapshot"):
            old["spec"] = {"source": {"volumeSnapshotContentName": "c"}}
        migration = upgrades.upgrade("deprecated-api", old, None, Inputs())
        row = api_lifecycle.find(version, kind)
        assert row is not None
        if row.drop_in:
            assert migration.applicability == SAFE
        else:
            assert migration.applicability in (UNSAFE, MANUAL)
            assert migration.notes or migration.steps


def snapshot(version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "s"}} | fields


CHANGED = [
    (
        snapshot(
            "snapshot.storage.k8s.io/v1alpha1",
            "VolumeSnapshot",
            spec={"snapshotClassName": "c", "source": {"kind": "PersistentVolumeClaim", "name": "data"}},
        ),
        {"spec": {"volumeSnapshotClassName": "c", "source": {"persistentVolumeClaimName": "data"}}},
    ),
    (
        snapshot("snapshot.storage.k8s.io/v1alpha1", "VolumeSnapshot", spec={"snapshotContentName": "content"}),
        {"spec": {"source": {"volumeSnapshotContentName": "content"}}},
    ),
    (
        snapshot(
            "snapshot.storage.k8s.io/v1alpha1",
            "VolumeSnapshotContent",
            spec={
                "csiVolumeSnapshotSource": {"driver": "a.example.com", "snapshotHandle": "h"},
                "volumeSnapshotRef": {"name": "s", "namespace": "n"},
                "persistentVolumeRef": {"name": "pv"},
                "snapshotClassName": "c",
            },
        ),
        {
            "spec": {
                "driver": "a.example.com",
                "source": {"snapshotHandle": "h"},
                "volumeSnapshotRef": {"name": "s", "namespace": "n"},
                "volumeSnapshotClassName": "c",
                "deletionPolicy": "Retain",
            }
        },
    ),
    (
        snapshot(
            "snapshot.storage.k8s.io/v1alpha1",
            "VolumeSnapshotClass",
            snapshotter="a.example.com",
            parameters={"csiSnapshotterSecretName": "s", "csiSnapshotterSecretNamespace": "n", "k": "v"},
        ),
        {
            "driver": "a.example.com",
            "deletionPolicy": "Delete",
            "parameters": {
                "csi.storage.k8s.io/snapshotter-secret-name": "s",
                "csi.storage.k8s.io/snapshotter-secret-namespace": "n",
                "k": "v",
            },
        },
    ),
    (
        snapshot(
            "csi.storage.k8s.io/v1alpha1", "CSIDriver", spec={"attachRequired": True, "podInfoOnMountVersion": "v1"}
        ),
        {"spec": {"attachRequired": True, "podInfoOnMount": True}},
    ),
    (
        snapshot(
            "volumesnapshot.external-storage.k8s.io/v1", "VolumeSnapshot", spec={"persistentVolumeClaimName": "data"}
        ),
        {"spec": {"source": {"persistentVolumeClaimName": "data"}}},
    ),
]


@pytest.mark.parametrize(("old", "expected"), CHANGED, ids=lambda value: value.get("kind", ""))
def test_apis_with_another_schema(old: dict[str, Any], expected: dict[str, Any]) -> None:
    migration = upgrade("deprecated-api", old)
    row = api_lifecycle.find(old["apiVersion"], old["kind"])
    assert row is not None
    made = migration.replacement
    assert made == {"apiVersion": row.replacement, "kind": old["kind"], "metadata": {"name": "s"}} | expected
    assert (migration.status, migration.applicability) == (READY, UNSAFE)


@pytest.mark.parametrize(
    ("old", "said"),
    [
        (snapshot("snapshot.storage.k8s.io/v1beta1", "VolumeSnapshot", spec={"source": {}}), "must have one of"),
        (snapshot("snapshot.storage.k8s.io/v1alpha1", "VolumeSnapshotContent", spec={}), "snapshotHandle"),
        (snapshot("csi.storage.k8s.io/v1alpha1", "CSINodeInfo"), "delete this object"),
        (
            {
                "apiVersion": "volumesnapshot.external-storage.k8s.io/v1",
                "kind": "VolumeSnapshot",
                "metadata": {"name": "s", "annotations": {"portworx/snapshot-type": "x", "stork/rule": "y"}},
                "spec": {"persistentVolumeClaimName": "data"},
            },
            "Stork",
        ),
    ],
)
def test_apis_that_nobody_can_convert(old: dict[str, Any], said: str) -> None:
    migration = upgrade("deprecated-api", old)
    assert (migration.status, migration.applicability, migration.replacement) == ("manual", MANUAL, None)
    assert said in " ".join(migration.steps)


def test_class_annotation_of_a_claim() -> None:
    migration = upgrade("annotation", claim({OLD_CLASS: "fast", "keep": "me"}))
    assert migration.replacement == claim({"keep": "me"}, storageClassName="fast")
    assert migration.applicability == SAFE


def test_class_annotation_that_contradicts_the_field_wins() -> None:
    migration = upgrade("annotation", claim({OLD_CLASS: "fast"}, storageClassName="slow"))
    assert migration.replacement is not None
    assert migration.replacement["spec"]["storageClassName"] == "fast"
    assert "annotations" not in migration.replacement["metadata"]
    assert migration.applicability == UNSAFE


def test_class_annotation_of_a_volume_is_mutable() -> None:
    migration = upgrade("annotation", volume({OLD_CLASS: "fast"}, storageClassName="slow", **NFS))
    assert migration.replacement is not None
    assert migration.replacement["spec"]["storageClassName"] == "fast"
    assert migration.applicability == SAFE


def test_annotations_of_claim_templates() -> None:
    template = claim({OLD_CLASS: "fast"})
    stateful_set = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {
            "template": {"spec": {"containers": [{"env": [{"name": "PASSWORD", "value": CREDENTIAL}]}]}},
            "volumeClaimTemplates": [template, copy.deepcopy(template)],
        },
    }
    migration = upgrade("annotation", stateful_set)
    assert migration.replacement is not None
    for made in migration.replacement["spec"]["volumeClaimTemplates"]:
        assert made["spec"]["storageClassName"] == "fast"
        assert "annotations" not in made["metadata"]
    assert migration.applicability == UNSAFE
    assert CREDENTIAL not in json.dumps(list(migration._replace(replacement=None)))


@pytest.mark.parametrize(
    ("old", "new", "kept"), [("true", None, "true"), ("true", "false", "true"), ("false", "true", "true")]
)
def test_default_class_annotation(old: str, new: str | None, kept: str) -> None:
    current = "storageclass.kubernetes.io/is-default-class"
    annotations = {"storageclass.beta.kubernetes.io/is-default-class": old} | ({current: new} if new else {})
    body = storage_class("ebs.csi.aws.com", {}) | {"metadata": {"name": "fast", "annotations": annotations}}
    migration = upgrade("annotation", body)
    assert migration.replacement is not None
    assert migration.replacement["metadata"]["annotations"] == {current: kept}
    assert migration.applicability == SAFE


def test_mount_options_annotation() -> None:
    migration = upgrade("annotation", volume({OLD_OPTIONS: "hard, nfsvers=4.1"}, mountOptions=["soft"], **NFS))
    assert migration.replacement is not None
    assert migration.replacement["spec"]["mountOptions"] == ["hard", "nfsvers=4.1"]
    assert migration.applicability == SAFE


def test_mount_options_annotation_of_csi_was_never_in_force() -> None:
    migration = upgrade("annotation", volume({OLD_OPTIONS: "hard"}, **CSI))
    assert migration.replacement is not None
    assert migration.replacement["spec"]["mountOptions"] == ["hard"]
    assert migration.applicability == UNSAFE
    migration = upgrade("annotation", volume({OLD_OPTIONS: "hard"}, mountOptions=["soft"], **CSI))
    assert migration.replacement is not None
    assert migration.replacement["spec"]["mountOptions"] == ["soft"]


def test_mount_options_with_a_password_are_not_moved() -> None:
    migration = upgrade("annotation", volume({OLD_OPTIONS: f"hard,password={CREDENTIAL}"}, **NFS))
    assert (migration.status, migration.replacement) == ("manual", None)
    assert "rotate it" in migration.steps[0]
    assert CREDENTIAL not in json.dumps(list(migration))


def test_node_affinity_annotation() -> None:
    terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n"]}]}]
    text = json.dumps({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}})
    local = {"local": {"path": "/a"}}
    migration = upgrade("annotation", volume({OLD_AFFINITY: text}, **local))
    assert migration.replacement is not None
    assert migration.replacement["spec"]["nodeAffinity"] == {"required": {"nodeSelectorTerms": terms}}
    assert migration.applicability == UNSAFE
    assert upgrade("annotation", volume({OLD_AFFINITY: "no json"}, **local)).status == "manual"
    kept = {"required": {"nodeSelectorTerms": terms}}
    migration = upgrade("annotation", volume({OLD_AFFINITY: text}, nodeAffinity=kept, **local))
    assert (migration.applicability, migration.replacement) == (
        SAFE,
        {**volume({}, nodeAffinity=kept, **local), "metadata": {"name": "data"}},
    )


@pytest.mark.parametrize(
    ("key", "kind", "applicability"),
    [
        (
            marker.key,
            kind,
            UNSAFE if "bind" in key or "bound" in key or "selected" in key or "migrated-to" in key else SAFE,
        )
        for key, marker in markers.ANNOTATIONS.items()
        for kind in marker.kinds
        if marker.status == markers.CONTROLLER_OWNED and kind in ("PersistentVolume", "PersistentVolumeClaim")
    ],
)
def test_annotations_of_controllers_are_deleted(key: str, kind: str, applicability: str) -> None:
    body = claim({key: "x"}) if kind == "PersistentVolumeClaim" else volume({key: "x"}, **NFS)
    migration = upgrade("annotation", body)
    assert migration.replacement is not None
    assert "annotations" not in migration.replacement["metadata"]
    assert migration.applicability == applicability
    assert any(f"`{key}`" in note for note in migration.notes)


def test_topology_keys_of_a_volume() -> None:
    expressions = [
        {"key": OLD_ZONE, "operator": "In", "values": ["a"]},
        {"key": OLD_REGION, "operator": "In", "values": ["r"]},
        {"key": "other", "operator": "Exists"},
    ]
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": expressions}]}}
    body = volume({}, {OLD_ZONE: "a", "app": "x"}, nodeAffinity=affinity, **CSI)
    migration = upgrade("topology-label", body)
    assert migration.replacement is not None
    assert migration.replacement["metadata"]["labels"] == {ZONE: "a", "app": "x"}
    (term,) = migration.replacement["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert [expression["key"] for expression in term["matchExpressions"]] == [ZONE, REGION, "other"]
    assert migration.applicability == SAFE


def test_two_generations_of_a_label() -> None:
    migration = upgrade("topology-label", volume({}, {OLD_ZONE: "a", ZONE: "a"}, **CSI))
    assert migration.replacement is not None
    assert migration.replacement["metadata"]["labels"] == {ZONE: "a"}
    assert upgrade("topology-label", volume({}, {OLD_ZONE: "a", ZONE: "b"}, **CSI)).status == "manual"


@pytest.mark.parametrize(
    ("provisioner", "key"),
    [
        ("ebs.csi.aws.com", "topology.ebs.csi.aws.com/zone"),
        ("pd.csi.storage.gke.io", "topology.gke.io/zone"),
        ("disk.csi.azure.com", "topology.disk.csi.azure.com/zone"),
        ("kubernetes.io/gce-pd", ZONE),
        ("driver.example.com", ZONE),
    ],
)
def test_topology_keys_of_a_class_are_those_of_its_driver(provisioner: str, key: str) -> None:
    terms = [{"matchLabelExpressions": [{"key": OLD_ZONE, "values": ["a"]}]}]
    migration = upgrade("topology-label", storage_class(provisioner, {}, allowedTopologies=terms))
    assert migration.replacement is not None
    (term,) = migration.replacement["allowedTopologies"]
    assert term == {"matchLabelExpressions": [{"key": key, "values": ["a"]}]}
    assert migration.applicability == UNSAFE


def test_topology_keys_of_a_claim() -> None:
    body = claim({}, selector={"matchLabels": {OLD_ZONE: "a"}})
    migration = upgrade("topology-label", body)
    assert migration.replacement is not None
    assert migration.replacement["spec"]["selector"] == {"matchLabels": {ZONE: "a"}}
    assert migration.applicability == UNSAFE


def test_recycle() -> None:
    migration = upgrade("recycle", volume({}, persistentVolumeReclaimPolicy="Recycle", **NFS))
    assert migration.replacement == volume({}, persistentVolumeReclaimPolicy="Retain", **NFS)
    assert migration.applicability == UNSAFE


def test_class_parameters() -> None:
    old = {"type": "gp3", "fsType": "xfs", "csiProvisionerSecretName": "s", "csiProvisionerSecretNamespace": "n"}
    migration = upgrade("class-parameter", storage_class("ebs.csi.aws.com", old))
    assert migration.replacement is not None
    assert list(migration.replacement["parameters"].items()) == [
        ("type", "gp3"),
        ("csi.storage.k8s.io/fstype", "xfs"),
        ("csi.storage.k8s.io/provisioner-secret-name", "s"),
        ("csi.storage.k8s.io/provisioner-secret-namespace", "n"),
    ]
    assert migration.applicability == UNSAFE
    assert any("delete storageclass/fast" in step for step in migration.steps)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"fstype": "xfs", "csi.storage.k8s.io/fstype": "ext4"}, "contradict"),
        ({"csi.storage.k8s.io/fs-type": "xfs"}, "Did you mean `csi.storage.k8s.io/fstype`?"),
    ],
)
def test_class_parameters_that_are_wrong(parameters: dict[str, str], said: str) -> None:
    migration = upgrade("class-parameter", storage_class("ebs.csi.aws.com", parameters))
    assert (migration.status, migration.replacement) == ("manual", None)
    assert said in " ".join(migration.steps)


def test_parameters_of_an_in_tree_class_belong_to_its_migration() -> None:
    migration = upgrade("class-parameter", storage_class("kubernetes.io/aws-ebs", {"zone": "us-east-1a"}))
    assert migration.driver == "ebs.csi.aws.com"
    assert migration.id == "storage-class/fast"


@pytest.mark.parametrize("row", [row for row in csi_drivers.every() if row.renamed_to], ids=lambda row: row.name)
def test_renamed_drivers(row: csi_drivers.CsiDriver) -> None:
    migration = upgrades.upgrade("retired-csi-driver", storage_class(row.name, {"k": "v"}), None, Inputs())
    assert migration.replacement == storage_class(row.renamed_to, {"k": "v"})
    assert migration.applicability == UNSAFE
    csi = {"csi": {"driver": row.name, "volumeHandle": "h"}}
    migration = upgrades.upgrade("retired-csi-driver", volume({}, **csi), None, Inputs())
    assert (migration.status, migration.replacement) == ("manual", None)
    assert row.renamed_to in " ".join(migration.steps)


@pytest.mark.parametrize(
    "row", [row for row in csi_drivers.every() if row.retired and not row.renamed_to], ids=lambda row: row.name
)
def test_drivers_that_were_given_up(row: csi_drivers.CsiDriver) -> None:
    migration = upgrades.upgrade("retired-csi-driver", storage_class(row.name, {}), None, Inputs())
    assert (migration.status, migration.replacement) == ("manual", None)
    assert row.name in migration.steps[0]
    assert row.advice in migration.steps[0]


def test_a_renamed_driver_in_a_pod() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {
            "containers": [{"name": "web", "image": "web"}],
            "volumes": [{"name": "a", "csi": {"driver": "csi-nfsplugin"}}, {"name": "b", "emptyDir": {}}],
        },
    }
    migration = upgrade("retired-csi-driver", pod)
    assert migration.replacement is not None
    assert migration.replacement["spec"]["volumes"][0]["csi"]["driver"] == "nfs.csi.k8s.io"
    assert migration.manifests == ()


@pytest.mark.parametrize(
    ("aspect", "body", "said"),
    [
        (
            "retired-workload",
            {"kind": "Deployment", "spec": {"x": [{"image": "quay.io/external_storage/nfs-client-provisioner:v3"}]}},
            "nfs-subdir-external-provisioner",
        ),
        ("flexvolume-installer", {"kind": "DaemonSet"}, "delete the installer"),
        ("flexvolume-policy", {"kind": "PodSecurityPolicy"}, "Pod Security Admission"),
        ("flexvolume-policy", {"kind": "SecurityContextConstraints"}, "allowedFlexVolumes"),
    ],
)
def test_what_only_people_can_take_away(aspect: str, body: dict[str, Any], said: str) -> None:
    migration = upgrade(aspect, {"apiVersion": "x/v1", "metadata": {"name": "n"}} | body)
    assert (migration.status, migration.applicability, migration.replacement) == ("manual", MANUAL, None)
    assert said in " ".join(migration.steps)


def test_credentials_are_not_shown() -> None:
    old = storage_class("kubernetes.io/glusterfs", {"resturl": f"http://a:{CREDENTIAL}@h", "restuserkey": CREDENTIAL})
    old |= {"apiVersion": "storage.k8s.io/v1beta1", "mountOptions": ["ro", f"password={CREDENTIAL}"]}
    old["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": CREDENTIAL}
    migration = upgrade("deprecated-api", old)
    assert migration.replacement == old | {"apiVersion": "storage.k8s.io/v1"}
    assert CREDENTIAL not in json.dumps(list(migration._replace(replacement=None)))


FIELDS = ("annotations", "labels", "name", "source", "selector", "csi", "driver", "key", "nodeAffinity")
TOP = ("metadata", "spec", "parameters", "allowedTopologies", "volumeClaimTemplates", "persistentVolumeReclaimPolicy")
KEYS = st.sampled_from((*FIELDS, *TOP, "fstype", OLD_CLASS, OLD_OPTIONS, OLD_AFFINITY, OLD_ZONE, ZONE))
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", OLD_ZONE, "csi-nfsplugin", "Recycle"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
HEADS = [
    *api_lifecycle.kinds(),
    ("v1", "PersistentVolume"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "StatefulSet"),
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ASPECTS), st.sampled_from(HEADS), st.dictionaries(KEYS, JUNK, max_size=6))
def test_no_object_is_too_bad(aspect: str, head: tuple[str, str], rest: dict[str, Any]) -> None:
    old = {"apiVersion": head[0], "kind": head[1], "provisioner": "ebs.csi.aws.com"} | rest
    before = copy.deepcopy(old)
    migration = upgrades.upgrade(aspect, old, None, Inputs())
    assert old == before
    assert migration.status in (READY, "manual")
    assert migration == upgrades.upgrade(aspect, old, None, Inputs())
