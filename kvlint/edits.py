"""From old data to new data: the smallest change of the file's own text that Kubernetes reads as the new data.

Nothing outside an edit changes; comments inside survive, or the edit is refused. `Refused` says why in words for the
user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from kvlint.emit import Style, emit
from kvlint.finding import Edit
from kvlint.resources import Resource
from kvlint.source import Source
from kvlint.yamltree import MAPPING, SCALAR, SEQUENCE, Node, YamlError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeAlias


Object: TypeAlias = "Mapping[str, Any]"

_COMMENT = re.compile(r"(?:^|\s)#[^\n\r]*")


class Refused(Exception):
    """This change cannot be made safely in the text; the message says why."""


def rewrite(
    source: Source,
    node: Node,
    new: Any,
    resource: Resource | None = None,
    objects: Sequence[Object] = (),
    preceding: Sequence[Object] = (),
) -> tuple[Edit, ...]:
    """Edits that turn `node` into `new`, touching only what differs, and add `objects` where they belong: as documents
    after the one of `resource`, or in the items of its List or Template. `preceding` are list items that come before
    `node`, which must be one. Raises Refused."""
    changes = _Changes(source, _style(source.text, resource.document.text if resource is not None else source.text))
    changes.value(node, new)
    if preceding:
        changes.before(node, preceding)
    if objects and resource is not None:
        changes.append(resource, objects)
    return changes.edits()


class _Changes:
    """The replacements collected for one text: (start, end, new text), in code points."""

    def __init__(self, source: Source, style: Style) -> None:
        self.source = source
        self.text = source.text
        self.style = style
        self.found: list[tuple[int, int, str]] = []

    def edits(self) -> tuple[Edit, ...]:
        line_end = _line_break(self.text)
        joined: list[tuple[int, int, str]] = []
        for start, end, text in sorted(self.found, key=lambda one: one[:2]):
            if joined and start < joined[-1][1]:
                raise Refused("two changes of the same place")
            if joined and start == joined[-1][1]:  # touching changes are one edit, so that their order is fixed
                joined[-1] = (joined[-1][0], end, joined[-1][2] + text)
            else:
                joined.append((start, end, text))
        byte = self.source.index_to_byte
        return tuple(
            Edit(self.source.name, byte(start), byte(end), text.replace("\n", line_end)) for start, end, text in joined
        )

    def append(self, resource: Resource, objects: Sequence[Object]) -> None:
        """Add objects after the document of `resource`, or to the items of its List or Template."""
        document = resource.document
        if resource.origin != "document":
            root = document.compose()
            items = root.get("items" if resource.origin == "list" else "objects") if root is not None else None
            if items is None or not items.children:
                raise Refused("the list it would be added to cannot be found")
            for item in objects:
                self.item(items, item)
        elif self.style.json:
            raise Refused("a JSON file holds one object")
        else:
            before = "" if self.text.endswith(("\n", "\r"), 0, document.end) else "\n"
            body = "".join(f"---\n{emit(item, self.style, literal=True)}\n" for item in objects)
            self.found.append((document.end, document.end, before + body))

    def value(self, node: Node, new: Any, in_flow: bool = False) -> None:
        """Turn the value of `node` into `new`; `in_flow` when it stands inside a flow collection."""
        try:
            old = node.plain()
        except YamlError as error:
            raise Refused("Kubernetes cannot read this place") from error
        if old == new and type(old) is type(new):
            return
        if node.anchor is not None:
            raise Refused("the text is shared through a YAML alias")
        if node.kind == MAPPING and node.children and isinstance(new, Mapping) and new:
            self.mapping(node, new)
        elif node.kind == SEQUENCE and isinstance(new, list) and 0 < len(new) <= len(node.children):
            self.sequence(node, new, in_flow)
        else:
            self.whole(node, new, in_flow)

    def sequence(self, node: Node, new: list[Any], in_flow: bool) -> None:
        """Turn the items of a sequence into the same number or fewer; those that stay keep their text."""
        old = [item.plain() for item in node.children]
        kept = _counterparts(old, new)
        for index, item in enumerate(node.children):
            if index in kept:
                self.value(item, new[kept.index(index)], in_flow or self._is_flow(node))
        for index in sorted(set(range(len(old))) - set(kept)):
            self.drop(node, index, kept[0])

    def drop(self, sequence: Node, index: int, first: int) -> None:
        """Take one item out of a sequence of which the item `first` is the first that stays; its comments stay too."""
        item = sequence.children[index]
        self._no_anchor(item.start, item)
        dash = self._dash(item)
        if dash is None:
            below = index < first
            start = item.start if below else self._end(sequence.children[index - 1])
            end = sequence.children[index + 1].start if below else self._end(item)
            if self._comments_between(start, end, item):
                raise Refused("a comment stands in the text to be removed")
            self.found.append((start, end, ""))
            return
        start = self._line_start(dash)
        indent = self.text[start:dash]
        if indent.strip():
            raise Refused("it stands on the line of the list item that holds it")
        end = self._line_end(self._end(item))
        comments = [comment for _, comment in self._comments_between(dash, end, item)]
        self.found.append((start, self._after_line(end), "".join(f"{indent}{comment}\n" for comment in comments)))

    def before(self, item: Node, new: Sequence[Object]) -> None:
        """Add items to the sequence that holds `item`, before it."""
        dash = self._dash(item)
        at, text = item.start, "".join(f"{emit(one, self.style, flow=True)}, " for one in new)
        if dash is not None:
            body = emit(list(new), self.style._replace(indented_sequences=False))
            at, text = dash, self._indented(f"{body}\n", self._column(dash)) + " " * self._column(dash)
        self.found.append((at, at, text))

    def whole(self, node: Node, new: Any, in_flow: bool) -> None:
        """Replace a whole value that is not reached through a mapping entry."""
        self._no_anchor(node.start, node)
        if node.kind != SCALAR and self._comments(node):
            raise Refused("a comment stands in the text to be replaced")
        if in_flow or self._is_flow(node) or not isinstance(new, Mapping | list) or not new:
            text = emit(new, self.style, flow=True)
        else:
            text = self._indented(emit(new, self.style), self._column(node.start))
        self.found.append((node.start, self._end(node), text))

    def mapping(self, node: Node, new: Object) -> None:
        """Turn a mapping into `new` entry by entry."""
        pairs = list(zip(node.children[::2], node.children[1::2], strict=True))
        names = [key.value or "" for key, _ in pairs]
        if len(set(names)) < len(names) or any(key.anchor is not None for key, _ in pairs):
            raise Refused("the mapping repeats a key")
        if "<<" in names:
            raise Refused("the mapping merges another one")
        effective = {entry.key: entry for entry in node.entries()}
        written = [entry.key for entry in effective.values()]
        removed = [name for name in written if name not in new]
        added = [name for name in new if name not in effective]
        for name in written:
            if name in new:
                self.entry(node, effective[name].key_node, effective[name].node, new[name])
        by_key = {entry.key: index for index, entry in enumerate(effective.values())}
        order = list(new)
        for name in removed:
            index = by_key[name]
            key, value = pairs[index]
            here = {taken: new[taken] for taken in added}
            added = []
            if here:
                self.replace(node, key, value, here)
            else:
                self.remove(node, pairs, index)
        if added:
            self.insert(node, pairs, written, order, {name: new[name] for name in added})

    def entry(self, holder: Node, key: Node, node: Node, new: Any) -> None:
        """Turn the value under a key that stays into `new`."""
        try:
            same = node.plain() == new
        except YamlError as error:
            raise Refused("Kubernetes cannot read this place") from error
        if same:
            return
        deep = (node.kind == MAPPING and node.children and isinstance(new, Mapping) and new) or (
            node.kind == SEQUENCE and isinstance(new, list) and new and len(new) == len(node.children)
        )
        if deep or (node.kind == SCALAR and not isinstance(new, Mapping | list) and node.start < node.end):
            self.value(node, new, self._is_flow(holder))
        else:
            self.replace(holder, key, node, {key.value or "": new})

    def replace(self, holder: Node, key: Node, value: Node, new: Object) -> None:
        """Put the entries `new` in the place of one entry; comments inside it move below the first new line."""
        self._no_anchor(key.start, value)
        if self._is_flow(holder):
            if self._comments(value):
                raise Refused("a comment stands in the text to be replaced")
            self.found.append((key.start, max(self._end(value), key.end), self._flow_entries(new)))
            return
        column = self._column(key.start)
        end = self._entry_end(key, value)
        comments = self._comments_between(key.end, end, value)
        lines = emit(new, self.style).split("\n")
        first_line_end = self._line_end(key.end)
        kept = []
        for start, comment in comments:
            if (start < first_line_end and value.kind != SCALAR) or (value.kind == SCALAR and len(lines) == 1):
                lines[0] = f"{lines[0]} {comment}"
            else:
                kept.append(comment)
        if kept:
            if len(lines) == 1:
                raise Refused("a comment stands in the text to be replaced")
            inner = len(lines[1]) - len(lines[1].lstrip(" "))
            lines[1:1] = [" " * inner + comment for comment in kept]
        self.found.append((key.start, end, self._indented("\n".join(lines), column)))

    def remove(self, holder: Node, pairs: list[tuple[Node, Node]], index: int) -> None:
        """Take one entry out; comments inside it stay in its place."""
        key, value = pairs[index]
        self._no_anchor(key.start, value)
        if self._is_flow(holder):
            if self._comments(value):
                raise Refused("a comment stands in the text to be removed")
            if index + 1 < len(pairs):
                self.found.append((key.start, pairs[index + 1][0].start, ""))
            elif index:
                self.found.append((self._end(pairs[index - 1][1]), self._end(value), ""))
            else:
                self.found.append((key.start, self._end(value), ""))
            return
        end = self._entry_end(key, value)
        comments = [comment for _, comment in self._comments_between(key.end, end, value)]
        start = self._line_start(key.start)
        if self.text[start : key.start].strip():
            if comments or index + 1 >= len(pairs):
                raise Refused("it stands on the line of the list item that holds it")
            self.found.append((key.start, pairs[index + 1][0].start, ""))
            return
        indent = self.text[start : key.start]
        self.found.append((start, self._after_line(end), "".join(f"{indent}{comment}\n" for comment in comments)))

    def insert(
        self, holder: Node, pairs: list[tuple[Node, Node]], written: list[str], order: list[str], new: Object
    ) -> None:
        """Add entries after the written one that precedes the first of them in the new order."""
        first = next(iter(new))
        before = [name for name in order[: order.index(first)] if name in written]
        index = written.index(before[-1]) if before else len(pairs) - 1
        key, value = pairs[index]
        if self._is_flow(holder):
            at = max(self._end(value), key.end)
            self.found.append((at, at, f", {self._flow_entries(new)}"))
            return
        if any(start <= self._entry_end(key, value) <= end and end > start for start, end, _ in self.found):
            index = len(pairs) - 1
            key, value = pairs[index]
        column = self._column(key.start)
        at = self._entry_end(key, value)
        at = self._line_end(at)
        self.found.append((at, at, "\n" + " " * column + self._indented(emit(new, self.style), column)))

    def item(self, sequence: Node, new: Any) -> None:
        """Add an item at the end of a sequence."""
        last = sequence.children[-1]
        if self._is_flow(sequence):
            at = self._end(last)
            self.found.append((at, at, ", " + emit(new, self.style, flow=True)))
            return
        dash = self.text.rfind("-", self._line_start(sequence.start), sequence.start + 1)
        column = self._column(sequence.start if dash < 0 else dash)
        at = self._line_end(self._end(last))
        body = self._indented(emit([new], self.style._replace(indented_sequences=False)), column)
        self.found.append((at, at, "\n" + " " * column + body))

    def _flow_entries(self, new: Object) -> str:
        text = emit(dict(new), self.style, flow=True)
        return text[1:-1]

    def _is_flow(self, node: Node) -> bool:
        return node.style == "flow" or self.style.json

    def _dash(self, item: Node) -> int | None:
        """The index of the `-` of a sequence's item; None in a flow sequence."""
        at = item.start
        while at and self.text[at - 1].isspace():
            at -= 1
        sign = self.text[at - 1 : at]
        if sign not in ("-", "[", ","):
            raise Refused("something stands before the list item")
        return at - 1 if sign == "-" else None

    def _column(self, index: int) -> int:
        return index - self._line_start(index)

    def _line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        end = self.text.find("\n", index)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > index and self.text[end - 1] == "\r" else end

    def _after_line(self, index: int) -> int:
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1

    def _end(self, node: Node) -> int:
        """The end of a node's text without blanks after it."""
        return node.start + len(self.text[node.start : node.end].rstrip()) if node.end > node.start else node.end

    def _entry_end(self, key: Node, value: Node) -> int:
        """The end of an entry of a block mapping, with the comment at the end of its last line."""
        return self._line_end(max(self._end(value), key.end))

    def _indented(self, text: str, column: int) -> str:
        """`text` with all lines but the first moved to `column`."""
        blanks = " " * column
        first, *rest = text.split("\n")
        return "\n".join([first, *(blanks + line if line else line for line in rest)])

    def _comments(self, node: Node) -> list[tuple[int, str]]:
        return self._comments_between(node.start, self._end(node), node)

    def _comments_between(self, start: int, end: int, node: Node) -> list[tuple[int, str]]:
        """The comments between two indices, outside the scalars of `node`: where, and their text."""
        found = []
        position = start
        for below, above in [*sorted(_scalar_spans(node, self.text)), (end, end)]:
            for match in _COMMENT.finditer(self.text[position:below]) if below > position else ():
                hash_index = match.group().index("#")
                found.append((position + match.start() + hash_index, match.group()[hash_index:].rstrip()))
            position = max(position, above)
        if position < end:
            for match in _COMMENT.finditer(self.text[position:end]):
                hash_index = match.group().index("#")
                found.append((position + match.start() + hash_index, match.group()[hash_index:].rstrip()))
        return found

    def _no_anchor(self, start: int, node: Node) -> None:
        """Refuse to touch text that defines an anchor or uses an alias: somebody else may read it."""
        if any(below.anchor is not None for below in _below(node)):
            raise Refused("the text uses a YAML alias")
        position = start
        for below, above in [*sorted(_scalar_spans(node, self.text)), (self._end(node), self._end(node))]:
            if re.search(r"(?:^|[\s:,\[{-])&[^\s,\[\]{}]", self.text[position:below]):
                raise Refused("the text defines a YAML anchor")
            position = max(position, above)


def _counterparts(old: Sequence[Any], new: Sequence[Any]) -> list[int]:
    """For each new item of a list the index of the old one whose place it takes: its equal, or a text that holds it."""
    kept: list[int] = []
    for number, item in enumerate(new):
        first = kept[-1] + 1 if kept else 0
        choices = range(first, len(old) - len(new) + number + 1)
        equal = (index for index in choices if old[index] == item)
        holding = (index for index in choices if isinstance(old[index], str) and str(item) in old[index])
        kept.append(next(equal, next(holding, first)))
    return kept


def _below(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if current.anchor is None:
            stack.extend(current.children)


def _scalar_spans(node: Node, text: str) -> Iterable[tuple[int, int]]:
    for below in _below(node):
        if below.kind == SCALAR and below.anchor is None and below.end > below.start:
            start = below.start
            if below.style in ("|", ">"):  # a comment may follow the indicator on its line
                found = text.find("\n", start)
                start = found if 0 <= found < below.end else start
            yield start, below.end


def forget() -> None:
    """Forget how the text is written that was changed last."""
    _line_break.cache_clear()
    _written.cache_clear()


@lru_cache(1)
def _line_break(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _style(text: str, document: str) -> Style:
    """How a document is written, read off the lines of its file."""
    return Style(json=True) if document.lstrip("\ufeff \t\r\n").startswith(("{", "[")) else _written(text)


@lru_cache(1)
def _written(text: str) -> Style:
    step, indented = 2, False
    found = re.search(r"(?:^|\n)( *)[^\s#-][^\n]*:[ \t]*\r?\n( *)- ", text)
    if found is not None:
        indented = len(found[2]) > len(found[1])
    nested = re.search(r"(?:^|\n)( *)[A-Za-z][^\n#]*:[ \t]*\r?\n( +)[A-Za-z\"']", text)
    if nested is not None and 1 < len(nested[2]) - len(nested[1]) <= 8:
        step = len(nested[2]) - len(nested[1])
    quote = "'" if text.count("'") > text.count('"') else '"'
    return Style(step, indented, quote)
