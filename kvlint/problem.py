"""What keeps kvlint from running: a command line or a data file that it cannot follow."""

from collections.abc import Collection, Iterable

from kvlint.record import NamedTuple
from kvlint.source import Source


class UsageError(Exception):
    """The command line cannot be understood. `help` says what to do about it."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class Problem(NamedTuple):
    """Something wrong in a data file: where (indices into `source.text`), what, and what to do."""

    source: Source
    start: int
    end: int
    message: str
    help: str = ""


class ConfigError(Exception):
    """kvlint cannot run as it was configured. `problems` are shown as frames; without any the message says it all."""

    def __init__(self, message: str, problems: Iterable[Problem] = (), help: str = "") -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        self.help = help


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The question "did you mean `x`?" for the closest of `known`, or the empty string."""
    from difflib import get_close_matches

    close = get_close_matches(word, sorted(known), 1) or get_close_matches(word.lower(), sorted(known), 1)
    return f"did you mean `{close[0]}`?" if close else ""
