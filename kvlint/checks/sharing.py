"""Judgements about objects that meet: two claims and one volume, two volumes and one handle, two default classes, and a
Pod whose claim nothing defines."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from kvlint import binder
from kvlint.binder import Cluster
from kvlint.checks.binding import judge_claim
from kvlint.checks.world import Judgement, World, class_location, describe, literal, volume_location
from kvlint.facts import DEFAULT_FIELDS, VOLUME_FIELD, Claim, Fact, PersistentVolume, StorageClass, Use
from kvlint.finding import Confidence, Location, Severity
from kvlint.inventory import Inventory, claim_names, same_namespace
from kvlint.nearness import in_line, same_folder

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import TypeVar

    _AnyFact = TypeVar("_AnyFact", Claim, PersistentVolume, StorageClass)


def judge(inventory: Inventory, world: World, linted: Container[str] | None = None) -> Iterator[Judgement]:
    """All judgements of the category binding that need the facts of all files.

    Only objects of the `linted` files are judged (None: of all files). Of two objects that meet, the later one is
    judged if it is linted, else the earlier one."""
    files = inventory.file_names() if linted is None else linted
    for claim in inventory.claims:
        if claim.place.file in files:
            yield from judge_claim(claim, inventory, world)
    for use in inventory.uses:
        if use.place.file in files:
            yield from missing_claim(use, inventory, world)
    yield from contested_volumes(inventory, files)
    if world.closed:
        yield from exhausted_volumes(inventory, world, files)
    yield from duplicate_handles(inventory, files)
    yield from ambiguous_defaults(inventory, world, files)


def missing_claim(use: Use, inventory: Inventory, world: World) -> Iterator[Judgement]:
    """A Pod names a claim that no file defines in its namespace. A custom resource's operator may define it."""
    name, place = use.claim, use.place
    if (
        not literal(name)
        or place.confidence < Confidence.HIGH
        or inventory.claims_named(name, place.namespace, place.where)
    ):
        return
    elsewhere = inventory.claims_anywhere(name)
    if world.closed:
        evidence = f"does not exist ({inventory.searched()} read)"
    elif elsewhere:
        evidence = f"is defined in namespace `{elsewhere[0].namespace}` only"
    else:
        evidence = f"is not defined in {inventory.searched()}"
    yield Judgement(
        "missing-claim",
        place,
        ("",),
        {"claim": name, "volume": use.volume, "kind": place.kind, "name": place.name, "evidence": evidence},
        Severity.ERROR if world.closed else Severity.INFO,
        Confidence.HIGH if world.closed else Confidence.LOW,
        tuple(claim.place.location("metadata.name", label="in another namespace") for claim in elsewhere[:1]),
    )


def contested_volumes(inventory: Inventory, files: Container[str]) -> Iterator[Judgement]:
    """Claims that name one volume: it goes to one of them. Claims in sibling folders may be meant for two clusters."""
    wanted: dict[str, list[Claim]] = {}
    for claim in inventory.claims:
        if claim.volume_name and literal(claim.volume_name) and claim.origin != "custom" and claim.phase != "Bound":
            wanted.setdefault(claim.volume_name, []).append(claim)
    for name, claims in wanted.items():
        for later, earlier in _meetings(claims, files):
            volumes = inventory.persistent_volumes(name, later.place.where)
            reserved = any(volume.claim_ref is not None for volume in volumes)
            if not reserved:
                yield _contested(later, earlier, name, volumes)
        for claim in claims:
            if claim.origin == "template" and len(claim_names(claim)) > 1 and claim.place.file in files:
                volumes = inventory.persistent_volumes(name, claim.place.where)
                yield _contested(claim, claim, name, volumes)


def exhausted_volumes(inventory: Inventory, world: World, files: Container[str]) -> Iterator[Judgement]:
    """In a closed world: claims whose only volumes go to claims before them. Claims that name a volume come first."""
    taken: dict[str, list[Claim]] = {}
    for claim in sorted(inventory.claims, key=lambda claim: not claim.volume_name):
        where = claim.place.where
        if claim.volume_name:
            taken.setdefault(claim.volume_name, []).append(claim)
        if claim.volume_name or claim.phase == "Bound" or claim.origin == "custom":
            continue
        name = next(iter(world.class_names(claim, inventory)), "")
        known = world.provisionings(name, where, inventory)
        cluster = Cluster(inventory.candidates(claim, name), {name: known[0]} if known else {}, name)
        for single in binder.singles(claim):
            holders = {
                volume.name: holder
                for volume in cluster.volumes
                for holder in taken.get(volume.name, ())
                if in_line(holder.place.where, where)
            }
            verdict = binder.bind(single, cluster, holders)
            if verdict.volume is not None:
                taken.setdefault(verdict.volume.name, []).append(claim)
                continue
            alone = binder.bind(single, cluster).volume if verdict.outcome == binder.PENDING else None
            if alone is not None:
                if claim.place.file in files:
                    yield _contested(claim, holders[alone.name], alone.name, [alone])
                break


def duplicate_handles(inventory: Inventory, files: Container[str]) -> Iterator[Judgement]:
    """PersistentVolumes with one CSI driver and one volume handle: Kubernetes takes them for one volume."""
    by_handle: dict[tuple[str, str], list[PersistentVolume]] = {}
    for volume in inventory.volumes:
        if volume.handle and not any(mark in volume.handle for mark in ("$", "{", "<")):
            by_handle.setdefault((volume.driver, volume.handle), []).append(volume)
    for volumes in by_handle.values():
        for later, earlier in _meetings(volumes, files):
            if later.name != earlier.name:
                yield Judgement(
                    "duplicate-volume-handle",
                    later.place,
                    ("spec.csi.volumeHandle",),
                    {"volume": later.name, "other": earlier.name, "driver": later.driver},
                    Severity.WARNING if same_folder(later.place.where, earlier.place.where) else Severity.INFO,
                    _nearness(later, earlier),
                    (volume_location(earlier, "the same handle", "spec.csi.volumeHandle"),),
                )


def ambiguous_defaults(inventory: Inventory, world: World, files: Container[str]) -> Iterator[Judgement]:
    """Several StorageClasses marked as default: the newest in the cluster wins, which no manifest tells."""
    marked = [item for item in inventory.classes if item.default]
    for later, earlier in _meetings(marked, files):
        if later.name != earlier.name:
            sure = world.closed or later.place.file == earlier.place.file
            yield _ambiguous(
                later,
                f"`{earlier.name}`",
                Severity.WARNING if sure else Severity.INFO,
                _nearness(later, earlier),
                (class_location(earlier, "also default", *DEFAULT_FIELDS),),
            )
    for item in marked:
        if item.place.file in files and world.defaults and item.name not in world.defaults:
            name, platform = next(iter(world.defaults.items()))
            yield _ambiguous(item, f"`{name}` of {platform}", Severity.INFO, Confidence.LOW)


def _ambiguous(
    item: StorageClass, other: str, severity: Severity, confidence: Confidence, related: tuple[Location, ...] = ()
) -> Judgement:
    values = {"class": item.name, "other": other}
    return Judgement(
        "ambiguous-default-storage-class", item.place, DEFAULT_FIELDS, values, severity, confidence, related
    )


def _contested(later: Claim, earlier: Claim, name: str, volumes: Sequence[PersistentVolume]) -> Judgement:
    if later is earlier:
        evidence = f"{later.replicas} replicas of {later.place.kind} `{later.place.name}` want it"
        related: tuple[Location, ...] = ()
    else:
        namespace = f" of namespace `{earlier.namespace}`" if earlier.namespace not in (None, later.namespace) else ""
        evidence = f"{describe(earlier)}{namespace} in `{earlier.place.file}` takes it"
        related = (earlier.place.location(VOLUME_FIELD, "metadata.name", label="the other claim"),)
    return Judgement(
        "contested-volume",
        later.place,
        (VOLUME_FIELD, "metadata.name"),
        {"claim": describe(later), "volume": name, "evidence": evidence},
        Severity.ERROR,
        _nearness(later, earlier),
        related + tuple(volume_location(volume, "the volume") for volume in volumes[:1]),
    )


def _meetings(facts: Sequence[_AnyFact], files: Container[str]) -> Iterator[tuple[_AnyFact, _AnyFact]]:
    """Each fact but the first of a tree of folders, with an earlier one it meets; the one to judge comes first."""
    for at, later in enumerate(facts):
        for earlier in facts[:at]:
            if in_line(later.place.where, earlier.place.where) and not _variants(later, earlier):
                if later.place.file in files:
                    yield later, earlier
                elif earlier.place.file in files:
                    yield earlier, later
                break


def _variants(one: Fact, other: Fact) -> bool:
    """Whether two facts are the same object, written twice."""
    same_name = one.place.name == other.place.name and one.place.field == other.place.field
    return (
        same_name and one.place.kind == other.place.kind and same_namespace(one.place.namespace, other.place.namespace)
    )


def _nearness(one: Fact, other: Fact) -> Confidence:
    """How sure it is that two objects meet in one cluster."""
    if one.place.file == other.place.file:
        return Confidence.HIGH
    return Confidence.MEDIUM if same_folder(one.place.where, other.place.where) else Confidence.LOW
