"""Which access modes a volume takes, by volume source or CSI driver, and by volume mode.

In-tree plugins: the table of kubernetes.io "Persistent Volumes"; the plugins themselves never enforced it. CSI drivers:
the capabilities their code accepts; external-provisioner and external-attacher collapse the modes of a volume into one
capability, and reject ReadWriteOnce together with ReadOnlyMany (csi-lib-utils, accessmodes).
"""

from __future__ import annotations

import re
from functools import cache

from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


FILESYSTEM = "Filesystem"
BLOCK = "Block"


class Mode(NamedTuple):
    """One access mode; `only` names the volumes that take it, "" for all."""

    mode: str
    only: str


class AccessModes(NamedTuple):
    """What one in-tree source or CSI driver takes; an empty `block`: no raw block volumes.

    `verified`: read in the driver's code or in the table of kubernetes.io, not inferred. `other_handles` (RE2, the
    whole handle): volumes with such a handle take other modes."""

    name: str
    pattern: str
    verified: bool
    filesystem: tuple[Mode, ...]
    block: tuple[Mode, ...]
    note: str
    other_handles: str

    def of(self, volume_mode: str) -> tuple[Mode, ...]:
        """The modes for volumes of `volume_mode`, FILESYSTEM or BLOCK."""
        return self.block if volume_mode == BLOCK else self.filesystem


def _row(row: Any) -> AccessModes:
    found = AccessModes(*row)
    filesystem, block = (tuple(map(Mode._make, modes)) for modes in (found.filesystem, found.block))
    return found._replace(filesystem=filesystem, block=block)


@cache
def _sources() -> dict[str, AccessModes]:
    from kvlint._generated.access_modes import SOURCES

    return {row[0]: _row(row) for row in SOURCES}


@cache
def _drivers() -> dict[str, AccessModes]:
    from kvlint._generated.access_modes import DRIVERS

    return {row[0]: _row(row) for row in DRIVERS}


def of_source(field: str) -> AccessModes | None:
    """The modes of the volume source `field` (`nfs`); None for `csi` and for sources that no PersistentVolume has."""
    return _sources().get(field)


def of_driver(name: str) -> AccessModes | None:
    """The modes of the CSI driver or provisioner `name`, found by its exact name or by pattern; None if unknown."""
    known = _drivers().get(name)
    if known is not None:
        return known
    return next((row for row in _drivers().values() if row.pattern and re.fullmatch(row.pattern, name)), None)
