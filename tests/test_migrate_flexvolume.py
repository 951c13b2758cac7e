"""Every FlexVolume driver, in a Pod and as a PersistentVolume: what it becomes, and that no credential comes along."""

import copy
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from migrate_support import check, schema_errors

from kvlint.finding import MANUAL, NEEDS_INPUT, READY, UNSAFE, Migration
from kvlint.knowledge import credential_keys, flexvolume_drivers, flexvolume_mappings
from kvlint.migrate import flexvolume, migrate
from kvlint.migrate.objects import valid_name
from kvlint.migrate.subject import INLINE, PV, Inputs, Refused, Subject

CREDENTIAL = "s3cr3tV4lue"
CONFIG = {
    "namespace": "shop",
    "capacity": "5Gi",
    "ceph": {"cluster-id": "b9127830", "user-secret": "ceph-csi"},
    "everest": {"disk-volume-type": "SAS", "region": "eu-de"},
    "flexvolume": {"secret": "made-for-csi"},
}


class Case(NamedTuple):
    """Options of a driver, and what must be in the CSI source (`csi`), and in the spec (`mount`)."""

    row: str
    driver: str
    options: dict[str, str]
    csi: dict[str, Any]
    mount: tuple[str, ...] = ()
    fs_type: str = ""
    mode: str = "ReadWriteOnce"
    secret: bool = False
    only: str = ""
    metadata: Mapping[str, Any] = MappingProxyType({})
    written_fs_type: str = ""


def block(row: str, driver: str, options: dict[str, str], csi_driver: str, handle: str, **attributes: str) -> Case:
    """A case of a block volume, which gets ext4 and is mounted by one node."""
    csi = {"driver": csi_driver, "volumeHandle": handle, "fsType": "ext4"}
    return Case(row, driver, options, csi | ({"volumeAttributes": attributes} if attributes else {}))


def smb(row: str, driver: str, options: dict[str, str], *mount: str) -> Case:
    """A case of an SMB share, whose Secret serves on."""
    csi = {"driver": "smb.csi.k8s.io", "volumeAttributes": {"source": "//files.example.com/team/docs"}}
    csi |= {"nodeStageSecretRef": {"name": "old", "namespace": "shop"}}
    return Case(row, driver, options, csi, mount, fs_type="cifs", mode="ReadWriteMany", secret=True)


UUID = "0d1cbd2e-6f0b-4d0b-9f9c-8ad0b8c1f7aa"
OCID = "ocid1.volume.oc1.phx.abyhqljrexample"
DIGITALOCEAN_ID = "digitalocean.external-storage.incubator.kubernetes.io/VolumeID"
EVEREST = {"storage.kubernetes.io/csiProvisionerIdentity": "everest-csi-provisioner"}
EVEREST_SHARE = {"everest.io/share-export-location": "10.0.0.9:/share"} | EVEREST

CASES = [
    Case(
        "azure-blobfuse",
        "azure/blobfuse",
        {
            "container": "logs",
            "tmppath": "/mnt/tmp",
            "driverpath": "/bin",
            "mountoptions": "--log-level=LOG_DEBUG -o ro",
        },
        {
            "driver": "blob.csi.azure.com",
            "volumeAttributes": {"containerName": "logs", "protocol": "fuse"},
            "nodeStageSecretRef": {"name": "old", "namespace": "shop"},
        },
        ("-o allow_other", "--tmp-path=/mnt/tmp", "--log-level=LOG_DEBUG", "-o ro"),
        mode="ReadWriteMany",
        secret=True,
    ),
    smb(
        "azure-smb",
        "microsoft.com/smb",
        {"source": "//files.example.com/team/docs", "mountoptions": "vers=3.0,dir_mode=0777"},
        "vers=3.0",
        "dir_mode=0777",
    ),
    smb("azure-smb", "azure/cifs", {"source": "//files.example.com/team/docs", "mountOptions": "vers=3.0"}, "vers=3.0"),
    smb(
        "fstab-cifs",
        "fstab/cifs",
        {"networkPath": "\\\\files.example.com\\team\\docs", "mountOptions": "uid=1000, gid=1000"},
        "uid=1000",
        "gid=1000",
    ),
    smb(
        "juliohm-cifs",
        "juliohm/cifs",
        {"server": "files.example.com", "share": "/team/docs", "opts": "sec=ntlm", "passwdMethod": "env"},
        "sec=ntlm",
    ),
    smb("openshift-cifs", "openshift.io/cifs", {"networkPath": "//files.example.com/team/docs", "mountOptions": ""}),
    smb("fvigotti-cifs", "fvigotti/cifs", {"source": "//files.example.com//team/docs/", "mountOptions": "ro"}, "ro"),
    smb("bertera-smb", "bertera.it/smb", {"source": "smb://files.example.com/team/docs", "mountoptions": "ro"}, "ro"),
    smb("windows-smb", "microsoft.com/smb.cmd", {"source": "\\\\files.example.com\\team\\docs"}),
    block("alicloud-disk", "alicloud/disk", {"VolumeId": "d-1a"}, "diskplugin.csi.alibabacloud.com", "d-1a"),
    block("aliyun-flexv", "aliyun/flexv", {"diskId": "d-1a"}, "diskplugin.csi.alibabacloud.com", "d-1a"),
    block(
        "pragkent-aliyun-disk", "pragkent.me/aliyun-disk", {"diskId": "d-1a"}, "diskplugin.csi.alibabacloud.com", "d-1a"
    ),
    Case(
        "alicloud-nas",
        "alicloud/nas",
        {"server": "x.nas.aliyuncs.com", "path": "/k8s", "vers": "3", "mode": "755"},
        {
            "driver": "nasplugin.csi.alibabacloud.com",
            "volumeAttributes": {"server": "x.nas.aliyuncs.com", "path": "/k8s"},
        },
        ("nolock", "tcp", "noresvport", "vers=3"),
        mode="ReadWriteMany",
    ),
    Case(
        "alicloud-nas",
        "alicloud/nas",
        {"server": "x.nas.aliyuncs.com", "vers": "4.0", "options": "noresvport"},
        {"driver": "nasplugin.csi.alibabacloud.com", "volumeAttributes": {"server": "x.nas.aliyuncs.com", "path": "/"}},
        ("noresvport", "vers=4.0"),
        mode="ReadWriteMany",
    ),
    Case(
        "alicloud-oss",
        "alicloud/oss",
        {"bucket": "b", "url": "oss-cn-x.aliyuncs.com", "otherOpts": "-o max_stat_cache_size=0 -o allow_other"},
        {
            "driver": "ossplugin.csi.alibabacloud.com",
            "volumeAttributes": {
                "bucket": "b",
                "url": "oss-cn-x.aliyuncs.com",
                "otherOpts": "-o max_stat_cache_size=0 -o allow_other",
                "path": "/",
            },
            "nodePublishSecretRef": {"name": "old", "namespace": "shop"},
        },
        mode="ReadWriteMany",
        secret=True,
    ),
    Case(
        "alicloud-oss",
        "alicloud/oss",
        {"bucket": "b", "url": "oss-cn-x.aliyuncs.com", "akId": CREDENTIAL, "akSecret": CREDENTIAL},
        {
            "volumeAttributes": {"bucket": "b", "url": "oss-cn-x.aliyuncs.com", "path": "/"},
            "nodePublishSecretRef": {"name": "made-for-csi", "namespace": "shop"},
        },
        mode="ReadWriteMany",
    ),
    Case(
        "huawei-evs",
        "huawei.com/fuxivol",
        {"volumeID": UUID, "disk-mode": "SCSI", "fsType": "ext4", "kubernetes.io/fsType": "ext4"},
        {
            "driver": "disk.csi.everest.io",
            "volumeHandle": UUID,
            "fsType": "ext4",
            "volumeAttributes": {"everest.io/disk-mode": "SCSI", "everest.io/disk-volume-type": "SAS"} | EVEREST,
        },
    ),
    Case(
        "huawei-sfs",
        "huawei.com/fuxinfs",
        {"volumeID": UUID, "deviceMountPath": "10.0.0.9:/share", "fsType": "nfs"},
        {"driver": "nas.csi.everest.io", "volumeHandle": UUID, "fsType": "nfs", "volumeAttributes": EVEREST_SHARE},
        mode="ReadWriteMany",
    ),
    Case(
        "huawei-obs",
        "huawei.com/fuxiobs",
        {"volumeID": "bucket", "storage_class": "STANDARD_IA", "posix": "true", "region": "eu-nl", "fsType": "obs"},
        {
            "driver": "obs.csi.everest.io",
            "volumeHandle": "bucket",
            "fsType": "obsfs",
            "volumeAttributes": {"everest.io/obs-volume-type": "WARM", "everest.io/region": "eu-nl"} | EVEREST,
        },
        mode="ReadWriteMany",
    ),
    Case(
        "huawei-sfsturbo",
        "huawei.com/fuxiefs",
        {"volumeID": UUID, "deviceMountPath": "10.0.0.9:/share", "fsType": "efs"},
        {"driver": "sfsturbo.csi.everest.io", "volumeHandle": UUID, "fsType": "nfs", "volumeAttributes": EVEREST_SHARE},
        mode="ReadWriteMany",
    ),
    Case(
        "oracle-oci",
        "oracle/oci",
        {},
        {"driver": "blockvolume.csi.oraclecloud.com", "volumeHandle": OCID, "fsType": "ext3"},
        fs_type="ext3",
        written_fs_type="ext3",
        only=PV,
        metadata={
            "annotations": {"ociVolumeID": OCID},
            "labels": {"failure-domain.beta.kubernetes.io/zone": "PHX-AD-1"},
        },
    ),
    Case(
        "do-external-storage",
        "external-storage/digitalocean",
        {},
        {
            "driver": "dobs.csi.digitalocean.com",
            "volumeHandle": UUID,
            "fsType": "ext4",
            "volumeAttributes": {"com.digitalocean.csi/noformat": "true"},
        },
        only=PV,
        metadata={"annotations": {DIGITALOCEAN_ID: UUID}},
    ),
    Case(
        "do-pharmer",
        "pharmer/flexvolumes",
        {"volumeId": UUID, "volumeName": "v"},
        {
            "driver": "dobs.csi.digitalocean.com",
            "volumeHandle": UUID,
            "volumeAttributes": {"com.digitalocean.csi/noformat": "true"},
        },
    ),
    block("qingcloud", "qingcloud/flex-volume", {"volumeID": "vol-x"}, "disk.csi.qingcloud.com", "vol-x"),
    block(
        "cinder-flex",
        "cinder.io/cinder-flex-volume-driver",
        {"volumeID": UUID, "cinderConfig": "/etc/kubernetes/cloud-config"},
        "cinder.csi.openstack.org",
        UUID,
    ),
    block("cinder-flex", "cinder/flexvolume_driver", {"volumeID": UUID}, "cinder.csi.openstack.org", UUID),
    Case(
        "cds-nas",
        "cdscloud/nas",
        {"server": "10.0.0.9", "path": "/nas", "vers": "4.0", "mode": "755"},
        {"driver": "nfs.csi.k8s.io", "volumeAttributes": {"server": "10.0.0.9", "share": "/nas"}},
        ("nfsvers=4.0",),
        mode="ReadWriteMany",
    ),
    Case(
        "rook-ceph-block",
        "ceph.rook.io/rook-ceph",
        {
            "image": "pvc-1",
            "blockPool": "replicapool",
            "dataBlockPool": "ec",
            "clusterNamespace": "rook-ceph",
            "storageClass": "rook",
            "mountUser": "u",
            "mountSecret": "s",
        },
        {
            "driver": "rook-ceph.rbd.csi.ceph.com",
            "volumeHandle": "pvc-1",
            "fsType": "xfs",
            "volumeAttributes": {
                "clusterID": "rook-ceph",
                "pool": "replicapool",
                "staticVolume": "true",
                "imageFeatures": "layering",
            },
            "nodeStageSecretRef": {"name": "rook-csi-rbd-node", "namespace": "rook-ceph"},
        },
        fs_type="xfs",
        written_fs_type="xfs",
    ),
    Case(
        "rook-ceph-block",
        "ceph.rook.io/storage-operators",
        {"image": "pvc-1", "pool": "p", "clusterName": "old"},
        {
            "driver": "storage-operators.rbd.csi.ceph.com",
            "nodeStageSecretRef": {"name": "rook-csi-rbd-node", "namespace": "old"},
        },
    ),
    Case(
        "rook-ceph-fs",
        "ceph.rook.io/rook",
        {"fsName": "myfs", "clusterNamespace": "rook-ceph", "path": "/sub", "mountUser": "web", "mountSecret": "s"},
        {
            "driver": "rook-ceph.cephfs.csi.ceph.com",
            "volumeAttributes": {
                "clusterID": "rook-ceph",
                "fsName": "myfs",
                "rootPath": "/sub",
                "staticVolume": "true",
            },
            "nodeStageSecretRef": {"name": "ceph-csi", "namespace": "rook-ceph"},
        },
        fs_type="ceph",
        mode="ReadWriteMany",
    ),
    block(
        "longhorn",
        "rancher.io/longhorn",
        {"size": "2Gi", "numberOfReplicas": "3", "staleReplicaTimeout": "20", "fromBackup": "", "baseImage": "x"},
        "driver.longhorn.io",
        "data",
        numberOfReplicas="3",
        staleReplicaTimeout="20",
    ),
    Case(
        "linstor",
        "linbit/linstor-flexvolume",
        {"resource": "r1", "controllers": "10.0.0.1", "autoPlace": "2", "mountOpts": "noatime,discard"},
        {"driver": "linstor.csi.linbit.com", "volumeHandle": "r1", "fsType": "ext4"},
        ("noatime", "discard"),
    ),
    block("portworx", "px/flexvolume", {"volumeID": "v1", "size": "10", "osdDriver": "pxd"}, "pxd.portworx.com", "v1"),
    Case(
        "maprfs",
        "mapr.com/maprfs",
        {
            "volumePath": "/apps",
            "cluster": "c",
            "cldbHosts": "a b",
            "securityType": "secure",
            "ticketSecretName": "ticket",
            "ticketSecretNamespace": "mapr",
            "platinum": "false",
        },
        {
            "driver": "com.mapr.csi-kdf",
            "volumeAttributes": {
                "volumePath": "/apps",
                "cluster": "c",
                "cldbHosts": "a b",
                "securityType": "secure",
                "platinum": "false",
            },
            "nodePublishSecretRef": {"name": "ticket", "namespace": "mapr"},
        },
        mode="ReadWriteMany",
    ),
    Case(
        "maprfs",
        "mapr.com/maprfs",
        {"cluster": "c", "cldbHosts": "a", "ticket": CREDENTIAL},
        {
            "volumeAttributes": {"volumePath": "/", "cluster": "c", "cldbHosts": "a"},
            "nodePublishSecretRef": {"name": "made-for-csi", "namespace": "shop"},
        },
        mode="ReadWriteMany",
    ),
    Case(
        "k8s-examples",
        "k8s/nfs",
        {"server": "10.0.0.9", "share": "exports"},
        {"driver": "nfs.csi.k8s.io", "volumeAttributes": {"server": "10.0.0.9", "share": "/exports"}},
        mode="ReadWriteMany",
    ),
]

INLINE_CSI = {"azure-kv": "azure/kv", "nodeagent-uds": "nodeagent/uds"}
MAPPED = {case.row for case in CASES} | set(INLINE_CSI)
MANUAL_ROWS = [row for row in flexvolume_drivers.every() if row.id not in MAPPED]


def pod_volume(
    driver: str, options: dict[str, str], inputs: Any = CONFIG, namespace: str | None = "shop", **fields: Any
) -> Subject:
    """The subject of a Pod's FlexVolume; `fields` are further ones of the source."""
    source = {"driver": driver, "options": options} | fields
    entry = {"name": "data", "flexVolume": source}
    return Subject(INLINE, "flexVolume", entry, namespace, ("Deployment", "web"), Inputs(inputs))


def volume(
    driver: str, options: dict[str, str], inputs: Any = CONFIG, metadata: Mapping[str, Any] | None = None, **fields: Any
) -> Subject:
    """The subject of a PersistentVolume of a FlexVolume, claimed from the namespace shop."""
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "data"} | dict(metadata or {}),
        "spec": {
            "capacity": {"storage": "20Gi"},
            "accessModes": ["ReadWriteMany"],
            "claimRef": {"namespace": "shop", "name": "data"},
            "flexVolume": {"driver": driver, "options": options} | fields,
        },
    }
    return Subject(PV, "flexVolume", body, "shop", ("PersistentVolume", "data"), Inputs(inputs))


def fields_of(case: Case) -> dict[str, Any]:
    fields: dict[str, Any] = {"fsType": case.fs_type} if case.fs_type else {}
    return fields | ({"secretRef": {"name": "old"}} if case.secret else {})


def text_of(migration: Migration) -> str:
    return json.dumps(
        [list(part) if isinstance(part, tuple) else part for part in migration], default=list, ensure_ascii=False
    )


def check_objects(migration: Migration) -> None:
    """What holds for every object of every migration: schema, names, and the API server's own rules."""
    for manifest in migration.manifests:
        assert valid_name(manifest["metadata"]["name"])
        if manifest["apiVersion"] in ("v1", "storage.k8s.io/v1"):
            assert schema_errors(manifest) == []
        if manifest["kind"] == "PersistentVolume":
            spec = manifest["spec"]
            assert spec["persistentVolumeReclaimPolicy"] == "Retain"
            assert spec["storageClassName"] == ""
            assert list(spec["capacity"]) == ["storage"]
            assert "flexVolume" not in spec
            assert spec["csi"]["volumeHandle"]
            assert len(spec["csi"]["driver"]) <= 63
            for field in ("nodeStageSecretRef", "nodePublishSecretRef"):
                reference = spec["csi"].get(field)
                assert reference is None or (reference["name"] and reference["namespace"])


def check_options(migration: Migration, options: dict[str, str]) -> None:
    """Every option that says something is carried over or named in a note."""
    written = text_of(migration._replace(notes=()))
    notes = "\n".join(migration.notes)
    for key, value in options.items():
        if not value:
            continue
        carried = value != CREDENTIAL and json.dumps(value, ensure_ascii=False)[1:-1] in written
        told = f"`{key}`" in notes or f"`{key}`" in "".join(migration.steps)
        user = "@" in value and "The user in the address of the share is left out" in notes
        assert carried or told or user or value_is_written(value, written), key


def value_is_written(value: str, written: str) -> bool:
    """Whether all words of a value that is split or joined are there."""
    words = [word for word in re.split(r"[\\/,;=\s:]+", value.lower()) if word]
    return bool(words) and all(word in written.lower() for word in words)


def source_of(migration: Migration) -> dict[str, Any]:
    found: dict[str, Any] = migration.manifests[0]["spec"]["csi"]
    return found


def test_every_driver_has_a_mapping_or_an_advice() -> None:
    rows = {row.id for row in flexvolume_drivers.every()}
    assert rows == set(flexvolume_mappings.ids())
    for row in flexvolume_drivers.every():
        mapping = flexvolume_mappings.find(row.id)
        assert mapping is not None
        assert bool(mapping.driver) == (row.id in MAPPED), row.id
        assert mapping.driver or len(mapping.advice) > 40


def test_mappings_know_the_options_of_the_drivers() -> None:
    """Options that a mapping moves or drops are the driver's, and those that hold a credential are moved."""
    for row in flexvolume_drivers.every():
        mapping = flexvolume_mappings.find(row.id)
        if mapping is None or not mapping.driver or mapping.special in ("key-vault",):
            continue
        known = {option.key.lower() for option in row.options}
        for name in (*mapping.moved, *mapping.dropped):
            assert name.lower() in known, (row.id, name)
        for option in row.options:
            if option.credential == "literal":
                assert option.key in mapping.moved, (row.id, option.key)


@pytest.mark.parametrize("case", [c for c in CASES if c.only != PV], ids=lambda case: f"{case.row}-{case.driver}")
def test_inline(case: Case) -> None:
    subject = pod_volume(case.driver, case.options, **fields_of(case))
    before = copy.deepcopy(subject.object)
    migration = flexvolume.inline(subject)
    assert subject.object == before
    assert (migration.status, migration.applicability, migration.inputs) == (READY, UNSAFE, ())
    persistent, claim = migration.manifests
    csi = persistent["spec"]["csi"]
    assert csi == csi | case.csi
    assert migration.driver == csi["driver"]
    assert csi.get("fsType", "") == case.csi.get("fsType", case.written_fs_type or csi.get("fsType", ""))
    assert persistent["spec"].get("mountOptions", []) == list(case.mount)
    assert persistent["spec"]["accessModes"] == [case.mode]
    assert persistent["spec"]["claimRef"] == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": "shop",
        "name": claim["metadata"]["name"],
    }
    assert claim["metadata"]["namespace"] == "shop"
    assert claim["spec"]["volumeName"] == persistent["metadata"]["name"]
    assert claim["spec"]["storageClassName"] == ""
    assert migration.replacement == {
        "name": "data",
        "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]},
    }
    check(subject, migration)
    check_objects(migration)
    check_options(migration, case.options)
    assert CREDENTIAL not in text_of(migration)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}-{case.driver}")
def test_persistent_volume(case: Case) -> None:
    subject = volume(case.driver, case.options, metadata=case.metadata, **fields_of(case))
    before = copy.deepcopy(subject.object)
    migration = flexvolume.persistent_volume(subject)
    assert subject.object == before
    assert (migration.status, migration.applicability, migration.inputs) == (READY, UNSAFE, ())
    (persistent,) = migration.manifests
    csi = persistent["spec"]["csi"]
    assert csi == csi | case.csi
    assert persistent["spec"].get("mountOptions", []) == list(case.mount)
    assert persistent["spec"]["accessModes"] == [case.mode]
    assert persistent["spec"]["capacity"] == {"storage": "20Gi"}
    assert persistent == migration.replacement
    check(subject, migration)
    check_objects(migration)
    check_options(migration, case.options)
    assert CREDENTIAL not in text_of(migration)


@pytest.mark.parametrize("kind", [INLINE, PV])
@pytest.mark.parametrize("row", MANUAL_ROWS, ids=lambda row: row.id)
def test_manual(row: flexvolume_drivers.FlexDriver, kind: str) -> None:
    options = {option.key: CREDENTIAL if option.credential == "literal" else "x1" for option in row.options}
    make = pod_volume if kind == INLINE else volume
    for driver in row.drivers:
        subject = make(driver, options, secretRef={"name": "old"})
        migration = flexvolume.inline(subject) if kind == INLINE else flexvolume.persistent_volume(subject)
        assert (migration.status, migration.applicability, migration.manifests) == ("manual", MANUAL, ())
        assert migration.replacement is None
        assert driver in migration.title + "".join(migration.notes)
        assert len(migration.steps[0]) > 40
        assert migration.references
        assert CREDENTIAL not in text_of(migration)
        check(subject, migration)
        check_options(migration, options)
        if any(option.credential == "literal" for option in row.options):
            assert "rotate it" in "".join(migration.notes)


@pytest.mark.parametrize(
    ("driver", "options", "said"),
    [
        ("oracle/oci", {}, "full OCID"),
        ("external-storage/digitalocean", {}, "VolumeID"),
        ("pharmer/flexvolumes", {"volumeId": "1234", "volumeName": "db"}, "Linode"),
        ("linbit/linstor-flexvolume", {"autoPlace": "2"}, "resource-definition"),
    ],
)
def test_storage_that_the_manifest_does_not_name(driver: str, options: dict[str, str], said: str) -> None:
    migration = flexvolume.inline(pod_volume(driver, options))
    assert (migration.status, migration.manifests) == ("manual", ())
    assert said in migration.steps[0]


@pytest.mark.parametrize(
    ("driver", "options", "said"),
    [
        ("microsoft.com/smb", {}, "no SMB share"),
        ("microsoft.com/smb", {"source": "//server"}, "no SMB share"),
        ("azure/blobfuse", {"container": ""}, "`container`"),
        ("alicloud/oss", {"bucket": "b"}, "`url`"),
        ("cinder.io/cinder-flex-volume-driver", {}, "`volumeID`"),
        ("alicloud/disk", {"volumeId": "d-1", "VolumeId": "d-2"}, "twice"),
        ("k8s/nfs", {"server": "x"}, "`share`"),
        ("azure/kv", {"keyvaultname": "v", "tenantid": "t"}, "`keyvaultobjectnames`"),
        ("azure/kv", {"keyvaultname": "v", "tenantid": "t", "keyvaultobjectnames": "a;b"}, "keyvaultobjecttypes"),
        ("", {}, "`driver`"),
    ],
)
def test_options_that_lack_something_are_refused(driver: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=re.escape(said)):
        flexvolume.inline(pod_volume(driver, options))


def test_unknown_driver() -> None:
    migration = flexvolume.inline(pod_volume("acme.io/thing", {"host": "h", "password": CREDENTIAL}))
    assert migration.status == "manual"
    assert "acme.io~thing/thing" in migration.steps[0]
    assert "copy the data" in migration.steps[2]
    assert any("`host`" in note for note in migration.notes)
    assert any("`password`" in note and "rotate it" in note for note in migration.notes)
    assert CREDENTIAL not in text_of(migration)


def test_without_inputs_the_placeholders_are_inputs() -> None:
    migration = flexvolume.inline(pod_volume("microsoft.com/smb", {"source": "//s/share"}, inputs=None, namespace=None))
    assert migration.status == NEEDS_INPUT
    names = [item.name.partition(".smb-")[0] for item in migration.inputs]
    assert sorted(names) == ["capacity", "flexvolume.secret", "namespace"]
    written = json.dumps(migration.manifests)
    assert all(item.placeholder in written for item in migration.inputs)
    assert "claimRef" not in migration.manifests[0]["spec"]
    (secret,) = migration.secrets
    assert set(secret["stringData"]) == {"username", "password"}
    assert any("kubectl create secret" in step and "--from-file=password=FILE" in step for step in migration.steps)


def test_read_only_goes_into_the_pod() -> None:
    migration = flexvolume.inline(pod_volume("alicloud/disk", {"volumeId": "d-1"}, readOnly=True))
    assert migration.replacement is not None
    assert migration.replacement["persistentVolumeClaim"]["readOnly"] is True
    migration = flexvolume.persistent_volume(volume("alicloud/disk", {"volumeId": "d-1"}, readOnly=True))
    assert any("persistentVolumeClaim.readOnly" in note for note in migration.notes)


def test_the_zone_of_a_disk_becomes_node_affinity() -> None:
    labels = {"failure-domain.beta.kubernetes.io/zone": "cn-x-a", "failure-domain.beta.kubernetes.io/region": "cn-x"}
    migration = flexvolume.persistent_volume(volume("alicloud/disk", {"volumeId": "d-1"}, metadata={"labels": labels}))
    (persistent,) = migration.manifests
    term = {"key": "topology.diskplugin.csi.alibabacloud.com/zone", "operator": "In", "values": ["cn-x-a"]}
    assert persistent["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"] == [{"matchExpressions": [term]}]
    assert persistent["metadata"]["labels"] == {
        "topology.kubernetes.io/zone": "cn-x-a",
        "topology.kubernetes.io/region": "cn-x",
    }


def test_everest_keeps_what_its_guide_asks_for_and_retain() -> None:
    migration = flexvolume.persistent_volume(volume("huawei.com/fuxivol", {"volumeID": UUID}))
    (persistent,) = migration.manifests
    assert persistent["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == "everest-csi-provisioner"
    assert persistent["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_one_share_in_two_namespaces_gets_two_handles() -> None:
    made = [
        flexvolume.inline(pod_volume("fstab/cifs", {"networkPath": "//s/share"}, namespace=namespace))
        for namespace in ("shop", "blog")
    ]
    handles = {source_of(migration)["volumeHandle"] for migration in made}
    names = {migration.manifests[0]["metadata"]["name"] for migration in made}
    claims = {migration.manifests[1]["metadata"]["name"] for migration in made}
    assert (len(handles), len(names), len(claims)) == (2, 2, 1)


def test_one_share_mounted_in_two_ways_gets_two_volumes() -> None:
    made = [
        flexvolume.inline(pod_volume("fstab/cifs", {"networkPath": "//s/share", "mountOptions": options}))
        for options in ("uid=1", "uid=2", "uid=1")
    ]
    names = [migration.manifests[1]["metadata"]["name"] for migration in made]
    assert names[0] != names[1]
    assert names[0] == names[2]


def test_two_workloads_that_mount_the_same_disk_share_the_pair() -> None:
    first = flexvolume.inline(pod_volume("qingcloud/flex-volume", {"volumeID": "vol-1"}))
    second = flexvolume.inline(pod_volume("qingcloud/flex-volume", {"VolumeID": "vol-1"})._replace(owner=("Job", "x")))
    assert first.manifests == second.manifests


def test_the_size_that_longhorn_names_is_the_capacity() -> None:
    migration = flexvolume.inline(pod_volume("rancher.io/longhorn", {"size": "2Gi"}, inputs=None))
    assert migration.status == READY
    assert migration.manifests[0]["spec"]["capacity"] == {"storage": "2Gi"}


@pytest.mark.parametrize(
    ("options", "mount"),
    [
        ({"vers": "3.0"}, ["nolock", "tcp", "noresvport", "vers=3"]),
        ({"vers": "4.0"}, ["noresvport", "vers=4.0"]),
        ({"options": "none"}, ["vers=3"]),
        ({"vers": "4.0", "options": "nolock,vers=3"}, ["nolock", "vers=3"]),
    ],
)
def test_defaults_of_alicloud_nas_are_written_out(options: dict[str, str], mount: list[str]) -> None:
    migration = flexvolume.inline(pod_volume("alicloud/nas", {"server": "s", "path": "/p"} | options))
    assert migration.manifests[0]["spec"]["mountOptions"] == mount


def test_configured_rook_driver() -> None:
    inputs = CONFIG | {"ceph": {"rbd-driver": "rbd.csi.ceph.com"}}
    options = {"image": "i", "pool": "p", "clusterNamespace": "rook-ceph"}
    migration = flexvolume.inline(pod_volume("ceph.rook.io/rook", options, inputs=inputs))
    assert migration.driver == "rbd.csi.ceph.com"


def test_guests_need_no_secret() -> None:
    migration = flexvolume.inline(pod_volume("fstab/cifs", {"networkPath": "//s/share", "mountOptions": "guest"}))
    assert "nodeStageSecretRef" not in source_of(migration)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"password={CREDENTIAL},vers=3.0", ["vers=3.0"]),
        (f"user=bob,pass={CREDENTIAL}", []),
        (f"ro,PASSWD={CREDENTIAL},uid=1", ["ro", "uid=1"]),
        (f"password=x,{CREDENTIAL},vers=3.0", ["vers=3.0"]),
        (f"password=x,a={CREDENTIAL},rw", ["rw"]),
        (f"password2={CREDENTIAL}", []),
        ("credentials=/etc/cifs.cred,username=bob,domain=ACME,dir_mode=0700", ["dir_mode=0700"]),
    ],
)
def test_credentials_in_mount_options(text: str, kept: list[str]) -> None:
    subject = pod_volume("fstab/cifs", {"networkPath": "//s/share", "mountOptions": text}, secretRef={"name": "old"})
    migration = flexvolume.inline(subject)
    assert migration.manifests[0]["spec"].get("mountOptions", []) == kept
    whole = text_of(migration)
    assert CREDENTIAL not in whole
    assert "bob" not in whole
    assert ("rotate it" in whole) == (CREDENTIAL in text)


@pytest.mark.parametrize("address", [f"smb://bob:{CREDENTIAL}@s/share", f"//bob:pa/{CREDENTIAL}@s/share"])
def test_credentials_in_the_address_of_a_share(address: str) -> None:
    with pytest.raises(Refused, match="rotate it") as caught:
        flexvolume.inline(pod_volume("microsoft.com/smb", {"source": address}))
    assert CREDENTIAL not in str(caught.value)


def test_a_user_in_the_address_belongs_into_the_secret() -> None:
    migration = flexvolume.inline(pod_volume("microsoft.com/smb", {"source": "smb://bob@s/share"}))
    assert source_of(migration)["volumeAttributes"]["source"] == "//s/share"
    assert "bob" not in text_of(migration)


@pytest.mark.parametrize(
    ("driver", "options"),
    [
        ("alicloud/oss", {"bucket": "b", "url": "u", "otherOpts": f"-o allow_other -opassword={CREDENTIAL}"}),
        ("azure/blobfuse", {"container": "c", "mountoptions": f"--account-key {CREDENTIAL} -o ro"}),
        ("azure/blobfuse", {"container": "c", "mountoptions": f"--sas-token={CREDENTIAL}"}),
        ("linbit/linstor-flexvolume", {"resource": "r", "mountOpts": f"noatime,secret={CREDENTIAL}"}),
        ("cds/nas", {"server": "s", "path": "/p", "kubernetes.io/secret/token": CREDENTIAL}),
    ],
)
def test_credentials_elsewhere(driver: str, options: dict[str, str]) -> None:
    migration = flexvolume.inline(pod_volume(driver, options))
    assert CREDENTIAL not in text_of(migration)
    assert any("rotate it" in note for note in migration.notes)


def key_vault(options: dict[str, str], **fields: Any) -> Migration:
    given = {"keyvaultname": "vault", "tenantid": "tenant"} | options
    return flexvolume.inline(pod_volume("azure/kv", given, **fields))


def test_key_vault() -> None:
    options = {
        "usepodidentity": "false",
        "keyvaultobjectnames": "cert1; key1;pw",
        "keyvaultobjectaliases": "tls.crt;;",
        "keyvaultobjecttypes": "cert;key;secret",
        "keyvaultobjectversions": ";v2;",
        "resourcegroup": "rg",
        "subscriptionid": "sub",
        "cloudname": "AzureChinaCloud",
        "nmiport": "2579",
    }
    migration = key_vault(options, secretRef={"name": "kvcreds"})
    (provider_class,) = migration.manifests
    name = provider_class["metadata"]["name"]
    assert provider_class["apiVersion"] == "secrets-store.csi.x-k8s.io/v1"
    assert provider_class["kind"] == "SecretProviderClass"
    assert provider_class["metadata"] == {"name": name, "namespace": "shop"}
    assert valid_name(name)
    assert provider_class["spec"]["provider"] == "azure"
    parameters = provider_class["spec"]["parameters"]
    assert set(parameters) == {"usePodIdentity", "keyvaultName", "cloudName", "tenantId", "objects"}
    assert all(isinstance(value, str) for value in parameters.values())
    documents = yaml.safe_load(parameters["objects"])
    assert [yaml.safe_load(text) for text in documents["array"]] == [
        {"objectName": "cert1", "objectAlias": "tls.crt", "objectType": "cert"},
        {"objectName": "key1", "objectType": "key", "objectVersion": "v2"},
        {"objectName": "pw", "objectType": "secret"},
    ]
    assert migration.replacement == {
        "name": "data",
        "csi": {
            "driver": "secrets-store.csi.k8s.io",
            "readOnly": True,
            "volumeAttributes": {"secretProviderClass": name},
            "nodePublishSecretRef": {"name": "kvcreds"},
        },
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "web"}], "volumes": [migration.replacement]},
    }
    assert schema_errors(pod) == []
    assert (migration.status, migration.applicability) == (READY, UNSAFE)
    notes = "".join(migration.notes)
    assert all(f"`{option}`" in notes for option in ("resourcegroup", "subscriptionid", "nmiport"))


def test_key_vault_with_an_identity() -> None:
    options = {
        "usevmmanagedidentity": "true",
        "vmmanagedidentityclientid": "client",
        "keyvaultobjectname": "pw",
        "keyvaultobjecttype": "secret",
    }
    migration = key_vault(options)
    parameters = migration.manifests[0]["spec"]["parameters"]
    assert parameters["useVMManagedIdentity"] == "true"
    assert parameters["userAssignedIdentityID"] == "client"
    assert migration.replacement is not None
    assert "nodePublishSecretRef" not in migration.replacement["csi"]


def test_key_vault_that_a_template_leaves_open() -> None:
    options = {"keyvaultname": "", "tenantid": "", "keyvaultobjectnames": "a", "keyvaultobjecttypes": "secret"}
    migration = flexvolume.inline(pod_volume("azure/kv", options))
    assert migration.status == NEEDS_INPUT
    assert [item.name for item in migration.inputs] == ["azure.key-vault.data", "azure.tenant-id"]
    configured = flexvolume.inline(
        pod_volume("azure/kv", options, inputs={"azure": {"key-vault": "v", "tenant-id": "t"}})
    )
    assert configured.manifests[0]["spec"]["parameters"]["keyvaultName"] == "v"


def test_key_vault_is_no_persistent_volume() -> None:
    with pytest.raises(Refused, match="volumes of Pods only"):
        flexvolume.persistent_volume(volume("azure/kv", {"keyvaultname": "v"}))


def test_two_pods_with_the_same_vault_objects_share_the_class() -> None:
    options = {"keyvaultobjectnames": "a", "keyvaultobjecttypes": "secret"}
    assert key_vault(options).manifests == key_vault(options).manifests
    other = key_vault(options | {"keyvaultobjectversions": "v2"})
    assert other.manifests[0]["metadata"]["name"] != key_vault(options).manifests[0]["metadata"]["name"]


def test_unix_sockets_stay_in_the_pod() -> None:
    migration = flexvolume.inline(pod_volume("nodeagent/uds", {}))
    assert migration.replacement == {"name": "data", "csi": {"driver": "csi.tigera.io"}}
    assert migration.manifests == ()


def test_migrate_reaches_flexvolumes_and_never_raises() -> None:
    assert migrate(pod_volume("qingcloud/flex-volume", {"volumeID": "vol-1"})).driver == "disk.csi.qingcloud.com"
    assert migrate(volume("qingcloud/flex-volume", {"volumeID": "vol-1"})).driver == "disk.csi.qingcloud.com"
    assert migrate(pod_volume("", {})).status == "manual"


DRIVERS = sorted(driver for row in flexvolume_drivers.every() for driver in row.drivers)
TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_options_of_any_driver(data: st.DataObject) -> None:
    """Whatever the options: no crash, no credential, valid names, every option carried over or named."""
    driver = data.draw(st.sampled_from(DRIVERS))
    row = flexvolume_drivers.find(driver)
    assert row is not None
    keys = st.sampled_from([option.key for option in row.options] or ["x"]) | st.sampled_from(
        ["password", "token", "a"]
    )
    options = data.draw(st.dictionaries(keys, TEXT, max_size=6))
    secrets = [key for key in options if is_secret(driver, key)]
    options |= dict.fromkeys(secrets, CREDENTIAL)
    make = data.draw(st.sampled_from([pod_volume, volume]))
    inputs = data.draw(st.sampled_from([None, CONFIG]))
    migration = migrate(make(driver, options, inputs=inputs))
    assert CREDENTIAL not in text_of(migration)
    if migration.status == READY:
        check_objects(migration)
    if "cannot be migrated" not in migration.title:
        check_options(migration, options)
    assert migrate(make(driver, options, inputs=inputs)) == migration


def is_secret(driver: str, key: str) -> bool:
    place = credential_keys.flexvolume(driver)
    return credential_keys.place_strength(key, place) > credential_keys.Strength.IDENTITY
