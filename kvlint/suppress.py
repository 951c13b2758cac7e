"""Suppression: what marks a finding as not counting. Comments, annotations and per-file ignores mark, nothing drops."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from kvlint.finding import MANUAL, SAFE, Confidence, Edit, Finding, Fix, Location, Suppression
from kvlint.fingerprint import fingerprint, numbered
from kvlint.ignores import ANNOTATION, COMMENT, Ignore
from kvlint.patterns import Patterns
from kvlint.record import NamedTuple
from kvlint.rule import Rule, fill

UNUSED = "unused-ignore"
CONFIG = "config"
NEVER_SILENCED = frozenset({UNUSED, "internal-error"})
"""Rules for which no ignore comment is written: what they report is to be mended."""


class PerFile(NamedTuple):
    """One row of `per-file-ignores`: a pattern as written, its matcher, and the rule ids and categories it names."""

    pattern: str
    matcher: Patterns
    names: frozenset[str]


class Policy(NamedTuple):
    """What a run suppresses. `card` is the rule for unused ignores with its severity, None where it takes no part;
    `known` are all rule ids, `judged` those whose silence is evidence: active, and able to see what they need.
    `inside` gives a file's path below the folder of the configuration, None outside of it; `identity` its path within
    its repository."""

    card: Rule | None
    known: frozenset[str]
    judged: frozenset[str]
    per_file: tuple[PerFile, ...] = ()
    inside: Callable[[str], str | None] = str
    identity: Callable[[str], str] = str


def settle(findings: Iterable[Finding], ignores: Mapping[str, Sequence[Ignore]], policy: Policy) -> list[Finding]:
    """Mark what comments, annotations and per-file ignores cover, and add findings for ignores in vain.

    `ignores` are those of each file. The findings come back in no particular order."""
    marked, used = mark(findings, ignores)
    if policy.card is not None:
        idle = unused(ignores, used, policy, policy.card)
        marked += mark(idle, ignores)[0]
    return mark_files(marked, policy.per_file, policy.inside) if policy.per_file else marked


def mark(
    findings: Iterable[Finding], ignores_by_file: Mapping[str, Sequence[Ignore]]
) -> tuple[list[Finding], set[tuple[str, int, str]]]:
    """Mark the findings that a comment or annotation covers.

    Also returns what was used, as (file, index of the ignore, rule id), for `unused`."""
    by_rule: dict[tuple[str, str], list[tuple[int, Ignore]]] = {}
    for file, listed in ignores_by_file.items():
        for index, ignore in enumerate(listed):
            for rule in ignore.rules:
                by_rule.setdefault((file, rule), []).append((index, ignore))
    marked: list[Finding] = []
    used: set[tuple[str, int, str]] = set()
    for finding in findings:
        reason: Suppression | None = None
        for file in dict.fromkeys((finding.location.file, *(place.file for place in finding.related))):
            for index, ignore in by_rule.get((file, finding.rule), ()):
                if _covers(ignore, finding, file):
                    used.add((file, index, finding.rule))
                    reason = reason or Suppression(ignore.by, ignore.reason)
        marked.append(finding._replace(suppressed=reason) if reason and finding.suppressed is None else finding)
    return marked, used


def mark_files(
    findings: Iterable[Finding], rows: Sequence[PerFile], inside: Callable[[str], str | None]
) -> list[Finding]:
    """Mark the findings of files that `per-file-ignores` covers; `inside` as in `Policy`."""
    marked: list[Finding] = []
    for finding in findings:
        path = inside(finding.location.file) if finding.suppressed is None else None
        if path is not None:
            for row in rows:
                if (finding.rule in row.names or finding.category in row.names) and row.matcher.matches(path):
                    finding = finding._replace(suppressed=Suppression(CONFIG, row.pattern))
                    break
        marked.append(finding)
    return marked


def unused(
    ignores_by_file: Mapping[str, Sequence[Ignore]], used: Collection[tuple[str, int, str]], policy: Policy, card: Rule
) -> Iterator[Finding]:
    """Findings for ignores that are misspelt, name no known rule, or match nothing."""
    known = policy.known
    for file, listed in ignores_by_file.items():
        found: list[Finding] = []
        for index, ignore in enumerate(listed):
            if not ignore.rules:
                found.append(_finding(file, ignore, card, "", MISSPELT[ignore.by], None))
            unknown = (rule for rule in ignore.rules if rule not in known)
            found.extend(_finding(file, ignore, card, rule, _unknown(rule, known), None) for rule in unknown)
            idle = [
                rule
                for rule in dict.fromkeys(ignore.rules)
                if rule in known and rule in policy.judged and rule != UNUSED and (file, index, rule) not in used
            ]
            if idle and ignore.sure:
                found.append(_finding(file, ignore, card, "`, `".join(idle), None, _removal(file, ignore, idle)))
        yield from numbered(_with_fingerprints(found, policy.identity(file)))


MISSPELT = {
    COMMENT: (
        "this comment suppresses nothing: it is not spelt as kvlint reads it",
        "write `# kvlint: ignore[rule-id] reason`, several ids separated by commas",
    ),
    ANNOTATION: (
        "this annotation suppresses nothing: it is not spelt as kvlint reads it",
        "write `kvlint/ignore.<rule-id>: reason`",
    ),
}


def _finding(
    file: str, ignore: Ignore, card: Rule, names: str, words: tuple[str, str] | None, fix: Fix | None
) -> Finding:
    values = {"rules": names}
    message, advice = words or (fill(card.message, values), fill(card.help, values))
    location = Location(file, *ignore.span, fill(card.label, values))
    return Finding(
        card.id,
        card.category,
        card.severity,
        Confidence.HIGH,
        message,
        advice,
        location,
        None,
        ignore.field,
        fix=fix,
    )


def _with_fingerprints(findings: Iterable[Finding], identity: str) -> Iterator[Finding]:
    for finding in findings:
        name = fingerprint(finding.rule, identity, ("", "", ""), f"{finding.field}\0{finding.message}")
        yield finding._replace(fingerprint=name)


def _unknown(rule: str, known: Collection[str]) -> tuple[str, str]:
    from difflib import get_close_matches

    close = get_close_matches(rule, sorted(known), 1)
    return f"there is no rule `{rule}`, so nothing is ignored", f"did you mean `{close[0]}`?" if close else "remove it"


def _removal(file: str, ignore: Ignore, idle: Sequence[str]) -> Fix:
    if ignore.by != COMMENT:
        return Fix("remove the annotation", MANUAL)
    kept = [rule for rule in ignore.rules if rule not in idle]
    if not ignore.end:
        return Fix("remove the comment", MANUAL)
    if kept:
        return Fix("shorten the comment", SAFE, (Edit(file, ignore.ids_start, ignore.ids_end, ", ".join(kept)),))
    return Fix("remove the comment", SAFE, (Edit(file, ignore.start, ignore.end, ""),))


def _covers(ignore: Ignore, finding: Finding, file: str) -> bool:
    primary = finding.location if finding.location.line or finding.rendered is None else finding.rendered
    if ignore.by == ANNOTATION:
        if finding.location.file != file or not _below(finding.field, ignore.field):
            return False
        return not primary.line or ignore.first <= primary.line <= ignore.last
    places = [primary] if finding.location.file == file else []
    places.extend(place for place in finding.related if place.file == file)
    return any(_on(ignore, place) for place in places if place.line)


def _on(ignore: Ignore, place: Location) -> bool:
    last = place.end_line
    if place.end_column <= 1 and last > place.line:
        last -= 1  # the end is exclusive: nothing of the last line belongs to the span
    return place.line == ignore.below or (place.line <= ignore.first and ignore.last <= last)


def _below(field: str, prefix: str) -> bool:
    return not prefix or field == prefix or field.startswith((prefix + ".", prefix + "["))
