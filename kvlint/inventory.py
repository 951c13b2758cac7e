"""All facts of a run, found by kind, namespace, name and folder, and the edges between them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from functools import cached_property

from kvlint.facts import (
    FACTS_VERSION,
    TEMPLATE,
    Claim,
    Driver,
    Fact,
    Holding,
    Mention,
    PersistentVolume,
    Secret,
    Span,
    StorageClass,
    Use,
)
from kvlint.nearness import LIVE, Variants, closeness, nearest
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeVar

    from kvlint.mentions import Words

    _Item = TypeVar("_Item")
    _AnyFact = TypeVar("_AnyFact", bound=Fact)


__all__ = ["FACTS_VERSION", "Edge", "Inventory"]

MAX_REPLICAS = 100
"""So many claims of one StatefulSet are looked at; the rest would tell nothing new."""


_KINDS = (Claim, PersistentVolume, StorageClass, Driver, Secret, Use, Holding, Mention)


class Edge(NamedTuple):
    """One thing refers to another: `relation` is `uses` (object → claim), `binds` (claim → volume, either side naming
    the other), `class` (claim or volume → class) or `driver` (class or volume → provisioner or CSI driver).

    `target` is the name referred to; `found` the fact of that name nearest to the source, None if none was read."""

    source: Fact
    relation: str
    target: str
    found: Fact | None


def _no_words(file: str, names: Collection[str]) -> Mapping[str, tuple[bool, Span]]:
    """No file can be read again."""
    return {}


class Inventory:
    """All facts of a run.

    A repository often holds one object several times: a kustomize base and its overlays, one folder for each cluster or
    environment, examples. Such objects are variants, not conflicts: a reference is looked up among the variants in the
    nearest common folder. Folders are those of the repository: `where` is a `Place.where`."""

    def __init__(
        self,
        facts: Iterable[Fact],
        resources: int | None = None,
        files: int | None = None,
        words: Words = _no_words,
    ) -> None:
        """`resources` and `files` say how much was read; by default what the facts tell of. `words` tells which of some
        names a file mentions (`kvlint.mentions`)."""
        every = sorted(facts, key=lambda fact: (fact[0].file, fact[0].spans[1:5], fact[0].field))
        kinds: dict[type, list[Any]] = {kind: [] for kind in _KINDS}
        for fact in every:
            kinds[fact.__class__].append(fact)
        self.claims: list[Claim] = kinds[Claim]
        self.volumes: list[PersistentVolume] = kinds[PersistentVolume]
        self.classes: list[StorageClass] = kinds[StorageClass]
        self.drivers: list[Driver] = kinds[Driver]
        self.secrets: list[Secret] = kinds[Secret]
        self.uses: list[Use] = kinds[Use]
        self.holdings: list[Holding] = kinds[Holding]
        self.mentions: list[Mention] = kinds[Mention]
        if resources is None:
            resources = len({(fact[0].file, fact[0].kind, fact[0].namespace, fact[0].name) for fact in every})
        self.resources = resources
        self._names = frozenset([fact[0].file for fact in every])
        self.files = len(self._names) if files is None else files
        self._words = words
        self._users: dict[str, set[str]] = {}
        self._without_variants: dict[str, bool] = {}
        self.derived: dict[Hashable, Any] = {}
        """What checks found out once about these facts."""
        self._templates_of_classes = [item for item in self.mentions if item.place.kind == TEMPLATE]
        self._defaults = Variants([item for item in self.classes if item.default])

    @cached_property
    def _classes(self) -> dict[Hashable, Variants]:
        return _variants(self.classes, lambda item: (item.name,))

    @cached_property
    def _drivers(self) -> dict[Hashable, Variants]:
        return _variants(self.drivers, lambda item: (item.name,))

    @cached_property
    def _volumes(self) -> dict[Hashable, Variants]:
        return _variants(self.volumes, lambda item: (item.name,))

    @cached_property
    def _volumes_of_class(self) -> dict[Hashable, list[PersistentVolume]]:
        return _index(self.volumes, lambda item: (item.class_name,))

    @cached_property
    def _volumes_of_claim(self) -> dict[Hashable, list[PersistentVolume]]:
        return _index(self.volumes, lambda item: (item.claim_ref.name,) if item.claim_ref else ())

    @cached_property
    def _claims(self) -> dict[Hashable, Variants]:
        """By their names, and by names and namespaces."""
        return _variants(
            self.claims, lambda item: (key for name in _own_names(item) for key in (name, (name, item.namespace)))
        )

    @cached_property
    def _class_users(self) -> dict[Hashable, list[Claim]]:
        return _index(self.claims, lambda item: (item.class_name,) if item.class_name else ())

    @cached_property
    def _templates(self) -> dict[Hashable, list[Claim]]:
        return _index(self.claims, lambda item: (_stem(item),) if _is_numbered(item) else ())

    @cached_property
    def _mentions(self) -> dict[str, list[tuple[bool, Mention]]]:
        """Who mentions the classes that claims name and nothing read defines, where, and whether by `name`."""
        names = [str(name) for name in self._class_users if name not in self._classes]
        found: dict[str, list[tuple[bool, Mention]]] = {}
        for item in self.mentions:
            for name, (named, span) in self._words(item.place.file, names).items():
                place = item.place._replace(spans=(0, *span))
                found.setdefault(name, []).append((named, item._replace(place=place)))
        return found

    def searched(self) -> str:
        """How much was read, for messages that say that something was not in it."""
        resources = "1 resource" if self.resources == 1 else f"{self.resources} resources"
        if self._names and all(name.startswith(LIVE) for name in self._names):
            return f"{resources} of the cluster"
        return f"{resources} of {'1 file' if self.files == 1 else f'{self.files} files'}"

    def file_names(self) -> frozenset[str]:
        """The files that have facts."""
        return self._names

    def storage_classes(self, name: str, where: str) -> list[StorageClass]:
        """The StorageClasses of this name that are nearest to `where`: none, one, or variants in one folder."""
        return _nearest(self._classes, name, where)

    def default_classes(self, where: str) -> list[StorageClass]:
        """The StorageClasses nearest to `where` that are marked as default."""
        return list(self._defaults.nearest(where))

    def persistent_volumes(self, name: str, where: str) -> list[PersistentVolume]:
        """The PersistentVolumes of this name that are nearest to `where`."""
        return _nearest(self._volumes, name, where)

    def reserved(self, claim: Claim) -> list[PersistentVolume]:
        """The PersistentVolumes whose claimRef has a name of `claim`, whatever its namespace."""
        return self._near({}, claim)

    def candidates(self, claim: Claim, class_name: str) -> list[PersistentVolume]:
        """The PersistentVolumes that could be for `claim`: those of the class, and those reserved for its name.

        A variant that is farther from the claim's file than another of the same name is left out."""
        of_class = self._volumes_of_class.get(class_name, [])
        if self.alike(claim, class_name):
            return of_class
        return self._near({id(volume): volume for volume in of_class}, claim)

    def alike(self, claim: Claim, class_name: str) -> bool:
        """Whether the class alone decides which PersistentVolumes could be for `claim`."""
        if class_name not in self._without_variants:
            of_class = self._volumes_of_class.get(class_name, ())
            self._without_variants[class_name] = all(len(self._volumes[volume.name].items) == 1 for volume in of_class)
        reserved = any(map(self._volumes_of_claim.__contains__, claim_names(claim)))
        return self._without_variants[class_name] and not reserved

    def _near(self, found: dict[int, PersistentVolume], claim: Claim) -> list[PersistentVolume]:
        for name in claim_names(claim):
            if name in self._volumes_of_claim:
                found.update((id(volume), volume) for volume in self._volumes_of_claim[name])
        if not found:
            return []
        variants = [self._volumes[name] for name in {volume.name for volume in found.values()}]
        near = [volume for one in variants for volume in one.nearest(claim.place.where) if id(volume) in found]
        return sorted(near, key=_position)

    def claims_named(self, name: str, namespace: str | None, where: str) -> list[Claim]:
        """The claims that a Pod in `namespace` finds under `name`, nearest to `where`; an unknown namespace is any.

        Claims that a StatefulSet or a Pod's generic ephemeral volume brings count under the names they will have; a
        StatefulSet may be scaled, so any ordinal counts."""
        keys = (name,) if namespace is None else ((name, namespace), (name, None))
        found = [claim for key in keys for claim in _nearest(self._claims, key, where)]
        stem, dash, ordinal = name.rpartition("-")
        if dash and ordinal.isascii() and ordinal.isdigit() and len(ordinal) < 10:
            found += [
                claim
                for claim in self._templates.get(stem, ())
                if claim.start <= int(ordinal) and same_namespace(claim.namespace, namespace)
            ]
        return nearest(found, where)

    def users_of_class(self, name: str) -> set[str]:
        """The files with a claim that names the class."""
        if name not in self._users:
            self._users[name] = {claim.place.file for claim in self._class_users.get(name, ())}
        return self._users[name]

    def claims_anywhere(self, name: str) -> list[Claim]:
        """The claims of this name in any namespace and folder."""
        return list(self._claims[name].items) if name in self._claims else []

    def mentions_of(self, name: str, where: str) -> list[Mention]:
        """What may define a class that claims name, most likely first: what calls something by this name, what holds
        the word, the templates of StorageClasses; and of these the nearest to `where`."""
        found = [*self._mentions.get(name, ()), *((False, item) for item in self._templates_of_classes)]
        found.sort(
            key=lambda one: (
                one[1].place.kind == TEMPLATE,
                not one[0],
                -closeness(one[1].place.where, where),
                one[1].place.file,
            )
        )
        return [item for _, item in found]

    def edges(self) -> Iterator[Edge]:
        """Who refers to whom by name: object → claim → volume → class → driver.

        What Kubernetes finds by matching instead of by name is the binder's to say."""
        for use in self.uses:
            claims = self.claims_named(use.claim, use.place.namespace, use.place.where)
            yield Edge(use, "uses", use.claim, claims[0] if claims else None)
        for claim in self.claims:
            where = claim.place.where
            if claim.volume_name:
                yield self._edge(claim, "binds", claim.volume_name, self.persistent_volumes(claim.volume_name, where))
            if claim.class_name:
                yield self._edge(claim, "class", claim.class_name, self.storage_classes(claim.class_name, where))
        for volume in self.volumes:
            where, reserved = volume.place.where, volume.claim_ref
            if reserved is not None:
                claims = self.claims_named(reserved.name, reserved.namespace, where)
                if claims and claims[0].volume_name != volume.name:
                    yield Edge(claims[0], "binds", volume.name, volume)
            if volume.class_name:
                yield self._edge(volume, "class", volume.class_name, self.storage_classes(volume.class_name, where))
            if volume.driver:
                yield self._edge(volume, "driver", volume.driver, _nearest(self._drivers, volume.driver, where))
        for item in self.classes:
            found = _nearest(self._drivers, item.provisioner, item.place.where)
            yield self._edge(item, "driver", item.provisioner, found)

    @staticmethod
    def _edge(source: Fact, relation: str, target: str, found: list[_AnyFact]) -> Edge:
        return Edge(source, relation, target, found[0] if found else None)


def claim_names(claim: Claim) -> tuple[str, ...]:
    """The names in its namespace of the claims that a claim fact stands for, as far as the manifest tells.

    `<template>-<StatefulSet>-<ordinal>` for the first MAX_REPLICAS replicas, `<Pod>-<volume>` for a generic ephemeral
    volume; none where a controller makes up the Pod's name (Kubernetes documentation, StatefulSet and Ephemeral
    Volumes)."""
    if _is_numbered(claim):
        stem = _stem(claim)
        return tuple(f"{stem}-{claim.start + index}" for index in range(min(claim.replicas, MAX_REPLICAS)))
    return _own_names(claim)


def same_namespace(one: str | None, other: str | None) -> bool:
    """Whether two namespaces can be the same: an unknown one can be any."""
    return one is None or other is None or one == other


def _own_names(claim: Claim) -> tuple[str, ...]:
    if claim.origin == "claim":
        return (claim.name,)
    if claim.origin == "ephemeral" and claim.place.kind == "Pod":
        return (f"{claim.place.name}-{claim.name}",)
    return ()


def _is_numbered(claim: Claim) -> bool:
    return claim.origin == "template" and claim.place.kind == "StatefulSet"


def _stem(claim: Claim) -> str:
    return f"{claim.name}-{claim.place.name}"


def _position(fact: Fact) -> tuple[str, object]:
    return fact.place.file, fact.place.spans[1:5]


def _index(items: Iterable[_Item], keys: Callable[[_Item], Iterable[Hashable]]) -> dict[Hashable, list[_Item]]:
    index: dict[Hashable, list[_Item]] = {}
    for item in items:
        for key in keys(item):
            index.setdefault(key, []).append(item)
    return index


def _variants(items: Iterable[_Item], keys: Callable[[_Item], Iterable[Hashable]]) -> dict[Hashable, Variants]:
    return {key: Variants(found) for key, found in _index(items, keys).items()}


def _nearest(variants: Mapping[Hashable, Variants], key: Hashable, where: str) -> list[Any]:
    return list(variants[key].nearest(where)) if key in variants else []
