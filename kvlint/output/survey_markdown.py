"""`markdown`: the survey for a wiki page or a pull request."""

from collections.abc import Iterable, Iterator

from kvlint.output import survey_tables as tables
from kvlint.output.markdown import cell, plain
from kvlint.survey import Survey


def render(survey: Survey, color: bool = False) -> Iterator[str]:
    """Three tables, then what changes, minor by minor."""
    yield f"# Storage survey\n\n{tables.title(survey)}.\n"
    if not survey.counts and not survey.changes:
        yield f"\nNo storage in {tables.here(survey)}.\n"
        return
    for heading, rows in (
        ("Storage by era", tables.totals(survey)),
        ("By driver and namespace", tables.inventory(survey)),
        ("Drivers", tables.drivers(survey)),
    ):
        yield f"\n## {heading}\n\n"
        yield from _table(rows)
    yield f"\n## {tables.span(survey)}\n"
    for heading, changes in tables.by_version(survey):
        yield f"\n### {heading}\n\n"
        for change in changes:
            yield f"- {plain(tables.sentence(change))} ({tables.counted(change)})\n"
            for place in change.examples:
                yield f"    - {plain(tables.example(place))}\n"
            if tables.left_out(change):
                yield f"    - and {tables.left_out(change)} more\n"
    if not survey.changes:
        yield f"\nNothing in {tables.here(survey)} changes.\n"


def _table(rows: Iterable[tables.Row]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield f"| {' | '.join(map(cell, row))} |\n"
        if not number:
            yield f"|{'---|' * len(row)}\n"
