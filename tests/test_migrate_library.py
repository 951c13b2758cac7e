"""kvlint's translations against those of Kubernetes' own library, csi-translation-lib, which works at run time.

Every difference is in DEVIATIONS with its reason; a difference that is gone, or a new one, fails."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from migrate_support import DATA, check, class_of, storage_class, subject

from kvlint.finding import MANUAL
from kvlint.migrate import migrate
from kvlint.migrate.subject import CLASS

CASES: list[dict[str, Any]] = yaml.safe_load((DATA / "csi_translation.yaml").read_text())
NAMES = [case["name"] for case in CASES]

EXT4 = "an empty fsType loses fsGroup in CSI, so the in-tree default is written out"
SPELLING = "Azure's drivers compare keys without case; the spelling is that of their documentation"
OWN_HANDLE = "the library puts the name of the Pod's volume into the handle; one share of a namespace has one handle"
CEPH = "ceph-csi's documented static volume; the library's works only in a ceph-csi set up for the migration"
FCD = "the vSphere driver takes First Class Disks; the path of a VMDK works inside of Kubernetes only"
ONE_MODE = "the attacher rejects, or the driver cannot do, what the library passes on"
GP2 = "the in-tree default volume type is gp2, the driver's gp3"
NONE = None

BLOCK_PARAMETERS = {"csi.storage.k8s.io/fstype": "ext4"}
EBS_PARAMETERS = BLOCK_PARAMETERS | {"type": "gp2"}
VSPHERE = {"type": "vSphere CNS Block Volume"}
VMDK = "vsphere-san01-db-db-1-vmdk-ec60b7af"
DISK = "<kvlint:vsphere.fcd-id." + VMDK + ">"
RBD = {"clusterID": "<kvlint:ceph.cluster-id>", "pool": "apps", "staticVolume": "true", "imageFeatures": "layering"}


def _ceph_secret(user: str, namespace: str) -> dict[str, Any]:
    return {"nodeStageSecretRef": {"name": f"<kvlint:ceph.user-secret.{user}>", "namespace": namespace}}


def _expressions(**keys: list[str]) -> list[dict[str, Any]]:
    return [{"matchExpressions": [{"key": key, "operator": "In", "values": values} for key, values in keys.items()]}]


def _topology(key: str, *values: str) -> list[dict[str, Any]]:
    return [{"matchLabelExpressions": [{"key": key, "values": list(values)}]}]


EBS_ZONE = "topology.ebs.csi.aws.com/zone"

# (case, what differs): (what kvlint writes, why)
DEVIATIONS: dict[tuple[str, str], tuple[Any, str]] = {
    ("pod ebs-uri-zone", "topology"): (
        _expressions(**{EBS_ZONE: ["eu-west-3a"]}),
        "the library throws away the zone of the URI, which the scheduler needs",
    ),
    ("pod ebs-empty", "refused"): (True, "an empty volume id names no volume"),
    ("volume ebs-rox-kept", "modes"): (["ReadWriteOnce"], ONE_MODE),
    ("class ebs-zones", "parameters"): (EBS_PARAMETERS, GP2),
    ("class ebs-zones", "topology"): (
        _topology(EBS_ZONE, "eu-west-3a", "eu-west-3b"),
        "the library keeps the blank after a comma, so the zone never matches",
    ),
    ("class ebs-topology-region", "parameters"): (EBS_PARAMETERS, GP2),
    ("class ebs-topology-region", "topology"): (
        _topology(EBS_ZONE, "eu-west-3a"),
        "no node reports a region key to the provisioner, which then refuses every node",
    ),
    ("volume gce-zonal-both", "refused"): (
        True,
        "labels of two generations name two zones; the library writes a volume that contradicts itself",
    ),
    ("volume gce-affinity-only", "handle"): (
        "projects/UNSPECIFIED/zones/europe-north1-a/disks/disk7",
        "the library reads the zone from labels only",
    ),
    ("volume gce-modes-ReadWriteOncePod", "modes"): (
        ["ReadWriteOncePod"],
        "the driver can do it; the library widens it",
    ),
    ("pod azure-disk-kind-absent", "attributes"): (
        {"cachingmode": "ReadWrite", "kind": "Managed"},
        "the API server's default ReadWrite is written out, for the driver's is ReadOnly",
    ),
    ("class azure-disk", "parameters"): (
        {"kind": "Managed", "storageaccounttype": "Premium_LRS", "cachingmode": "ReadOnly"} | BLOCK_PARAMETERS,
        EXT4,
    ),
    ("class azure-disk", "topology"): (
        _topology("topology.disk.csi.azure.com/zone", "swedencentral-1", "<kvlint:azure.region>-1"),
        "the library empties a zone given by number; the driver reports <region>-<number>",
    ),
    ("pod azure-file-account-in-name", "handle"): (
        "#shopfiles#media#shop.azure-file-shopfiles-media-246745fc#shop",
        OWN_HANDLE,
    ),
    ("pod azure-file-account-in-name", "attributes"): (
        {"shareName": "media", "storageAccount": "shopfiles"},
        SPELLING,
    ),
    ("pod azure-file-other", "handle"): ("shop.azure-file-files-key-media-a2aee444", OWN_HANDLE),
    ("pod azure-file-other", "attributes"): ({"shareName": "media"}, SPELLING),
    ("pod azure-file-no-namespace", "handle"): ("<kvlint:namespace>.azure-file-files-media", OWN_HANDLE),
    ("pod azure-file-no-namespace", "attributes"): ({"shareName": "media"}, SPELLING),
    ("pod azure-file-no-namespace", "secrets"): (
        {"nodeStageSecretRef": {"name": "files", "namespace": "<kvlint:namespace>"}},
        "an unknown namespace is asked for, never taken for `default`",
    ),
    ("volume azure-file-no-namespace", "refused"): (
        False,
        "the namespace is asked for where the library gives up",
    ),
    ("volume azure-file-claimref", "handle"): (
        "volume7",
        "the library takes the Secret's name for the account; nothing says the account",
    ),
    ("volume azure-file-claimref", "attributes"): ({"shareName": "media"}, SPELLING),
    ("volume azure-file-rg", "handle"): (
        "volume7",
        "the library takes the Secret's name for the account, and puts the namespace where the driver does not look",
    ),
    ("volume azure-file-rg", "attributes"): (
        {"shareName": "media", "resourceGroup": "storage"},
        "the resource group of the handle, as an attribute",
    ),
    ("pod vsphere", "handle"): (DISK, FCD),
    ("pod vsphere", "attributes"): (VSPHERE, FCD),
    ("pod vsphere-policy-name", "refused"): (False, "the library panics on a policy of a Pod's volume"),
    ("volume vsphere", "handle"): (DISK, FCD),
    ("volume vsphere", "attributes"): (VSPHERE, "a static disk keeps the storage policy it has"),
    ("volume vsphere", "topology"): (
        _expressions(**{"topology.csi.vmware.com/k8s-zone": ["dc1"], "topology.csi.vmware.com/k8s-region": ["north"]}),
        "the driver reports the tag categories of vCenter, which are configurable and commonly called so",
    ),
    ("class vsphere", "parameters"): (
        BLOCK_PARAMETERS | {"storagepolicyname": "silver", "datastoreurl": "<kvlint:vsphere.datastore-url.san01>"},
        "the driver's webhook rejects the library's migration parameters",
    ),
    ("pod portworx-ro", "modes"): (["ReadWriteOnce"], ONE_MODE),
    ("pod rbd", "attributes"): (RBD, CEPH),
    ("pod rbd", "secrets"): (_ceph_secret("apps", "shop"), CEPH),
    ("volume rbd", "handle"): ("kubernetes-dynamic-pvc-def", CEPH),
    ("volume rbd", "attributes"): (RBD, CEPH),
    ("volume rbd", "secrets"): (_ceph_secret("admin", "vault"), CEPH),
    ("volume rbd", "modes"): (
        ["ReadWriteOnce"],
        "read-only is the Pod's to say; the library guesses it from the volume",
    ),
    ("class rbd", "parameters"): (
        BLOCK_PARAMETERS
        | {"clusterID": "<kvlint:ceph.cluster-id>", "pool": "apps", "imageFeatures": "layering"}
        | {
            f"csi.storage.k8s.io/{role}-secret-{part}": value
            for role, user, namespace in (
                ("provisioner", "admin", "vault"),
                ("controller-expand", "admin", "vault"),
                ("node-stage", "apps", "${pvc.namespace}"),
            )
            for part, value in (("name", f"<kvlint:ceph.user-secret.{user}>"), ("namespace", namespace))
        },
        CEPH,
    ),
    ("class rbd-no-admin", "refused"): (False, "the Secret is asked for where the library gives up"),
    ("pod nfs-no-translator", "refused"): (False, "the library knows no nfs"),
}


def answer(case: Mapping[str, Any]) -> dict[str, Any]:
    """What kvlint makes of a case, in the terms of the data file."""
    asked = subject(case["kind"], case["object"], case.get("namespace"))
    migration = migrate(asked)
    check(asked, migration)
    if migration.status == MANUAL:
        return {"refused": True}
    made = migration.manifests[0]
    if case["kind"] == CLASS:
        compared = {"parameters": made.get("parameters"), "topology": made.get("allowedTopologies")}
    else:
        spec, csi = made["spec"], made["spec"]["csi"]
        affinity = spec.get("nodeAffinity", {}).get("required", {}).get("nodeSelectorTerms")
        compared = {
            "driver": csi["driver"],
            "handle": csi["volumeHandle"],
            "attributes": csi.get("volumeAttributes"),
            "fs_type": csi.get("fsType"),
            "secrets": {key: value for key, value in csi.items() if key.endswith("SecretRef")},
            "modes": spec["accessModes"],
            "topology": affinity,
        }
    return {key: value for key, value in compared.items() if value}


def differences(case: Mapping[str, Any]) -> dict[str, Any]:
    """What kvlint writes differently from the library, by field; None where it writes nothing."""
    ours = answer(case)
    if "refused" in case or "refused" in ours:
        same = ("refused" in case) == ("refused" in ours)
        return {} if same else {"refused": "refused" in ours}
    theirs = case["library"]
    return {key: ours.get(key) for key in (theirs | ours) if theirs.get(key) != ours.get(key)}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_agrees_with_the_library_except_where_a_manifest_must_not(case: dict[str, Any]) -> None:
    expected = {field: value for (name, field), (value, _) in DEVIATIONS.items() if name == case["name"]}
    found = differences(case)
    if found.get("fs_type") == "ext4" and "fs_type" not in case["library"]:
        del found["fs_type"]  # EXT4, in every volume that names no file system
    assert found == expected


def test_every_case_is_compared_and_every_deviation_is_of_a_case() -> None:
    assert len(CASES) == len(set(NAMES)) == 55
    assert {name for name, _ in DEVIATIONS} <= set(NAMES)
    assert all(reason for _, reason in DEVIATIONS.values())


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] != CLASS], ids=lambda case: str(case["name"]))
def test_no_block_volume_is_without_a_file_system(case: dict[str, Any]) -> None:
    ours = answer(case)
    shares = ("file.csi.azure.com", "nfs.csi.k8s.io")
    assert ("fs_type" in ours) == ("refused" not in ours and ours["driver"] not in shares)


# The library leaves the in-tree provisioner in the class (except Portworx and RBD).
@pytest.mark.parametrize(
    ("provisioner", "driver"),
    [
        ("kubernetes.io/aws-ebs", "ebs.csi.aws.com"),
        ("kubernetes.io/azure-disk", "disk.csi.azure.com"),
        ("kubernetes.io/azure-file", "file.csi.azure.com"),
        ("kubernetes.io/cinder", "cinder.csi.openstack.org"),
        ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io"),
        ("kubernetes.io/portworx-volume", "pxd.portworx.com"),
        ("kubernetes.io/rbd", "rbd.csi.ceph.com"),
        ("kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"),
    ],
)
def test_the_class_names_the_driver(provisioner: str, driver: str) -> None:
    asked = storage_class(class_of(provisioner))
    migration = migrate(asked)
    check(asked, migration)
    assert migration.driver == driver
    assert migration.replacement is not None
    assert migration.replacement["provisioner"] == driver
