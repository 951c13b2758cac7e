"""From a span inside a scalar's value to the span of the file's text that spells it."""

import re

from kvlint.node import Node

_ESCAPED = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)|[^\\\s]", re.DOTALL)
_BLANK_ESCAPES = frozenset("tnvfrNLP_ \t\n\r")
_BLANK = re.compile(r"\s")


def value_span_to_source(node: Node, text: str, start: int, end: int) -> tuple[int, int]:
    """The span of `text` (the source's) that spells `node.value[start:end]`.

    Exact for every style of scalar: blanks at the ends of the span are left out, since folding changes them. The whole
    scalar where the text does not tell (an alias, an unknown escape)."""
    value = node.value
    whole = (node.start, node.end)
    if value is None or node.anchor is not None or not value[start:end].strip():
        return whole
    offset = node.start + (node.style in ("'", '"'))
    if (
        node.style not in ("|", ">")
        and text.startswith(value, offset)
        and len(value) == node.end - 2 * offset + node.start
    ):
        return offset + start, offset + end
    places = _places(node, text)
    if len(places) != len(_BLANK.sub("", value)):
        return whole
    before = len(_BLANK.sub("", value[:start]))
    until = len(_BLANK.sub("", value[:end]))
    return places[before][0], places[until - 1][1]


def _places(node: Node, text: str) -> list[tuple[int, int]]:
    """The spans of the characters of a scalar that are not blank: folding and indentation only touch blanks."""
    start, end = node.start, node.end
    if node.style == '"':
        return _escaped_places(text, start + 1, end - 1)
    if node.style in ("|", ">"):
        header = re.compile(r"[^\r\n]*").match(text, start, end)
        start = header.end() if header else start
    elif node.style == "'":
        start, end = start + 1, end - 1
    found: list[tuple[int, int]] = []
    at = start
    while at < end:
        if not text[at].isspace():
            width = 2 if node.style == "'" and text.startswith("''", at) else 1
            found.append((at, at + width))
            at += width
        else:
            at += 1
    return found


def _escaped_places(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for match in _ESCAPED.finditer(text, start, end):
        token = match[0]
        if token[0] == "\\" and token[1] in _BLANK_ESCAPES:
            continue
        if len(token) > 2 and chr(min(int(token[2:], 16), 0x10FFFF)).isspace():
            continue
        found.append(match.span())
    return found
