"""StorageClasses: the parts that every conversion from an in-tree provisioner to a CSI driver has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kvlint.finding import Migration
from kvlint.migrate.draft import Draft, install, note_redirected, quote
from kvlint.migrate.objects import Object
from kvlint.migrate.persistent import without_credentials, without_server_fields
from kvlint.migrate.subject import Refused, mapping, string, string_map, strings

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


FS_TYPE = "csi.storage.k8s.io/fstype"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_OLD_DEFAULT_CLASS = "storageclass.beta.kubernetes.io/is-default-class"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Parameters:
    """The parameters of a class, taken one by one; keys are compared without case, as in-tree plugins did."""

    __slots__ = ("_left",)

    def __init__(self, class_: Mapping[str, Any]) -> None:
        self._left = string_map(class_, "parameters")
        lower = [key.lower() for key in self._left]
        for key in self._left:
            if lower.count(key.lower()) > 1:
                raise Refused(f"the parameter `{key}` is there twice in different spellings; keep one, then migrate it")

    def take(self, name: str) -> str | None:
        """The value of the parameter `name`, which is then done with; None when there is none."""
        for key in self._left:
            if key.lower() == name.lower():
                return self._left.pop(key)
        return None

    def rest(self) -> dict[str, str]:
        """What has not been taken, as written."""
        return dict(self._left)


def zones(parameters: Parameters) -> list[str]:
    """The zones of the parameters `zone` or `zones`, trimmed. Refuses both at once, as in-tree plugins did."""
    one, several = parameters.take("zone"), parameters.take("zones")
    if one is not None and several is not None:
        raise Refused("it has both `zone` and `zones`, which in-tree plugins rejected; keep one, then migrate it")
    listed = [one] if one is not None else (several or "").split(",")
    return list(dict.fromkeys(zone.strip() for zone in listed if zone.strip()))


def file_system(draft: Draft, parameters: Parameters, default: str = "ext4") -> dict[str, str]:
    """The file system of new volumes under the key that external-provisioner reads; in-tree default if not said."""
    old, new = parameters.take("fstype"), parameters.take(FS_TYPE)
    if old is not None and new is not None and old != new:
        raise Refused(f"`fstype` and `{FS_TYPE}` contradict; keep one, then migrate it")
    value = old or new
    if not value:
        draft.note(f"`{FS_TYPE}: {default}` is the in-tree default, written out so that fsGroup keeps working.")
    return {FS_TYPE: value or default}


def note_unknown(draft: Draft, parameters: Mapping[str, str], known: Sequence[str]) -> None:
    """Note the parameters that the driver does not document; `known` are its keys in lower case."""
    for key in parameters:
        if key.lower() not in known and not key.startswith("csi.storage.k8s.io/"):
            draft.note(f"The parameter `{key}` is not documented for {draft.driver}, which may reject it.")


def secrets(name: str, namespace: str, roles: Sequence[str]) -> dict[str, str]:
    """The parameters that give a driver's operations (`roles`) the Secret `name`."""
    return {
        f"csi.storage.k8s.io/{role}-secret-{part}": value
        for role in roles
        for part, value in (("name", name), ("namespace", namespace))
    }


def replace(
    draft: Draft, parameters: Mapping[str, str], allowed_topologies: Sequence[Mapping[str, Any]] = ()
) -> Migration:
    """The migration of a class: the same object, same name, with the CSI driver as provisioner and new parameters."""
    old = draft.subject.object
    name = draft.subject.name
    if not name:
        raise Refused("the StorageClass has no name; correct it first")
    replaced: Object = {
        "apiVersion": "storage.k8s.io/v1",
        "metadata": _metadata(draft),
        "provisioner": draft.driver,
        "parameters": dict(parameters) or None,
        "mountOptions": without_credentials(draft, strings(old, "mountOptions")) or None,
        "allowedTopologies": list(allowed_topologies) or None,
    }
    if string(old, "apiVersion") not in ("", "storage.k8s.io/v1"):
        draft.note("The API version becomes storage.k8s.io/v1; the others are no longer served.")
    new: Object = {}
    for key in dict.fromkeys((*old, *replaced)):
        value = replaced.get(key, old.get(key))
        if key not in replaced or value is not None:
            new[key] = value
    note_redirected(draft, "old class")
    draft.note("A class is immutable: delete and create it again. Volumes it has provisioned are not affected.")
    return draft.done(
        f"StorageClass `{name}` with {draft.driver}",
        (new,),
        new,
        [
            *install(draft),
            *draft.steps,
            f"`kubectl delete storageclass/{quote(name)}` and apply the new class at once: claims in between wait.",
        ],
    )


def _metadata(draft: Draft) -> Object:
    new = without_server_fields(mapping(draft.subject.object, "metadata"))
    annotations = string_map(new, "annotations")
    if annotations.pop(_LAST_APPLIED, None) is not None:
        draft.note(f"The annotation `{_LAST_APPLIED}` describes the old object and is dropped.")
    old_default = annotations.pop(_OLD_DEFAULT_CLASS, None)
    if old_default is not None:
        annotations.setdefault(_DEFAULT_CLASS, old_default)
        draft.note(f"The annotation `{_OLD_DEFAULT_CLASS}` becomes `{_DEFAULT_CLASS}`.")
    new.pop("annotations", None)
    return new | ({"annotations": annotations} if annotations else {})
