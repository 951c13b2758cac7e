"""What the migrations of several files mean together, and beside the objects that are there already.

A disk that one node at a time can write must not get a claim in two namespaces, and one name must not stand for two
different objects. Such migrations stay as advice; their fixes are left to a human."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from kvlint.facts import Claim, Fact, PersistentVolume
from kvlint.finding import MANUAL, Finding, Fix
from kvlint.migrate.subject import PLACEHOLDER_PREFIX
from kvlint.plan import Identity, identity

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


VOLUME, CLAIM = "PersistentVolume", "PersistentVolumeClaim"
SINGLE_WRITER = ("ReadWriteOnce", "ReadWriteOncePod")

SHARED_DISK = "the same disk is used from several namespaces, and only one node at a time can write it"
SEVERAL = "several PersistentVolumes would have this volume's handle, and to the driver one handle is one volume"
SAME_NAME = "another volume of this run would get an object of the same name with other content"
TAKEN = "another object of that name exists, with other content"

Disk = tuple[str, str]
"""Driver and volume handle."""

Storage = tuple[str, ...]
"""Which storage an object stands for: driver, handle and access modes of a volume; the volume and modes of a claim."""


def reconcile(findings: Sequence[Finding], facts: Iterable[Fact] = ()) -> list[Finding]:
    """The findings, with fixes that contradict each other, or one of `facts`, turned into manual ones."""
    namespaces: dict[Disk, set[str]] = {}
    volumes: dict[Disk, set[str]] = {}
    contents: dict[Identity, list[Any]] = {}
    for finding in findings:
        for item in finding.migration.manifests if finding.migration is not None else ():
            disk = _disk(item)
            if disk is not None:
                volumes.setdefault(disk, set()).add(identity(item)[2])
        for item in _made(finding):
            for disk, namespace in _single_writer(item):
                namespaces.setdefault(disk, set()).add(namespace)
            variants = contents.setdefault(identity(item), [])
            if item not in variants:
                variants.append(item)
    reasons = {who: SAME_NAME for who, variants in contents.items() if len(variants) > 1}
    names = {who[2] for who in contents}
    for who, there in _there(facts, names, volumes):
        if any(not _agrees(there, _storage(item)) for item in contents.get(who, ())):
            reasons[who] = TAKEN
        if who[0] == VOLUME and (there[0], there[1]) in volumes:
            volumes[there[0], there[1]].add(who[2])
    several = {disk: SEVERAL for disk, names in volumes.items() if len(names) > 1}
    several |= {disk: SHARED_DISK for disk, names in namespaces.items() if len(names) > 1}
    if not several and not reasons:
        return list(findings)
    return [_marked(finding, several, reasons) for finding in findings]


def _marked(finding: Finding, several: dict[Disk, str], reasons: dict[Identity, str]) -> Finding:
    migration = finding.migration
    if migration is None:
        return finding
    made = list(_made(finding))
    disks = [disk for item in made if (disk := _disk(item)) in several]
    if disks:
        reason = several[disks[0]]
    else:
        reason = next((reasons[identity(item)] for item in made if identity(item) in reasons), "")
    if not reason:
        return finding
    fix = finding.fix
    return finding._replace(
        migration=migration._replace(applicability=MANUAL, notes=(f"By hand: {reason}.", *migration.notes)),
        fix=Fix(f"{migration.title} (by hand: {reason})", MANUAL, (), fix.missing) if fix is not None else None,
    )


def _made(finding: Finding) -> Iterator[dict[str, Any]]:
    """The PersistentVolumes and claims that are made for a Pod's volume."""
    if finding.migration is not None and finding.resource is not None and finding.resource.kind not in (VOLUME, CLAIM):
        yield from (item for item in finding.migration.manifests if item["kind"] in (VOLUME, CLAIM))


def _disk(item: dict[str, Any]) -> Disk | None:
    """Driver and handle of a CSI volume. An object that is only changed may have any shape."""
    spec = item.get("spec")
    csi = spec.get("csi") if item.get("kind") == VOLUME and isinstance(spec, dict) else None
    disk = (csi.get("driver"), csi.get("volumeHandle")) if isinstance(csi, dict) else ("", "")
    return (str(disk[0]), str(disk[1])) if all(disk) else None


def _single_writer(item: dict[str, Any]) -> Iterator[tuple[Disk, str]]:
    """The disk behind a PersistentVolume that only one node can write, and the namespace it is claimed in."""
    disk = _disk(item)
    if disk is not None and item["spec"]["accessModes"][0] in SINGLE_WRITER:
        claim = item["spec"].get("claimRef") or {}
        yield disk, claim.get("namespace") or ""


def _there(facts: Iterable[Fact], names: Container[str], disks: Container[Disk]) -> Iterator[tuple[Identity, Storage]]:
    """The PersistentVolumes and claims among the facts that have one of some names or disks."""
    for fact in facts:
        if isinstance(fact, PersistentVolume):
            if fact.name in names or (fact.driver, fact.handle) in disks:
                yield (VOLUME, "", fact.name), (fact.driver, fact.handle, *fact.modes)
        elif isinstance(fact, Claim) and fact.name in names and fact.place.kind == CLAIM:
            yield (CLAIM, fact.namespace or "", fact.name), (fact.volume_name, *fact.modes)


def _storage(item: dict[str, Any]) -> Storage:
    spec = item["spec"]
    if item["kind"] == CLAIM:
        return spec["volumeName"], *spec["accessModes"]
    csi = spec.get("csi") or {}
    return csi.get("driver", ""), csi.get("volumeHandle", ""), *spec["accessModes"]


def _agrees(there: Storage, made: Storage) -> bool:
    """Whether an object is what would be made; what is not known yet may be anything."""
    return len(there) == len(made) and all(
        one == other or PLACEHOLDER_PREFIX in other for one, other in zip(there, made, strict=True)
    )
