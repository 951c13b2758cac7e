"""The two phases of a run: `map_source` judges one file alone, `reduce` judges all files together.

Both are pure: they read no file and print nothing. What a file contributes is a `FileFacts`, a plain tuple that can be
cached and sent between processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from kvlint.finding import Finding, Masks, Report, Summary
from kvlint.knowledge.version import AS_OF, format_version
from kvlint.plan import UNRENDERED, ActiveRule, Plan
from kvlint.record import NamedTuple
from kvlint.relevance import MENTIONS, SEVERAL
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import ModuleType
    from typing import TypeVar

    from kvlint.checks.world import World
    from kvlint.facts import Fact
    from kvlint.ignores import Ignore
    from kvlint.inventory import Inventory
    from kvlint.judge import Judge
    from kvlint.mentions import Sources

    _Item = TypeVar("_Item")

FILES_TOGETHER, BYTES_TOGETHER = 128, 1 << 20
"""So many files, or so many bytes, are mapped together: more would not be faster (measured)."""

_new = tuple.__new__


class FileFacts(NamedTuple):
    """What one file contributes: findings that need no other file, and facts for those that do.

    `masks` are the spans (line, column, end line, end column) of credentials; None: they were not looked for, because
    nothing here holds a text that could be one. `ignores` is what the file asks to be silent about; `facts`
    are what other files may need to know; `failed` is True when a check failed on it."""

    file: str
    findings: tuple[Finding, ...]
    masks: Masks | None
    summary: Summary
    failed: bool
    ignores: tuple[Ignore, ...] = ()
    facts: tuple[Fact, ...] = ()


def map_source(source: Source, plan: Plan) -> FileFacts:
    """Judge one file alone. Never raises for what the file holds: malformed or hostile content becomes a finding."""
    (made,) = _mapped([source], plan)
    return made


def map_sources(items: Iterable[_Item], plan: Plan) -> Iterator[tuple[_Item, FileFacts | None]]:
    """Judge files, each as `map_source` does, and pass through what is no source.

    Some files are taken at a time, and each step for all of them: that takes a sixth less time, because the processor
    has what a step needs at hand."""
    held: list[_Item] = []
    size = 0
    for item in items:
        held.append(item)
        size += item.size if isinstance(item, Source) else 0
        if len(held) >= FILES_TOGETHER or size >= BYTES_TOGETHER:
            yield from _passed(held, plan)
            held, size = [], 0
    yield from _passed(held, plan)


def _passed(items: list[_Item], plan: Plan) -> Iterator[tuple[_Item, FileFacts | None]]:
    made = iter(_mapped([item for item in items if isinstance(item, Source)], plan))
    for item in items:
        yield item, next(made) if isinstance(item, Source) else None


def _mapped(sources: Sequence[Source], plan: Plan) -> list[FileFacts]:
    relevance = plan.relevance
    every = [relevance.seen(source.text) for source in sources]
    # A file of one document is that document; of several, each is asked on its own.
    wholes = [
        0 if seen & SEVERAL else relevance.of(source.text, seen) for source, seen in zip(sources, every, strict=True)
    ]
    made: list[FileFacts] = []
    hot: list[tuple[int, Judge, tuple[Fact, ...]]] = []
    for source, seen, whole in zip(sources, every, wholes, strict=True):
        mentions: tuple[Fact, ...] = ()
        if plan.gathers and (seen & MENTIONS or "values" in source.name):
            from kvlint.gather import mention_of

            mention = mention_of(source.name, source.text, source.identity)
            mentions = (mention,) if mention is not None else ()
        masks: Masks | None = None if mentions else ()
        objects = 0
        if not plan.skip_test or whole or (seen & SEVERAL and seen & ~(SEVERAL | MENTIONS)):
            hot.append((len(made), _judging().Judge(source, plan, whole), mentions))
        else:
            objects = source.data.count(b"\nkind:") + source.data.startswith(b"kind:")
        summary = _new(Summary, (1, 1, objects, int(not objects), 0))
        made.append(_new(FileFacts, (source.name, (), masks, summary, False, (), mentions)))
    if hot:
        _judging().judge_all([judge for _, judge, _ in hot])
    for at, judge, mentions in hot:
        made[at] = _judged(judge, mentions)
    return made


def _judged(judge: Judge, mentions: tuple[Fact, ...]) -> FileFacts:
    source = judge.source
    findings = judge.finish()
    masks: Masks | None = None if judge.facts or mentions or findings else ()
    ignores = tuple(judge.ignores)
    if ignores or any(finding.rule != UNRENDERED for finding in findings):
        from kvlint.hide import hide_all, parts

        shown = parts(source, judge.shown(), judge.plan.relevance.may_hold)
        findings, ignores, masks = hide_all(source, shown, findings, ignores)
    facts = (*judge.facts, *mentions)
    return FileFacts(source.name, findings, masks, judge.summary(), judge.failed, ignores, facts)


@cache
def _judging() -> ModuleType:
    """What reads a file that may matter; a run of files that do not needs none of it."""
    from kvlint import judge

    return judge


def _unread(file: str) -> None:
    """No file can be read again."""


def reduce(
    facts: Iterable[FileFacts],
    plan: Plan,
    notices: tuple[str, ...] = (),
    others: Sequence[FileFacts] | None = (),
    sources: Sources = _unread,
) -> Report:
    """Join the facts of all files to the report of the run.

    `others` are the facts of files that are only read to resolve references, never reported; None leaves the rules out
    that judge all files together. `sources` reads a file again where it has to tell more than facts do."""
    facts = tuple(facts)
    findings: list[Finding] = []
    masks: dict[str, Masks | None] = {}
    ignores: dict[str, tuple[Ignore, ...]] = {}
    failed = False
    for one in facts:
        if one.findings:
            findings += one.findings
        if one.masks or (one.masks is None and one.findings):
            masks[one.file] = one.masks
        if one.ignores:
            ignores[one.file] = one.ignores
        failed = failed or one.failed
    summary = _together(facts)
    if plan.across and others is not None and any(one.facts for one in facts):
        from kvlint.joint import joint_findings

        every = (*facts, *others)
        linted = {one.file for one in facts} if others else None
        joint, broken = joint_findings(plan, *inventory_of(every, plan, sources), linted)
        findings += joint
        shown = {place.file for finding in joint for place in (finding.location, *finding.related)}
        masks.update((one.file, one.masks) for one in every if one.file in shown and one.masks != ())
        failed = failed or broken
        summary = summary._replace(inventory=_together(others).resources)
    if any(finding.migration is not None for finding in findings):
        from kvlint.reconcile import reconcile

        findings = reconcile(findings, (fact for one in (*facts, *(others or ())) for fact in one.facts))
    if plan.suppression is not None and (findings or ignores):
        from kvlint.suppress import settle

        findings = settle(findings, ignores, plan.suppression)
    findings.sort(key=lambda f: (f.location.file, f.location.line, f.location.column, f.rule, f.field))
    return Report(tuple(findings), summary, format_version(plan.target), AS_OF, masks, notices, failed)


def _together(facts: Sequence[FileFacts]) -> Summary:
    return Summary(*map(sum, zip(*[one.summary for one in facts], strict=True)))


def inventory_of(facts: Iterable[FileFacts], plan: Plan, sources: Sources = _unread) -> tuple[Inventory, World]:
    """The inventory of all `facts`, and what the run knows besides them; `sources` as for `reduce`."""
    from kvlint.checks.world import World
    from kvlint.inventory import Inventory
    from kvlint.mentions import words_in

    facts = tuple(facts)
    told = [fact for one in facts if one.facts for fact in one.facts]
    inventory = Inventory(told, _together(facts).resources, len(facts), words_in(sources))
    return inventory, plan.world or World()


__all__ = ["ActiveRule", "FileFacts", "Plan", "map_source", "map_sources", "reduce"]
