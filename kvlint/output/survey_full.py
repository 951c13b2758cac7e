"""`full`: the survey for a terminal. Plain text; only headings are coloured."""

from collections.abc import Iterable, Iterator

from kvlint.output import survey_tables as tables
from kvlint.output.text import cells
from kvlint.survey import Survey


def render(survey: Survey, color: bool = False) -> Iterator[str]:
    """Three tables, then what changes, minor by minor."""
    yield f"{tables.title(survey)}\n"
    if not survey.counts and not survey.changes:
        yield f"\nNo storage in {tables.here(survey)}.\n"
        return
    for heading, rows in (
        ("Storage by era", tables.totals(survey)),
        ("By driver and namespace", tables.inventory(survey)),
        ("Drivers", tables.drivers(survey)),
    ):
        yield f"\n{_bold(heading, color)}\n"
        yield from _table(rows)
    yield f"\n{_bold(tables.span(survey), color)}\n"
    for heading, changes in tables.by_version(survey):
        yield f"\n  {_bold(heading, color)}\n"
        for change in changes:
            yield f"    {tables.sentence(change)} ({tables.counted(change)})\n"
            for place in change.examples:
                yield f"        {tables.example(place)}\n"
            if tables.left_out(change):
                yield f"        and {tables.left_out(change)} more\n"
    if not survey.changes:
        yield f"\n  Nothing in {tables.here(survey)} changes.\n"


def _table(rows: Iterable[tables.Row]) -> Iterator[str]:
    rows = list(rows)
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (
            " " * (width - _width(cell)) + cell if cell.isdigit() else cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        )
        yield f"  {'  '.join(padded)}".rstrip() + "\n"


def _width(cell: str) -> int:
    return cells(cell)[1][-1]


def _bold(text: str, color: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if color else text
