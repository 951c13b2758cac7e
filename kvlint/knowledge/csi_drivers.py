"""CSI drivers: which are maintained, which were renamed, and what their CSIDriver manifests say.

Names and projects follow the list of kubernetes-csi/docs and the drivers' repositories. Lifecycle modes are known only
where the driver's own CSIDriver manifest was read, because the public list is often incomplete about them.
"""

from __future__ import annotations

import re
from functools import cache

from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

ALIVE = "alive"
UNKNOWN = "unknown"
RENAMED = "renamed"


class CsiDriver(NamedTuple):
    """One CSI driver, by the name it registers.

    `pattern` (RE2, the whole name) covers names that an operator or a user builds. `status` is alive, unknown,
    deprecated, archived, abandoned or renamed (`renamed_to` is the name today, "" where it became several). `modes` are
    its volumeLifecycleModes, empty where not known; `attach_required` is None and `fs_group_policy` "" where its
    manifest does not say. `credential_attributes` are volumeAttributes documented with a credential in clear text."""

    name: str
    pattern: str
    project: str
    url: str
    status: str
    renamed_to: str
    modes: tuple[str, ...]
    attach_required: bool | None
    fs_group_policy: str
    credential_attributes: tuple[str, ...]
    advice: str

    @property
    def retired(self) -> bool:
        """Whether its makers renamed, deprecated or gave it up. An unknown status is not retired."""
        return self.status not in (ALIVE, UNKNOWN)


@cache
def _rows() -> dict[str, CsiDriver]:
    return {name: CsiDriver(*row) for name, row in _raw().items()}


@cache
def _raw() -> dict[str, Any]:
    """The rows by name as they are: a run that asks for one name makes no others."""
    from kvlint._generated.csi_drivers import ROWS

    return {row[0]: row for row in ROWS}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], CsiDriver], ...]:
    return tuple((re.compile(row.pattern), row) for row in _rows().values() if row.pattern)


def find(name: str) -> CsiDriver | None:
    """What is known of the CSI driver registered as `name`: by its exact name, then by pattern; None if nothing is."""
    known = _raw().get(name)
    if known is not None:
        return CsiDriver(*known)
    return next((row for pattern, row in _patterns() if pattern.fullmatch(name)), None)


def every() -> tuple[CsiDriver, ...]:
    """All drivers, sorted by name."""
    return tuple(_rows().values())
