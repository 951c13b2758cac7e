"""FlexVolume drivers: what they mount, what became of them, and the CSI driver to go to.

A driver's name is `<vendor>/<driver>`; the kubelet looks for it in `<vendor>~<driver>` below its plugin directory and
compares it exactly (kubernetes/community, contributors/devel/sig-storage/flexvolume.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from kvlint.knowledge.volume_plugins import Successor
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


class FlexOption(NamedTuple):
    """One key of `flexVolume.options`. Drivers compare it without case.

    `credential` is "" (none), literal (the value itself), reference (names a Secret), path (of a file with a key on the
    node) or options (mount options, which may hold one)."""

    key: str
    meaning: str
    credential: str
    required: bool


class SecretKey(NamedTuple):
    """One key of a driver's Secret; `credential` tells a password or key from a name."""

    key: str
    credential: bool


class FlexDriver(NamedTuple):
    """One FlexVolume driver, or several names of the same one.

    `drivers` are its names, `pattern` (RE2, the whole name) covers names that users choose. A row with `only_fs_type`
    or `only_option` holds for volumes with that fsType or that option. `local`: the data is on the node, or it is no
    storage. `mounts` is block, file, object, secret, socket or other; `status` removed, deprecated, unmaintained,
    maintained, example or unknown. `secret_keys` is what the Secret holds; the kubelet takes only one whose type is the
    driver's name. `successors` are CSI drivers through which an existing volume can be claimed; `conversion` says on
    what ground: vendor, csi-docs, mechanical, partial or none. `advice` is for users."""

    id: str
    drivers: tuple[str, ...]
    pattern: str
    only_fs_type: str
    only_option: str
    local: bool
    vendor: str
    mounts: str
    status: str
    options: tuple[FlexOption, ...]
    secret_keys: tuple[SecretKey, ...]
    successors: tuple[Successor, ...]
    conversion: str
    installer_images: tuple[str, ...]
    advice: str
    references: tuple[str, ...]


def _driver(row: Any) -> FlexDriver:
    driver = FlexDriver(*row)
    return driver._replace(
        options=tuple(map(FlexOption._make, driver.options)),
        secret_keys=tuple(map(SecretKey._make, driver.secret_keys)),
        successors=tuple(map(Successor._make, driver.successors)),
    )


@cache
def _rows() -> tuple[FlexDriver, ...]:
    from kvlint._generated.flexvolume_drivers import ROWS

    return tuple(map(_driver, ROWS))


@cache
def _exact() -> dict[str, tuple[FlexDriver, ...]]:
    found: dict[str, tuple[FlexDriver, ...]] = {}
    for row in _rows():
        for name in row.drivers:
            found[name] = (*found.get(name, ()), row)
    return found


def find(driver: str, fs_type: str = "", options: Iterable[str] = ()) -> FlexDriver | None:
    """The row of the FlexVolume driver `driver`: by its exact name, then by pattern; None for an unknown driver.

    `fs_type` and the names of `options` decide between drivers that share a name (Rook's for images and for CephFS);
    without them the row without conditions is taken."""
    rows = _exact().get(driver) or tuple(row for row in _rows() if row.pattern and re.fullmatch(row.pattern, driver))
    names = {name.lower() for name in options}
    for row in rows:
        if not row.only_fs_type and not row.only_option:
            return row
        if (row.only_fs_type and row.only_fs_type == fs_type) or (row.only_option and row.only_option.lower() in names):
            return row
    return None


def every() -> tuple[FlexDriver, ...]:
    """All rows; conditional ones come before the row they are an exception to."""
    return _rows()
