"""How CSI drivers get into a cluster, and how the storage behind them is backed up.

From the drivers' own documentation and that of the platforms which bring them.
"""

from functools import cache
from typing import Any

from kvlint.knowledge import csi_drivers
from kvlint.record import NamedTuple


class Addon(NamedTuple):
    """How a driver comes with a platform: a sentence with the add-on's name, and the page that says so ("" if none)."""

    platform: str
    how: str
    url: str


class DriverSetup(NamedTuple):
    """One driver: the page that says how to install it, the platforms that bring it, and how its volumes are backed up.

    `snapshot` is a command whose words in braces are to be filled in: `{handle}` is the volume handle, every other one
    of the volumeAttributes; "" where there is none. `backup` is a sentence for users, "" where there is a command."""

    name: str
    install: str
    addons: tuple[Addon, ...]
    snapshot: str
    backup: str


def _setup(row: Any) -> DriverSetup:
    setup = DriverSetup(*row)
    return setup._replace(addons=tuple(map(Addon._make, setup.addons)))


@cache
def _rows() -> dict[str, DriverSetup]:
    from kvlint._generated.driver_setup import ROWS

    return {row[0]: _setup(row) for row in ROWS}


def find(driver: str) -> DriverSetup:
    """What is known of a driver: by its name, also with a namespace in front, as Rook registers Ceph's drivers.

    At least its project's page; every text is empty for a driver nobody knows."""
    rows = _rows()
    found = rows.get(driver) or next((row for name, row in rows.items() if driver.endswith(f".{name}")), None)
    if found is not None and found.install:
        return found
    known = csi_drivers.find(driver)
    found = found or DriverSetup(driver, "", (), "", "")
    return found._replace(install=known.url) if known is not None else found


def every() -> tuple[DriverSetup, ...]:
    """All rows."""
    return tuple(_rows().values())
