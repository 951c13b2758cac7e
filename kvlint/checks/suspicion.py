"""Can a text hold a credential? A cheap test that every credential passes, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from kvlint._generated.tokens import (
    CREDENTIAL_MARK,
    CREDENTIAL_MARKS,
    CREDENTIAL_WORDS,
    PROGRAMS,
    REFERRING_KEYS,
    REFERRING_PARENTS,
)
from kvlint.relevance import MOST

_MARKS_APART = "\"'`,;:|&(){}[]<>=/$#!?*"
"""What may stand beside the name of a program, besides white space."""
_APART = dict.fromkeys(map(ord, _MARKS_APART), " ")
_BESIDE = frozenset(_MARKS_APART + "\t\n\v\f\r\x1c\x1d\x1e\x1f ")

_OWN_VALUE = r"\n( *)- name: [^\n]*\n\1  value: "
_MAPPING = r"[ \t\r]*\n[ \r\n]*[A-Za-z][\w./-]*:\s"
_MAPPINGS = r"[ \t\r]*\n[ \r\n]*(?:- +)?[A-Za-z][\w./-]*:\s"
_AFTER_KEY = r"KeyRef:\n *key: [^\n]*\n\Z"
_REFERRING_KEYS = frozenset(REFERRING_KEYS)


def is_marked(text: str) -> bool:
    """Whether a text holds the beginning of a credential, or what could hide one."""
    if any(map(text.__contains__, CREDENTIAL_MARKS)):
        return True
    return ("gh" in text or "%" in text) and re.search(CREDENTIAL_MARK, text) is not None


def programs_in(folded: str) -> frozenset[str]:
    """The programs that take credentials among the words of a text in lower case."""
    return PROGRAMS.intersection(folded.translate(_APART).split())


def may_hold_credential(text: str) -> bool:
    """Whether `kvlint.checks.masks`, or a check, can find a credential in a text.

    It can where a part of a text bears the mark of one, and where a word that promises one (or a program that takes
    one) stands on a line that does more than name things and refer to them."""
    if is_marked(text):
        return True
    folded = text.casefold()
    lines: _Lines | None = None
    for word in CREDENTIAL_WORDS:
        if word in folded:
            lines = lines or _Lines(text)
            if not all(map(lines.refer, _places(word, folded))):
                return True
    for program in programs_in(folded):
        if not text.isascii():
            return True
        lines = lines or _Lines(text)
        places = (at for at in _places(program, folded) if _is_whole(folded, at, at + len(program)))
        if not all(map(lines.refer, places)):
            return True
    return False


def in_one_pass() -> Callable[[str], bool]:
    """`may_hold_credential` for many texts: the same, faster where the library for it is there."""
    from kvlint.automaton import automaton

    programs = sorted(PROGRAMS)
    marks = len(CREDENTIAL_MARKS)
    words = marks + len(CREDENTIAL_WORDS)
    find = automaton([*(mark.casefold() for mark in CREDENTIAL_MARKS), *CREDENTIAL_WORDS, *programs])
    if find is None:
        return may_hold_credential

    def may_hold(text: str) -> bool:
        if len(text) > MOST or not text.isascii():
            return may_hold_credential(text)
        if ("gh" in text or "%" in text) and re.search(CREDENTIAL_MARK, text):
            return True
        folded = text.lower()
        lines: _Lines | None = None
        for number, start, end in find(folded):
            if number < marks:
                if text[start:end] == CREDENTIAL_MARKS[number]:
                    return True
            elif number < words or _is_whole(folded, start, end):
                lines = lines or _Lines(text)
                if not lines.refer(start):
                    return True
        return False

    return may_hold


def _places(word: str, text: str) -> Iterator[int]:
    """Where a word stands in a text."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a word in a text stands apart from others, as `programs_in` tells them."""
    return (start == 0 or text[start - 1] in _BESIDE) and (end == len(text) or text[end] in _BESIDE)


class _Lines:
    """The lines of a text, and whether they only name and refer."""

    __slots__ = ("_known", "_named", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        # Elsewhere a letter may be two in the other case: places differ.
        self._known: dict[int, bool] | None = {} if text.isascii() else None
        self._named: bool | None = None

    def refer(self, at: int) -> bool:
        """Whether the line with this place only names things or refers to them."""
        if self._known is None:
            return False
        start = self._text.rfind("\n", 0, at) + 1
        known = self._known.get(start)
        if known is None:
            known = self._known[start] = self._refers(start, at)
        return known

    def _refers(self, start: int, at: int) -> bool:
        """Whether the line that begins here, and holds what is at `at`, holds no credential, whatever its words say."""
        text = self._text
        if text[start:at].lstrip(" ")[:1] == "#":
            # Within a block scalar what begins with `#` may be anything.
            comment = _comment().match(text, start)
            return comment is not None and (comment[1] == "" or ("|" not in text and ">" not in text))
        pair, option = _shapes()
        found = pair.match(text, start)
        if found is None:
            found = option.match(text, start)
            return found is not None and _promises_nothing(found[2]) and not self._goes_on(found)
        _, item, key, _, value = found.groups()
        if value and self._goes_on(found):
            return False
        if key == "name":
            return self._names(found)
        if key == "value":
            holder = pair.match(text, text.rfind("\n", 0, max(start - 1, 0)) + 1)
            return holder is not None and not item and self._is_pair(holder, found) and _promises_nothing(holder[5])
        if value is None:
            below = _MAPPINGS if key in REFERRING_PARENTS else _MAPPING
            return re.match(below, text[found.end() : found.end() + 200]) is not None
        return key in _REFERRING_KEYS or (key == "automountServiceAccountToken" and value in ("true", "false"))

    def _goes_on(self, found: re.Match[str]) -> bool:
        """Whether the value on a line goes on with what looks like an item below it: more of a plain scalar."""
        text = self._text
        below = text[found.end() : found.end() + 200].lstrip("\r\n \t")
        if not below.startswith("- "):
            return False
        item = text.index("- ", found.end())
        line = text[found.start() : found.end()]
        return item - text.rfind("\n", 0, item) - 1 > len(line) - len(line.lstrip(" "))

    def _names(self, found: re.Match[str]) -> bool:
        """Whether a `name` is that of a thing without a value, or of one whose value is no credential."""
        text = self._text
        if self._named is None:
            # Each `value` must stand right below a name of its own, as in `env`: then no other name has one.
            values = text.count("value") - text.count("valueFrom:") - text.count("values:")
            self._named = not values or values == len(re.findall(_OWN_VALUE, text))
        if not self._named or not found[5]:
            return False
        following = text[found.end() : found.end() + 100].lstrip()
        if following.startswith("value:"):
            below = _shapes()[0].match(text, text.find("\n", found.end()) + 1)
            return below is not None and self._is_pair(found, below) and _promises_nothing(found[5])
        before = text[max(found.start() - 200, 0) : found.start()]
        return found[2] is not None or before.endswith(":\n") or re.search(_AFTER_KEY, before) is not None

    def _is_pair(self, name: re.Match[str], value: re.Match[str]) -> bool:
        """Whether these lines are `- name: X` and `value: Y` of one item."""
        return (
            (name[2], name[3], value[2], value[3]) == ("- ", "name", None, "value")
            and value[5] is not None
            and len(name[1]) + 2 == len(value[1])
        )


def _promises_nothing(name: str) -> bool:
    """Whether no value of a variable or option of this name is a credential by its name."""
    from kvlint.knowledge import credential_keys as keys

    nothing = keys.Strength.NONE
    return keys.strength(name, keys.FLAG) is nothing and keys.place_strength(name, keys.ENVIRONMENT) is nothing


@cache
def _comment() -> re.Pattern[str]:
    """A comment on a line of its own that says no `name: value` and no `name=value`."""
    return re.compile(r"( *)#[^\n:=]*(?:\n|\Z)")


@cache
def _shapes() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A key with at most one plain word, and an option of a list with at most one; no later line goes on with them."""
    end = r"(?=[ \t\r]*(?:\n[ \r\n]*(?:- |#|[A-Za-z][\w./-]*:\s|\Z)|\Z))"
    return (
        re.compile(rf"( *)(- )?([A-Za-z][\w./-]*):(?: ([\"']?)([\w./-]*)(?::[\w.-]+)?\4)?{end}"),
        re.compile(rf" *- ([\"']?)--?([A-Za-z][\w.-]*)(?:=[\w./-]*)?\1{end}"),
    )
