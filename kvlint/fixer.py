"""Applying fixes to the bytes of one file, and proving that nothing else changed.

Fixes go in as text edits, each whole or not at all. After every pass the new bytes are read again with kvlint's own
reader: the findings must be gone, no document broken, every other object unchanged. What fails the proof is taken back
and said. Nothing here reads or writes files."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from kvlint.checks.masks import MASK
from kvlint.engine import FileFacts, map_source, reduce
from kvlint.finding import SAFE, UNSAFE, Edit, Finding, Severity
from kvlint.migrate.subject import INLINE
from kvlint.plan import Identity, Plan, identity
from kvlint.resources import resources
from kvlint.source import Source
from kvlint.yamltree import Document, YamlError, documents

MAX_PASSES = 50
BROKEN = frozenset({"invalid-yaml", "unreadable-document", "lost-document", "duplicate-key"})
"""Findings that a fix may never bring about."""

Object = tuple[int, int, Any]


class Level(NamedTuple):
    """Which fixes are wanted: unsafe ones too, and those whose inputs are still placeholders; of findings from a
    severity on."""

    unsafe: bool = False
    placeholders: bool = False
    severity: Severity = Severity.INFO

    def allows(self, finding: Finding) -> bool:
        """Whether the fix of a finding may be applied."""
        fix = finding.fix
        if fix is None or not fix.edits or (fix.missing and not self.placeholders) or finding.severity < self.severity:
            return False
        return fix.applicability == SAFE or (self.unsafe and fix.applicability == UNSAFE)


class Fixed(NamedTuple):
    """One file before and after: `applied` are the findings whose fixes went in, `refused` sentences about those taken
    back."""

    file: str
    before: bytes
    after: bytes
    applied: tuple[Finding, ...]
    refused: tuple[str, ...]


def fix(
    source: Source,
    plan: Plan,
    level: Level,
    keep: Collection[str] = (),
    others: Sequence[FileFacts] | None = None,
) -> Fixed:
    """Apply all fixes that `level` allows to one file, until there is none left.

    `keep` are fingerprints of findings to leave alone, such as those of a baseline. `others` are the facts of all other
    files, where findings of rules that need them are to be fixed too."""

    def lint(text: Source) -> list[Finding]:
        report = reduce([map_source(text, plan)], plan, others=others)
        return [finding for finding in report.findings if finding.location.file == source.name]

    current = source
    applied: list[Finding] = []
    refused: dict[str, str] = {}
    for _ in range(MAX_PASSES):
        wanted = [
            finding
            for finding in lint(current)
            if finding.suppressed is None
            and level.allows(finding)
            and finding.fingerprint not in refused
            and finding.fingerprint not in keep
        ]
        chosen = list(_compatible(wanted))
        if not chosen:
            break
        after = _proved(current, chosen, lint)
        while after is None and len(chosen) > 1:
            chosen = chosen[: len(chosen) // 2]
            after = _proved(current, chosen, lint)
        if after is None:
            finding = chosen[0]
            place = f"{finding.location.file}:{finding.location.line}"
            refused[finding.fingerprint] = f"{place}: the fix of {finding.rule} failed its proof and was taken back"
            continue
        applied += [finding for finding in wanted if finding.fix in [one.fix for one in chosen]]
        plan.present.update(identity(item) for one in chosen if one.migration for item in one.migration.manifests)
        current = source.changed(after)
    else:
        refused[""] = f"{source.name}: not every fix went in, run kvlint again"
    return Fixed(source.name, source.data, current.data, tuple(applied), tuple(refused.values()))


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """`data` with `edits` that do not overlap."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end))[::-1]:
        data = data[: edit.start] + edit.text.encode("utf-8") + data[edit.end :]
    return data


def _compatible(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings whose fixes can go in together, each fix once: the gravest and first of those that overlap.

    A fix that adds an object which another one adds too waits for the next pass, which finds it there. Edits that touch
    go together where they belong to two owners: both may add something at the end of a list."""
    taken: list[tuple[Edit, Any]] = []
    added: set[Identity] = set()
    for finding in sorted(findings, key=lambda finding: (-finding.severity, finding.location)):
        fix, who = finding.fix, _owner(finding)
        if fix is None or not added.isdisjoint(fix.adds):
            continue
        if not any(_overlap(one, other, who == owner) for one in fix.edits for other, owner in taken):
            taken += ((edit, who) for edit in fix.edits)
            added |= set(fix.adds)
            yield finding


def _owner(finding: Finding) -> Any:
    """Whose text a fix changes: that of one volume of a Pod, or that of an object."""
    name = finding.migration.id if finding.migration is not None else ""
    return name if name.startswith(f"{INLINE}/") else finding.resource


def _overlap(one: Edit, other: Edit, touching: bool) -> bool:
    """Whether two edits change the same place, or `touching` ones."""
    if touching:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def _proved(source: Source, chosen: Sequence[Finding], lint: Callable[[Source], list[Finding]]) -> bytes | None:
    """The new bytes, or None when they do not hold what they must."""
    edits = [edit for finding in chosen if finding.fix is not None for edit in finding.fix.edits]
    after = source.changed(apply(source.data, edits))
    old, new = _objects(source), _objects(after)
    if old is None or new is None:
        return None
    found_before, found_after = lint(source), lint(after)
    before, now = Counter(map(_who, found_before)), Counter(map(_who, found_after))
    if any(now[who] + count > before[who] for who, count in Counter(map(_who, chosen)).items()):
        return None
    breaks = Counter(finding.rule for finding in found_before)
    broken = Counter(finding.rule for finding in found_after if finding.rule in BROKEN)
    if any(count > breaks[rule] for rule, count in broken.items()):
        return None
    remaining = [plain for _, _, plain in new]
    for start, end, plain in old:
        if not any(edit.start < end and start < edit.end for edit in edits) and not _take(remaining, plain):
            return None
    for migration in (finding.migration for finding in chosen if finding.migration is not None):
        for written in (migration.replacement, *migration.preceding):
            if written is not None and not any(_holds(plain, written) for _, _, plain in new):
                return None
    return after.data


def _who(finding: Finding) -> tuple[Any, ...]:
    """What a finding is about, whatever else of the same name stands before it in the file."""
    return finding.rule, finding.resource, finding.field


def _objects(source: Source) -> list[Object] | None:
    """All objects of a file with the bytes they span; None where Kubernetes would refuse one."""
    found: list[Object] = []
    for document in documents(source):
        try:
            for part in _parts(document):
                for resource in resources(part, part.compose()):
                    start, end = resource.node.start, resource.node.end
                    found.append((source.index_to_byte(start), source.index_to_byte(end), resource.node.plain()))
        except YamlError:
            continue
    return found


def _parts(document: Document) -> Iterator[Document]:
    """A document and those that Kubernetes loses after it; each is to be composed before the next is asked for."""
    yield document
    yield from document.rest()


def _take(plains: list[Any], wanted: Any) -> bool:
    if wanted not in plains:
        return False
    plains.remove(wanted)
    return True


def _holds(plain: Any, wanted: Any) -> bool:
    """Whether `wanted` is `plain` or stands anywhere in it."""
    stack = [plain]
    while stack:
        current = stack.pop()
        if _same(current, wanted):
            return True
        if isinstance(current, dict):
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
    return False


def _same(plain: Any, wanted: Any) -> bool:
    """Whether two values are equal, whatever stands where `wanted` has a credential masked: no edit writes one."""
    if isinstance(wanted, dict):
        return (
            isinstance(plain, dict)
            and plain.keys() == wanted.keys()
            and all(_same(plain[key], value) for key, value in wanted.items())
        )
    if isinstance(wanted, list):
        return isinstance(plain, list) and len(plain) == len(wanted) and all(map(_same, plain, wanted))
    if isinstance(wanted, str) and MASK in wanted and isinstance(plain, str):
        return re.fullmatch("(?s:.*)".join(map(re.escape, wanted.split(MASK))), plain) is not None
    return bool(plain == wanted)
