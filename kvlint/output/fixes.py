"""What an output says about fixes and migrations: each once, on the gravest finding it belongs to."""

from collections.abc import Iterable, Iterator

from kvlint.finding import MANUAL, UNSAFE, Finding, Fix
from kvlint.output import View
from kvlint.output.text import one_line, plural


def offered(finding: Finding) -> Fix | None:
    """The finding's fix, or its migration told as a fix; None where there is nothing to offer or to advise."""
    if finding.fix is not None:
        return finding.fix
    migration = finding.migration
    if migration is None or not migration.title:
        return None
    return Fix(migration.title, migration.applicability, (), tuple(item.name for item in migration.inputs))


def is_fixable(finding: Finding) -> bool:
    """Whether a command can write this finding's fix: what `[*]` says."""
    fix = offered(finding)
    return fix is not None and fix.applicability != MANUAL and finding.location.line > 0


def fix_text(fix: Fix) -> str:
    """Title, applicability and what the fix needs: `PersistentVolume `x` [unsafe; needs cluster-id, capacity]`."""
    needs = ", ".join(one_line(name) for name in dict.fromkeys(fix.missing))
    return f"{one_line(fix.title)} [{fix.applicability}{'; needs ' if needs else ''}{needs}]"


Migrations = dict[tuple[str, str], Finding]
"""For each migration, by file and id, the finding that shows it."""


def owners(findings: Iterable[Finding]) -> Migrations:
    """The finding that shows each migration: the gravest, of equals the first."""
    owning: Migrations = {}
    for finding in findings:
        if finding.migration is not None:
            who = finding.location.file, finding.migration.id
            if finding.severity > owning.setdefault(who, finding).severity:
                owning[who] = finding
    return owning


def owns_fix(finding: Finding, owning: Migrations) -> bool:
    """Whether `finding` is the one that shows its fix and migration, given `owners` of the findings that count."""
    return finding.migration is None or owning.get((finding.location.file, finding.migration.id)) is finding


def hints(findings: list[Finding], view: View) -> Iterator[str]:
    """The lines that say what can be migrated or fixed, and by which command."""
    migrated: list[Finding] = []
    written: list[Finding] = []
    fixed = [finding for finding in findings if finding.migration is None and is_fixable(finding)]
    for finding in owners(findings).values():
        if view.fix_flags and is_fixable(finding):
            moves = finding.migration is not None and finding.migration.driver is not None
            (migrated if moves else fixed).append(finding)
        elif finding.migration is not None and finding.migration.status != MANUAL:
            written.append(finding)
    if migrated:
        yield f"[*] {_subjects(migrated)} can be migrated: preview with `{_flags(migrated, view)}`.\n"
    if fixed and view.fix_flags:
        yield f"[*] {plural(len(fixed), 'finding')} can be fixed: preview with `{_flags(fixed, view)}`.\n"
    if written and view.migrate_command:
        yield f"{_subjects(written)} can be migrated by hand: `{view.migrate_command}` writes the manifests.\n"


def _subjects(findings: list[Finding]) -> str:
    """`2 volumes`, `1 StorageClass`, `2 volumes and 1 StorageClass`: what the migrations of `findings` migrate."""
    classes = sum(finding.resource is not None and finding.resource.kind == "StorageClass" for finding in findings)
    counts = ((len(findings) - classes, "volume"), (classes, "StorageClass"))
    return " and ".join(plural(count, noun) for count, noun in counts if count)


def _flags(findings: list[Finding], view: View) -> str:
    """The flags of this command that are needed to see all fixes of `findings`."""
    fixes = [fix for fix in map(offered, findings) if fix is not None]
    needed = {
        "--unsafe-fixes": any(fix.applicability == UNSAFE for fix in fixes),
        "--with-placeholders": any(fix.missing for fix in fixes),
    }
    return " ".join(flag for flag in view.fix_flags if needed.get(flag, True))
