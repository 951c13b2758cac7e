"""YAML as Kubernetes reads it: documents split as kubectl splits them, nodes with spans, and nothing ever constructed.

`kvlint.plaintree` reads what is plain, `kvlint.events` everything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kvlint.node import LINE_BREAK, MAPPING, SCALAR, SEQUENCE, Entry, Node, YamlError
from kvlint.plaintree import read_plain
from kvlint.source import Source

__all__ = ["MAPPING", "SCALAR", "SEQUENCE", "Document", "Entry", "Node", "YamlError", "comments", "documents"]

MAX_TEXT = 4 << 20
"""Code points of a document that is composed; the API server refuses requests above about 3 MiB."""

# Patterns are compiled where they are first needed: most runs need few of them, and start sooner.
_NO_CONTENT = r"(?:[\s\ufeff]+|#[^\r\n]*|%[^\r\n]*[\r\n]|\.\.\.\s)*(?:\.\.\.$)?"
_NEXT_OBJECT = r"\}\s*\{"
_JSON_PIECE = r'"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[\[\]{}]'


class Document:
    """One document as kubectl splits them: the span `start` to `end` of `source.text`, and its `text`.

    `extra` is the index of the content after the first YAML document of the chunk, once that is composed: Kubernetes
    reads only the first and silently loses the rest. None: nothing follows."""

    __slots__ = ("_first", "_next", "end", "extra", "source", "start", "text")

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.text = source.text[start:end]
        self.extra: int | None = None
        self._first: int | None = None
        self._next = end

    def __repr__(self) -> str:
        return f"Document({self.source.name!r}, {self.start}, {self.end})"

    @property
    def line(self) -> int:
        """The 1-based line the document starts on, after its separator."""
        return self.source.line_at(self.start)

    def position(self, node: Node) -> tuple[int, int, int, int]:
        """Line, column, end line and end column of a node, as `Source.index_to_position` tells them."""
        if self._first is None:
            self._first = self._counted_from()
        marks = node.marks() if self._first else None
        if marks is None:
            return (*self.source.index_to_position(node.start), *self.source.index_to_position(node.end))
        line, column, end_line, end_column = marks
        first = self._first
        start = first + line
        return start, column + 1, start if end_line == line else first + end_line, end_column + 1

    def _counted_from(self) -> int:
        """The line from which the parser's own count of lines and columns holds; 0 where editors count otherwise."""
        start, text = self.start, self.text
        if any(map(text.__contains__, "\r\x85\u2028\u2029\ufeff")):
            return 0
        if start == 0:
            return 1
        return self.line if self.source.text[start - 1] == "\n" else 0

    def compose(self) -> Node | None:
        """The root node; None when the document is empty. Raises YamlError."""
        if len(self.text) > MAX_TEXT:
            raise YamlError("the document is larger than 4 MiB", self.start, "limit")
        plain = read_plain(self.text, self.start)
        if plain is not None:
            return plain
        from kvlint.events import compose

        root, self._next = compose(self.text, self.start)
        if self._next < self.end:
            self.extra = _content(self.source.text, self._next, self.end)
        return root

    def rest(self) -> Iterator[Document]:
        """The documents Kubernetes loses after this one. Compose each as it comes: that finds the next."""
        document = self
        while document.extra is not None:
            document = Document(self.source, document._next, self.end)
            yield document

    def validate(self) -> None:
        """Check the syntax without building nodes. Raises YamlError.

        Like libyaml it does not see undefined aliases, complex keys and what scalars mean: `compose` and `Node.plain`
        do."""
        from kvlint.events import validate

        validate(self.text, self.start)


def documents(source: Source) -> Iterator[Document]:
    """Split as kubectl does: at lines of `---` with nothing but white space or a comment after it.

    A stream of JSON objects is one document each, as kubectl reads it. Blank chunks are left out."""
    text = source.text
    start = 0
    if text[:1].isalpha() and "\n---" not in text:
        yield Document(source, 0, len(text))
        return
    for end, after in (*_separators(text), (len(text), 0)):
        if start < end and not text[start:end].isspace():
            yield from _objects(source, start, end) if start == 0 else [Document(source, start, end)]
        start = after


def _separators(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each separating line."""
    at = -1 if text.startswith("---") else text.find("\n---")
    while at >= 0 or text.startswith("---", at + 1):
        start = at + 1
        end = text.find("\n", start) + 1 or len(text)
        tail = text[start + 3 : end].lstrip()
        if not tail or tail[0] == "#":
            yield start, end
        at = text.find("\n---", end - 1)
        if at < 0:
            return


def _objects(source: Source, start: int, end: int) -> Iterator[Document]:
    """The objects of a JSON stream (`{…} {…}`), or the one document."""
    text = source.text
    if (
        text[start:end].lstrip()[:1] == "{"
        and re.match(r"\s*\{\s*[\"}]", text)
        and re.compile(_NEXT_OBJECT).search(text, start, end)
    ):
        depth = 0
        for match in re.compile(_JSON_PIECE).finditer(text, start, end):
            depth += 1 if match[0] in "{[" else -1 if match[0] in "]}" else 0
            if not depth and match[0] == "}" and re.compile(_NEXT_OBJECT).match(text, match.start(), end):
                yield Document(source, start, match.end())
                start = match.end()
    yield Document(source, start, end)


def _content(text: str, start: int, end: int) -> int | None:
    """Where the first content in the span is; None when there are only blanks, comments, directives and `...`."""
    match = re.compile(_NO_CONTENT).match(text, start, end)
    return match.end() if match and match.end() < end else None


def comments(document: Document, roots: Iterable[Node | None], marker: str) -> list[tuple[int, int]]:
    """The spans of the document's comments that contain `marker`, from `#` to the end of the line.

    `roots` are the composed nodes of the document and its `rest()`: a `#` inside a scalar is no comment."""
    from bisect import bisect_right

    text, start = document.source.text, document.start
    found: list[tuple[int, int]] = []
    at = text.find(marker, start, document.end)
    spans = sorted(_scalar_spans(text, roots)) if at >= 0 else []
    while at >= 0:
        for line_break in re.compile(LINE_BREAK).finditer(text, start, at):
            start = line_break.end()
        match = re.compile(LINE_BREAK).search(text, at, document.end)
        end = match.start() if match else document.end
        start = text.find("#", start, end)
        while start >= 0:
            before = bisect_right(spans, (start, len(text))) - 1
            if before < 0 or spans[before][1] <= start:
                if marker in text[start:end]:
                    found.append((start, end))
                break
            start = text.find("#", spans[before][1], end)
        start = end
        at = text.find(marker, end, document.end)
    return found


def _scalar_spans(text: str, roots: Iterable[Node | None]) -> Iterator[tuple[int, int]]:
    stack = [root for root in roots if root is not None]
    while stack:
        node = stack.pop()
        if node.anchor is None:
            stack.extend(node.children)
            if node.kind is SCALAR:
                header = re.compile(LINE_BREAK).search(text, node.start, node.end) if node.style in ("|", ">") else None
                yield header.start() if header else node.start, node.end
