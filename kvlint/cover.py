"""A text without what could be a credential in it, for the words that `gather.mention_of` reads in chart values.

Unlike `hide` this reads no YAML, which in chart values would take longer than everything else. It goes by lines, and
covers rather too much than too little: a word too few in a mention costs a finding some evidence."""

import re
from collections.abc import Iterator

from kvlint._generated.tokens import CREDENTIAL_WORDS
from kvlint.checks import values
from kvlint.checks.suspicion import is_marked, programs_in
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import Place

_PAIR = r"[ \t#-]*[\"']?([\w.-]+)[\"']?[ \t]*:(?:[ \t]+(.*))?$"
_VALUE_OF_PAIR = r"[ \t#-]*[\"']?value[\"']?[ \t]*:"
_BLANK_OR_ITEM = r"[ \t]*(?:#|\r?$|-[ \t])"
_KIND = r"[ \t-]*[\"']?kind[\"']?:[ \t]*[\"']?Secret\b"
_BLOCK = r"[|>][-+0-9]*[ \t]*(?:#.*)?$"
_COMMENT = r"(?:^|[ \t])#.*"
_WORD = r"(?<![\w.-])[a-z0-9][-a-z0-9.]*[a-z0-9](?![\w-])"
"""A whole word as a mention takes it: never a part of one, such as the kind of an object."""
_TELLING = 4
_SWITCHES = frozenset(("true", "false", "null", "none", "default"))
_PLACES = ("volumeAttributes", "parameters", "options")
"""Below these keys what counts as a credential depends on the driver."""
_EVERYWHERE = Place(keys.ENV)


def covered(text: str) -> str:
    """The text without the lines that could hold a credential, and without the words of their values anywhere."""
    lines = text.split("\n")
    unclear = any(map(text.__contains__, _PLACES))
    found: set[int] = set()
    words: set[str] = set()
    for number in _suspicious(lines):
        line = lines[number]
        value = _value(line)
        if re.match(_KIND, line):
            found.update(_document(lines, number))
        elif value is None or unclear or not _is_harmless(line, value):
            found.add(number)
        found.update(_beside(lines, number))
    for number in found:
        value = _value(lines[number])
        words.update(re.findall(_WORD, lines[number] if value is None else value))
        lines[number] = ""
    made = "\n".join(lines)
    if any(len(word) >= _TELLING and word not in _SWITCHES and word in made for word in words):
        made = re.sub(_WORD, lambda match: "" if match[0] in words else match[0], made)
    return made


def _suspicious(lines: list[str]) -> list[int]:
    """The numbers of the lines that hold a word of a credential's name, a program that takes one, or its beginning."""
    return [
        number
        for number, line in enumerate(lines)
        if any(map(line.lower().__contains__, CREDENTIAL_WORDS)) or is_marked(line) or programs_in(line.lower())
    ]


def _value(line: str) -> str | None:
    """The value on a line that is one key with at most one value; None for any other line."""
    pair = re.match(_PAIR, line.rstrip("\r"))
    return None if pair is None else re.sub(_COMMENT, "", pair[2] or "").strip().strip("\"'")


def _is_harmless(line: str, value: str) -> bool:
    """Whether the value on a line is no credential under its key."""
    if not value:
        return True
    pair = re.match(_PAIR, line.rstrip("\r"))
    if pair is None or value[0] in "{[&*!" or ": " in value or programs_in(line.lower()):
        return False
    return all(one.kind != values.CREDENTIAL for one in values.verdicts(pair[1], value, _EVERYWHERE, paired=True))


def _document(lines: list[str], number: int) -> Iterator[int]:
    """The lines of the document that a line is in."""
    start = next((at + 1 for at in range(number, -1, -1) if lines[at].startswith("---")), 0)
    end = next((at for at in range(number, len(lines)) if lines[at].startswith("---")), len(lines))
    yield from range(start, end)


def _beside(lines: list[str], number: int) -> Iterator[int]:
    """The lines around a suspicious one that may hold its credential: list items and the lines of a block that follow,
    and the `value` that stands beside a `name`."""
    for at in (number - 1, number + 1):
        if 0 <= at < len(lines) and re.match(_VALUE_OF_PAIR, lines[at]):
            yield at
    opened = re.search(_BLOCK, lines[number].rstrip("\r")) is not None
    depth = _depth(lines[number])
    for at in range(number + 1, len(lines)):
        line = lines[at]
        if not (re.match(_BLANK_OR_ITEM, line) or (opened and _depth(line) > depth)):
            return
        yield at


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" -"))
