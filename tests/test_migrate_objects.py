"""Names, inputs, and the table of migrations."""

import pytest
from migrate_support import check, class_of, inline, persistent, storage_class, volume

from kvlint.finding import MANUAL
from kvlint.knowledge.inputs import EACH, EITHER, INPUTS
from kvlint.knowledge.volume_plugins import PLUGINS
from kvlint.migrate import Inputs, Subject, migrate
from kvlint.migrate.objects import secret, storage_name, valid_name, volume_name
from kvlint.migrate.subject import CLASS, INLINE, PLACEHOLDER_PREFIX, PV, placeholder


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        (("10.0.0.4", "/exports/web"), "nfs-10-0-0-4-exports-web"),
        (("files", "/srv"), "nfs-files-srv"),
    ],
)
def test_readable_names(identity: tuple[str, str], name: str) -> None:
    assert storage_name("nfs", *identity) == name


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("10.0.0.4", "/exports/web"), ("10.0.0.4", "/exports-web")),
        (("10.0.0.4", "/exports/web"), ("10.0.0.4", "/Exports/Web")),
        (("10.0.0.4", "/exports/web"), ("10.0.0.4", "/exports/web/")),
        (("10.0.0.4", "/exports/web"), ("10-0-0-4", "/exports/web")),
        (("files.example", "/a"), ("files", "/example/a")),
        (("a", "/" + "b" * 80), ("a", "/" + "b" * 81)),
        (("fd00::1", "/a"), ("fd00:1", "/a")),
    ],
)
def test_different_storage_has_different_names(one: tuple[str, str], two: tuple[str, str]) -> None:
    names = {storage_name("nfs", *one), storage_name("nfs", *two)}
    assert len(names) == 2
    assert all(valid_name(name) and len(name) <= 63 for name in names)


def test_a_name_is_the_same_in_every_process() -> None:
    assert storage_name("rbd", "kube", "Ünïcode image") == "rbd-kube-n-code-image-f41159ad"


def test_the_volume_is_named_after_the_namespace_and_no_other_pair() -> None:
    assert volume_name("shop", "nfs-a-b") == "shop.nfs-a-b"
    assert volume_name(None, "nfs-a-b") == "nfs-a-b"
    assert volume_name("a-b", "c") != volume_name("a", "b-c")
    assert volume_name(placeholder("namespace"), "nfs-a-b") == "nfs-a-b"


def test_a_secret_has_no_value() -> None:
    made = secret("ceph", "shop", {"userID": "web"}, ["userKey"])
    assert made["stringData"] == {"userID": "web", "userKey": "<kvlint:userKey>"}


def test_inputs_are_noted_once_and_only_when_missing() -> None:
    inputs = Inputs({"ceph": {"cluster-id": "fsid"}, "capacity": {"a": "1Gi", "default": "2Gi"}})
    assert inputs.take("ceph.cluster-id", "why") == "fsid"
    assert inputs.take("capacity", "why", "a") == "1Gi"
    assert inputs.take("capacity", "why", "b") == "2Gi"
    assert inputs.missing == ()
    assert inputs.take("vsphere.fcd-id", "why", "disk") == "<kvlint:vsphere.fcd-id.disk>"
    assert inputs.take("vsphere.fcd-id", "why again", "disk") == "<kvlint:vsphere.fcd-id.disk>"
    assert inputs.given("gce.project") is None
    assert [(item.name, item.why) for item in inputs.missing] == [("vsphere.fcd-id.disk", "why")]


def test_one_disk_id_is_never_taken_for_all_disks() -> None:
    assert INPUTS["vsphere.fcd-id"].scope == EACH
    assert Inputs({"vsphere": {"fcd-id": "0c75d40e-7576-4fe7-8aaa-a92946e2805d"}}).given("vsphere.fcd-id", "a") is None
    assert Inputs({"vsphere": {"fcd-id": {"default": "0c75d40e"}}}).given("vsphere.fcd-id", "a") is None


def test_one_value_or_one_for_each() -> None:
    assert INPUTS["capacity"].scope == EITHER
    assert Inputs({"capacity": "5Gi"}).given("capacity", "a") == "5Gi"
    assert Inputs({"capacity": {"b": "5Gi"}}).given("capacity", "a") is None


def test_an_unknown_input_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Inputs().given("ceph.cluster")


def test_every_input_says_what_it_is() -> None:
    assert PLACEHOLDER_PREFIX == "<kvlint:"
    for row in INPUTS.values():
        assert row.description.endswith(".")
        assert not row.key or row.scope in (EACH, EITHER)


def test_every_volume_source_and_provisioner_has_a_migration() -> None:
    for plugin in PLUGINS.values():
        for subject in (
            Subject(INLINE, plugin.field, {"name": "v", plugin.field: {}}, "shop", ("Pod", "p"), Inputs()),
            Subject(PV, plugin.field, persistent({plugin.field: {}}), None, ("PersistentVolume", "v"), Inputs()),
            *(storage_class(class_of(provisioner)) for provisioner in plugin.provisioners),
        ):
            migration = migrate(subject)
            check(subject, migration)
            assert migration.steps
            if subject.kind != CLASS:
                assert migration.status == MANUAL


def test_what_nobody_knows_gets_advice() -> None:
    for provisioner in ("kubernetes.io/made-up", "", "example.com/unheard-of"):
        migration = migrate(storage_class(class_of(provisioner)))
        assert migration.status == MANUAL
        assert migration.steps


def test_two_sources_are_refused() -> None:
    entry = {"name": "v", "nfs": {"server": "a", "path": "/b"}, "rbd": {"monitors": ["m"], "image": "i"}}
    migration = migrate(inline(entry))
    assert migration.status == MANUAL
    assert "second source, `rbd`" in migration.steps[0] or "second source, `nfs`" in migration.steps[0]
    assert migrate(inline(entry | {"rbd": None})).status != MANUAL
    both = persistent({"nfs": {"server": "a", "path": "/b"}, "rbd": {"monitors": ["m"], "image": "i"}})
    assert migrate(volume(both)).status == MANUAL


def test_ids_name_what_is_migrated() -> None:
    entry = {"name": "v", "nfs": {"server": "a", "path": "/b"}}
    one = migrate(inline(entry, "shop", owner=("Deployment", "web"))).id
    assert one == "inline/shop/Deployment/web/v"
    assert len({one, *(migrate(inline(entry, where, owner=owner)).id for where, owner in OTHERS)}) == 4
    assert migrate(volume(persistent({"nfs": entry["nfs"]}))).id == "persistent-volume/volume7"
    assert migrate(storage_class(class_of("kubernetes.io/rbd"))).id == "storage-class/class7"


OTHERS = [("cart", ("Deployment", "web")), ("shop", ("StatefulSet", "web")), (None, ("Deployment", "web"))]
