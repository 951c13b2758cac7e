"""Properties of every migration, over random in-tree sources, PersistentVolumes and classes."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from migrate_support import check, class_of, inline, persistent, placeholders, source_of, storage_class, strings, volume

from kvlint.finding import MANUAL, READY, Migration
from kvlint.knowledge.volume_plugins import PLUGINS
from kvlint.migrate import Inputs, Subject, migrate
from kvlint.migrate.objects import storage_name, valid_name
from kvlint.migrate.subject import CLASS, INLINE, PV
from kvlint.migrate.table import INLINE_SOURCES, PROVISIONERS, VOLUME_SOURCES

moderate = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Long enough that finding one in an object means something.
word = st.from_regex(r"[a-z][a-z0-9]{5,9}", fullmatch=True)
# What a user may call storage: every character but those that no YAML file holds.
name = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=6, max_size=80)
address = st.one_of(
    st.from_regex(r"10\.[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}", fullmatch=True),
    st.from_regex(r"[a-z]{3,8}(-[a-z0-9]{2,5})?\.example", fullmatch=True),
)
path = st.one_of(st.lists(word, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts)), name.map("/".__add__))
fs_type = st.sampled_from(["ext4", "xfs", "ext3"])
read_only = st.booleans()
monitors = st.lists(address.map(lambda host: f"{host}:6789"), min_size=1, max_size=3, unique=True)
secret = st.fixed_dictionaries({"name": word})
namespace = st.from_regex(r"[a-z][a-z0-9]{2,9}(-[a-z0-9]{1,5})?", fullmatch=True)


def source(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


common = {"fsType": fs_type, "readOnly": read_only}
disk = st.tuples(word, word).map(
    lambda parts: f"/subscriptions/{parts[0]}/resourceGroups/rg/providers/Microsoft.Compute/disks/{parts[1]}"
)
SOURCES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "awsElasticBlockStore": source(
        {
            "volumeID": st.one_of(
                st.from_regex(r"vol-[0-9a-f]{17}", fullmatch=True),
                st.from_regex(r"aws://eu-west-[1-3][a-c]/vol-[0-9a-f]{17}", fullmatch=True),
            )
        },
        common | {"partition": st.integers(0, 9)},
    ),
    "gcePersistentDisk": source({"pdName": word}, common | {"partition": st.integers(0, 9)}),
    "azureDisk": source(
        {"diskName": word, "diskURI": disk},
        common | {"kind": st.just("Managed"), "cachingMode": st.sampled_from(["None", "ReadOnly", "ReadWrite"])},
    ),
    "azureFile": source({"secretName": word, "shareName": word}, {"readOnly": read_only}),
    "cinder": source({"volumeID": st.uuids().map(str)}, common | {"secretRef": secret}),
    "vsphereVolume": source(
        {"volumePath": st.tuples(word, word, word).map(lambda p: f"[{p[0]}] {p[1]}/{p[2]}.vmdk")},
        {"fsType": fs_type, "storagePolicyName": word, "storagePolicyID": word},
    ),
    "portworxVolume": source({"volumeID": name}, common),
    "rbd": source(
        {"monitors": monitors, "image": name},
        common | {"pool": word, "user": word, "keyring": path, "secretRef": secret, "imagefeatures": word},
    ),
    "cephfs": source(
        {"monitors": monitors},
        {"path": path, "user": word, "secretFile": path, "secretRef": secret, "readOnly": read_only},
    ),
    "nfs": source({"server": address, "path": path}, {"readOnly": read_only}),
    "iscsi": source(
        {"targetPortal": address.map(lambda host: f"{host}:3260"), "iqn": name, "lun": st.integers(0, 255)},
        common
        | {
            "portals": monitors,
            "iscsiInterface": word,
            "chapAuthDiscovery": read_only,
            "chapAuthSession": read_only,
            "secretRef": secret,
            "initiatorName": word,
        },
    ),
    "fc": st.one_of(
        source({"targetWWNs": st.lists(word, min_size=1, max_size=3, unique=True), "lun": st.integers(0, 255)}, common),
        source({"wwids": st.lists(word, min_size=1, max_size=2, unique=True)}, common),
    ),
}
# Fields whose value has no place of its own in the new objects, and what shows that they were heeded.
SHOWN_OTHERWISE = {"readOnly", "partition", "chapAuthDiscovery", "chapAuthSession", "lun"}

kinds = st.sampled_from(sorted(SOURCES))
volumes = kinds.flatmap(
    lambda kind: st.fixed_dictionaries({"name": word, kind: SOURCES[kind]}),
)
zone = st.sampled_from(["eu-west-3a", "europe-north1-a", "westeurope-1"])
mode = st.sampled_from(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"])
old_annotations = st.fixed_dictionaries(
    {},
    optional={
        "pv.kubernetes.io/provisioned-by": word,
        "pv.kubernetes.io/bound-by-controller": st.just("yes"),
        "pv.kubernetes.io/migrated-to": word,
        "volume.beta.kubernetes.io/mount-options": st.just("noatime,vers=4"),
        "volume.beta.kubernetes.io/storage-class": word,
        "kubectl.kubernetes.io/last-applied-configuration": st.just("{}"),
        "team.example/owner": word,
    },
)
expression = st.builds(
    lambda key, values: {"key": key, "operator": "In", "values": values},
    st.sampled_from(
        ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone", "team.example/rack"],
    ),
    st.lists(zone, min_size=1, max_size=1),
)
affinity = st.lists(
    st.lists(expression, min_size=1, max_size=2, unique_by=lambda e: e["key"]), min_size=1, max_size=2
).map(lambda terms: {"required": {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}})
persistent_volumes = st.sampled_from(sorted(VOLUME_SOURCES.keys() & SOURCES.keys())).flatmap(
    lambda kind: st.builds(
        lambda body, metadata, spec: persistent({kind: _with_namespace(body)}, metadata=metadata, **spec),
        SOURCES[kind],
        st.fixed_dictionaries(
            {},
            optional={
                "labels": st.dictionaries(
                    st.sampled_from(["failure-domain.beta.kubernetes.io/zone", "team.example/tier"]), zone
                ),
                "annotations": old_annotations,
                "finalizers": st.just(["kubernetes.io/pv-protection"]),
                "uid": word,
                "resourceVersion": word,
            },
        ),
        st.fixed_dictionaries(
            {"accessModes": st.lists(mode, min_size=1, max_size=3, unique=True)},
            optional={
                "persistentVolumeReclaimPolicy": st.sampled_from(["Retain", "Delete", "Recycle"]),
                "storageClassName": word,
                "volumeMode": st.sampled_from(["Filesystem", "Block"]),
                "mountOptions": st.just(["noatime"]),
                "claimRef": st.fixed_dictionaries({"namespace": namespace, "name": word}, optional={"uid": word}),
                "nodeAffinity": affinity,
            },
        ),
    )
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "type": word,
        "fsType": fs_type,
        "zone": zone,
        "iopsPerGB": st.just("10"),
        "kmsKeyId": word,
        "pool": word,
        "adminId": word,
        "userId": word,
        "adminSecretName": word,
        "adminSecretNamespace": namespace,
        "monitors": monitors.map(",".join),
        "diskformat": st.just("thin"),
        "datastore": word,
        "iopsLimit": st.just("500"),
        "skuName": word,
        "storageAccount": word,
        "openstorage.io/auth-secret-name": word,
        "openstorage.io/auth-secret-namespace": namespace,
        "availability": word,
    },
)
classes = st.builds(
    lambda provisioner, given, rest: class_of(provisioner, given, **rest),
    st.sampled_from(sorted(PROVISIONERS)),
    parameters,
    st.fixed_dictionaries(
        {},
        optional={
            "reclaimPolicy": st.sampled_from(["Delete", "Retain"]),
            "mountOptions": st.just(["noatime"]),
            "allowVolumeExpansion": st.booleans(),
            "volumeBindingMode": st.sampled_from(["Immediate", "WaitForFirstConsumer"]),
        },
    ),
)


def _with_namespace(body: dict[str, Any]) -> dict[str, Any]:
    """The source as a PersistentVolume has it: a reference to a Secret names a namespace."""
    return body | ({"secretRef": body["secretRef"] | {"namespace": "vault"}} if "secretRef" in body else {})


def heeded(body: dict[str, Any], migration: Migration) -> None:
    """Every field of the source is in the new objects, in a step or in a note."""
    shown = json.dumps([migration.manifests, migration.secrets, migration.steps, migration.notes], ensure_ascii=False)
    for key, value in body.items():
        if not isinstance(value, str | list | dict):
            assert key in SHOWN_OTHERWISE
            continue
        for text in strings(value if isinstance(value, str | list) else list(value.values())):
            for part in text.removeprefix("aws://").split("/") if key == "volumeID" else [text]:
                assert json.dumps(part, ensure_ascii=False)[1:-1] in shown or f"`{key}`" in shown, key


@moderate
@given(volumes, st.none() | namespace, word)
def test_a_pod_volume_becomes_a_valid_pair(entry: dict[str, Any], where: str | None, owner: str) -> None:
    before = copy.deepcopy(entry)
    subject = inline(entry, where, owner=("Deployment", owner), replicas=3)
    migration = migrate(subject)
    assert entry == before
    check(subject, migration)
    assert migration.status != MANUAL
    heeded(entry[source_of(entry)], migration)
    assert migrate(inline(entry, where, owner=("Deployment", owner), replicas=3)) == migration
    elsewhere = migrate(inline({**entry, "name": "other"}, where, owner=("Job", "j"), replicas=None))
    assert elsewhere.manifests == migration.manifests
    assert elsewhere.id != migration.id


@moderate
@given(volumes, namespace, namespace)
def test_namespaces_do_not_share_objects(entry: dict[str, Any], one: str, two: str) -> None:
    first, second = (migrate(inline(entry, where)).manifests for where in (one, two))
    if one == two:
        assert first == second
        return
    assert first[0]["metadata"]["name"] != second[0]["metadata"]["name"]
    if source_of(entry) in ("nfs", "cephfs", "azureFile"):
        assert first[0]["spec"]["csi"]["volumeHandle"] != second[0]["spec"]["csi"]["volumeHandle"]


@moderate
@given(persistent_volumes)
def test_a_persistent_volume_is_converted_whole(object_: dict[str, Any]) -> None:
    before = copy.deepcopy(object_)
    subject = volume(object_)
    migration = migrate(subject)
    assert object_ == before
    check(subject, migration)
    if migration.status == MANUAL:
        assert any(word in migration.steps[0] for word in ("zone", "region", "Block")), migration.steps
        return
    new = migration.manifests[0]
    old_spec = object_["spec"]
    assert source_of(new["spec"]) == "csi"
    assert new["spec"]["capacity"] == old_spec["capacity"]
    assert new["metadata"].get("annotations", {}).get("team.example/owner") == object_["metadata"].get(
        "annotations", {}
    ).get("team.example/owner")
    assert not any("failure-domain.beta" in text for text in strings(new))
    if "claimRef" in old_spec:
        assert new["spec"]["claimRef"]["name"] == old_spec["claimRef"]["name"]
    heeded(old_spec[source_of(old_spec)], migration)


@moderate
@given(classes)
def test_a_class_is_converted_whole(object_: dict[str, Any]) -> None:
    before = copy.deepcopy(object_)
    subject = storage_class(object_)
    migration = migrate(subject)
    assert object_ == before
    check(subject, migration)
    assert migration.status != MANUAL
    new = migration.manifests[0]
    for key in ("reclaimPolicy", "volumeBindingMode", "allowVolumeExpansion", "mountOptions"):
        assert new.get(key) == object_.get(key)
    assert all(isinstance(value, str) for value in new.get("parameters", {}).values())
    assert not any(key.endswith("-migrationparam") or key == "csimigration" for key in new.get("parameters", {}))


CONFIG = {
    "capacity": "10Gi",
    "namespace": "shop",
    "ceph": {"cluster-id": "fsid", "user-secret": "csi-secret"},
    "gce": {"project": "p"},
    "azure": {"region": "westeurope"},
    "vsphere": {"datastore-url": "ds:///vmfs/volumes/1/", "storage-policy": "gold"},
}


@moderate
@given(volumes, st.none() | namespace)
def test_with_all_inputs_nothing_is_missing(entry: dict[str, Any], where: str | None) -> None:
    config = dict(CONFIG)
    if "vsphereVolume" in entry:
        disk_name = storage_name("vsphere", entry["vsphereVolume"]["volumePath"])
        config["vsphere"] = {"fcd-id": {disk_name: "0c75d40e-7576-4fe7-8aaa-a92946e2805d"}}
    migration = migrate(inline(entry, where, config))
    assert migration.status == READY
    assert placeholders([migration.manifests, migration.replacement, migration.steps]) == set()


identity = st.lists(st.one_of(word, address, path, name), min_size=2, max_size=2).map(tuple)


@settings(max_examples=300, deadline=None)
@given(identity, identity)
def test_names_are_valid_and_tell_storage_apart(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    first, second = storage_name("nfs", *one), storage_name("nfs", *two)
    assert valid_name(first)
    assert len(first) <= 63
    same_form = one[-1].startswith("/") == two[-1].startswith("/")
    if same_form:
        assert (first == second) == (one == two)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["a", "x/y", "<kvlint:a>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _junk_body(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = {field for field in (*PLUGINS[kind].pod_fields, *PLUGINS[kind].pv_fields) if "." not in field}
    return st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(fields), junk))


junk_volumes = st.sampled_from(sorted(PLUGINS)).flatmap(lambda kind: st.tuples(st.just(kind), junk | _junk_body(kind)))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([INLINE, PV]),
    junk_volumes,
    st.dictionaries(st.sampled_from(["metadata", "name", "accessModes", "capacity", "nodeAffinity"]), junk),
    st.none() | st.text(max_size=5),
)
def test_malformed_volumes_get_an_answer(kind: str, source: tuple[str, Any], rest: Any, where: str | None) -> None:
    field, body = source
    object_ = {field: body, **rest} if kind == INLINE else {"spec": {field: body, **rest}, **rest}
    assert_answer(lambda: Subject(kind, field, object_, where, ("Pod", "p"), Inputs(), {"imagefeatures": "x"}))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(PROVISIONERS)) | st.text(max_size=20),
    st.dictionaries(st.sampled_from(["parameters", "metadata", "allowedTopologies", "mountOptions", "kind"]), junk),
)
def test_malformed_classes_get_an_answer(provisioner: str, object_: dict[str, Any]) -> None:
    assert_answer(lambda: Subject(CLASS, provisioner, object_, None, ("StorageClass", "c"), Inputs()))


def assert_answer(make: Callable[[], Subject]) -> None:
    migration = migrate(make())
    assert migration.steps
    if migration.status == MANUAL:
        assert migration.replacement is None
        assert migration.inputs == () or migration.manifests


@pytest.mark.parametrize("kind", sorted(INLINE_SOURCES.keys() - {"csi", "gitRepo", "flexVolume"}))
def test_every_migrated_source_is_among_the_random_ones(kind: str) -> None:
    assert kind in SOURCES
