"""Where storage drivers and provisioners read credentials from a Secret, in place of a literal in the manifest.

The facts are in `data/secret_references.yaml`. Only migrations of credentials read them.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from kvlint.knowledge import csi_drivers
from kvlint.record import NamedTuple


class Settings(NamedTuple):
    """The option, attribute or parameter that holds a Secret's name, and that of its namespace ("": the Pod's)."""

    name: str
    namespace: str


class SecretReference(NamedTuple):
    """One row; the fields are described at the top of the data.

    `keys` maps each key of the Secret to the settings and mount options, in lower case, whose value belongs there.
    Without keys only `advice` is there."""

    names: tuple[str, ...]
    volume: tuple[str, ...]
    inline: str
    roles: tuple[str, ...]
    settings: Settings | None
    keys: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...]
    own_names: bool
    type: str
    notes: tuple[str, ...]
    advice: str
    references: tuple[str, ...]

    def key(self, setting: str) -> str:
        """The key of the Secret under which the value of `setting` belongs, case apart; "" where nothing says."""
        lower = setting.lower()
        return next((key for key, settings in self.keys.items() if lower in settings), "")


def _reference(row: Any) -> SecretReference:
    made = SecretReference(*row)
    settings = Settings(*made.settings) if made.settings else None
    return made._replace(settings=settings, keys=MappingProxyType(dict(made.keys)))


@cache
def _rows() -> dict[str, SecretReference]:
    from kvlint._generated.secret_references import ROWS

    return {name: row for row in map(_reference, ROWS) for name in row.names}


def find(name: str) -> SecretReference | None:
    """The row of the CSI driver, FlexVolume driver or provisioner `name`, CSI drivers by their patterns too."""
    known = _rows().get(name)
    if known is None:
        driver = csi_drivers.find(name)
        known = _rows().get(driver.name) if driver is not None else None
    return known


def every() -> tuple[SecretReference, ...]:
    """All rows."""
    return tuple({id(row): row for row in _rows().values()}.values())
