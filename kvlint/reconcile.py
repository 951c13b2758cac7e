"""What the migrations of several files mean together.

A disk that one node at a time can write must not get a claim in two namespaces, and one name must not stand for two
different objects. Such migrations stay as advice; their fixes are left to a human."""

from collections.abc import Iterator, Sequence
from typing import Any

from kvlint.finding import MANUAL, Finding, Fix
from kvlint.fixes import identity

SINGLE_WRITER = ("ReadWriteOnce", "ReadWriteOncePod")

SHARED_DISK = "the same disk is used from several namespaces, and only one node at a time can write it"
SAME_NAME = "another volume of this run would get an object of the same name with other content"


def reconcile(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with fixes that contradict each other turned into manual ones."""
    disks: dict[tuple[str, str], set[str]] = {}
    contents: dict[tuple[str, str, str], list[Any]] = {}
    for finding in findings:
        for item in finding.migration.manifests if finding.migration is not None else ():
            for disk, namespace in _disks(item, finding):
                disks.setdefault(disk, set()).add(namespace)
            variants = contents.setdefault(identity(item), [])
            if item not in variants:
                variants.append(item)
    shared = {disk for disk, namespaces in disks.items() if len(namespaces) > 1}
    doubtful = {
        who for who, variants in contents.items() if len(variants) > 1 and who[0] in ("PersistentVolume", CLAIM)
    }
    if not shared and not doubtful:
        return list(findings)
    return [_marked(finding, shared, doubtful) for finding in findings]


CLAIM = "PersistentVolumeClaim"


def _marked(finding: Finding, shared: set[tuple[str, str]], doubtful: set[tuple[str, str, str]]) -> Finding:
    migration = finding.migration
    if migration is None:
        return finding
    if any(disk in shared for item in migration.manifests for disk, _ in _disks(item, finding)):
        reason = SHARED_DISK
    elif any(identity(item) in doubtful for item in migration.manifests):
        reason = SAME_NAME
    else:
        return finding
    fix = finding.fix
    return finding._replace(
        migration=migration._replace(applicability=MANUAL, notes=(f"By hand: {reason}.", *migration.notes)),
        fix=Fix(f"{migration.title} (by hand: {reason})", MANUAL, (), fix.missing) if fix is not None else None,
    )


def _disks(item: dict[str, Any], finding: Finding) -> Iterator[tuple[tuple[str, str], str]]:
    """The disk behind a PersistentVolume made for a Pod's volume that only one node can write, and the namespace."""
    spec = item.get("spec") or {}
    csi = spec.get("csi")
    inline = finding.resource is not None and finding.resource.kind != "PersistentVolume"
    if inline and csi and spec.get("accessModes") and spec["accessModes"][0] in SINGLE_WRITER:
        claim = spec.get("claimRef") or {}
        yield (csi["driver"], csi["volumeHandle"]), claim.get("namespace") or ""
