"""Plain data → YAML text that Kubernetes reads back as the same data, in the style of the file it goes into.

The emitter is PyYAML's, which is loaded for reading anyway; which strings need quotes is decided by goyaml's rules
(`kvlint.scalars`): PyYAML alone would leave `y` and `0o10` bare."""

from __future__ import annotations

import re

import yaml

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
    return _by_library(value, style, flow, literal)


def _by_library(value: Any, style: Style, flow: bool = False, literal: bool = False) -> str:
    dumper = type("_Styled", (_Dumper,), {"written": style, "literal": literal})
    text: str = yaml.dump(
        value,
        Dumper=dumper,
        sort_keys=False,
        default_flow_style=flow,
        width=1 << 30,
        allow_unicode=True,
        indent=style.step,
    )
    return text.removesuffix("\n").removesuffix("\n...")


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


_PLAIN = re.compile(r"<[\w.:/-]+>|(?:[A-Za-z/]|\d+[GKMT]i?\b|\d+(?:\.\d+){3}\b)[\w./@+-]*(?:[: ][\w./@+-]+)*", re.ASCII)
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


class _Dumper(yaml.SafeDumper):
    written = Style()
    literal = False

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and not self.written.indented_sequences)

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def choose_scalar_style(self) -> str:
        chosen: str = super().choose_scalar_style()
        asked = getattr(self.event, "style", None)
        return self.written.quote if chosen == "'" and asked is None else chosen


def _string(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and dumper.literal else None
    try:
        typed = not isinstance(scalars.resolve(value, None, None), str)
    except ValueError:
        typed = True
    if "\n" in value and style is None:
        style = '"'  # the other quotes would spread it over several lines
    elif typed:
        style = dumper.written.quote
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)
