"""The bytes of one input and where things are in them.

Everything is computed when it is first asked for: most files have no finding and need no positions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BOM = "\ufeff"

NEAR = 10_000
"""Lines before an index below this are counted sooner than all lines are looked up."""

LARGE = 16 << 20
"""Of more bytes than these, all ASCII, only the text is kept."""


class Source:
    """One input: its display name and its bytes. `identity` is its path within its repository, by default its name:
    what fingerprints are made of, so that they are the same in every checkout. `partial`: its objects are patches, of
    which nothing may be concluded from what is absent.

    All spans in kvlint are code-point indices into `text`. UTF-8 is read with `surrogateescape`: each byte that is not
    UTF-8 is one lone surrogate, so indices and byte offsets stay exact for any input. UTF-16 is recognised by its byte
    order mark. A byte order mark counts as index 0 but not as a column."""

    __slots__ = ("_data", "_starts", "_text", "identity", "name", "partial", "size")

    def __init__(self, name: str, data: bytes, identity: str = "", partial: bool = False) -> None:
        self.name = name
        self.identity = identity or name
        self.partial = partial
        self._data: bytes | None = data
        self.size = len(data)
        self._text: str | None = None
        self._starts: Sequence[int] | None = None

    def changed(self, data: bytes) -> Source:
        """The same input with other bytes."""
        return Source(self.name, data, self.identity, self.partial)

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {self.size} bytes)"

    @property
    def data(self) -> bytes:
        """The bytes, `size` many. Those of a large file are made again of its text, which is as large."""
        if self._data is None:
            return self.text.encode("ascii")
        return self._data

    @property
    def encoding(self) -> str:
        """`utf-8`, `utf-16-le` or `utf-16-be`: the codec of `data`."""
        if self._data is None:
            return "utf-8"
        if self.data.startswith(b"\xff\xfe"):
            return "utf-16-le"
        return "utf-16-be" if self.data.startswith(b"\xfe\xff") else "utf-8"

    @property
    def text(self) -> str:
        """The decoded input, a leading byte order mark included. Never raises."""
        if self._text is None:
            self._text = self._decode()
            if self.size > LARGE and self._text.isascii() and len(self._text) == self.size:
                self._data = None
        return self._text

    def _decode(self) -> str:
        data, encoding = self.data, self.encoding
        if encoding == "utf-8":
            return data.decode(encoding, "surrogateescape")
        whole = len(data) & ~1
        tail = chr(0xDCFF) if whole < len(data) else ""
        return data[:whole].decode(encoding, "surrogatepass") + tail

    def _line_starts(self) -> Sequence[int]:
        if self._starts is None:
            from array import array  # a tenth of the memory of a list, and a large file has millions of lines

            text = self.text
            starts = array("I" if len(text) < 1 << 32 else "Q", (0,))
            if "\r" in text:
                starts.extend(match.end() for match in re.finditer(r"\r\n?|\n", text))
            else:
                at = text.find("\n") + 1
                while at:
                    starts.append(at)
                    at = text.find("\n", at) + 1
            self._starts = starts
        return self._starts

    def _line_start(self, number: int) -> int:
        start = self._line_starts()[number - 1]
        return 1 if start == 0 and self.text.startswith(_BOM) else start

    def index_to_position(self, index: int) -> tuple[int, int]:
        """The 1-based line and column (in code points) of `index`; an index past the end is the end."""
        from bisect import bisect_right

        starts = self._starts or self._line_starts()
        if index >= len(self.text):
            index = len(self.text)
        line = bisect_right(starts, index) or 1
        column = index - starts[line - 1] + 1
        if line == 1 and column > 1 and self.text.startswith(_BOM):
            column -= 1
        return line, max(column, 1)

    def line_at(self, index: int) -> int:
        """The 1-based line of `index`."""
        text = self.text
        if self._starts is None and index < NEAR and text.find("\r", 0, index) < 0:
            return text.count("\n", 0, index) + 1
        return self.index_to_position(index)[0]

    def index_to_byte(self, index: int) -> int:
        """The offset in `data` of the code point at `index`."""
        text = self.text
        if len(text) == self.size:
            return index
        encoding = self.encoding
        errors = "surrogateescape" if encoding == "utf-8" else "surrogatepass"
        return min(len(text[:index].encode(encoding, errors)), self.size)

    def utf16_column(self, index: int) -> int:
        """The 1-based column of `index` in UTF-16 code units, as SARIF and editors may count."""
        line, column = self.index_to_position(index)
        start = self._line_start(line)
        before = self.text[start : start + column - 1]
        return column if before.isascii() else len(before.encode("utf-16-le", "surrogatepass")) // 2 + 1

    def line(self, number: int) -> str:
        """The text of the 1-based line `number` without its end and without a byte order mark; "" if there is none."""
        starts = self._line_starts()
        if not 0 < number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        line = self.text[self._line_start(number) : end]
        return line.removesuffix("\n").removesuffix("\r")
