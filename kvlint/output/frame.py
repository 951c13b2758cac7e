"""A finding for people: the reader's own lines, carets under what is meant, labels that say why, the next step."""

from collections.abc import Iterator

from kvlint.finding import Finding, Fix, Location, Severity
from kvlint.output.fixes import fix_text
from kvlint.output.masking import Line, Masks
from kvlint.output.text import cells, one_line, path, visible
from kvlint.record import NamedTuple

WIDTH = 120
"""Code points of a source line that are shown; a longer line is cut around its carets."""

_BEFORE = 30
_CUT = "\u2026"
_SEVERITY_STYLES = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.INFO: "\x1b[1;36m"}
_RESET = "\x1b[0m"


class _Mark(NamedTuple):
    """An underline on one line: columns as in `Location`; `start` None is the first sign, `end` None the line's end."""

    line: int
    start: int | None
    end: int | None
    sign: str
    label: str


class _Section(NamedTuple):
    """What one frame shows of one file; no marks where its text or the position is not known."""

    location: Location
    marks: dict[int, list[_Mark]]


def paint(text: str, severity: Severity, color: bool) -> str:
    """`text` in the colour of `severity`, or as it is without `color`."""
    return f"{_SEVERITY_STYLES[severity]}{text}{_RESET}" if color else text


def place(location: Location) -> str:
    """`path:line:column`, or the path alone where the position is not known."""
    file = path(location.file)
    return f"{file}:{location.line}:{location.column}" if location.line else file


def framed(finding: Finding, fix: Fix | None, masks: Masks, color: bool) -> Iterator[str]:
    """The lines of a finding: what, where, the frame, and the notes; `fix` is what its fix line offers."""
    severity = paint(finding.severity.label, finding.severity, color)
    gutter = max(2, *(len(str(spot.end_line)) for spot in (_framed_place(finding), *finding.related)))
    yield f"{severity}[{finding.rule}]: {one_line(finding.message)}"
    yield f"{' ' * gutter}--> {place(finding.location)}{_about(finding)}"
    sections = _sections(finding, masks)
    for index, section in enumerate(sections):
        if index:
            label = "" if section.marks or not section.location.label else f": {one_line(section.location.label)}"
            yield f"{' ' * gutter}::: {place(section.location)}{label}"
        if section.marks:
            yield " " * gutter + " |"
            yield from _rows(section, masks, gutter, finding.severity, color)
            yield " " * gutter + " |"
    note = " " * gutter + " = "
    if finding.location.label and not sections[0].marks:
        yield f"{note}note: {one_line(finding.location.label)}"
    if finding.help:
        first, *more = visible(finding.help.strip()).replace("\t", " ").split("\n")
        yield f"{note}help: {first}"
        yield from (f"{' ' * len(note)}      {line.strip()}".rstrip() for line in more)
    if fix is not None:
        yield f"{note}fix: {fix_text(fix)}"
    yield f"{note}docs: kvlint explain {finding.rule}"


def _about(finding: Finding) -> str:
    """` (Pod/web spec.volumes[0].rbd)`: the object and the field, as far as they are known."""
    resource = finding.resource
    words = [f"{resource.kind}/{resource.name}"] if resource else []
    if finding.field:
        words.append(finding.field)
    about = one_line(" ".join(words))
    if finding.rendered is not None:
        about += f"{', ' if about else ''}line {finding.rendered.line} of the rendering"
    return f" ({about})" if about else ""


def _framed_place(finding: Finding) -> Location:
    """What a frame shows: the place in the file, or in the rendering where the file's own is not known."""
    place = finding.location
    return place if place.line or finding.rendered is None else finding.rendered


def _sections(finding: Finding, masks: Masks) -> list[_Section]:
    """One section for the finding's own file, one for each other file of known text, one for each place without."""
    place = _framed_place(finding)
    sections = [_Section(place, _marks(place, "^", masks))]
    by_file = {finding.location.file: sections[0]} if sections[0].marks else {}
    for related in finding.related:
        marks = _marks(related, "-", masks)
        section = by_file.get(related.file)
        if section is None or not marks:
            section = _Section(related, marks)
            sections.append(section)
            if marks:
                by_file[related.file] = section
        else:
            for number, added in marks.items():
                section.marks.setdefault(number, []).extend(added)
    return sections


def _marks(location: Location, sign: str, masks: Masks) -> dict[int, list[_Mark]]:
    file, line, column, last, end, label = masks.span(location)
    if masks.line(file, line) is None:
        return {}
    end_column: int | None = end
    if last > line and end <= 1:
        last, end_column = last - 1, None
    if last <= line or masks.line(file, last) is None:
        return {line: [_Mark(line, column, end_column if last <= line else None, sign, label)]}
    return {line: [_Mark(line, column, None, sign, "")], last: [_Mark(last, None, end_column, sign, label)]}


def _rows(section: _Section, masks: Masks, gutter: int, severity: Severity, color: bool) -> Iterator[str]:
    previous = 0
    for number in sorted(section.marks):
        if previous and number == previous + 2:
            skipped = masks.line(section.location.file, number - 1)
            if skipped is not None:
                yield _source_row(number - 1, gutter, cells(_cut(skipped.text, 0)[0])[0])
        elif previous and number > previous + 2:
            yield "..."
        previous = number
        line = masks.line(section.location.file, number)
        if line is not None:
            yield from _marked_rows(number, line, section.marks[number], gutter, severity, color)


def _marked_rows(
    number: int, line: Line, marks: list[_Mark], gutter: int, severity: Severity, color: bool
) -> Iterator[str]:
    ranges = [_range(line, mark) for mark in marks]
    first, last = min(ranges)[0], max(end for _, end in ranges)
    if last - first > WIDTH - _BEFORE:
        first = ranges[0][0]
    text, begin, shift = _cut(line.text, first)
    shown, columns = cells(text)
    yield _source_row(number, gutter, shown)
    order = sorted(range(len(marks)), key=lambda index: (marks[index].sign != "^", ranges[index]))
    for index in order:
        start, end = (min(max(at - begin + shift, 0), len(columns) - 1) for at in ranges[index])
        mark = marks[index]
        underline = mark.sign * max(1, columns[end] - columns[start])
        if mark.sign == "^":
            underline = paint(underline, severity, color)
        yield f"{' ' * gutter} | {' ' * columns[start]}{underline} {one_line(mark.label)}".rstrip()


def _range(line: Line, mark: _Mark) -> tuple[int, int]:
    text = line.text
    start = len(text) - len(text.lstrip()) if mark.start is None else line.start(mark.start)
    end = len(text.rstrip()) if mark.end is None else line.end(mark.end)
    return start, max(start, end)


def _cut(text: str, first: int) -> tuple[str, int, int]:
    """The part of a long line around index `first`; the index it begins at, and how many signs stand before that."""
    if len(text) <= WIDTH:
        return text, 0, 0
    begin = max(0, min(first - _BEFORE, len(text) - WIDTH))
    part = text[begin : begin + WIDTH]
    after = _CUT if begin + WIDTH < len(text) else ""
    return (f"{_CUT}{part}{after}", begin, 1) if begin else (f"{part}{after}", 0, 0)


def _source_row(number: int, gutter: int, text: str) -> str:
    return f"{number:>{gutter}} | {text}".rstrip()
