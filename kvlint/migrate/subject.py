"""What is to be migrated, and what the configuration knows beyond the manifest.

A migration reads a `Subject` and nothing else. The objects in it are plain data as Kubernetes reads them and may hold
anything a user can write, so fields are read with `string`, `mapping` … below, which refuse what Kubernetes would
refuse.
"""

from __future__ import annotations

from collections.abc import Mapping

from kvlint.finding import Input
from kvlint.knowledge.inputs import ALL, EACH, EITHER, INPUTS
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


INLINE = "inline"
PV = "persistent-volume"
CLASS = "storage-class"

PLACEHOLDER_PREFIX = "<kvlint:"


class Refused(Exception):
    """This storage cannot be migrated; the text says why and what to do. `migrate` makes a manual migration of it."""


def placeholder(name: str) -> str:
    """The text written where the input `name` is missing. API server and drivers reject it wherever they validate."""
    return f"{PLACEHOLDER_PREFIX}{name}>"


class Inputs:
    """The configuration section `migrate:`, for one migration: it notes what was asked for and not configured.

    `config` is the section as read (nested mappings, checked against the schema); None when there is none."""

    __slots__ = ("_config", "_missing")

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._config = config or {}
        self._missing: dict[str, Input] = {}

    @property
    def missing(self) -> tuple[Input, ...]:
        """The inputs taken but not configured, in the order they were asked for."""
        return tuple(self._missing.values())

    def given(self, name: str, key: str = "") -> str | None:
        """The configured value of the input `name` (a row of `INPUTS`; KeyError for another), or None.

        `key` chooses the entry of inputs that may be a map: the volume, or what the row's `key` names."""
        scope = INPUTS[name].scope
        value: Any = self._config
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, Mapping):
            value = value.get(key, value.get("default") if scope == EITHER else None) if scope != ALL else None
        elif scope == EACH:
            value = None
        return None if value is None else str(value)

    def take(self, name: str, why: str, key: str = "") -> str:
        """The configured value of the input `name`, or a placeholder, which makes the migration need that input.

        `why` ends the sentence "needs <name>: …" and must not hold a credential. Arguments as for `given`."""
        value = self.given(name, key)
        if value is not None:
            return value
        full = name if INPUTS[name].scope == ALL or not key else f"{name}.{key}"
        self._missing.setdefault(full, Input(full, why, placeholder(full)))
        return self._missing[full].placeholder


class Subject(NamedTuple):
    """One volume, PersistentVolume or StorageClass to migrate.

    `kind` is INLINE, PV or CLASS. `source` is the volume source's field (`rbd`, `flexVolume`); for a class its
    provisioner. `object` is the Pod's volume entry, the whole PersistentVolume or the whole StorageClass. `namespace`
    is that of the Pod, of a PersistentVolume's claimRef, or None when nothing says it. `owner` is kind and name of the
    workload, or of the object itself. `hints` are fields of the source that the API does not know but that say what
    its author meant (`imagefeatures` inside `rbd`). `replicas` is how many Pods the workload runs, None when unknown
    (a DaemonSet: many)."""

    kind: str
    source: str
    object: Mapping[str, Any]
    namespace: str | None
    owner: tuple[str, str]
    inputs: Inputs
    hints: Mapping[str, Any] = {}
    replicas: int | None = None

    @property
    def body(self) -> Mapping[str, Any]:
        """The volume source itself (of a class: the class). Refuses one that is no mapping."""
        if self.kind == CLASS:
            return self.object
        holder = self.object if self.kind == INLINE else mapping(self.object, "spec")
        return mapping(holder, self.source)

    @property
    def name(self) -> str:
        """The name of the Pod's volume, the PersistentVolume or the class; empty when it has none."""
        holder = self.object if self.kind == INLINE else self.object.get("metadata")
        name = holder.get("name") if isinstance(holder, Mapping) else None
        return name if isinstance(name, str) else ""


def string(holder: Mapping[str, Any], key: str, default: str = "") -> str:
    """The string under `key`; `default` when absent, null or empty. Refuses other types."""
    value = holder.get(key)
    if value is None or value == "":
        return default
    if not isinstance(value, str):
        raise Refused(f"`{key}` is no string, so Kubernetes rejects the object; correct it first")
    return value


def required(holder: Mapping[str, Any], key: str) -> str:
    """The string under `key`. Refuses when it is missing or empty."""
    value = string(holder, key)
    if not value:
        raise Refused(f"`{key}` is missing, so nothing says which storage this is; correct it first")
    return value


def boolean(holder: Mapping[str, Any], key: str) -> bool:
    """The boolean under `key`; False when absent or null. Refuses other types."""
    value = holder.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Refused(f"`{key}` is no boolean, so Kubernetes rejects the object; correct it first")
    return value


def integer(holder: Mapping[str, Any], key: str) -> int | None:
    """The integer under `key`; None when absent or null. Refuses other types."""
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(f"`{key}` is no integer, so Kubernetes rejects the object; correct it first")
    return value


def mapping(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping under `key`; empty when absent or null. Refuses other types."""
    value = holder.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Refused(f"`{key}` is no mapping, so Kubernetes rejects the object; correct it first")
    return value


def sequence(holder: Mapping[str, Any], key: str) -> list[Any]:
    """The list under `key`; empty when absent or null. Refuses other types."""
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(f"`{key}` is no list, so Kubernetes rejects the object; correct it first")
    return value


def strings(holder: Mapping[str, Any], key: str) -> list[str]:
    """The list of strings under `key`; empty when absent or null. Refuses other types."""
    values = sequence(holder, key)
    if not all(isinstance(value, str) for value in values):
        raise Refused(f"`{key}` holds something that is no string, so Kubernetes rejects the object; correct it first")
    return values


def string_map(holder: Mapping[str, Any], key: str) -> dict[str, str]:
    """The mapping of strings under `key` (labels, annotations, parameters); empty when absent. Refuses other types."""
    values = mapping(holder, key)
    if not all(isinstance(value, str) for value in values.values()):
        raise Refused(f"`{key}` holds a value that is no string, so Kubernetes rejects the object; quote it first")
    return dict(values)
