"""Plain data → YAML text that Kubernetes reads back as the same data, in the style of the file it goes into.

Words and collections of words are written here; what needs more care by PyYAML's emitter (`kvlint.dumper`)."""

from __future__ import annotations

import re

from kvlint import scalars
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


class Style(NamedTuple):
    """How a text is written: `step` blanks per level, sequences indented below their key or not, the preferred quote,
    and whether it is JSON."""

    step: int = 2
    indented_sequences: bool = False
    quote: str = '"'
    json: bool = False


def emit(value: Any, style: Style, *, flow: bool = False, literal: bool = False) -> str:
    """`value` as YAML without a final line break: in block style from column 0, or on one line in flow style.

    `literal` allows literal blocks for strings of several lines; what follows must start on a line of its own."""
    if style.json:
        import json

        return json.dumps(value, ensure_ascii=False)
    if not flow and style.step == 2 and isinstance(value, dict) and value:
        lines: list[str] = []
        if _block(value, style, "", "", lines):
            return "\n".join(lines)
    elif flow and isinstance(value, (dict, list)) and (text := _flow(value, style)) is not None:
        return text
    from kvlint.dumper import dump

    return dump(value, style, flow, literal)


def _block(value: dict[Any, Any], style: Style, first: str, pad: str, lines: list[str]) -> bool:
    """Write a mapping of plain words and of collections of such, as PyYAML would in twenty times the time; False where
    that needs more care. `first` stands before the first key, `pad` before the others."""
    for key, item in value.items():
        start = _word(key, style) if key else None
        if start is None:
            return False
        start = f"{first}{start}:"
        first = pad
        if isinstance(item, dict) and item:
            lines.append(start)
            if not _block(item, style, f"{pad}  ", f"{pad}  ", lines):
                return False
        elif isinstance(item, list) and item:
            lines.append(start)
            indent = f"{pad}  " if style.indented_sequences else pad
            for one in item:
                word = _word(one, style)
                if word is not None:
                    lines.append(f"{indent}- {word}")
                elif not (isinstance(one, dict) and one and _block(one, style, f"{indent}- ", f"{indent}  ", lines)):
                    return False
        else:
            word = _word(item, style)
            if word is None:
                return False
            lines.append(f"{start} {word}")
    return True


def _flow(value: Any, style: Style) -> str | None:
    """Words and collections of words on one line, as PyYAML would; None where that needs more care."""
    if isinstance(value, dict) and value:
        pairs = [
            (_flow(key, style) if isinstance(key, str) and key else None, _flow(item, style))
            for key, item in value.items()
        ]
        if any(key is None or item is None for key, item in pairs):
            return None
        return "{" + ", ".join([f"{key}: {item}" for key, item in pairs]) + "}"
    if isinstance(value, list) and value:
        items = [_flow(item, style) for item in value]
        return None if None in items else "[" + ", ".join([item or "" for item in items]) + "]"
    word = _word(value, style)
    return f"{style.quote}{word}{style.quote}" if word is not None and ":" in word and word[0] != style.quote else word


_PLAIN = re.compile(
    r"<[\w.:/-]+>|0|[1-9]\d{0,8}|(?:[A-Za-z/]|\d+[GKMT]i?\b|\d+(?:\.\d+){3}\b)[\w./@+-]*(?:[: ][\w./@+-]+)*", re.ASCII
)
_LONG = 100


def _word(value: Any, style: Style) -> str | None:
    """A scalar or an empty collection on one line; None where it needs more care."""
    if isinstance(value, str):
        if not value:
            return style.quote * 2
        if len(value) > _LONG or _PLAIN.fullmatch(value) is None:
            return None
        return value if isinstance(scalars.resolve(value, None, None), str) else f"{style.quote}{value}{style.quote}"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int):
        return str(value)
    if value in ({}, []):
        return "{}" if isinstance(value, dict) else "[]"
    return None
