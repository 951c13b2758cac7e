"""What each in-tree plugin's migration decides, and what it says about it."""

from typing import Any

import pytest
from migrate_support import check, class_of, inline, made, notes, persistent, storage_class, strings, volume

from kvlint.finding import MANUAL, NEEDS_INPUT, READY, Migration
from kvlint.migrate import Subject, migrate

EBS = {"volumeID": "vol-0f1e2d3c"}
DISK = "/subscriptions/1/resourceGroups/g/providers/Microsoft.Compute/disks/d7"
OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"
OLD_REGION = "failure-domain.beta.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"


def result(subject: Subject) -> Migration:
    migration = migrate(subject)
    check(subject, migration)
    return migration


def converted(source: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """The PersistentVolume that one with the source becomes."""
    (new,) = result(volume(persistent(source, **rest))).manifests
    return new


def affinity(**keys: list[str]) -> dict[str, Any]:
    expressions = [{"key": key, "operator": "In", "values": values} for key, values in keys.items()]
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": expressions}]}}


def class_result(provisioner: str, parameters: dict[str, str] | None = None, **rest: Any) -> dict[str, Any]:
    (new,) = result(storage_class(class_of(provisioner, parameters, **rest))).manifests
    return new


def test_read_only_is_said_by_the_pod_and_the_pair_stays_the_same() -> None:
    for entry in (
        {"awsElasticBlockStore": EBS},
        {"nfs": {"server": "a", "path": "/b"}},
        {"cephfs": {"monitors": ["m"], "path": "/b"}},
        {"cinder": {"volumeID": "v"}},
    ):
        ((source, body),) = entry.items()
        writing = migrate(inline({"name": "v", source: body}))
        reading = migrate(inline({"name": "v", source: body | {"readOnly": True}}))
        assert reading.manifests == writing.manifests
        assert reading.replacement != writing.replacement
        assert reading.replacement is not None
        assert reading.replacement["persistentVolumeClaim"]["readOnly"] is True


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("gcePersistentDisk", {"pdName": "d"}),
        ("rbd", {"monitors": ["m"], "image": "i"}),
        ("iscsi", {"targetPortal": "p", "iqn": "q", "lun": 0}),
        ("fc", {"wwids": ["w"]}),
    ],
)
def test_a_disk_that_many_nodes_read_is_another_volume(source: str, body: dict[str, Any]) -> None:
    writing, _ = made(inline({"name": "v", source: body}))
    reading, claim = made(inline({"name": "v", source: body | {"readOnly": True}}))
    assert reading["spec"]["accessModes"] == claim["spec"]["accessModes"] == ["ReadOnlyMany"]
    assert writing["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert reading["metadata"]["name"] != writing["metadata"]["name"]


def test_a_persistent_volume_keeps_its_class_claim_and_labels() -> None:
    new = converted(
        {"cinder": {"volumeID": "v"}},
        metadata={
            "labels": {"app": "db", OLD_ZONE: "az1", OLD_REGION: "north"},
            "annotations": {
                "volume.beta.kubernetes.io/storage-class": "old",
                "volume.beta.kubernetes.io/mount-options": "noatime, nodiratime",
                "pv.kubernetes.io/provisioned-by": "kubernetes.io/cinder",
                "pv.kubernetes.io/bound-by-controller": "yes",
                "note": "kept",
            },
            "finalizers": ["kubernetes.io/pv-protection"],
            "ownerReferences": [{"uid": "1"}],
        },
        storageClassName="new",
        claimRef={
            "namespace": "shop",
            "name": "db",
            "uid": "1",
            "resourceVersion": "2",
            "kind": "PersistentVolumeClaim",
        },
        mountOptions=["ro"],
    )
    assert new["metadata"] == {
        "name": "volume7",
        "labels": {"app": "db", ZONE: "az1", REGION: "north"},
        "annotations": {"note": "kept", "pv.kubernetes.io/provisioned-by": "cinder.csi.openstack.org"},
    }
    spec = new["spec"]
    assert spec["storageClassName"] == "old"
    assert spec["mountOptions"] == ["noatime", "nodiratime"]
    assert spec["claimRef"] == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": "shop",
        "name": "db",
    }
    assert spec["nodeAffinity"] == affinity(**{"topology.cinder.csi.openstack.org/zone": ["az1"]})


def test_a_redirected_volume_that_is_bound_may_stay() -> None:
    redirected = result(volume(persistent({"awsElasticBlockStore": EBS})))
    assert "Leave it as it is" in redirected.steps[0]
    removed = result(volume(persistent({"rbd": {"monitors": ["m"], "image": "i"}})))
    assert not any("Leave it" in step for step in removed.steps)


def test_before_a_delete_the_live_volume_is_kept_and_backed_up() -> None:
    steps = result(volume(persistent({"awsElasticBlockStore": EBS}, claimRef={"namespace": "a", "name": "b"}))).steps
    order = [
        next(i for i, step in enumerate(steps) if word in step) for word in ("Retain", "Back up", "Stop", "delete pv/")
    ]
    assert order == sorted(order)


def test_delete_and_recycle_become_retain() -> None:
    for policy in ("Delete", "Recycle"):
        migration = result(volume(persistent({"awsElasticBlockStore": EBS}, persistentVolumeReclaimPolicy=policy)))
        assert migration.manifests[0]["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
        assert policy in notes(migration)


@pytest.mark.parametrize(
    ("source", "mode", "wanted", "modes"),
    [
        ("awsElasticBlockStore", "Filesystem", ["ReadWriteMany"], ["ReadWriteOnce"]),
        ("awsElasticBlockStore", "Block", ["ReadWriteMany"], ["ReadWriteMany"]),
        ("awsElasticBlockStore", "Block", ["ReadWriteOnce", "ReadWriteMany"], ["ReadWriteOnce"]),
        ("awsElasticBlockStore", "Filesystem", ["ReadOnlyMany"], ["ReadWriteOnce"]),
        ("awsElasticBlockStore", "Filesystem", ["ReadWriteOncePod"], ["ReadWriteOncePod"]),
        ("gcePersistentDisk", "Filesystem", ["ReadOnlyMany", "ReadWriteMany"], ["ReadWriteOnce"]),
        ("nfs", "Filesystem", ["ReadWriteOnce", "ReadWriteMany"], ["ReadWriteMany", "ReadWriteOnce"]),
        ("nfs", "Filesystem", ["ReadWriteOnce", "ReadOnlyMany"], ["ReadWriteOnce"]),
        ("nfs", "Filesystem", ["ReadWriteMany", "ReadWriteOncePod"], ["ReadWriteMany"]),
        ("cephfs", "Filesystem", ["ReadOnlyMany"], ["ReadWriteMany"]),
        ("nfs", "Filesystem", [], ["ReadWriteMany"]),
    ],
)
def test_access_modes(source: str, mode: str, wanted: list[str], modes: list[str]) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "awsElasticBlockStore": EBS,
        "gcePersistentDisk": {"pdName": "d"},
        "nfs": {"server": "a", "path": "/b"},
        "cephfs": {"monitors": ["m"]},
    }
    migration = result(volume(persistent({source: bodies[source]}, accessModes=wanted, volumeMode=mode)))
    assert migration.manifests[0]["spec"]["accessModes"] == modes
    assert ("Access modes" in notes(migration)) == (sorted(wanted) != sorted(modes))


def test_a_block_volume_has_no_file_system() -> None:
    new = converted({"cinder": {"volumeID": "v", "fsType": "xfs"}}, volumeMode="Block")
    assert "fsType" not in new["spec"]["csi"]
    azure = converted({"azureDisk": {"diskName": "d7", "diskURI": DISK, "fsType": "xfs"}}, volumeMode="Block")
    assert azure["spec"]["csi"]["volumeAttributes"] == {"cachingmode": "ReadWrite", "kind": "Managed"}


@pytest.mark.parametrize("options", [["vers=3.0", "password=hunter2"], ["vers=3.0,password=hunter2"], "annotation"])
def test_no_credential_reaches_an_object(options: list[str] | str) -> None:
    rest: dict[str, Any] = {"mountOptions": options}
    if options == "annotation":
        rest = {"metadata": {"annotations": {"volume.beta.kubernetes.io/mount-options": "vers=3.0,password=hunter2"}}}
    subject = volume(persistent({"azureFile": {"secretName": "s", "shareName": "f", "secretNamespace": "n"}}, **rest))
    migration = result(subject)
    assert migration.manifests[0]["spec"]["mountOptions"] == ["vers=3.0"]
    assert "hunter2" not in "\n".join(strings([migration]))
    assert "password" in notes(migration)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@git.example/a.git", "https://git.example/a.git"),
        ("https://hunter2@git.example/a.git", "https://git.example/a.git"),
        ("ssh://git:hunter2@git.example/a.git", "ssh://git@git.example/a.git"),
        ("https://git.example/a.git?private_token=hunter2", "https://git.example/a.git"),
        ("git@git.example:a.git", "git@git.example:a.git"),
    ],
)
def test_a_repository_is_cloned_without_the_credential_of_its_url(url: str, shown: str) -> None:
    migration = result(inline({"name": "v", "gitRepo": {"repository": url, "revision": "1.0"}}))
    assert migration.status == MANUAL
    text = "\n".join(strings([migration]))
    assert "hunter2" not in text
    assert f'"{shown}"' in text
    assert "checkout" in text


def test_ebs_zones() -> None:
    key = "topology.ebs.csi.aws.com/zone"
    pod, _ = made(inline({"name": "v", "awsElasticBlockStore": {"volumeID": "aws://eu-west-3a/vol-1"}}))
    assert pod["spec"]["nodeAffinity"] == affinity(**{key: ["eu-west-3a"]})
    unknown = result(inline({"name": "v", "awsElasticBlockStore": EBS}))
    assert "nodeAffinity" in notes(unknown)
    both = affinity(**{OLD_ZONE: ["a"], ZONE: ["a"], "kubernetes.io/os": ["linux"], OLD_REGION: ["r"]})
    new = converted({"awsElasticBlockStore": EBS}, nodeAffinity=both)
    assert new["spec"]["nodeAffinity"] == affinity(**{key: ["a"], "kubernetes.io/os": ["linux"], REGION: ["r"]})
    for contradiction in ({"metadata": {"labels": {ZONE: "b"}}}, {"nodeAffinity": affinity(**{ZONE: ["b"]})}):
        subject = volume(persistent({"awsElasticBlockStore": {"volumeID": "aws://a/vol-1"}}, **contradiction))
        assert result(subject).status == MANUAL


def test_a_label_zone_is_required_in_every_term() -> None:
    terms = [{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": [v]}]} for v in ("a", "b")]
    fields = [{"key": "metadata.name", "operator": "In", "values": ["node7"]}]
    new = converted(
        {"awsElasticBlockStore": EBS},
        metadata={"labels": {ZONE: "z2__ z1 __"}},
        nodeAffinity={"required": {"nodeSelectorTerms": [*terms, {"matchFields": fields}]}},
    )
    expected = {"key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": ["z1", "z2"]}
    made_terms = new["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert [term["matchExpressions"][-1] for term in made_terms] == [expected] * 3
    assert made_terms[2]["matchFields"] == fields


def test_an_excluded_zone_stays_excluded() -> None:
    not_in = {
        "required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": ZONE, "operator": "NotIn", "values": ["a"]}]}]}
    }
    new = converted({"awsElasticBlockStore": EBS}, nodeAffinity=not_in)
    (term,) = new["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["operator"] == "NotIn"


def test_gce_handles() -> None:
    def handle(config: dict[str, Any] | None = None, **rest: Any) -> str:
        subject = volume(persistent({"gcePersistentDisk": {"pdName": "d"}}, **rest), config)
        return str(result(subject).manifests[0]["spec"]["csi"]["volumeHandle"])

    assert handle() == "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d"
    assert handle({"gce": {"project": "p", "zone": "x-y1-z"}}) == "projects/p/zones/x-y1-z/disks/d"
    assert (
        handle(nodeAffinity=affinity(**{ZONE: ["eu-w1-a", "eu-w1-b"]})) == "projects/UNSPECIFIED/regions/eu-w1/disks/d"
    )
    labels = {"labels": {OLD_ZONE: "eu-w1-a", ZONE: "eu-w1-a"}}
    assert handle(metadata=labels) == "projects/UNSPECIFIED/zones/eu-w1-a/disks/d"
    without = result(inline({"name": "v", "gcePersistentDisk": {"pdName": "d"}}))
    assert "gce.project" in notes(without)
    assert "gce.zone" in notes(without)


def test_gce_zones_that_contradict() -> None:
    rest = {"metadata": {"labels": {ZONE: "eu-w1-a"}}, "nodeAffinity": affinity(**{ZONE: ["eu-w1-b"]})}
    assert result(volume(persistent({"gcePersistentDisk": {"pdName": "d"}}, **rest))).status == MANUAL


@pytest.mark.parametrize(
    "body",
    [
        {"diskURI": "https://a.blob.core.windows.net/vhds/d.vhd"},
        {"diskURI": "https://a.blob.core.windows.net/vhds/d.vhd", "kind": "Shared"},
        {"diskURI": DISK, "kind": "Dedicated"},
    ],
)
def test_unmanaged_azure_disks_are_not_migrated(body: dict[str, str]) -> None:
    migration = result(inline({"name": "v", "azureDisk": {"diskName": "d"} | body}))
    assert migration.status == MANUAL
    assert "convert it to a managed disk" in migration.steps[0]


def test_azure_disk_names_follow_the_disk_however_its_id_is_spelled() -> None:
    one = made(inline({"name": "v", "azureDisk": {"diskName": "D7", "diskURI": DISK}}))
    two = made(inline({"name": "w", "azureDisk": {"diskName": "d7", "diskURI": DISK.lower()}}))
    assert one[1]["metadata"]["name"] == two[1]["metadata"]["name"]
    assert one[1]["metadata"]["name"].startswith("azure-disk-d7-")


def test_azure_disk_class_keeps_its_defaults() -> None:
    new = class_result("kubernetes.io/azure-disk", {"storageAccount": "a", "kind": "Shared"})
    assert new["parameters"] == {
        "kind": "Shared",
        "skuName": "StandardSSD_LRS",
        "csi.storage.k8s.io/fstype": "ext4",
    }
    located = class_result("kubernetes.io/azure-disk", {"zones": "1, 2", "location": "westeurope", "skuName": "x"})
    (term,) = located["allowedTopologies"]
    assert term["matchLabelExpressions"][0]["values"] == ["westeurope-1", "westeurope-2"]


def test_azure_file_handles_have_the_drivers_form_where_the_account_is_known() -> None:
    def handle(secret: str, config: dict[str, Any] | None = None, **metadata: Any) -> str:
        source = {"azureFile": {"secretName": secret, "shareName": "f", "secretNamespace": "n"}}
        subject = volume(persistent(source, metadata=metadata), config)
        return str(result(subject).manifests[0]["spec"]["csi"]["volumeHandle"])

    group = {"kubernetes.io/azure-file-resource-group": "g"}
    assert handle("azure-storage-account-acc-secret") == "#acc#f#volume7#n"
    assert handle("azure-storage-account-acc-secret", annotations=group) == "g#acc#f#volume7##n"
    assert handle("key", {"azure": {"account": {"key": "acc"}}}) == "#acc#f#volume7#n"
    assert handle("key") == "volume7"


def test_vsphere_class() -> None:
    policy = class_result(
        "kubernetes.io/vsphere-volume", {"storagePolicyName": "gold", "iopslimit": "5", "fsType": "xfs"}
    )
    assert policy["parameters"] == {"csi.storage.k8s.io/fstype": "xfs", "storagepolicyname": "gold"}
    terms = [{"matchLabelExpressions": [{"key": OLD_ZONE, "values": ["z"]}, {"key": REGION, "values": ["r"]}]}]
    placed = class_result("kubernetes.io/vsphere-volume", {"storagePolicyName": "gold"}, allowedTopologies=terms)
    assert [expression["key"] for expression in placed["allowedTopologies"][0]["matchLabelExpressions"]] == [
        "topology.csi.vmware.com/k8s-zone",
        "topology.csi.vmware.com/k8s-region",
    ]


def test_vsphere_disks_need_their_own_id() -> None:
    entry = {"name": "v", "vsphereVolume": {"volumePath": "[a] b/c.vmdk"}}
    missing = result(inline(entry))
    assert missing.status == NEEDS_INPUT
    assert any("govc disk.register '[a] b/c.vmdk'" in step for step in missing.steps)
    name = missing.manifests[1]["metadata"]["name"]
    config = {"capacity": "1Gi", "vsphere": {"fcd-id": {name: "0c75d40e-7576-4fe7-8aaa-a92946e2805d"}}}
    ready = result(inline(entry, config=config))
    assert ready.status == READY
    assert ready.manifests[0]["spec"]["csi"]["volumeHandle"] == "0c75d40e-7576-4fe7-8aaa-a92946e2805d"


def test_classes_with_contradictions_are_refused() -> None:
    terms = [{"matchLabelExpressions": [{"key": ZONE, "values": ["a"]}]}]
    for parameters, rest in (
        ({"zone": "a", "zones": "b"}, {}),
        ({"zone": "a"}, {"allowedTopologies": terms}),
        ({"fsType": "xfs", "csi.storage.k8s.io/fstype": "ext4"}, {}),
        ({"type": "gp2", "Type": "io1"}, {}),
    ):
        migration = result(storage_class(class_of("kubernetes.io/aws-ebs", parameters, **rest)))
        assert migration.status == MANUAL


def test_a_class_limited_to_a_region_only_is_not_limited_wrongly() -> None:
    terms = [{"matchLabelExpressions": [{"key": REGION, "values": ["r"]}]}]
    subject = storage_class(class_of("kubernetes.io/gce-pd", {}, allowedTopologies=terms))
    migration = result(subject)
    assert "allowedTopologies" not in migration.manifests[0]
    assert "region r" in notes(migration)


def test_a_class_of_an_old_api_and_annotation_is_brought_up_to_date() -> None:
    old = class_of("kubernetes.io/aws-ebs", {"type": "io1", "iopsPerGB": "10"}) | {
        "apiVersion": "storage.k8s.io/v1beta1",
        "metadata": {
            "name": "fast",
            "uid": "1",
            "annotations": {
                "storageclass.beta.kubernetes.io/is-default-class": "true",
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
            },
        },
    }
    (new,) = result(storage_class(old)).manifests
    assert new["apiVersion"] == "storage.k8s.io/v1"
    assert new["metadata"] == {
        "name": "fast",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    }
    assert new["parameters"]["allowautoiopspergbincrease"] == "true"


def test_ceph_secrets_are_by_user_and_namespace() -> None:
    entry = {"name": "v", "rbd": {"monitors": ["m"], "image": "i", "user": "kube", "secretRef": {"name": "old"}}}
    config = {"ceph": {"user-secret": {"kube": "csi-kube"}, "secret-namespace": "ceph-csi"}}
    pod, _ = made(inline(entry, config=config))
    assert pod["spec"]["csi"]["nodeStageSecretRef"] == {"name": "csi-kube", "namespace": "ceph-csi"}
    assert migrate(inline(entry, config=config)).secrets == ()
    (skeleton,) = migrate(inline(entry)).secrets
    assert skeleton["stringData"] == {"userID": "kube", "userKey": "<kvlint:userKey>"}
    assert skeleton["metadata"]["namespace"] == "shop"


def test_rook_names_its_drivers_itself() -> None:
    config = {"ceph": {"rbd-driver": "rook-ceph.rbd.csi.ceph.com", "cephfs-driver": "rook-ceph.cephfs.csi.ceph.com"}}
    for source, body in (("rbd", {"image": "i"}), ("cephfs", {})):
        subject = inline({"name": "v", source: {"monitors": ["m"]} | body}, config=config)
        migration = result(subject)
        assert migration.driver == f"rook-ceph.{source}.csi.ceph.com"
        assert migration.manifests[0]["spec"]["csi"]["driver"] == migration.driver


def test_image_features_are_taken_from_where_the_author_put_them() -> None:
    body = {"monitors": ["m"], "image": "i", "imagefeatures": "layering,exclusive-lock"}
    pod, _ = made(inline({"name": "v", "rbd": body}))
    assert pod["spec"]["csi"]["volumeAttributes"]["imageFeatures"] == "layering,exclusive-lock"


def test_the_chap_secret_stays_and_nothing_leads_to_clear_text() -> None:
    body = {"targetPortal": "p", "iqn": "q", "lun": 0, "chapAuthSession": True, "secretRef": {"name": "chap"}}
    migration = result(inline({"name": "v", "iscsi": body}))
    assert migration.driver is None
    source = migration.manifests[0]["spec"]["iscsi"]
    assert source["secretRef"] == {"name": "chap", "namespace": "shop"}
    assert "clear text" in notes(migration)
    unknown = result(inline({"name": "v", "iscsi": body}, None))
    assert unknown.manifests[0]["spec"]["iscsi"]["secretRef"]["namespace"] == "<kvlint:namespace>"


def test_nfs_offers_the_volume_that_needs_no_driver() -> None:
    migration = result(inline({"name": "v", "nfs": {"server": "a", "path": "/b"}}))
    assert '{"nfs": {"server": "a", "path": "/b"}}' in notes(migration)
    assert migration.manifests[0]["spec"]["csi"]["volumeHandle"] == "shop.nfs-a-b"


def test_nfs_handles_are_no_paths_that_a_driver_could_delete() -> None:
    for subject in (
        inline({"name": "v", "nfs": {"server": "a", "path": "/b/c"}}),
        volume(persistent({"nfs": {"server": "a", "path": "/b/c"}})),
    ):
        handle = migrate(subject).manifests[0]["spec"]["csi"]["volumeHandle"]
        assert "#" not in handle
        assert "/" not in handle


def test_csi_written_in_a_pod() -> None:
    attributes = {"server": "a", "share": "/b", "mountOptions": "nfsvers=4.1", "surprise": "x"}
    entry = {"name": "v", "csi": {"driver": "nfs.csi.k8s.io", "volumeAttributes": attributes}}
    migration = result(inline(entry))
    spec = migration.manifests[0]["spec"]
    assert spec["csi"]["volumeAttributes"] == {"server": "a", "share": "/b"}
    assert spec["mountOptions"] == ["nfsvers=4.1"]
    assert "`surprise`" in notes(migration)
    plain = inline(
        {"name": "v", "csi": {"driver": "nfs.csi.k8s.io", "volumeAttributes": {"server": "a", "share": "/b"}}}
    )
    assert migrate(plain).manifests == migrate(inline({"name": "v", "nfs": {"server": "a", "path": "/b"}})).manifests
    other = result(inline({"name": "v", "csi": {"driver": "ebs.csi.aws.com"}}))
    assert other.status == MANUAL
    assert other.driver == "ebs.csi.aws.com"


@pytest.mark.parametrize(
    ("owner", "replicas", "said"),
    [("Deployment", 1, False), ("Deployment", 3, True), ("DaemonSet", None, True), ("Deployment", None, False)],
)
def test_a_disk_that_several_pods_want_is_pointed_out(owner: str, replicas: int | None, said: bool) -> None:
    subject = inline({"name": "v", "awsElasticBlockStore": EBS}, owner=(owner, "web"), replicas=replicas)
    assert ("only one node can attach" in notes(result(subject))) == said


def test_steps_fit_the_workload() -> None:
    entry = {"name": "v", "awsElasticBlockStore": EBS}
    deployment = result(inline(entry)).steps
    assert any("scale --namespace shop deployment/web --replicas=0" in step for step in deployment)
    pod = result(inline(entry, owner=("Pod", "it's"))).steps
    assert any("delete --namespace shop pod/'it'\"'\"'s'" in step for step in pod)
    assert any("Delete it;" in step for step in result(inline(entry, owner=("Pod", ""))).steps)
    stateful = result(inline(entry, owner=("StatefulSet", "db")))
    assert "volumeClaimTemplate" in notes(stateful)
