"""Composing documents from the events of libyaml: PyYAML's C extension; without it, about twenty times slower, the same
events from pure Python.

No recursion, hard limits, anchors that may be defined again."""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from kvlint.node import SCALAR, Node, YamlError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    _Reader: TypeAlias = Callable[[str, int], tuple[Node | None, int]]

try:
    from yaml._yaml import CParser
except ImportError:
    CParser = None  # type: ignore[assignment, misc]

MAX_DEPTH = 300
"""Nesting, aliases followed. The deepest manifest known (a CRD schema) has 34 levels; recursion over a node is safe."""
MAX_NODES = 300_000
"""Nodes of a document, aliases followed, the end of a collection counted too: about 400 bytes of memory each."""

_MAX_ALIASED = 0.99
"""The share of nodes that may come from aliases in a document of more than 1000, as in goyaml.v2."""

_RAW_PARSE_BRACKETS = 5_000
_UNREADABLE = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_HANDLE = r"(tag handle).*"
_TEMPLATE = r"(?:^|[\r\n])(?:[^\r\n\"'#{}]*: *|[ \t-]*)\{[{%]"
_Scalar, _Alias = yaml.ScalarEvent, yaml.AliasEvent
_MappingStart, _MappingEnd = yaml.MappingStartEvent, yaml.MappingEndEvent
_SequenceStart, _SequenceEnd = yaml.SequenceStartEvent, yaml.SequenceEndEvent
_DocumentEnd, _StreamEnd = yaml.DocumentEndEvent, yaml.StreamEndEvent


def compose(text: str, base: int) -> tuple[Node | None, int]:
    """The root node of the first YAML document of a text, and the index after it; None when the document is empty.

    `base` is the index of the text in its source. Raises YamlError."""
    return _read(_compose, text, base)


def validate(text: str, base: int) -> None:
    """Check the syntax of a text whose index in its source is `base`, without building nodes. Raises YamlError."""
    if text.count("{") + text.count("[") < _RAW_PARSE_BRACKETS and hasattr(CParser, "raw_parse"):
        try:
            CParser(text).raw_parse()
            return
        except (yaml.YAMLError, UnicodeError, MemoryError):
            pass
    _read(_skip, text, base)


def _read(reader: _Reader, text: str, base: int) -> tuple[Node | None, int]:
    bom = text.startswith("\ufeff")
    text, base = text[bom:], base + bom
    try:
        return reader(text, base)
    except YamlError as error:
        problem = error
    except (yaml.reader.ReaderError, UnicodeError):
        problem = _unreadable(text, base)
    except yaml.MarkedYAMLError as marked:
        problem = _syntax_error(marked, text, base)
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
