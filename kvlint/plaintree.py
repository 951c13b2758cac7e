"""A second, faster reader for the YAML most manifests are written in: block style, one plain or quoted word a line.

It builds the tree that `kvlint.events` builds from libyaml's events, at half the cost, and gives up at the first line
of which it is not certain: anchors, tags, block scalars, escapes, values of several lines, anything that is an error. A
property test holds both readers to the same trees."""

from __future__ import annotations

import re

from kvlint.node import MAPPING, NOTHING, SCALAR, SEQUENCE, Entry, Node
from kvlint.scalars import NULL_WORDS, is_typed_key

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any, TypeAlias

    Cell: TypeAlias = tuple[int, str | None, str, int, int]
    Row: TypeAlias = tuple[int, int, str, Cell]

MAX_LINES = 20_000
MAX_INDENT = 100
"""With no more columns a document has fewer levels than `kvlint.events.MAX_DEPTH`."""
MAX_REMEMBERED = 20_000
LONGEST_REMEMBERED = 100
"""About so many different lines, of so many letters at most, are remembered with what they are; then it starts anew."""

FLOW = "flow"

_KEY = r"[A-Za-z0-9_.][\w./-]*"
_PLAIN = r"(?:[A-Za-z0-9_./$(]|-(?=\S))[^\s:#]*(?:(?::(?=\S)| +(?=[^\s#])|(?<=\S)#)[^\s:#]*)*"
_QUOTED = r"\"[^\"\\]*\"|'[^']*'"
_VALUE = rf"({_PLAIN}|{_QUOTED}|[\[{{].*[\]}}])? *(?:(?<![^ ])#.*)?"
_FLOW_WORD = rf"(?:[A-Za-z0-9_./]|-(?=[\w-]))[\w./=+-]*(?::[\w/][\w./=+-]*)*|{_QUOTED}"
_FLOW_TOKEN = rf" *(?:([\[{{])|([\]}}])|(,)|({_FLOW_WORD})(: )?|(.))"

_OPENING = "[{\"'"
"""What a value may begin with that can hold what looks like a key."""

NONE, PAIR, KEY, ITEM, ITEM_PAIR, ITEM_KEY = range(6)
"""What is on a line: nothing, a key with or without a value, and behind a dash a value, a key with or without one."""

_EMPTY: Cell = (0, None, "", 0, 0)
_BLANK: Row = (0, NONE, "", _EMPTY)
_keys: set[str] = set()
_rows: dict[str, Row] = {}


class _Lines:
    """The lines of a document, and whether a mapping `repeats` a key.

    A row tells of a line: its indentation, what is on it (PAIR and others), its key, and a cell: the column of what
    comes behind the dash, style and text of the value, and the columns from and to of it. Lines are much the same from
    manifest to manifest, so rows are remembered."""

    __slots__ = ("_starts", "base", "lines", "repeats", "rows")

    def __init__(self, lines: list[str], rows: list[Row], repeats: bool, base: int) -> None:
        self.lines = lines
        self.rows = rows
        self.repeats = repeats
        self.base = base
        self._starts: list[int] | None = None

    def index(self, number: int) -> int:
        """Where a line begins in the source's text."""
        if self._starts is None:
            self._starts = starts = [self.base]
            for line in self.lines:
                starts.append(starts[-1] + len(line) + 1)
        return self._starts[number]

    def span(self, code: int) -> tuple[int, int, int]:
        """The number of its line, and the columns from and to, of what a code stands for (`read_plain`)."""
        if code < 0:
            indent = self.rows[~code][0]
            return ~code, indent, indent
        number = code >> 1
        _, _, key, (first, _, _, start, end) = self.rows[number]
        return (number, start, end) if code & 1 else (number, first, first + len(key))


class PlainNode(Node):
    """A node as `Node` tells, of lines instead of events.

    What stands for an event is a code (`read_plain`), or for what is in a flow collection the number of its line, and
    where in the value it is: from, to."""

    __slots__ = ()

    def __init__(self, raw: Any, lines: _Lines) -> None:
        """`raw` is what `read_plain` makes."""
        self._origin = lines
        self._index = None
        self._children = None
        self._event = raw
        self._raw = NOTHING
        self.anchor = self.tag = None
        if raw.__class__ is int:
            if not raw & 1:
                self.kind, self.style = SCALAR, None
                _, _, self.value, _ = lines.rows[raw >> 1]
                return
            _, style, text, _, _ = lines.rows[raw >> 1][3]
            if style != FLOW:
                self.kind, self.style, self.value = SCALAR, style, text
                return
            raw = _flow(text, raw >> 1)
        elif raw.__class__ is tuple:
            at, start, end = raw
            text = lines.rows[at][3][2][start:end]
            self.kind = SCALAR
            self.style, self.value = (text[0], text[1:-1]) if text[0] in "'\"" else (None, text)
            return
        self._raw = raw
        self._event, self._index = raw[0], raw[-1]
        self.kind = SEQUENCE if raw[-1] is None else MAPPING
        self.value, self.style = None, FLOW if self._event.__class__ is tuple else "block"

    def _lines(self) -> _Lines:
        lines: _Lines = self._origin
        return lines

    def _span(self) -> tuple[int, int, int]:
        code, lines = self._event, self._lines()
        if code.__class__ is not tuple:
            return lines.span(code)
        at, start, end = code
        number, first, _ = lines.span(2 * at + 1)
        return number, first + start, first + end

    @property
    def start(self) -> int:
        """As in `Node`."""
        number, start, _ = self._span()
        return self._lines().index(number) + start

    @property
    def end(self) -> int:
        """As in `Node`."""
        if self.style == "block":
            return self._child(len(self._raw) - 2).end
        number, _, end = self._span()
        return self._lines().index(number) + end

    def marks(self) -> tuple[int, int, int, int] | None:
        """As in `Node`."""
        code = self._event
        if code.__class__ is not int:
            line, column, end = self._span()
            return line, column, line, end
        line, column, end = self._origin.span(code)
        if self.style != "block":
            return line, column, line, end
        inner = self._child(len(self._raw) - 2).marks()
        return (line, column, inner[2], inner[3]) if inner is not None else None

    def _child(self, at: int) -> Node:
        raw = self._raw[at]
        if raw.__class__ is not PlainNode:
            raw = self._raw[at] = PlainNode(raw, self._origin)
        return raw

    @property
    def may_repeat(self) -> bool:
        """As in `Node`."""
        return bool(self._origin.repeats)

    @property
    def is_null(self) -> bool:
        """As in `Node`."""
        return self.style is None and self.value in NULL_WORDS

    def scalar_text(self) -> str | None:
        """As in `Node`."""
        return None if self.style is None and self.value in NULL_WORDS else self.value

    def get(self, key: str) -> Node | None:
        """As in `Node`; no key is one that another text could become (`_is_key`)."""
        index = self._index
        at = None if index is None else index.get(key)
        if at is None:
            return None
        raw = self._raw[at]
        if raw.__class__ is not PlainNode:
            raw = self._raw[at] = PlainNode(raw, self._origin)
        node: Node = raw
        return node

    def key_of(self, key: str) -> Node | None:
        """As in `Node`."""
        index = self._index
        at = None if index is None else index.get(key)
        return None if at is None else self._child(at - 1)

    def plain(self) -> Any:
        """As in `Node`."""
        if self.kind is SCALAR:
            return super().plain()
        raw = self._raw
        if self.kind is SEQUENCE:
            return [self._child(at).plain() for at in range(1, len(raw) - 1)]
        return {self._child(at).value: self._child(at + 1).plain() for at in range(1, len(raw) - 1, 2)}

    def entries(self) -> list[Entry]:
        """As in `Node`."""
        if self.kind is not MAPPING:
            return []
        found: dict[str, Entry] = {}
        for at in range(1, len(self._raw) - 1, 2):
            name = self._child(at)
            key: Any = name.value
            found[key] = Entry(key, name, self._child(at + 1))
        return list(found.values())

    def entries_among(self, keys: Container[str]) -> list[Entry]:
        """As in `Node`."""
        index = self._index or {}
        return [Entry(key, self._child(at - 1), self._child(at)) for key, at in index.items() if key in keys]


def read_plain(text: str, base: int) -> PlainNode | None:
    """The root node of a document that is plain YAML and nothing else; None where that is not certain.

    `base` is the index of the text in its source. The tree is made of codes: twice the number of a line for its key,
    one more for its value, the complement of the number for the dash of a sequence. A list is a collection: the code of
    its start, its children, and the index of a mapping, which tells where in the list the last value of each key is."""
    if not text.isascii() or text.startswith("---"):
        return None
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        return None
    if len(_rows) + len(_keys) > MAX_REMEMBERED:
        _keys.clear()
        _rows.clear()
    rows: list[Any] = list(map(_rows.get, lines))
    if None in rows:
        for number, row in enumerate(rows):
            if row is None:
                rows[number] = row = _row(lines[number])
                if row is None:
                    return None
    holder: list[Any] = []
    # The innermost open collection: the column of its keys or dashes, its list, and if it is a mapping its index.
    column, raw = -1, holder
    index: dict[str, int] | None = None
    stack: list[tuple[int, list[Any], dict[str, int] | None]] = []
    # The code of the value that is expected of a key with nothing behind it, below 0 that of the document; 0: of none.
    pending = -1
    repeats = False
    for code, (indent, what, key, cell) in zip(range(0, 2 * len(rows), 2), rows, strict=True):
        if what == PAIR and indent == column and index is not None and not pending:
            raw.append(code)
            index[key] = len(raw)
            raw.append(code + 1)
            continue
        if not what:
            continue
        dash = what >= ITEM
        if pending and (indent > column or (dash and indent == column and index is not None)):
            if indent > MAX_INDENT:
                return None
            stack.append((column, raw, index))
            inner: list[Any] = [~(code >> 1) if dash else code]
            raw.append(inner)
            column, raw, index = indent, inner, None if dash else {}
        else:
            if pending:
                raw.append(pending)
            # Dashes in the column of a mapping belong to the value of its last key.
            while column > indent or (column == indent and dash is (index is not None)):
                repeats = repeats or (index is not None and len(raw) > 2 * len(index) + 1)
                raw.append(index)
                column, raw, index = stack.pop()
            if column != indent or dash is (index is not None):
                return None
        if what > ITEM:
            stack.append((column, raw, index))
            inner = [code]
            raw.append(inner)
            column, raw, index = cell[0], inner, {}
        if key:
            raw.append(code)
            if index is not None:  # who has a key is in a mapping
                index[key] = len(raw)
        if what in (KEY, ITEM_KEY):
            pending = code + 1
        else:
            pending = 0
            raw.append(code + 1)
    if pending > 0:
        raw.append(pending)
    while stack:
        repeats = repeats or (index is not None and len(raw) > 2 * len(index) + 1)
        raw.append(index)
        _, raw, index = stack.pop()
    return PlainNode(holder[0], _Lines(lines, rows, repeats, base)) if holder else None


def _is_key(text: str) -> bool:
    """Whether a text is a plain key that no other text could be, and is remembered as one."""
    # YAML ends the search for the colon of a key after 1024 characters.
    if len(text) > LONGEST_REMEMBERED or re.compile(_KEY).fullmatch(text) is None or is_typed_key(text):
        return False
    _keys.add(text)
    return True


def _row(line: str) -> Row | None:
    """What a line is (`_Lines`), which is remembered; None where it is not plain."""
    if not line.isprintable():
        return None
    body = line.lstrip(" ")
    if not body or body[0] == "#":
        if len(line) < LONGEST_REMEMBERED:
            _rows[line] = _BLANK
        return _BLANK
    dash = body[0] == "-"
    rest = body
    if dash:
        rest = body[2:].lstrip(" ")
        if body[1:2] != " " or not rest:
            return None
    first = len(line) - len(rest)
    key, colon, value = rest.partition(": ")
    if dash and rest[0] in _OPENING:
        key, value = "", rest
    elif not colon:
        key, value = (rest[:-1], "") if rest[-1] == ":" else ("", rest)
    else:
        value = value.lstrip(" ")
    if key not in _keys and not (dash if not key else _is_key(key)):
        return None
    cell = _cell(value)
    if cell is None:
        return None
    style, text = cell
    if not key and not text and style is None:
        return None
    start = end = first + (len(key) + 1 if key else 0)
    what = KEY
    if text or style is not None:
        what = PAIR if key else NONE
        start = len(line) - len(value)
        end = start + len(text) + (2 if style in ("'", '"') else 0)
    row = len(line) - len(body), what + ITEM if dash else what, key, (first, style, text, start, end)
    if len(line) < LONGEST_REMEMBERED:
        _rows[line] = row
    return row


def _cell(value: str) -> tuple[str | None, str] | None:
    """Style and text of a value, which a comment may follow; None where it is not plain."""
    if not value:
        return None, ""
    if value[0] not in ".-" and value.replace("-", "").replace(".", "").replace("/", "").isalnum():
        return None, value
    found = re.compile(_VALUE).fullmatch(value)
    if found is None:
        return None
    text = found[1] or ""
    if text[:1] in ("'", '"'):
        return text[0], text[1:-1]
    if text[:1] in ("[", "{"):
        return (FLOW, text) if _flow(text, 0) is not None else None
    return None, text


def _flow(text: str, at: int) -> list[Any] | None:
    """The list of a flow collection of words, the value of the line `at`; None where it is not plain."""
    holder: list[Any] = []
    stack: list[tuple[list[Any], dict[str, int] | None]] = []
    raw, index = holder, None
    # What may come: after an opening bracket anything, after a comma what a bracket may not close, after a key a value,
    # after a value a comma or a closing bracket.
    before = "["
    for token in re.compile(_FLOW_TOKEN).finditer(text):
        opening, closing, comma, word, colon, other = token.groups()
        start, end = token.span(token.lastindex or 0 if word is None else 4)
        if other is not None or (before == "" and not stack):
            return None
        if comma is not None or closing is not None:
            if not stack or before not in (("",) if comma else ("", "[")):
                return None
            if comma:
                before = ","
                continue
            if (closing == "}") is (index is None):
                return None
            raw[0] = (at, raw[0], end)
            raw.append(index)
            raw, index = stack.pop()
            before = ""
        elif colon is not None:
            if index is None or before == ":" or not (word in _keys or _is_key(word)) or word in index:
                return None
            raw.append((at, start, end))
            index[word] = len(raw)
            before = ":"
        elif before == "" or (index is not None and before != ":"):
            return None
        elif opening is None:
            raw.append((at, start, end))
            before = ""
        else:
            inner: list[Any] = [start]
            raw.append(inner)
            stack.append((raw, index))
            raw, index = inner, {} if opening == "{" else None
            before = "["
            if len(stack) > MAX_INDENT:
                return None
    return None if stack or not holder else holder[0]
