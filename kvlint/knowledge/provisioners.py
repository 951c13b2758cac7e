"""Dynamic provisioners outside of Kubernetes that are no CSI drivers: which are retired, and what replaces them.

Most retired ones come from kubernetes-retired/external-storage, archived in October 2020. A provisioner's name is free
text that its Deployment sets: the well-known ones are matched exactly, and a name from an example (`sample`) may be
used by something else.
"""

from __future__ import annotations

import re
from functools import cache

from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


MAINTAINED = "maintained"


class ProvisionerSuccessor(NamedTuple):
    """What to write as provisioner instead, and the parameters its class cannot do without."""

    provisioner: str
    required_parameters: tuple[str, ...]
    note: str


class ProvisionerParameter(NamedTuple):
    """One parameter of the old class. `maps_to` is the parameter of the first successor, "" where there is none.

    `credential` is "" (none), literal (the value itself), reference (names a Secret), options (mount options, which may
    hold one) or url (may hold `user:password@`)."""

    key: str
    credential: str
    maps_to: str
    note: str


class Provisioner(NamedTuple):
    """One provisioner.

    `pattern` (RE2, the whole name) covers names that users build. `status` is archived, removed, deprecated,
    unmaintained, renamed or maintained. `sample`: the name comes from an example; `image_only`: the row is there for
    its images. `pv_source` is the volume source of the PersistentVolumes it made. `images` (RE2) match the image of its
    workload, without tag, digest and `docker.io/`."""

    name: str
    pattern: str
    project: str
    status: str
    sample: bool
    image_only: bool
    pv_source: str
    successors: tuple[ProvisionerSuccessor, ...]
    parameters: tuple[ProvisionerParameter, ...]
    images: tuple[str, ...]
    advice: str
    references: tuple[str, ...]

    @property
    def retired(self) -> bool:
        """Whether new volumes should no longer be made with it."""
        return self.status != MAINTAINED

    @property
    def exact(self) -> bool:
        """Whether the name stands for this project alone; a sample name may be used by something else."""
        return not self.sample


def _provisioner(row: Any) -> Provisioner:
    provisioner = Provisioner(*row)
    return provisioner._replace(
        successors=tuple(map(ProvisionerSuccessor._make, provisioner.successors)),
        parameters=tuple(map(ProvisionerParameter._make, provisioner.parameters)),
    )


@cache
def _rows() -> tuple[Provisioner, ...]:
    from kvlint._generated.provisioners import ROWS

    return tuple(map(_provisioner, ROWS))


@cache
def _exact() -> dict[str, Any]:
    """The raw rows by name: a run that asks for one name needs no others."""
    from kvlint._generated.provisioners import ROWS

    image_only = Provisioner._fields.index("image_only")
    return {row[0]: row for row in ROWS if not row[image_only]}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Provisioner], ...]:
    return tuple((re.compile(row.pattern), row) for row in _rows() if row.pattern)


@cache
def _images() -> tuple[tuple[re.Pattern[str], Provisioner], ...]:
    return tuple((re.compile("|".join(row.images)), row) for row in _rows() if row.images and row.retired)


def find(name: str) -> Provisioner | None:
    """What is known of the provisioner `name`: by its exact name, then by pattern; None if nothing is."""
    known = _exact().get(name)
    if known is not None:
        return _provisioner(known)
    # Each pattern begins with a domain and a slash: most names need none of them.
    return next((row for pattern, row in _patterns() if pattern.fullmatch(name)), None) if "/" in name else None


def retired_image(image: str) -> Provisioner | None:
    """The retired provisioner that the container image `image` runs; its tag and digest do not matter."""
    repository = image.partition("@")[0].removeprefix("docker.io/")
    head, slash, last = repository.rpartition("/")
    repository = head + slash + last.partition(":")[0]
    return next((row for pattern, row in _images() if pattern.fullmatch(repository)), None)


def every() -> tuple[Provisioner, ...]:
    """All rows."""
    return _rows()
