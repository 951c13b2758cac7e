"""The baseline: findings known and accepted at one point, by fingerprint, so that only new ones count.

A baseline is a JSON file of rows (file, rule, fingerprint), sorted; it holds no line numbers, no messages and no text
of the manifests, so it changes only when findings come and go."""

import os
from collections.abc import Iterable, Sequence

from kvlint.finding import Finding, Suppression
from kvlint.record import NamedTuple

BASELINE = "baseline"
NO_FILES = ("cluster:", "<")
"""How the names begin of what findings can be in but is no file: live objects, standard input."""
VERSION = 1


class BaselineError(Exception):
    """A baseline that cannot be read. The message names the file and what is wrong."""


class Row(NamedTuple):
    """One accepted finding. `file` is relative to the folder of the baseline, with forward slashes."""

    file: str
    rule: str
    fingerprint: str


class Baseline(NamedTuple):
    """A baseline and the path of its file."""

    path: str
    rows: tuple[Row, ...]


def parse(path: str, data: bytes) -> Baseline:
    """Read a baseline. Raises BaselineError for anything that `render` did not write."""
    import json

    try:
        loaded = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"`{path}` is no baseline: {error}") from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("findings"), list):
        raise BaselineError(f"`{path}` is no baseline: write one with `--write-baseline`")
    if loaded.get("version") != VERSION:
        raise BaselineError(f"`{path}` has a version other than {VERSION}: write it anew with `--write-baseline`")
    rows = []
    for entry in loaded["findings"]:
        texts = [entry.get(field) for field in Row._fields] if isinstance(entry, dict) else []
        row = [text for text in texts if isinstance(text, str)]
        if len(row) != len(Row._fields):
            raise BaselineError(f"`{path}` is no baseline: each finding needs the texts {', '.join(Row._fields)}")
        rows.append(Row(*row))
    return Baseline(path, tuple(rows))


def render(rows: Iterable[Row]) -> bytes:
    """The bytes of a baseline file."""
    import json

    listed = [row._asdict() for row in sorted(set(rows))]
    return (json.dumps({"version": VERSION, "findings": listed}, indent=2, ensure_ascii=False) + "\n").encode()


def mark(findings: Iterable[Finding], baseline: Baseline) -> tuple[list[Finding], set[Row]]:
    """Mark the findings that the baseline holds; also returns the rows that matched."""
    rows = {row.fingerprint: row for row in baseline.rows}
    marked: list[Finding] = []
    matched: set[Row] = set()
    for finding in findings:
        row = rows.get(finding.fingerprint)
        if row is not None and row.rule == finding.rule:
            matched.add(row)
            if finding.suppressed is None:
                finding = finding._replace(suppressed=Suppression(BASELINE, "accepted in the baseline"))
        marked.append(finding)
    return marked, matched


def stale(baseline: Baseline, matched: set[Row], files: Iterable[str], rules: Iterable[str]) -> list[Row]:
    """Rows that match nothing any more: rows of the files and rules judged in this run, and of files that are gone."""
    judged = {inside(file, baseline.path) for file in files}
    active = set(rules)
    folder = os.path.dirname(baseline.path)
    return [
        row
        for row in baseline.rows
        if row not in matched and ((row.file in judged and row.rule in active) or _gone(row.file, folder))
    ]


def renew(baseline: Baseline, findings: Sequence[Finding], obsolete: Iterable[Row]) -> set[Row]:
    """The rows of a new baseline: every finding that counts or was in the old one, and what this run did not judge."""
    kept = set(baseline.rows) - set(obsolete)
    for finding in findings:
        if finding.suppressed is None or finding.suppressed.by == BASELINE:
            kept.add(Row(inside(finding.location.file, baseline.path), finding.rule, finding.fingerprint))
    return kept


def inside(file: str, path: str) -> str:
    """`file` as a baseline at `path` names it: relative to its folder, so that the baseline can be committed."""
    if file.startswith(NO_FILES):
        return file
    try:
        return os.path.relpath(file, os.path.dirname(path) or os.curdir).replace(os.sep, "/")
    except ValueError:  # another drive
        return file.replace(os.sep, "/")


def _gone(file: str, folder: str) -> bool:
    return not file.startswith(NO_FILES) and not os.path.lexists(os.path.join(folder, file))
