"""`--add-ignores`: an ignore comment at every finding that counts, written so that the manifests stay what they are."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kvlint.finding import Finding, Location
from kvlint.ignores import line_end, next_line
from kvlint.node import Node, YamlError
from kvlint.record import NamedTuple
from kvlint.source import Source
from kvlint.yamltree import Document, documents


class Added(NamedTuple):
    """A file with ignore comments: its new bytes, how many findings they cover, and the findings left without one."""

    data: bytes
    covered: int
    left: tuple[Finding, ...]


class _Spot(NamedTuple):
    """Where a comment goes: an index into the text; alone above the line that starts there, or at the end of a line."""

    at: int
    alone: bool


def add(source: Source, findings: Sequence[Finding], reason: str) -> Added:
    """Write a comment for each of `findings` (all of this file) with `reason` into `source`.

    A finding is left alone where no line can hold a comment: positions unknown, JSON, text inside a block scalar, a
    document that cannot be read. If the comments changed what any document says, none is written."""
    page = _Page(source)
    spots: dict[_Spot, list[str]] = {}
    left: list[Finding] = []
    for finding in findings:
        spot = page.spot(finding)
        if spot is None:
            left.append(finding)
        elif finding.rule not in spots.setdefault(spot, []):
            spots[spot].append(finding.rule)
    text = source.text
    for spot, rules in sorted(spots.items(), reverse=True):
        comment = f"# kvlint: ignore[{', '.join(rules)}] {' '.join(reason.split())}".rstrip()
        text = text[: spot.at] + page.written(spot, comment) + text[spot.at :]
    data = text.encode("utf-8", "surrogateescape")
    if _meaning(Source(source.name, data)) != page.meaning:
        return Added(source.data, 0, tuple(findings))
    return Added(data, len(findings) - len(left), tuple(left))


class _Page:
    """A text and where in it comments may stand."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.readable: list[tuple[int, int]] = []
        self.meaning = _meaning(source)
        spans: list[tuple[int, int]] = []
        if source.encoding == "utf-8" and not source.name.endswith(".json"):
            for document in documents(source):
                if document.text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
                    continue  # kubectl hands it to a JSON reader
                try:
                    roots = [root for _, root in _roots(document)]
                except YamlError:
                    continue
                self.readable.append((document.start, document.end))
                spans.extend(_scalar_spans(self.text, roots))
        self.spans = sorted(spans)
        self.starts = [int(self.text.startswith("\ufeff"))]
        while (end := line_end(self.text, self.starts[-1])) < len(self.text):
            self.starts.append(next_line(self.text, end))

    def spot(self, finding: Finding) -> _Spot | None:
        """The best place for a comment that covers `finding`."""
        places = [place for place in (finding.location, *finding.related) if place.file == self.source.name]
        spots = (spot for place in places if place.line > 0 for spot in self._spots(place))
        return next(spots, None)

    def written(self, spot: _Spot, comment: str) -> str:
        """The text to insert at a spot."""
        start = self.starts[bisect_right(self.starts, spot.at) - 1]
        if not spot.alone:
            before = self.text[start : spot.at]
            return ("" if not before or before[-1] in " \t" else "  ") + comment
        end = line_end(self.text, start)
        line = self.text[start:end]
        indent = line[: len(line) - len(line.lstrip())]
        after = self.text[end : end + 2]
        return indent + comment + (after if after == "\r\n" else after[:1] or "\n")

    def _spots(self, place: Location) -> Iterator[_Spot]:
        if place.line > len(self.starts):
            return
        start = self.starts[place.line - 1]
        end = line_end(self.text, start)
        if not any(first <= start and end <= last for first, last in self.readable):
            return
        if not self._inside(end):
            yield _Spot(start + len(self.text[start:end].rstrip()), False)
        if not self._inside(start):
            yield _Spot(start, True)

    def _inside(self, index: int) -> bool:
        """Whether the text at `index` belongs to a scalar."""
        position = bisect_right(self.spans, (index, len(self.text) + 1)) - 1
        return position >= 0 and self.spans[position][0] < index < self.spans[position][1]


def _roots(document: Document) -> Iterator[tuple[Document, Node | None]]:
    """A document and those that Kubernetes loses after it. Raises YamlError."""
    yield document, document.compose()
    for later in document.rest():
        yield later, later.compose()


def _scalar_spans(text: str, roots: Iterable[Node | None]) -> Iterator[tuple[int, int]]:
    """The spans that belong to scalars; of a block scalar without its first line, which may end in a comment."""
    stack = [root for root in roots if root is not None]
    while stack:
        node = stack.pop()
        if node.anchor is None and node.value is None:
            stack.extend(node.children)
        elif node.anchor is None and node.end > node.start:
            yield (line_end(text, node.start) if node.style in ("|", ">") else node.start), node.end


def _meaning(source: Source) -> list[Any]:
    """What every document of a source says, for comparison."""
    said: list[Any] = []
    for document in documents(source):
        try:
            said.append([root.plain() if root is not None else None for _, root in _roots(document)])
        except YamlError as error:
            said.append((error.kind, error.message))
    return said
