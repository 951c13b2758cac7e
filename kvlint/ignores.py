"""What a manifest itself asks kvlint to be silent about: ignore comments and annotations.

    # kvlint: ignore[rule-id, other-rule] reason

works for findings with a span on the comment's line. Alone on its line it also works for findings with a span that
starts on the next line that holds something. An annotation `kvlint/ignore.<rule-id>: reason` works for its object, that
of a Pod or claim template for the template. There is no way to ignore everything.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from kvlint.record import NamedTuple
from kvlint.relevance import WORD
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kvlint.node import Node
    from kvlint.resources import Resource
    from kvlint.yamltree import Document

COMMENT, ANNOTATION = "comment", "annotation"

_ANNOTATION_PREFIX = "kvlint/"
_IGNORE_PREFIX = "kvlint/ignore."
_RULE_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*\Z"
_LINE_BREAK = r"[\r\n]"
_HASH = r"(?:^|[ \t])#"
_DIRECTIVE = r"#[ \t]*kvlint:[ \t]*ignore\[([^\]]*)\](?:[ \t]+(.*))?\Z"
_INTENDED = r"(?i)#[ \t]*kvlint\b[ \t:=,-]*(?:ignore|disable|noqa|nolint|skip|off|suppress)"


class Ignore(NamedTuple):
    """One comment or annotation that asks for silence; plain data, part of the facts of a file.

    `rules` is empty where the spelling is wrong: such a one suppresses nothing. It covers findings with a span on the
    lines `first` to `last`, or with a span that starts on line `below` (0: none); an annotation, findings whose field
    path starts with `field`. `span` is where it is written (line, column, end line, end column). Bytes `start` to `end`
    are what to delete when it is unused (both 0: nothing can be deleted), `ids_start` to `ids_end` the text between its
    brackets. `sure` is False where its document could not be judged, so that silence proves nothing."""

    by: str
    rules: tuple[str, ...]
    reason: str
    first: int
    last: int
    below: int
    field: str
    span: tuple[int, int, int, int]
    start: int
    end: int
    ids_start: int
    ids_end: int
    sure: bool


def comments(source: Source, documents: "Iterable[tuple[Document, Sequence[Node | None], bool]]") -> list[Ignore]:
    """All ignore comments of a source. `documents` are its documents, each with its trees and whether it was judged.

    A document that could not be composed has no trees: there every `#` after white space is taken for a comment."""
    from kvlint import yamltree

    lines = _Lines(source)
    return [
        ignore
        for document, roots, judged in documents
        for start, end in yamltree.comments(document, roots, WORD)
        for ignore in _directives(lines, start, end, judged)
    ]


def annotations(source: Source, resource: "Resource", sure: bool = True) -> Iterator[Ignore]:
    """The ignore annotations of an object and of the Pod and claim templates in it."""
    if _ANNOTATION_PREFIX not in resource.document.text:
        return
    from kvlint.views import Views

    first, _ = source.index_to_position(resource.node.start)
    last, _ = source.index_to_position(max(resource.node.start, resource.node.end - 1))
    for view in Views(resource).metadata():
        listed = view.node.get("annotations")
        field = view.path.removesuffix("metadata").removesuffix(".")
        for entry in listed.entries() if listed is not None else ():
            if not entry.key.startswith(_ANNOTATION_PREFIX):
                continue
            rule = entry.key.removeprefix(_IGNORE_PREFIX)
            rules = (rule,) if entry.key.startswith(_IGNORE_PREFIX) and rule else ()
            span = _span(source, entry.key_node.start, entry.key_node.end)
            reason = entry.node.scalar_text() or ""
            yield Ignore(ANNOTATION, rules, reason, first, last, 0, field, span, 0, 0, 0, 0, sure)


class _Lines:
    """Lines of a text that is read from front to back; remembers where it was, so that many comments cost no more."""

    __slots__ = ("_below", "_byte", "_index", "editable", "source", "text")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.editable = source.encoding == "utf-8"
        self._index = self._byte = 0
        self._below = (0, 0, 0)

    def start(self, index: int) -> int:
        """Start of the line that holds `index`, after a byte order mark."""
        start = self.text.rfind("\n", 0, index) + 1
        start = max(start, self.text.rfind("\r", start, index) + 1)
        return start + (start == 0 and self.text.startswith("\ufeff"))

    def byte(self, index: int) -> int:
        """The byte offset of `index`; 0 where the file is not UTF-8 and so never edited."""
        if not self.editable:
            return 0
        first, last = sorted((self._index, index))
        size = len(self.text[first:last].encode("utf-8", "surrogateescape"))
        self._byte += size if index >= self._index else -size
        self._index = index
        return self._byte

    def below(self, end: int) -> int:
        """Number of the next line, after the one that ends at `end`, which is neither blank nor a comment; 0: none."""
        first, last, line = self._below
        if first <= end < last:
            return line
        first, line = end, 0
        while end < len(self.text):
            start = next_line(self.text, end)
            end = line_end(self.text, start)
            content = self.text[start:end].strip()
            if content and not content.startswith("#"):
                line = self.source.index_to_position(start)[0]
                break
        self._below = (first, end, line)
        return line


def _directives(lines: _Lines, comment: int, end: int, sure: bool) -> Iterator[Ignore]:
    """The ignores in the comment from `comment` to `end`, the end of its line."""
    text, start = lines.text, lines.start(comment)
    hashes = [comment + match.end() - 1 for match in re.finditer(_HASH, text[comment:end])]
    alone = not text[start:comment].strip()
    line, _ = lines.source.index_to_position(comment)
    for number, here in enumerate(hashes):
        stop = hashes[number + 1] if number + 1 < len(hashes) else end
        segment = text[here:stop].rstrip()
        match = re.match(_DIRECTIVE, segment)
        rules = tuple(part.strip() for part in match[1].split(",")) if match else ()
        if match is None or not all(re.match(_RULE_ID, rule) for rule in rules):
            if not re.match(_INTENDED, segment):
                continue
            rules = ()
        if len(hashes) == 1 and alone:
            first, last = start, next_line(text, end)
        elif number == 0 and len(hashes) > 1:
            first, last = here, stop
        else:
            first, last = start + len(text[start:here].rstrip()), here + len(segment)
        yield Ignore(
            COMMENT,
            rules,
            (match[2] or "").strip() if match else "",
            line,
            line,
            lines.below(end) if alone else 0,
            "",
            _span(lines.source, here, here + len(segment)),
            lines.byte(first),
            lines.byte(last),
            lines.byte(here + match.start(1)) if match else 0,
            lines.byte(here + match.end(1)) if match else 0,
            sure,
        )


def _span(source: Source, start: int, end: int) -> tuple[int, int, int, int]:
    return (*source.index_to_position(start), *source.index_to_position(end))


def line_end(text: str, index: int) -> int:
    """Index of the first line break at or after `index`, or the end of the text."""
    match = re.compile(_LINE_BREAK).search(text, index)
    return match.start() if match else len(text)


def next_line(text: str, end: int) -> int:
    """Index of the line after the one that ends at `end`."""
    return end + (2 if text.startswith("\r\n", end) else 1) if end < len(text) else end
