"""Many words looked for in one pass over a text, where the library for it is installed (the extra `fast`).

A run of a few files does without: there the start of the library would cost more than it saves."""

from collections.abc import Callable, Sequence

Find = Callable[[str], list[tuple[int, int, int]]]


def automaton(words: Sequence[str]) -> Find | None:
    """What finds every place of every word in a text: the number of the word, start and end, overlapping ones too.

    It raises UnicodeError for a text with lone surrogates. None: the library is not there."""
    try:
        from ahocorasick_rs import AhoCorasick, Implementation
    except ImportError:
        return None
    find = AhoCorasick(words, implementation=Implementation.DFA).find_matches_as_indexes
    return lambda text: find(text, True)
