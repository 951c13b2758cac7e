"""The current API version of storage objects, with the changes of schema that come with it.

Snapshot groups: external-snapshotter client/apis/volumesnapshot of v1alpha1 (release 1.x) and v1."""

from collections.abc import Callable, Mapping
from typing import Any

from kvlint.knowledge import api_lifecycle
from kvlint.migrate.change import Change, Object, by_hand, spec_of
from kvlint.migrate.subject import Refused, mapping, string, string_map

_SNAPSHOT = "snapshot.storage.k8s.io/v1"
_STORK = "stork"
_SECRET_PARAMETERS = {
    "csiSnapshotterSecretName": "csi.storage.k8s.io/snapshotter-secret-name",
    "csiSnapshotterSecretNamespace": "csi.storage.k8s.io/snapshotter-secret-namespace",
}


def api(old: Mapping[str, Any]) -> Change:
    """The object in the API version that replaces its own."""
    version, kind = string(old, "apiVersion"), string(old, "kind")
    row = api_lifecycle.find(version, kind)
    if row is None:
        raise Refused(f"nothing is known of {kind} in {version}")
    title = f"apiVersion: {row.replacement}"
    function = _SCHEMAS.get((version, kind))
    if function is None and not row.drop_in:
        change = by_hand(old, title, row.breaking_changes)
    else:
        change = Change(old, title)
        change.new["apiVersion"] = row.replacement
        if function is None:
            change.note(f"{kind} has the same fields in {row.replacement}; the live object is not touched.")
        else:
            function(change)
            change.unsafe(f"An object of {version} is not served beside {row.replacement}: create it anew.")
    if change.new.get("apiVersion") == _SNAPSHOT and kind == "VolumeSnapshot":
        _one_source(change.new)
    change.references += row.references
    return change


def _one_source(snapshot: Object) -> None:
    source = mapping(mapping(snapshot, "spec"), "source")
    names = [key for key in ("persistentVolumeClaimName", "volumeSnapshotContentName") if source.get(key)]
    if len(names) != 1:
        raise Refused(
            "`spec.source` must have one of `persistentVolumeClaimName` and `volumeSnapshotContentName`, as v1 checks; "
            "correct it first"
        )


def _csi_driver(change: Change) -> None:
    spec = spec_of(change.new)
    version = spec.pop("podInfoOnMountVersion", None)
    if version is not None:
        spec["podInfoOnMount"] = bool(version)
        change.note("`podInfoOnMountVersion` becomes `podInfoOnMount`.")


def _snapshot(change: Change) -> None:
    spec = spec_of(change.new)
    source: Object = {}
    old = spec.pop("source", None)
    content = spec.pop("snapshotContentName", None)
    if content:
        source["volumeSnapshotContentName"] = content
    elif isinstance(old, Mapping) and old.get("kind", "PersistentVolumeClaim") == "PersistentVolumeClaim":
        source["persistentVolumeClaimName"] = old.get("name")
    _rename(spec, "snapshotClassName", "volumeSnapshotClassName")
    spec["source"] = source


def _content(change: Change) -> None:
    spec = spec_of(change.new)
    old = mapping(spec, "csiVolumeSnapshotSource")
    if not string(old, "driver") or not string(old, "snapshotHandle"):
        raise Refused(
            "`spec.csiVolumeSnapshotSource` lacks driver or snapshotHandle, so nothing says which snapshot it is"
        )
    del spec["csiVolumeSnapshotSource"]
    spec.pop("persistentVolumeRef", None)
    spec |= {"driver": old["driver"], "source": {"snapshotHandle": old["snapshotHandle"]}}
    _rename(spec, "snapshotClassName", "volumeSnapshotClassName")
    if not spec.get("deletionPolicy"):
        spec["deletionPolicy"] = "Retain"
        change.note("`deletionPolicy: Retain` keeps the snapshot when the object is deleted; v1 demands a policy.")


def _snapshot_class(change: Change) -> None:
    _rename(change.new, "snapshotter", "driver")
    if not change.new.get("deletionPolicy"):
        change.new["deletionPolicy"] = "Delete"
        change.note("`deletionPolicy: Delete` was the default, written out because v1 demands a policy.")
    parameters = string_map(change.new, "parameters")
    if any(key in parameters for key in _SECRET_PARAMETERS):
        change.new["parameters"] = {_SECRET_PARAMETERS.get(key, key): value for key, value in parameters.items()}
        change.note("The parameters that name the Secret have the prefix csi.storage.k8s.io/ now.")


def _external_snapshot(change: Change) -> None:
    metadata = mapping(change.new, "metadata")
    if any(_STORK in key or _STORK in value for key, value in string_map(metadata, "annotations").items()):
        raise Refused("it belongs to Portworx Stork, which serves this API group still; leave it alone")
    spec = mapping(change.new, "spec")
    claim = string(spec, "persistentVolumeClaimName")
    if not claim:
        raise Refused("it names no claim; a snapshot of the old controller cannot be converted, take a new one")
    change.new["spec"] = {"source": {"persistentVolumeClaimName": claim}}
    change.note("This takes a new snapshot: one that the old controller took cannot be converted.")
    change.note("It needs a default VolumeSnapshotClass, or the name of one in `spec.volumeSnapshotClassName`.")


def _rename(holder: Object, old: str, new: str) -> None:
    if old in holder:
        holder[new] = holder.pop(old)


_SCHEMAS: Mapping[tuple[str, str], Callable[[Change], None]] = {
    ("csi.storage.k8s.io/v1alpha1", "CSIDriver"): _csi_driver,
    ("snapshot.storage.k8s.io/v1alpha1", "VolumeSnapshot"): _snapshot,
    ("snapshot.storage.k8s.io/v1alpha1", "VolumeSnapshotClass"): _snapshot_class,
    ("snapshot.storage.k8s.io/v1alpha1", "VolumeSnapshotContent"): _content,
    ("volumesnapshot.external-storage.k8s.io/v1", "VolumeSnapshot"): _external_snapshot,
}
