"""Credentials in configuration texts: ceph keyrings, rclone.conf, cloud.conf, azure.json and the like.

All positions are indices into the text that is given, so that exactly the credential can be masked."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from kvlint.checks import values
from kvlint.checks.values import Verdict
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import Place, Strength
from kvlint.record import NamedTuple


class Found(NamedTuple):
    """A name in a text and the verdict on its value; the verdict's span is in the whole text."""

    name: str
    verdict: Verdict


def find(file_name: str, text: str) -> Iterator[Found]:
    """The credentials and placeholders in the content of a file.

    A file whose name says that it configures a storage client is read in its format; in any other only keys with the
    shape of a storage provider's (a Ceph key, an Azure storage key) are found, where the text looks like it."""
    row = known(file_name)
    if row is None:
        if not any(map(text.__contains__, keys.CONTENT_MARKS)):
            return
        for verdict in values.embedded(text, Place(keys.FILE)):
            if _speaks(verdict) and verdict.what in _STORAGE_GRAMMARS:
                yield Found(verdict.what, verdict)
        return
    place = Place(keys.FILE, frozenset(row.literal))
    if row.format == "passwd":
        yield from _passwd(text, place)
    else:
        yield from pairs(text, place)


def known(file_name: str) -> keys.File | None:
    """The row of a file that holds storage client configuration, by its name, or None."""
    name = file_name.rpartition("/")[2]
    return next((row for row in keys.FILES if fnmatchcase(name, row.match)), None)


def pairs(text: str, place: Place) -> Iterator[Found]:
    """The credentials and placeholders in lines `name = value` and `name: value`, in JSON pairs, URLs and connection
    strings of a text, in the order of the text. Lines that are comments (`#`, `;`) are left out."""
    found: list[Found] = []
    for match in _line().finditer(text):
        name, start, end = match[1], *_value_span(text, *match.span(2))
        strength = keys.place_strength(name, place)
        value = text[start:end]
        if strength >= Strength.GENERIC and "://" not in value and not _structure().fullmatch(value):
            found.append(Found(name, values.judge(name, text, start, end, place, strength)))
    for match in _json_pair().finditer(text):
        if keys.place_strength(match[1], place) >= Strength.GENERIC and text[slice(*match.span(2))].strip():
            strength = keys.place_strength(match[1], place)
            found.append(Found(match[1], values.judge(match[1], text, *match.span(2), place, strength)))
    for verdict in values.embedded(text, place):
        line = text[text.rfind("\n", 0, verdict.start) + 1 : verdict.start].lstrip()
        if line[:1] not in ("#", ";"):
            found.append(Found(verdict.what, verdict))
    yield from without_overlaps(found)


def without_overlaps(found: list[Found]) -> list[Found]:
    """Those that speak (credentials and placeholders), in the order of the text, none inside another.

    The first found of two that overlap counts, a reference too: what one reading knows to be a variable is no
    credential in another."""
    kept: list[Found] = []
    for one in found:
        start, end = one.verdict.start, one.verdict.end
        if start < end and not any(start < other.verdict.end and other.verdict.start < end for other in kept):
            kept.append(one)
    return sorted((one for one in kept if _speaks(one.verdict)), key=lambda one: one.verdict.start)


def _passwd(text: str, place: Place) -> Iterator[Found]:
    """Lines of ID:SECRET or BUCKET:ID:SECRET, as s3fs reads them."""
    for match in re.finditer(r"(?m)^[ \t]*[^#\s:][^\s]*:([^\s:]+)[ \t\r]*$", text):
        verdict = values.judge("secret key", text, *match.span(1), place, Strength.STORAGE)
        if _speaks(verdict):
            yield Found("secret key", verdict)


def _value_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of a line's value without quotes, trailing comma, blanks or comment."""
    quote = text[start : start + 1]
    if quote in ('"', "'"):
        closing = text.find(quote, start + 1, end)
        if closing > 0:
            return start + 1, closing
    value = text[start:end]
    for mark in (" #", " ;", "\t#"):
        value = value.partition(mark)[0]
    return start, start + len(value.rstrip(" \t\r,"))


def _speaks(verdict: Verdict) -> bool:
    return verdict.kind in (values.CREDENTIAL, values.PLACEHOLDER)


_STORAGE_GRAMMARS = frozenset(grammar.what for grammar in keys.GRAMMARS if grammar.storage)


@cache
def _line() -> re.Pattern[str]:
    return re.compile(r"(?m)^[ \t]*(?:-[ \t]+)?(?:export[ \t]+|set[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[:=][ \t]*([^\n]*)")


@cache
def _json_pair() -> re.Pattern[str]:
    return re.compile(r"\"([\w.-]+)\"\s*:\s*\"((?:[^\"\\]|\\.)*)\"")


@cache
def _structure() -> re.Pattern[str]:
    """What stands after a YAML or JSON key whose value follows: a block indicator, an alias, an opening bracket."""
    return re.compile(r"[|>][-+0-9]*|[*&]\w+|[{[]|[{[][^{].*")
