"""StorageClasses that a platform or an add-on brings, so that no manifest defines them.

Read from vendors' documentation, from manifests of the projects and from what fresh clusters list. The same name means
different things elsewhere (`standard` on GKE, kind and minikube), so nothing follows from a name while the platform is
unknown.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from kvlint.knowledge.version import Version
from kvlint.record import NamedTuple


class Platform(NamedTuple):
    """A platform or an add-on, by its name in the configuration.

    `addon`: it comes on top of another platform. `variants`: it is one of these platforms, so their classes are
    alternatives. `provisioners` are known besides those of its classes."""

    name: str
    title: str
    addon: bool
    variants: tuple[str, ...]
    provisioners: tuple[str, ...]


class PlatformClass(NamedTuple):
    """One StorageClass of a platform.

    `older_provisioners`: the same class on older clusters. `default`: it is the default class of a new cluster;
    `default_before`: it was one on clusters made before that minor, and stays one when they are upgraded.
    `binding_mode` is "" where it is not known. `only_with`: the add-on or option that brings it."""

    platform: str
    name: str
    provisioner: str
    older_provisioners: tuple[str, ...]
    default: bool
    default_before: Version | None
    binding_mode: str
    allow_expansion: bool
    only_with: str
    note: str


@cache
def platforms() -> Mapping[str, Platform]:
    """Every platform and add-on, by name."""
    from kvlint._generated.platform_classes import PLATFORMS

    return MappingProxyType({row[0]: Platform(*row) for row in PLATFORMS})


@cache
def _by_platform() -> dict[str, tuple[PlatformClass, ...]]:
    from kvlint._generated.platform_classes import CLASSES

    found: dict[str, tuple[PlatformClass, ...]] = {}
    for row in CLASSES:
        found[row[0]] = (*found.get(row[0], ()), PlatformClass(*row))
    return found


def _members(name: str) -> tuple[str, ...]:
    platform = platforms().get(name)
    return (name, *platform.variants) if platform is not None else ()


def classes(names: Iterable[str]) -> tuple[PlatformClass, ...]:
    """The classes of the named platforms and add-ons, those of variants included; names that are unknown have none."""
    members = dict.fromkeys(member for name in names for member in _members(name))
    return tuple(row for member in members for row in _by_platform().get(member, ()))


def provisioners(names: Iterable[str]) -> tuple[str, ...]:
    """The provisioners that the named platforms and add-ons bring, sorted."""
    names = tuple(names)
    found = {row.provisioner for row in classes(names)}
    found.update(extra for name in names for member in _members(name) for extra in platforms()[member].provisioners)
    return tuple(sorted(found))


def defaults(names: Iterable[str]) -> dict[str, str]:
    """The default classes of new clusters, each with the one of `names` that brings it.

    Default classes of two names are two defaults. A platform that stands for its variants has none: which variant it
    is, and so which class, is not said."""
    return {row.name: name for name in names for row in _by_platform().get(name, ()) if row.default}


@cache
def shipped() -> Mapping[str, tuple[str, ...]]:
    """The name of every class, with the platforms and add-ons that bring one of that name."""
    found: dict[str, tuple[str, ...]] = {}
    for platform, rows in _by_platform().items():
        for row in rows:
            found[row.name] = (*found.get(row.name, ()), platform)
    return MappingProxyType(found)
