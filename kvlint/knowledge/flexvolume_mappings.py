"""How a volume of each FlexVolume driver becomes a CSI volume, or what to do where it cannot.

The facts, and the language of their patterns, are in `data/flexvolume_mappings.yaml`. Only migrations read them, so the
table is apart from the drivers' own, which every finding about a FlexVolume needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


class MountOption(NamedTuple):
    """One source of mount options: `add` as it is, or the value of `option`.

    `split` is comma, flags (command line flags, `-o x` is one) or empty: the whole value behind `prefix`."""

    option: str
    split: str
    prefix: str
    add: str


class SecretNeed(NamedTuple):
    """The Secret that the CSI driver reads: under which field (`reference`) and with which keys.

    `reuse`: the FlexVolume's Secret has these keys. `required`: the driver mounts nothing without one. `name` and
    `namespace` are patterns of a Secret that exists already; where they give nothing, `input` asks for a name."""

    reference: str
    keys: tuple[str, ...]
    reuse: bool
    required: bool
    name: str
    namespace: str
    input: str


class FlexVolumeMapping(NamedTuple):
    """One row; the fields are described at the top of the data. Strings with braces are patterns.

    `identity` and `handle` say which storage it is; a handle with `{@pv}` may be had by any number of volumes. `values`
    are (option, old, new). Without a `driver` only `advice` is there."""

    id: str
    drivers: tuple[str, ...]
    special: str
    driver: str
    inline: bool
    name: str
    identity: tuple[str, ...]
    handle: str
    attributes: Mapping[str, str]
    required: tuple[str, ...]
    annotations: Mapping[str, str]
    fs_type: str
    access_modes: tuple[str, ...]
    capacity: str
    topology_key: str
    mount_options: tuple[MountOption, ...]
    secret: SecretNeed | None
    values: tuple[tuple[str, str, str], ...]
    moved: Mapping[str, str]
    dropped: Mapping[str, str]
    notes: tuple[str, ...]
    advice: str
    references: tuple[str, ...]

    @property
    def shared(self) -> bool:
        """Whether any number of PersistentVolumes may use the storage: the handle is made from the volume's name."""
        return "{@pv}" in self.handle


def _mapping(row: Any) -> FlexVolumeMapping:
    mapping = FlexVolumeMapping(*row)
    return mapping._replace(
        attributes=MappingProxyType(dict(mapping.attributes)),
        annotations=MappingProxyType(dict(mapping.annotations)),
        mount_options=tuple(map(MountOption._make, mapping.mount_options)),
        secret=SecretNeed(*mapping.secret) if mapping.secret else None,
        moved=MappingProxyType(dict(mapping.moved)),
        dropped=MappingProxyType(dict(mapping.dropped)),
    )


@cache
def _rows() -> dict[str, FlexVolumeMapping]:
    from kvlint._generated.flexvolume_mappings import ROWS

    return {row[0]: _mapping(row) for row in ROWS}


def find(row: str) -> FlexVolumeMapping | None:
    """The mapping of the driver row `row` of `flexvolume_drivers`; None where there is none."""
    return _rows().get(row)


def ids() -> tuple[str, ...]:
    """The rows that have a mapping or an advice."""
    return tuple(_rows())


def cifs_options() -> frozenset[str]:
    """The names of mount.cifs options; what follows a password and is none of them may be a part of it."""
    from kvlint._generated.flexvolume_mappings import CIFS_OPTIONS

    return frozenset(CIFS_OPTIONS)


NO_MAPPING = FlexVolumeMapping(
    *("", (), "", "", False, "", (), "", {}, (), {}, "", (), "", "", (), None, (), {}, {}, (), "", ())
)
"""The mapping of a driver that nobody has heard of."""
