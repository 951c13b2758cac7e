"""Annotations that fields have replaced, that have no effect any more, or that only controllers write."""

from collections.abc import Callable, Mapping
from typing import Any

from kvlint.knowledge import markers
from kvlint.knowledge.markers import CONTROLLER_OWNED, DEAD, DEPRECATED
from kvlint.migrate import credential
from kvlint.migrate.change import Change, Object, spec_of
from kvlint.migrate.subject import Refused, mapping, sequence, string, string_map

_CLAIM = "PersistentVolumeClaim"
_STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class"
_MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_NODE_AFFINITY = "volume.alpha.kubernetes.io/node-affinity"
_OLD_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
# Taken from a live object, these make its controller bind, unbind or place it again.
_BINDING = (
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "pv.kubernetes.io/migrated-to",
    "volume.kubernetes.io/selected-node",
)


def annotations(old: Mapping[str, Any]) -> Change:
    """Annotations that a field replaced, that have no effect, or that a controller writes.

    Of a StatefulSet those of its volumeClaimTemplates, which Kubernetes cannot change in place."""
    change = Change(old, "Annotations that fields have replaced")
    _object_annotations(change, change.new, string(old, "kind"))
    for template in sequence(mapping(old, "spec"), "volumeClaimTemplates"):
        if isinstance(template, Mapping):
            found = next(item for item in change.new["spec"]["volumeClaimTemplates"] if item == template)
            if _object_annotations(change, found, "PersistentVolumeClaim"):
                change.unsafe(
                    "volumeClaimTemplates are immutable: delete the StatefulSet with `--cascade=orphan` first."
                )
    return change


def _object_annotations(change: Change, holder: Object, kind: str) -> bool:
    found = string_map(mapping(holder, "metadata"), "annotations")
    changed = False
    for key, value in found.items():
        marker = markers.ANNOTATIONS.get(key)
        if marker is None or kind not in marker.kinds or marker.status not in (DEPRECATED, DEAD, CONTROLLER_OWNED):
            continue
        changed = True
        del holder["metadata"]["annotations"][key]
        move = _MOVES.get(key)
        if move is not None:
            move(change, holder, kind, value)
        elif key in _BINDING:
            change.unsafe(f"`{key}` is deleted; its controller writes it again where it is needed.")
        else:
            change.note(f"`{key}` is deleted: it {marker.effect}.")
    if changed and not holder["metadata"]["annotations"]:
        del holder["metadata"]["annotations"]
    return changed


def _move_class(change: Change, holder: Object, kind: str, value: str) -> None:
    spec = spec_of(holder)
    field = spec.get("storageClassName")
    spec["storageClassName"] = value
    change.note(f"`{_STORAGE_CLASS}` becomes `spec.storageClassName`.")
    if field not in (None, value) and kind == _CLAIM:
        change.unsafe(
            "The annotation was in force; the field, which said something else, is immutable on a live claim."
        )


def _move_default(change: Change, holder: Object, _kind: str, value: str) -> None:
    kept = holder["metadata"]["annotations"]
    if kept.get(_DEFAULT) != "true":
        kept[_DEFAULT] = value
    change.note(f"`{_OLD_DEFAULT}` becomes `{_DEFAULT}`.")


def _move_mount_options(change: Change, holder: Object, _kind: str, value: str) -> None:
    options = [option.strip() for option in value.split(",") if option.strip()]
    _, secrets = credential.split(options)
    if secrets:
        raise Refused(
            f"the mount option `{secrets[0]}` in the annotation holds a credential; {credential.ROTATE}, put it into a "
            "Secret that the driver reads, and write the other options into spec.mountOptions"
        )
    spec = spec_of(holder)
    before = spec.get("mountOptions")
    if options:
        spec["mountOptions"] = options
    else:
        spec.pop("mountOptions", None)
    change.note(f"`{_MOUNT_OPTIONS}` becomes `spec.mountOptions`.")
    if "csi" in spec:
        if before:
            spec["mountOptions"] = before
            change.note("CSI never read the annotation: `spec.mountOptions` stay as they are.")
        else:
            change.unsafe("CSI never read the annotation: the options take effect with the next mount.")
    elif before and before != options:
        change.note("The annotation was in force, so its options take the place of `spec.mountOptions`.")


def _move_node_affinity(change: Change, holder: Object, _kind: str, value: str) -> None:
    import json

    spec = spec_of(holder)
    if spec.get("nodeAffinity"):
        change.note(f"`{_NODE_AFFINITY}` is deleted: it has no effect beside `spec.nodeAffinity`.")
        return
    try:
        required = json.loads(value)["requiredDuringSchedulingIgnoredDuringExecution"]
        terms = list(required["nodeSelectorTerms"])
    except (ValueError, KeyError, TypeError):
        raise Refused(f"the value of `{_NODE_AFFINITY}` is no node affinity; write spec.nodeAffinity by hand") from None
    spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    change.unsafe(f"`{_NODE_AFFINITY}` becomes `spec.nodeAffinity`, which was not in force before.")


_MOVES: Mapping[str, Callable[[Change, Object, str, str], None]] = {
    _STORAGE_CLASS: _move_class,
    _OLD_DEFAULT: _move_default,
    _MOUNT_OPTIONS: _move_mount_options,
    _NODE_AFFINITY: _move_node_affinity,
}
