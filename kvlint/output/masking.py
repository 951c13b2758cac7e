"""The only way from a file's text to an output: source lines and spans in which every credential is hidden."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

from kvlint.finding import Location

MASK = "\u2022" * 4
"""What stands for a credential, whatever its length."""

_Position = tuple[int, int]
_Span = tuple[_Position, _Position]


class Line:
    """One source line as it may be shown, and where its columns went."""

    __slots__ = ("_ends", "_length", "_shown", "_starts", "text")

    def __init__(self, raw: str, hidden: list[tuple[int, int]]) -> None:
        """`hidden` holds the masked columns of `raw`: from 0, end exclusive, sorted and apart."""
        self._length = len(raw)
        self._starts = [start for start, _ in hidden]
        self._ends = [end for _, end in hidden]
        self._shown: list[int] = []
        pieces: list[str] = []
        length = done = 0
        for start, end in hidden:
            pieces += (raw[done:start], MASK)
            self._shown.append(length + start - done)
            length += start - done + len(MASK)
            done = end
        self.text = "".join(pieces) + raw[done:]

    def start(self, column: int) -> int:
        """The index in `text` at which a span from `column` (1-based) begins: inside a mask, the mask's start."""
        index = min(max(column - 1, 0), self._length)
        mask = bisect_right(self._starts, index) - 1
        if mask >= 0 and (index < self._ends[mask] or index == self._starts[mask]):
            return self._shown[mask]
        return self._after(mask, index)

    def end(self, column: int) -> int:
        """The index in `text` at which a span to `column` (1-based, exclusive) ends: inside a mask, after the mask."""
        index = min(max(column - 1, 0), self._length)
        mask = bisect_left(self._starts, column - 1) - 1
        if mask >= 0 and index <= self._ends[mask]:
            return self._shown[mask] + len(MASK)
        return self._after(mask, index)

    def _after(self, mask: int, index: int) -> int:
        return index if mask < 0 else self._shown[mask] + len(MASK) + index - self._ends[mask]


class Masks:
    """Shows the files of a report with their credentials hidden."""

    __slots__ = ("_last", "_lines", "_merged", "_spans")

    def __init__(
        self,
        spans: dict[str, tuple[tuple[int, int, int, int], ...] | None],
        lines: Callable[[str, int], str | None],
    ) -> None:
        """`spans` are `Report.masks`, `lines` is `View.lines`."""
        self._spans = spans
        self._lines = lines
        self._merged: dict[str, list[_Span]] = {}
        self._last: tuple[str, int, Line | None] = ("", 0, None)

    def line(self, file: str, number: int) -> Line | None:
        """Line `number` of `file`, or None where the file's text, its credentials or the line are not known."""
        if number < 1 or self._spans.get(file, ()) is None:
            return None
        if self._last[:2] != (file, number):
            raw = self._lines(file, number)
            line = None if raw is None else Line(raw, self._hidden(file, number, len(raw)))
            self._last = (file, number, line)
        return self._last[2]

    def span(self, location: Location) -> Location:
        """`location` without telling how long a credential is: what starts in a mask starts at the mask's start, what
        ends in one ends a column after it."""
        spans = self._of(location.file)
        if not spans:
            return location
        start = (location.line, location.column)
        end = (location.end_line, location.end_column)
        mask = bisect_left(spans, end, key=_span_start) - 1
        if mask >= 0 and end <= spans[mask][1]:
            line, column = spans[mask][0]
            start, end = min(start, (line, column)), (line, column + 1)
        mask = bisect_right(spans, start, key=_span_start) - 1
        if mask >= 0 and start < spans[mask][1]:
            start = spans[mask][0]
        return Location(location.file, *start, *end, location.label)

    def _hidden(self, file: str, number: int, length: int) -> list[tuple[int, int]]:
        spans = self._of(file)
        hidden: list[tuple[int, int]] = []
        for index in range(bisect_right(spans, (number, 1), key=_span_end), len(spans)):
            (line, column), (end_line, end_column) = spans[index]
            if line > number:
                break
            start = min(column - 1, length) if line == number else 0
            end = min(end_column - 1, length) if end_line == number else length
            if end > start or end_line > number:
                hidden.append((start, max(start, end)))
        return hidden

    def _of(self, file: str) -> list[_Span]:
        if file not in self._merged:
            self._merged[file] = _merge(self._spans.get(file) or ())
        return self._merged[file]


def _span_start(span: _Span) -> _Position:
    return span[0]


def _span_end(span: _Span) -> _Position:
    return span[1]


def _merge(spans: tuple[tuple[int, int, int, int], ...]) -> list[_Span]:
    """The same places as sorted spans that neither overlap nor touch; the ends of each may come in either order."""
    merged: list[_Span] = []
    both = [((line, column), (end_line, end_column)) for line, column, end_line, end_column in spans]
    for start, end in sorted((min(span), max(span)) for span in both):
        if start == end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
