"""Where a file mentions names that nothing defines: chart values and Helm releases are read again when that is asked.

Most runs never ask, and the words of chart values, any of which could be a credential, need not be kept for it. Words
that lie in a credential are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from kvlint.facts import Span
from kvlint.source import Source

_SCALAR = (
    r"(?m)[:-](?:(?<=\b(name)[:-])|(?<=\b(name)[\"'][:-]))?[ \t]+[\"']?([a-z0-9][-a-z0-9.]*[a-z0-9])[\"']?[ \t\r]*"
    r"(?:$|[,}\]]+[ \t\r]*(?:#.*)?$|#.*$)"
)
"""A word that ends a line, and whether it is that of a `name`; it starts with what is rare."""

Sources = Callable[[str], Source | None]
Words = Callable[[str, Collection[str]], Mapping[str, tuple[bool, Span]]]


def words_in(sources: Sources) -> Words:
    """What tells which of some names a file mentions: whether it calls something so, and where.

    `sources` gives the source with a name; None where it cannot be read any more."""

    def words(file: str, names: Collection[str]) -> Mapping[str, tuple[bool, Span]]:
        source = sources(file)
        if source is None or not any(map(source.text.__contains__, names)):
            return {}
        return _words(source, names)

    return words


def _words(source: Source, names: Collection[str]) -> Mapping[str, tuple[bool, Span]]:
    from kvlint.hide import masks_of

    found: dict[str, tuple[bool, Span]] = {}
    masks = None
    for match in re.finditer(_SCALAR, source.text):
        plain, quoted, word = match.groups()
        named = plain is not None or quoted is not None
        if word in names and (word not in found or (named and not found[word][0])):
            start, end = (source.index_to_position(match.start(3)), source.index_to_position(match.end(3)))
            masks = masks_of(source) if masks is None else masks
            if not any((line, column) < end and start < (last, after) for line, column, last, after in masks):
                found[word] = named, (*start, *end)
    return found
