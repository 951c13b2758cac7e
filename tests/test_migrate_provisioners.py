"""Classes of retired external provisioners: what each becomes, parameter by parameter."""

import copy
import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate_support import check, schema_errors

from kvlint.finding import MANUAL, NEEDS_INPUT, READY, UNSAFE, Migration
from kvlint.knowledge import provisioner_mappings, provisioners
from kvlint.migrate import migrate
from kvlint.migrate.provisioners import storage_class
from kvlint.migrate.subject import CLASS, Inputs, Refused, Subject

CREDENTIAL = "s3cr3tV4lue"
FS_TYPE = "csi.storage.k8s.io/fstype"
CONFIG = {
    "ceph": {"cluster-id": "b9127830", "user-secret": "ceph-csi", "fs-name": "cephfs"},
    "efs": {"file-system-id": "fs-0123"},
    "everest": {"disk-volume-type": "SSD"},
    "nfs": {"server": "10.0.0.9", "share": "/exports"},
    "oci": {"availability-domain": "PHX-AD-1", "mount-target": "ocid1.mounttarget.oc1.x"},
}


def secrets(name: str, namespace: str, *roles: str) -> dict[str, str]:
    return {
        f"csi.storage.k8s.io/{role}-secret-{part}": value
        for role in roles
        for part, value in (("name", name), ("namespace", namespace))
    }


class Case(NamedTuple):
    """Old parameters, and the provisioner and parameters they become."""

    old: str
    parameters: dict[str, str]
    new: str
    expected: dict[str, str]


NFS = {"server": "10.0.0.9", "share": "/exports"}
SUBDIR = NFS | {
    "mountPermissions": "0777",
    "subDir": "${pvc.metadata.namespace}-${pvc.metadata.name}-${pv.metadata.name}",
}
EFS = {"provisioningMode": "efs-ap", "fileSystemId": "fs-0123", "directoryPerms": "700"}
ROOK = secrets("rook-csi-rbd-provisioner", "rook-ceph", "provisioner", "controller-expand")
ROOK |= secrets("rook-csi-rbd-node", "rook-ceph", "node-stage")
ROOK |= {"imageFormat": "2", "imageFeatures": "layering", "clusterID": "rook-ceph", "pool": "replicapool"}
CEPH = secrets("ceph-csi", "kube-system", "provisioner", "controller-expand", "node-stage")
MANILA = secrets("os", "default", "provisioner", "controller-expand", "node-stage", "node-publish")

CASES = [
    Case("fuseim.pri/ifs", {"archiveOnDelete": "false"}, "nfs.csi.k8s.io", SUBDIR | {"onDelete": "delete"}),
    Case("fuseim.pri/ifs", {}, "nfs.csi.k8s.io", SUBDIR | {"onDelete": "archive"}),
    Case(
        "fuseim.pri/ifs",
        {"onDelete": "retain", "pathPattern": "${.PVC.namespace}/${.PVC.name}"},
        "nfs.csi.k8s.io",
        SUBDIR | {"onDelete": "retain", "subDir": "${pvc.metadata.namespace}/${pvc.metadata.name}"},
    ),
    Case(
        "cluster.local/my-nfs-client-provisioner",
        {"archiveOnDelete": "true"},
        "nfs.csi.k8s.io",
        SUBDIR | {"onDelete": "archive"},
    ),
    Case("example.com/nfs", {"gid": "none", "rootSquash": "true"}, "nfs.csi.k8s.io", NFS),
    Case("rook.io/nfs-provisioner", {"exportName": "share1", "nfsServerName": "rook-nfs"}, "nfs.csi.k8s.io", NFS),
    Case("nfs.rook.io/nfs", {}, "nfs.csi.k8s.io", NFS),
    Case("nfs.rook.io/rook-nfs-provisioner", {}, "nfs.csi.k8s.io", NFS),
    Case("cds/nas", {"server": "nas", "path": "/a"}, "nfs.csi.k8s.io", {"server": "nas", "share": "/a"}),
    Case(
        "ceph.com/rbd",
        {
            "monitors": "10.0.0.1:6789",
            "pool": "kube",
            "dataPool": "ec",
            "adminId": "admin",
            "adminSecretName": "a",
            "adminSecretNamespace": "kube-system",
            "userId": "admin",
            "userSecretName": "a",
            "imageFormat": "2",
            "imageFeatures": "layering",
            "fsType": "xfs",
        },
        "rbd.csi.ceph.com",
        {
            "clusterID": "b9127830",
            "pool": "kube",
            "dataPool": "ec",
            "imageFeatures": "layering",
            FS_TYPE: "xfs",
        }
        | CEPH,
    ),
    Case(
        "ceph.com/cephfs",
        {
            "monitors": "10.0.0.1:6789",
            "cluster": "ceph",
            "adminId": "admin",
            "adminSecretName": "a",
            "adminSecretNamespace": "kube-system",
            "claimRoot": "/pvc",
            "deterministicNames": "true",
        },
        "cephfs.csi.ceph.com",
        {"clusterID": "b9127830", "fsName": "cephfs"} | CEPH,
    ),
    Case(
        "example.com/aws-efs",
        {"gidMin": "1", "gidMax": "9", "gidAllocate": "true"},
        "efs.csi.aws.com",
        EFS | {"gidRangeStart": "1", "gidRangeEnd": "9"},
    ),
    Case("foobar.io/aws-efs", {}, "efs.csi.aws.com", EFS),
    Case("openshift.org/aws-efs", {}, "efs.csi.aws.com", EFS),
    Case("external/digitalocean", {"zone": "nyc1"}, "dobs.csi.digitalocean.com", {FS_TYPE: "ext4"}),
    Case(
        "ceph.rook.io/block",
        {
            "blockPool": "replicapool",
            "dataBlockPool": "ec",
            "clusterNamespace": "rook-ceph",
            "fstype": "xfs",
            "mountUser": "u",
            "mountSecret": "s",
        },
        "rook-ceph.rbd.csi.ceph.com",
        ROOK | {"dataPool": "ec", FS_TYPE: "xfs"},
    ),
    Case(
        "rook.io/block",
        {"pool": "replicapool", "clusterName": "rook-ceph"},
        "rook-ceph.rbd.csi.ceph.com",
        ROOK | {FS_TYPE: "ext4"},
    ),
    Case(
        "alicloud/disk",
        {"type": "cloud_ssd", "regionid": "cn-x", "zoneid": "cn-x-a", "fstype": "ext4", "encrypted": "true"},
        "diskplugin.csi.alibabacloud.com",
        {"type": "cloud_ssd", "regionId": "cn-x", "zoneId": "cn-x-a", FS_TYPE: "ext4", "encrypted": "true"},
    ),
    Case(
        "alicloud/nas",
        {"server": "x:/root/", "driver": "flexvolume", "archiveOnDelete": "true"},
        "nasplugin.csi.alibabacloud.com",
        {"volumeAs": "subpath", "server": "x:/root/", "archiveOnDelete": "true"},
    ),
    Case(
        "flexvolume-huawei.com/fuxivol",
        {"kubernetes.io/volumetype": "SAS"},
        "everest-csi-provisioner",
        {
            "csi.storage.k8s.io/csi-driver-name": "disk.csi.everest.io",
            "everest.io/disk-volume-type": "SAS",
            FS_TYPE: "ext4",
        },
    ),
    Case("oracle.com/oci", {"fsType": "ext3"}, "blockvolume.csi.oraclecloud.com", {FS_TYPE: "ext3"}),
    Case("oracle.com/oci-block", {}, "blockvolume.csi.oraclecloud.com", {FS_TYPE: "ext4"}),
    Case(
        "oracle.com/oci-fss",
        {"mntTargetId": "ocid1.mounttarget.a", "subnetId": "ocid1.subnet.b"},
        "fss.csi.oraclecloud.com",
        {"availabilityDomain": "PHX-AD-1", "mountTargetOcid": "ocid1.mounttarget.a"},
    ),
    Case(
        "oracle.com/oci-fss",
        {"subnetId": "ocid1.subnet.b"},
        "fss.csi.oraclecloud.com",
        {"availabilityDomain": "PHX-AD-1", "mountTargetSubnetOcid": "ocid1.subnet.b"},
    ),
    Case(
        "oracle.com/oci-fss",
        {},
        "fss.csi.oraclecloud.com",
        {"availabilityDomain": "PHX-AD-1", "mountTargetOcid": "ocid1.mounttarget.oc1.x"},
    ),
    Case(
        "rancher.io/longhorn",
        {"numberOfReplicas": "3", "staleReplicaTimeout": "30", "fromBackup": "", "baseImage": "x"},
        "driver.longhorn.io",
        {"numberOfReplicas": "3", "staleReplicaTimeout": "30", FS_TYPE: "ext4"},
    ),
    Case(
        "netapp.io/trident",
        {"media": "ssd", "selector": "a=b"},
        "csi.trident.netapp.io",
        {"media": "ssd", "selector": "a=b"},
    ),
    Case(
        "openstack.org/standalone-cinder",
        {"type": "fast", "availability": "nova", "smartclone": "true"},
        "cinder.csi.openstack.org",
        {"type": "fast", "availability": "nova", FS_TYPE: "ext4"},
    ),
    Case(
        "manila-provisioner",
        {
            "type": "default",
            "zones": "nova, other",
            "protocol": "NFS",
            "backend": "nfs",
            "osSecretName": "os",
            "nfs-share-client": "10.0.0.0/8",
            "csi-driver": "x",
        },
        "nfs.manila.csi.openstack.org",
        {"type": "default", "availability": "nova", "nfs-shareClient": "10.0.0.0/8"} | MANILA,
    ),
    Case(
        "manila-provisioner",
        {"type": "default", "protocol": "CephFS", "osSecretName": "os"},
        "cephfs.manila.csi.openstack.org",
        {"type": "default"} | MANILA,
    ),
]

OFFERED = ("hpe.com/nimble", "dev.hpe.com/nimble")
MAPPED = {row.name for case in CASES if (row := provisioners.find(case.old))} | set(OFFERED)
UNMAPPED = [row for row in provisioners.every() if row.name not in MAPPED and not row.image_only]


def subject(provisioner: str, parameters: dict[str, str], inputs: Any = CONFIG, **fields: Any) -> Subject:
    body = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": provisioner,
        "parameters": parameters,
        "reclaimPolicy": "Retain",
    }
    return Subject(CLASS, provisioner, body | fields, None, ("StorageClass", "fast"), Inputs(inputs))


def text_of(migration: Migration) -> str:
    return json.dumps(list(migration), default=list)


def test_every_retired_provisioner_has_a_mapping_or_an_advice() -> None:
    assert {row.name for row in provisioners.every() if provisioner_mappings.find(row.name)} == MAPPED
    assert set(provisioner_mappings.names()) == MAPPED


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.old}-{len(case.parameters)}")
def test_class(case: Case) -> None:
    given_subject = subject(case.old, case.parameters)
    before = copy.deepcopy(given_subject.object)
    migration = storage_class(given_subject)
    assert given_subject.object == before
    assert (migration.status, migration.applicability, migration.inputs) == (READY, UNSAFE, ())
    (made,) = migration.manifests
    check(given_subject, migration)
    assert made == migration.replacement
    assert made["provisioner"] == migration.driver == case.new
    assert made["parameters"] == case.expected
    assert made["metadata"] == before["metadata"]
    assert made["reclaimPolicy"] == "Retain"
    check_parameters(migration, case.parameters)


def check_parameters(migration: Migration, parameters: dict[str, str]) -> None:
    """Every parameter is carried over or named in a note."""
    values = set(migration.manifests[0]["parameters"].values())
    said = "\n".join((*migration.notes, *migration.steps))
    mapped = ("archiveOnDelete", "pathPattern", "adminId", "userId", "adminSecretName", "userSecretName", "protocol")
    for key, value in parameters.items():
        assert value in values or value in said or f"`{key}`" in said or key in mapped, key


@pytest.mark.parametrize("row", UNMAPPED, ids=lambda row: row.name)
def test_advice(row: provisioners.Provisioner) -> None:
    parameters = {p.key: CREDENTIAL if p.credential == "literal" else "x1" for p in row.parameters} | {"other": "x"}
    migration = storage_class(subject(row.name, parameters))
    assert (migration.status, migration.applicability, migration.manifests) == ("manual", MANUAL, ())
    assert migration.steps[0] == row.advice
    assert migration.references == row.references
    said = "".join(migration.notes)
    assert all(f"`{key}`" in said for key in parameters)
    assert CREDENTIAL not in text_of(migration)
    if any(p.credential == "literal" for p in row.parameters):
        assert "rotate it" in said


@pytest.mark.parametrize("name", OFFERED)
def test_classes_that_are_only_offered(name: str) -> None:
    parameters = {
        "perfPolicy": "SQL",
        "limitIOPS": "76800",
        "limitMBPS": "5",
        "destroyOnRm": "true",
        "description": "d",
    }
    migration = storage_class(subject(name, parameters))
    assert (migration.status, migration.applicability, migration.replacement) == ("manual", MANUAL, None)
    (made,) = migration.manifests
    assert made["provisioner"] == "csi.hpe.com"
    wanted = {
        "performancePolicy": "SQL",
        "limitIops": "76800",
        "limitMbps": "5",
        "destroyOnDelete": "true",
        "description": "d",
    }
    assert made["parameters"] == made["parameters"] | wanted
    assert schema_errors(made) == []


def test_unknown_provisioner() -> None:
    migration = storage_class(subject("acme.io/nfs", {"server": "x", "password": CREDENTIAL}))
    assert migration.status == "manual"
    assert "PROVISIONER_NAME" in migration.steps[0]
    assert "`server`" in "".join(migration.notes)
    assert "`password` holds a credential" in "".join(migration.notes)
    assert CREDENTIAL not in text_of(migration)


@pytest.mark.parametrize(
    ("provisioner", "names"),
    [
        ("fuseim.pri/ifs", ["nfs.server.fast", "nfs.share.fast"]),
        ("example.com/aws-efs", ["efs.file-system-id.fast"]),
        ("ceph.com/cephfs", ["ceph.cluster-id", "ceph.user-secret.admin", "ceph.fs-name"]),
        ("flexvolume-huawei.com/fuxivol", ["everest.disk-volume-type.fast"]),
        ("oracle.com/oci-fss", ["oci.mount-target.fast", "oci.availability-domain"]),
    ],
)
def test_what_the_class_does_not_say_is_an_input(provisioner: str, names: list[str]) -> None:
    migration = storage_class(subject(provisioner, {}, inputs=None))
    assert migration.status == NEEDS_INPUT
    assert [item.name for item in migration.inputs] == names
    written = json.dumps(migration.manifests)
    assert all(item.placeholder in written for item in migration.inputs)


@pytest.mark.parametrize(
    ("provisioner", "parameters", "said"),
    [
        ("fuseim.pri/ifs", {"pathPattern": "${.PVC.annotations.path}"}, "annotations.path"),
        ("ceph.rook.io/block", {"clusterNamespace": "rook-ceph"}, "`blockPool`"),
        ("manila-provisioner", {"osSecretName": "s"}, "protocol"),
        ("manila-provisioner", {"protocol": "NFS"}, "`osSecretName`"),
        ("manila-provisioner", {"protocol": "NFS", "osSecretName": "s", "osShareID": "1"}, "PersistentVolume"),
        ("external/digitalocean", {"fstype": "xfs", FS_TYPE: "ext4"}, "contradict"),
        ("external/digitalocean", {"zone": "a", "ZONE": "b"}, "twice"),
    ],
)
def test_refused(provisioner: str, parameters: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said.replace("$", ".")):
        storage_class(subject(provisioner, parameters))


def test_mount_options_move_from_the_parameter_to_the_list() -> None:
    given_subject = subject("example.com/nfs", {"mountOptions": "vers=4.1, noatime"}, mountOptions=["hard"])
    (made,) = storage_class(given_subject).manifests
    assert made["mountOptions"] == ["hard", "vers=4.1", "noatime"]
    assert "mountOptions" not in made["parameters"]


MOUNT_OPTIONS = ["noatime", f"password={CREDENTIAL}", f"hard,pass={CREDENTIAL},ro", f"proxy=http://a:{CREDENTIAL}@h"]


def test_credentials_are_never_copied() -> None:
    parameters = {"server": f"nfs://bob:{CREDENTIAL}@nas", "path": "/a", "secretKey": CREDENTIAL}
    given_subject = subject("cds/nas", parameters, mountOptions=MOUNT_OPTIONS)
    migration = storage_class(given_subject)
    assert CREDENTIAL not in text_of(migration)
    assert migration.manifests[0]["mountOptions"] == ["noatime", "hard,ro"]
    assert migration.manifests[0]["parameters"] == {"server": "10.0.0.9", "share": "/a"}
    assert sum("rotate it" in note for note in migration.notes) == 5


def test_topologies_get_the_keys_that_the_driver_reports() -> None:
    terms = [{"matchLabelExpressions": [{"key": "failure-domain.beta.kubernetes.io/zone", "values": ["cn-x-a"]}]}]
    (made,) = storage_class(subject("alicloud/disk", {}, allowedTopologies=terms)).manifests
    expression = {"key": "topology.diskplugin.csi.alibabacloud.com/zone", "values": ["cn-x-a"]}
    assert made["allowedTopologies"] == [{"matchLabelExpressions": [expression]}]


def test_rook_driver_can_be_configured() -> None:
    inputs = {"ceph": {"rbd-driver": "rbd.csi.ceph.com"}}
    parameters = {"blockPool": "p", "clusterNamespace": "rook-ceph"}
    assert storage_class(subject("ceph.rook.io/block", parameters, inputs=inputs)).driver == "rbd.csi.ceph.com"


def test_migrate_reaches_external_provisioners() -> None:
    assert migrate(subject("external/digitalocean", {})).driver == "dobs.csi.digitalocean.com"
    assert migrate(subject("", {})).status == "manual"
    assert migrate(subject("kubernetes.io/made-up", {})).status == "manual"


NAMES = sorted(row.name for row in provisioners.every())
TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_parameters_of_any_provisioner(data: st.DataObject) -> None:
    """Whatever the parameters: no crash, no credential, a class that the API accepts."""
    row = provisioners.find(data.draw(st.sampled_from(NAMES)))
    if row is None:
        return
    keys = st.sampled_from([parameter.key for parameter in row.parameters] or ["x"]) | st.just("password")
    parameters = data.draw(st.dictionaries(keys, TEXT, max_size=6))
    for parameter in row.parameters:
        if parameter.credential == "literal" and parameter.key in parameters:
            parameters[parameter.key] = CREDENTIAL
    if "password" in parameters:
        parameters["password"] = CREDENTIAL
    inputs = data.draw(st.sampled_from([None, CONFIG]))
    migration = migrate(subject(row.name, parameters, inputs=inputs))
    assert CREDENTIAL not in text_of(migration)
    assert migrate(subject(row.name, parameters, inputs=inputs)) == migration
    for manifest in migration.manifests:
        assert schema_errors(manifest) == []
