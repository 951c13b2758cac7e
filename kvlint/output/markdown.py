"""Text in Markdown: nothing that a manifest says becomes markup, a link or HTML."""

import re

from kvlint.output.text import one_line, visible

_ACTIVE = re.compile(r"([\\`*_\[\]<>|~&#!])")
_TICKS = re.compile(r"`+")


def plain(text: str) -> str:
    """`text` on one line that shows as it is."""
    return _ACTIVE.sub(r"\\\1", one_line(text))


def cell(text: str) -> str:
    """`text` for a table cell."""
    return plain(text)


def code(text: str) -> str:
    """`text` as inline code, which no backtick in it can end."""
    text = one_line(text)
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    blank = " " if text[:1] in ("`", " ", "") or text[-1:] in ("`", " ") else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def code_cell(text: str) -> str:
    """`text` as inline code in a table cell, where a pipe would start the next one."""
    return code(text).replace("|", "\\|")


def block(text: str, language: str = "") -> str:
    """`text` as a code block with a fence longer than any in it."""
    text = visible(text)
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"
