"""The nodes of a YAML document: what Kubernetes reads in them, and where they are written.

A node is a view of the parser's events, made when somebody looks at that place: most of a document is never looked at.
"""

from __future__ import annotations

import re

from kvlint import scalars
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any


SCALAR, MAPPING, SEQUENCE = "scalar", "mapping", "sequence"

_BLANK = r"(?:\s|#[^\r\n]*)*"
_PROPERTY = r"[&!]\S*"
LINE_BREAK = "[\r\n\x85\u2028\u2029]"
NOTHING: list[Any] = []
"""What a scalar collected."""


class YamlError(Exception):
    """A document Kubernetes cannot read, or one beyond kvlint's limits.

    `message` is one line and quotes nothing of the document; `index` is a code-point index into the source's text;
    `kind` is `syntax` or `limit`; `template` says that the document looks like a template nobody has rendered yet."""

    def __init__(self, message: str, index: int, kind: str = "syntax", template: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.index = index
        self.kind = kind
        self.template = template


class Node:
    """A scalar, mapping or sequence with its span.

    `kind` is SCALAR, MAPPING or SEQUENCE. `start` and `end` are indices into the source's text, end exclusive: without
    anchor and tag; a block scalar from its `|` or `>` to the end of its last line that is not blank; a block collection
    to the end of its last child; an absent value is an empty span. `value` is the text of a scalar after unquoting.
    `tag` is the explicit tag, long (`tag:yaml.org,2002:str`), or None.
    `style` is None (plain), `'`, `"`, `|` or `>` for scalars, `flow` or `block` for collections. An alias is a node
    that shares everything with its target but the span; its `anchor` is the target."""

    __slots__ = ("_children", "_event", "_index", "_origin", "_raw", "anchor", "kind", "style", "tag", "value")

    def __init__(self, raw: Any, origin: tuple[str, int, bool], target: Node | None = None) -> None:
        """`raw` is what the composer collected: a scalar event, or a list of start event, children, end event; for an
        alias its event, and `target`. `origin` is the parsed text, its index in the source, and whether it can hold
        tags or merges."""
        self._origin: Any = origin
        self._index: dict[str, int] | None = None
        self._event: Any = raw
        self._raw: list[Any] = NOTHING
        self._children: list[Node] | None = None
        self.anchor = target
        self.kind = SCALAR
        self.value: str | None = None
        self.tag: str | None
        self.style: str | None
        if target is not None:
            self._raw = target._raw
            self.kind, self.value, self.tag, self.style = target.kind, target.value, target.tag, target.style
        elif raw.__class__ is list:
            event = raw[0]
            self._event, self._raw = event, raw
            self.kind = MAPPING if event.__class__.__name__ == "MappingStartEvent" else SEQUENCE
            self.tag, self.style = event.tag, "flow" if event.flow_style else "block"
        else:
            self.value, self.tag, self.style = raw.value, raw.tag, raw.style or None

    def __repr__(self) -> str:
        return f"Node({self.kind}, {self.start}, {self.end})"

    @property
    def start(self) -> int:
        """Where the value begins, its anchor and tag skipped."""
        text: str
        base: int
        text, base, _ = self._origin
        event = self._event
        start: int = event.start_mark.index
        if self.anchor is None:
            properties = (event.anchor is not None) + (event.tag is not None)
            end = event.end_mark.index if self.kind is SCALAR else len(text)
            while properties and start < end and text[start] in "&!":
                match = re.compile(_PROPERTY).match(text, start, end)
                blank = re.compile(_BLANK).match(text, match.end(), end) if match else None
                start = blank.end() if blank else end
                properties -= 1
        return base + start

    @property
    def end(self) -> int:
        """Where the value ends, exclusive."""
        text: str
        base: int
        text, base, _ = self._origin
        event = self._event
        if self.kind is not SCALAR and self.anchor is None:
            last: Any = self._raw[-1]
            if self.style == "flow" and last.start_mark.index < last.end_mark.index:
                return base + int(last.end_mark.index)
            return self._child(len(self._raw) - 2).end
        end: int = event.end_mark.index
        if self.anchor is None and self.style in ("|", ">"):
            start = event.start_mark.index
            written = text[start:end].rstrip(" \r\n\x85\u2028\u2029")
            match = re.compile(LINE_BREAK).search(text, start + len(written))
            return base + (match.start() if match else len(text))
        return base + end

    def marks(self) -> tuple[int, int, int, int] | None:
        """Line and column of `start` and of `end`, counted from 0, as the parser tells them; None where it does not."""
        event = self._event
        if self.anchor is not None or event.anchor is not None or event.tag is not None:
            return None
        start, end = event.start_mark, event.end_mark
        if self.kind is SCALAR:
            return (start.line, start.column, end.line, end.column) if self.style not in ("|", ">") else None
        if self.style == "flow":
            last = self._raw[-1]
            end = last.end_mark
            return (start.line, start.column, end.line, end.column) if last.start_mark.index < end.index else None
        inner = self._child(len(self._raw) - 2).marks() if len(self._raw) > 2 else None
        return (start.line, start.column, inner[2], inner[3]) if inner is not None else None

    @property
    def children(self) -> list[Node]:
        """The items of a sequence, or key, value, key, value … of a mapping as written; never change it."""
        if self._children is None:
            if self.anchor is not None:
                self._children = self.anchor.children
            else:
                self._children = [self._child(at) for at in range(1, len(self._raw) - 1)]
        return self._children

    def _child(self, at: int) -> Node:
        raw = self._raw[at]
        if raw.__class__ is not Node:
            raw = self._raw[at] = Node(raw, self._origin)
        node: Node = raw
        return node

    def get(self, key: str) -> Node | None:
        """The value Kubernetes reads under `key`: the last of duplicates, merges applied. None: absent."""
        if self.kind is not MAPPING:
            return None
        if scalars.is_typed_key(key):
            return next((entry.node for entry in self.entries() if entry.key == key), None)
        if not self._origin[2]:
            at = (self._index if self._index is not None else self._indexed()).get(key)
            return self._child(at) if at is not None else None
        raw = self._raw
        for at in range(len(raw) - 3, 0, -2):
            name = raw[at]
            value = name.value
            if value == "<<" and _is_merge(name):
                for mapping in _merged(self._child(at + 1)) or ():
                    found = mapping.get(key)
                    if found is not None:
                        return found
            elif value == key and (name.tag is None or _key_or_none(name) == key):
                return self._child(at + 1)
        return None

    def _indexed(self) -> dict[str, int]:
        """Where the value of each key is among the raw children: by the text of the key, the last of duplicates."""
        names = self._raw[1:-1:2]
        self._index = index = dict(zip([name.value for name in names], range(2, 2 * len(names) + 1, 2), strict=True))
        return index

    def at(self, *path: str | int) -> Node | None:
        """Follow keys (str) and item numbers (int); None where the path breaks."""
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            if isinstance(step, str):
                node = node.get(step)
            else:
                items = node.items()
                node = items[step] if -len(items) <= step < len(items) else None
        return node

    def entries(self) -> list[Entry]:
        """The entries Kubernetes reads, in order of first appearance; [] when this is no mapping.

        Raises YamlError for keys and merges Kubernetes rejects."""
        found: dict[str, Entry] = {}
        if self.kind is MAPPING:
            self._collect(found)
        return list(found.values())

    def entries_among(self, keys: Container[str]) -> list[Entry]:
        """Those of `entries` with one of some keys."""
        return [entry for entry in self.entries() if entry.key in keys]

    def _collect(self, found: dict[str, Entry]) -> None:
        children = self.children
        for at in range(0, len(children), 2):
            name, node = children[at], children[at + 1]
            if name.value == "<<" and _is_merge(name):
                mappings = _merged(node)
                if mappings is None:
                    raise YamlError("a merge key needs a mapping or a sequence of mappings", node.start)
                for mapping in reversed(mappings):
                    mapping._collect(found)
            else:
                key = _key(name)
                found[key] = Entry(key, name, node)

    def items(self) -> list[Node]:
        """The items of a sequence, [] when this is none."""
        return self.children if self.kind is SEQUENCE else []

    def key_of(self, key: str) -> Node | None:
        """The node that spells a key last; None where it is absent or comes from a merge."""
        if self.kind is not MAPPING:
            return None
        if not self._origin[2]:
            at = (self._index if self._index is not None else self._indexed()).get(key)
            return self._child(at - 1) if at is not None else None
        names = self.children[::2]
        return next((name for name in reversed(names) if name.value == key), None)

    @property
    def may_repeat(self) -> bool:
        """Whether a mapping of the document may say a key twice."""
        return True

    def duplicates(self) -> list[tuple[Node, Node]]:
        """Pairs of (earlier key, later key) that are one key to Kubernetes, as written in this mapping."""
        if self.kind is not MAPPING:
            return []
        index = self._index if self._index is not None else self._indexed()
        if 2 * len(index) == len(self._raw) - 2:
            return []
        names = self.children[::2]
        seen: dict[str, Node] = {}
        pairs = []
        for name in names:
            key = None if _is_merge(name) else _key_or_none(name)
            if key is not None:
                if key in seen:
                    pairs.append((seen[key], name))
                seen[key] = name
        return pairs

    @property
    def is_null(self) -> bool:
        """Whether Kubernetes reads null."""
        return self.value is not None and scalars.is_null(self.value, self.tag, self.style)

    def string(self) -> str | None:
        """The value if Kubernetes reads a string, else None: numbers and booleans are no strings."""
        if self.value is None:
            return None
        try:
            value = scalars.resolve(self.value, self.tag, self.style)
        except ValueError:
            return None
        return value if isinstance(value, str) else None

    def scalar_text(self) -> str | None:
        """The text of any scalar that is not null, as written after unquoting; else None."""
        return None if self.is_null else self.value

    def plain(self) -> Any:
        """The JSON value Kubernetes reads. Raises YamlError where Kubernetes rejects this node."""
        if self.value is not None:
            try:
                return scalars.resolve(self.value, self.tag, self.style)
            except ValueError as error:
                raise YamlError(str(error), self.start) from None
        if self.kind is MAPPING:
            return {entry.key: entry.node.plain() for entry in self.entries()}
        return [item.plain() for item in self.children]


class Entry(NamedTuple):
    """A key of a mapping as Kubernetes reads it: the JSON key, the node that spells it, and its value."""

    key: str
    key_node: Node
    node: Node


def _is_merge(name: Any) -> bool:
    """Whether a key (a node or a scalar event) is the merge key; an alias to one is not."""
    return name.anchor is None and name.value == "<<" and scalars.is_merge(name.value, name.tag, name.style)


def _merged(node: Node) -> list[Node] | None:
    """The mappings a merge value names, the one that wins first; None where Kubernetes rejects the merge."""
    if node.kind is MAPPING:
        return [node]
    items = node.items()
    # goyaml.v2 wants the sequence itself here, not an alias to one.
    valid = node.kind is SEQUENCE and node.anchor is None and all(item.kind is MAPPING for item in items)
    return items if valid else None


def _key(name: Node) -> str:
    """The JSON key of a key node. Raises YamlError where Kubernetes rejects it."""
    if name.value is None:
        raise YamlError("a mapping or sequence cannot be a key", name.start)
    try:
        return scalars.key(name.value, name.tag, name.style)
    except ValueError as error:
        raise YamlError(str(error), name.start) from None


def _key_or_none(name: Any) -> str | None:
    """The JSON key of a key (a node or a scalar event); None where Kubernetes rejects it."""
    try:
        return None if name.value is None else scalars.key(name.value, name.tag, name.style)
    except ValueError:
        return None
