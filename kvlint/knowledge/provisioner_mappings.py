"""How the class of a retired external provisioner becomes a class of a CSI driver.

The facts are in `data/provisioner_mappings.yaml`; what each parameter becomes is in `provisioners`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


class ProvisionerMapping(NamedTuple):
    """One row; the fields are described at the top of the data. The values of `set` are patterns."""

    id: str
    names: tuple[str, ...]
    special: str
    driver: str
    block: bool
    set: Mapping[str, str]
    copy: tuple[str, ...]
    copy_all: bool
    topology_key: str
    offer: bool
    notes: tuple[str, ...]
    references: tuple[str, ...]


def _mapping(row: Any) -> ProvisionerMapping:
    mapping = ProvisionerMapping(*row)
    return mapping._replace(set=MappingProxyType(dict(mapping.set)))


@cache
def _rows() -> dict[str, ProvisionerMapping]:
    from kvlint._generated.provisioner_mappings import ROWS

    return {name: mapping for mapping in map(_mapping, ROWS) for name in mapping.names}


def find(name: str) -> ProvisionerMapping | None:
    """The mapping of the row `name` of `provisioners`; None where its classes have no derivable successor."""
    return _rows().get(name)


def names() -> tuple[str, ...]:
    """The provisioners that have a mapping."""
    return tuple(_rows())
