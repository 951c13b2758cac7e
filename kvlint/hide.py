"""Credentials out of a file's findings: spans to mask for the frames, and strings without them.

This is the last thing that happens to the findings of a file; nothing that holds a credential leaves it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kvlint.checks.masks import Part, Secrets, secrets_of
from kvlint.checks.suspicion import may_hold_credential
from kvlint.finding import MANUAL, Finding, Fix, Input, Location, Masks, Migration
from kvlint.ignores import Ignore
from kvlint.source import Source
from kvlint.yamltree import Document, Node, YamlError, documents

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


def hide(source: Source, parts: Iterable[Part], findings: tuple[Finding, ...]) -> tuple[tuple[Finding, ...], Masks]:
    """The findings without any credential in the given parts of the source, and the spans of the credentials.

    Every document with a finding, or with a fact that may become one, must be among the parts."""
    found, _, masks = hide_all(source, parts, findings, ())
    return found, masks


def hide_all(
    source: Source, parts: Iterable[Part], findings: tuple[Finding, ...], ignores: tuple[Ignore, ...]
) -> tuple[tuple[Finding, ...], tuple[Ignore, ...], Masks]:
    """As `hide`, and the same for what the file asks to be silent about: a reason may quote what it excuses."""
    secrets = secrets_of(source.text, parts)
    if secrets.values:
        findings = tuple(_finding(finding, secrets) for finding in findings)
        ignores = tuple(_ignore(ignore, secrets) for ignore in ignores)
    place = source.index_to_position
    masks = tuple((*place(start), *place(end)) for start, end in secrets.spans)
    return findings, ignores, masks


def parts(
    source: Source, shown: Iterable[Document], may_hold: Callable[[str], bool] = may_hold_credential
) -> Iterator[Part]:
    """What may be shown of a source: these documents to the ends of their lines. Only those that may hold a credential,
    as `may_hold` tells, are read."""
    text = source.text
    for document in shown:
        start = text.rfind("\n", 0, document.start) + 1
        end = text.find("\n", document.end)
        roots: list[Node | None] = []
        suspicious = may_hold(text[start : end if end >= 0 else len(text)])
        if suspicious:
            try:
                roots.append(document.compose())
                roots.extend(later.compose() for later in document.rest())
            except YamlError:
                pass  # what was read before the error counts
        yield Part(document.start, document.end, roots, suspicious)


def whole(source: Source) -> Iterator[Part]:
    """All of a source as parts, for an output that shows lines without a finding of theirs."""
    yield Part(0, len(source.text), ())
    yield from parts(source, documents(source))


def masks_of(source: Source) -> Masks:
    """The spans of all credentials of a source."""
    return hide(source, whole(source), ())[1] if may_hold_credential(source.text) else ()


def _finding(finding: Finding, secrets: Secrets) -> Finding:
    return finding._replace(
        message=secrets.scrub(finding.message),
        help=secrets.scrub(finding.help),
        location=_location(finding.location, secrets),
        related=tuple(_location(location, secrets) for location in finding.related),
        fix=_fix(finding.fix, secrets) if finding.fix is not None else None,
        migration=_migration(finding.migration, secrets) if finding.migration is not None else None,
    )


def _ignore(ignore: Ignore, secrets: Secrets) -> Ignore:
    return ignore._replace(
        reason=secrets.scrub(ignore.reason), rules=tuple(secrets.scrub(rule) for rule in ignore.rules)
    )


def _location(location: Location, secrets: Secrets) -> Location:
    return location._replace(label=secrets.scrub(location.label))


def _fix(fix: Fix, secrets: Secrets) -> Fix:
    """A fix that would have to copy a credential is refused: it stays as advice without edits."""
    fix = fix._replace(title=secrets.scrub(fix.title), missing=tuple(map(secrets.scrub, fix.missing)))
    if any(secrets.scrub(edit.text) != edit.text for edit in fix.edits):
        return fix._replace(applicability=MANUAL, edits=())
    return fix


def _migration(migration: Migration, secrets: Secrets) -> Migration:
    cleaned: dict[str, Any] = {
        field: _clean(getattr(migration, field), secrets)
        for field in ("manifests", "steps", "notes", "title", "replacement", "secrets", "preparation", "preceding")
    }
    inputs = tuple(Input(*map(secrets.scrub, item)) for item in migration.inputs)
    return migration._replace(inputs=inputs, **cleaned)


def _clean(value: Any, secrets: Secrets) -> Any:
    if isinstance(value, str):
        return secrets.scrub(value)
    if isinstance(value, dict):
        return {key: _clean(item, secrets) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_clean(item, secrets) for item in value)
    if isinstance(value, list):
        return [_clean(item, secrets) for item in value]
    return value
