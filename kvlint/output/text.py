"""Text for people and machines: nothing that a manifest says may steer a terminal or break a format."""

from __future__ import annotations

import os
from collections.abc import Iterable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_KEPT_FORMAT_CHARACTERS = "\u200c\u200d"
_TAB = "    "


def visible(text: str) -> str:
    """`text` with newlines and tabs kept, and every other character that acts instead of showing replaced by a sign."""
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join([char if char in "\n\t" else _sign(char) for char in text])


def one_line(text: str) -> str:
    """`visible(text)` on one line: line ends and tabs become spaces."""
    if text.isprintable():
        return text
    return visible(text).replace("\n", " ").replace("\t", " ")


def _sign(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if char == "\ufeff":
        return ""
    from unicodedata import category

    kind = category(char)
    if kind in ("Zl", "Zp"):
        return " "
    if kind in ("Cc", "Cs") or (kind == "Cf" and char not in _KEPT_FORMAT_CHARACTERS) or code & 0xFFFE == 0xFFFE:
        return "\ufffd"
    return char


def cells(text: str) -> tuple[str, list[int]]:
    """A source line for a terminal, and the column of cells (from 0) at which each of its code points starts.

    The list has one entry more than `text`: the width of the whole. Tabs take four cells, wide characters and emoji
    two, combining characters none."""
    if text.isascii() and text.isprintable():
        return text, list(range(len(text) + 1))
    shown: list[str] = []
    columns = [0]
    column = 0
    previous, width = "", 0
    for char in text:
        sign = _TAB if char == "\t" else _sign(char)
        grown = _width(char, previous, width) if len(sign) == 1 else len(sign)
        shown.append(sign)
        column += grown
        columns.append(column)
        previous, width = char, grown or width
    return "".join(shown), columns


def _width(char: str, previous: str, previous_width: int) -> int:
    if char.isascii():
        return 1
    if char == _EMOJI_STYLE:
        return int(previous_width == 1)
    from unicodedata import category, east_asian_width

    skin_tone = "\U0001f3fb" <= char <= "\U0001f3ff" and previous_width == 2
    hangul_vowel_or_final = "\u1160" <= char <= "\u11ff"
    joined = previous == _ZERO_WIDTH_JOINER
    if joined or skin_tone or hangul_vowel_or_final or char in _KEPT_FORMAT_CHARACTERS:
        return 0
    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def slashes(file: str) -> str:
    """A file's name with forward slashes on every system, and nothing else changed."""
    return file if os.sep == "/" else file.replace(os.sep, "/")


def path(file: str) -> str:
    """A file's name for people: forward slashes, on one line, without characters that act."""
    return one_line(slashes(file))


def plural(count: int, noun: str) -> str:
    """`1 file`, `2 files`, `2 StorageClasses`."""
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{ending}"


def xml(text: str) -> str:
    """`text` escaped for XML element content and attribute values, in ASCII; forbidden characters become signs."""
    text = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    text = text.replace("\n", "&#10;").replace("\t", "&#9;")
    return text if text.isascii() else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def xml_tag(name: str, attributes: Iterable[tuple[str, object]], end: str = ">") -> str:
    """An XML start tag; attributes whose value is None are left out."""
    written = "".join(f' {key}="{xml(str(value))}"' for key, value in attributes if value is not None)
    return f"<{name}{written}{end}"


def to_json(value: Any) -> str:
    """`value` as strict JSON on one ASCII line: no NaN, no half of a surrogate pair."""
    from json import dumps

    try:
        text = dumps(value, allow_nan=False)
    except ValueError:
        return dumps(_strict(value))
    return dumps(_strict(value)) if "\\ud" in text else text


def _strict(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {_strict(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    return value
