"""`json`: everything a survey holds; `kvlint/schemas/survey.schema.json` describes it."""

from collections.abc import Iterator
from typing import Any

from kvlint.facts import Place
from kvlint.output.text import slashes, to_json
from kvlint.survey import Count, Survey


def render(survey: Survey, color: bool = False) -> Iterator[str]:
    """The document, one row a line."""
    yield '{"version": 1,\n'
    yield f'"kubernetesVersion": {to_json(survey.target)}, "newest": {to_json(survey.newest)}, '
    yield f'"asOf": {to_json(survey.as_of)}, "files": {survey.files}, "resources": {survey.resources},\n'
    yield from _rows("counts", list(map(_count, survey.counts)))
    yield from _rows("drivers", [driver._asdict() for driver in survey.drivers])
    changes = [
        {
            "version": change.version or None,
            "since": change.since or None,
            "release": change.words or None,
            "change": change.change,
            "subject": change.subject,
            "driver": change.driver or None,
            "storage": change.storage,
            "claims": change.claims,
            "examples": [_place(place) for place in change.examples],
        }
        for change in survey.changes
    ]
    yield from _rows("changes", changes, last=True)
    yield "}\n"


def _count(row: Count) -> dict[str, Any]:
    written = row._asdict()
    written["count"] = written.pop("number")
    return written


def _rows(name: str, rows: list[dict[str, Any]], *, last: bool = False) -> Iterator[str]:
    yield f'"{name}": ['
    yield ",".join(f"\n{to_json(row)}" for row in rows)
    yield "]\n" if last else "],\n"


def _place(place: Place) -> dict[str, Any]:
    line, column = place.start
    return {
        "file": slashes(place.file),
        "line": line or None,
        "column": column if line else None,
        "kind": place.kind,
        "namespace": place.namespace,
        "name": place.name,
        "field": place.field,
    }
