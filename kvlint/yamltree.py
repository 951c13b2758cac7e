"""YAML as Kubernetes reads it: documents split as kubectl splits them, nodes with spans, and nothing ever constructed.

The reader takes the events of libyaml (PyYAML's C extension; without it the same events from pure Python, about twenty
times slower) and composes nodes itself: no recursion, hard limits, anchors that may be defined again, and the scalar
and merge rules of goyaml.v2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import yaml

from kvlint.node import LINE_BREAK, MAPPING, SCALAR, SEQUENCE, Entry, Node, YamlError
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


try:
    from yaml._yaml import CParser
except ImportError:
    CParser = None  # type: ignore[assignment, misc]

__all__ = ["MAPPING", "SCALAR", "SEQUENCE", "Document", "Entry", "Node", "YamlError", "comments", "documents"]

MAX_DEPTH = 300
"""Nesting, aliases followed. The deepest manifest known (a CRD schema) has 34 levels; recursion over a node is safe."""
MAX_NODES = 300_000
"""Nodes of a document, aliases followed, the end of a collection counted too: about 400 bytes of memory each."""
MAX_TEXT = 4 << 20
"""Code points of a document that is composed; the API server refuses requests above about 3 MiB."""

_MAX_ALIASED = 0.99
"""The share of nodes that may come from aliases in a document of more than 1000, as in goyaml.v2."""

_RAW_PARSE_BRACKETS = 5_000
# Patterns are compiled where they are first needed: most runs need few of them, and start sooner.
_UNREADABLE = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_NO_CONTENT = r"(?:[\s\ufeff]+|#[^\r\n]*|%[^\r\n]*[\r\n]|\.\.\.\s)*(?:\.\.\.$)?"
_NEXT_OBJECT = r"\}\s*\{"
_JSON_PIECE = r'"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[\[\]{}]'
_HANDLE = r"(tag handle).*"
_TEMPLATE = r"(?:^|[\r\n])(?:[^\r\n\"'#{}]*: *|[ \t-]*)\{[{%]"
_Scalar, _Alias = yaml.ScalarEvent, yaml.AliasEvent
_MappingStart, _MappingEnd = yaml.MappingStartEvent, yaml.MappingEndEvent
_SequenceStart, _SequenceEnd = yaml.SequenceStartEvent, yaml.SequenceEndEvent
_DocumentEnd, _StreamEnd = yaml.DocumentEndEvent, yaml.StreamEndEvent


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
        return self.source.index_to_position(self.start)[0]

    def position(self, node: Node) -> tuple[int, int, int, int]:
        """Line, column, end line and end column of a node, as `Source.index_to_position` tells them."""
        if self._first is None:
            self._first = self._counted_from()
        marks = node.marks() if self._first else None
        if marks is None:
            return (*self.source.index_to_position(node.start), *self.source.index_to_position(node.end))
        start, end = marks
        first = self._first
        return first + start.line, start.column + 1, first + end.line, end.column + 1

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
        root, self._next = self._read(_compose)
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
        text = self.text
        if text.count("{") + text.count("[") < _RAW_PARSE_BRACKETS and hasattr(CParser, "raw_parse"):
            try:
                CParser(text).raw_parse()
                return
            except (yaml.YAMLError, UnicodeError, MemoryError):
                pass
        self._read(_skip)

    def _read(self, reader: Callable[[str, int], tuple[Node | None, int]]) -> tuple[Node | None, int]:
        bom = self.text.startswith("\ufeff")
        text, base = self.text[bom:], self.start + bom
        try:
            return reader(text, base)
        except YamlError as error:
            problem = error
        except (yaml.reader.ReaderError, UnicodeError):
            problem = _unreadable(text, base)
        except yaml.MarkedYAMLError as error:
            problem = _syntax_error(error, text, base)
        except (yaml.YAMLError, MemoryError, RecursionError):
            problem = YamlError("the document is too large to read", base, "limit")
        problem.template = problem.kind == "syntax" and _is_template(text, problem.index - base)
        raise problem


def _is_template(text: str, index: int) -> bool:
    """Whether a text that is no YAML is a template to be rendered: template syntax where YAML has its own, or on the
    line of the error."""
    end = text.find("\n", index)
    near = text[text.rfind("\n", 0, index) + 1 : end if end >= 0 else len(text)]
    return "{{" in near or "{%" in near or re.search(_TEMPLATE, text) is not None


def documents(source: Source) -> Iterator[Document]:
    """Split as kubectl does: at lines of `---` with nothing but white space or a comment after it.

    A stream of JSON objects is one document each, as kubectl reads it. Blank chunks are left out."""
    text = source.text
    start = 0
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


def _events(text: str) -> Callable[[], Any]:
    if CParser is None:
        return yaml.parse(text, Loader=yaml.SafeLoader).__next__
    return CParser(text).get_event


def _unreadable(text: str, base: int) -> YamlError:
    match = re.search(_UNREADABLE, text)
    if match is None:
        return YamlError("the text cannot be decoded", base)
    code = ord(match[0])
    if 0xD800 <= code < 0xE000:
        return YamlError("this is not valid UTF-8 or UTF-16", base + match.start())
    return YamlError(f"YAML does not allow the character U+{code:04X}", base + match.start())


def _syntax_error(error: yaml.MarkedYAMLError, text: str, base: int) -> YamlError:
    mark: Any = error.problem_mark
    context: Any = error.context_mark
    if context and (not mark or mark.index >= len(text) or "simple key" in (error.context or "")):
        mark = context
    if "nesting" in (error.problem or ""):
        return _too_deep(base + mark.index)
    parts = [part for part in (error.context, error.problem) if part]
    message = re.sub(_HANDLE, r"\1", ", ".join(parts)) if parts else "this is not YAML"
    return YamlError(message, base + min(mark.index, len(text)) if mark else base)


def _skip(text: str, base: int) -> tuple[None, int]:
    next_event = _events(text)
    depth = 0
    while True:
        event = next_event()
        kind = event.__class__
        if kind is _MappingStart or kind is _SequenceStart:
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(base + event.start_mark.index)
        elif kind is _MappingEnd or kind is _SequenceEnd:
            depth -= 1
        elif kind is _DocumentEnd or kind is _StreamEnd:
            return None, base + event.end_mark.index


def _too_deep(index: int) -> YamlError:
    return YamlError(f"the document is nested more than {MAX_DEPTH} levels deep", index, "limit")


def _compose(text: str, base: int) -> tuple[Node | None, int]:
    """The first document of `text` and the index after it; None when there is none."""
    next_event = _events(text)
    next_event()
    event = next_event()
    kind = event.__class__
    if kind is _StreamEnd:
        return None, base + event.end_mark.index
    if event.version not in (None, (1, 1)):
        raise YamlError("Kubernetes reads YAML 1.1 only", base + event.start_mark.index)
    origin = text, base, "!" in text or "<<" in text
    anchors = _Anchors(origin)
    anchored = "&" in text
    # The innermost open collection, from its start event on; a mapping's next child is a key when the length is odd.
    raw: list[Any] = [event]
    in_mapping = False
    stack: list[list[Any]] = []
    for count in range(MAX_NODES):
        event = next_event()
        kind = event.__class__
        if kind is _Scalar:
            raw.append(anchors.define(event.anchor, event) if anchored and event.anchor else event)
        elif kind is _MappingStart or kind is _SequenceStart:
            if in_mapping and len(raw) & 1:
                raise YamlError("a mapping or sequence cannot be a key", base + event.start_mark.index)
            if len(stack) >= MAX_DEPTH:
                raise _too_deep(base + event.start_mark.index)
            collection = [event]
            raw.append(anchors.define(event.anchor, collection) if anchored and event.anchor else collection)
            stack.append(raw)
            raw = collection
            in_mapping = kind is _MappingStart
        elif kind is _MappingEnd or kind is _SequenceEnd:
            raw.append(event)
            raw = stack.pop()
            in_mapping = raw[0].__class__ is _MappingStart
        elif kind is _Alias:
            node = anchors.alias(event, count, len(stack))
            if node.kind is not SCALAR and in_mapping and len(raw) & 1:
                raise YamlError("a mapping or sequence cannot be a key", node.start)
            raw.append(node)
        else:
            root = raw[1]
            return root if root.__class__ is Node else Node(root, origin), base + event.end_mark.index
    raise YamlError(f"the document has more than {MAX_NODES} nodes", base, "limit")


class _Anchors:
    """The anchors of a document, and how large it is with aliases followed."""

    def __init__(self, origin: tuple[str, int, bool]) -> None:
        self._origin = origin
        self._nodes: dict[str, Node] = {}
        self._sizes: dict[int, tuple[int, int]] = {}
        self._aliased = 0

    def define(self, name: str, raw: Any) -> Node:
        """Name a node. An anchor may be defined again: aliases mean the last definition before them."""
        node = self._nodes[name] = Node(raw, self._origin)
        return node

    def alias(self, event: Any, count: int, depth: int) -> Node:
        """The node of an alias event. Raises YamlError: undefined, containing itself, or beyond the limits."""
        start = self._origin[1] + event.start_mark.index
        target = self._nodes.get(event.anchor)
        if target is None:
            raise YamlError("an alias names an anchor that is not defined", start)
        if target.kind is not SCALAR and target._raw[-1].__class__ not in (_MappingEnd, _SequenceEnd):
            raise YamlError("an anchor contains an alias to itself", start)
        size, height = self._measure(target._raw) if target.kind is not SCALAR else (1, 0)
        self._aliased += size
        total = count + self._aliased
        if total > MAX_NODES or (total > 1000 and self._aliased > _MAX_ALIASED * total):
            raise YamlError("the document's aliases stand for too many nodes", start, "limit")
        if depth + height > MAX_DEPTH:
            raise _too_deep(start)
        return Node(event, self._origin, target)

    def _measure(self, raw: list[Any]) -> tuple[int, int]:
        """The number of nodes and of levels of a collection, aliases followed."""
        sizes = self._sizes
        todo = [raw]
        while todo:
            inner = [child._raw if child.__class__ is Node else child for child in todo[-1]]
            inner = [child for child in inner if child.__class__ is list and child]
            missing = [child for child in inner if id(child) not in sizes]
            if missing:
                todo += missing
            else:
                raw = todo.pop()
                found = [sizes[id(child)] for child in inner]
                size = len(raw) + sum(size for size, _ in found)
                sizes[id(raw)] = size, 1 + max((height for _, height in found), default=0)
        return sizes[id(raw)]


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
