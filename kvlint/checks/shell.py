"""Shell scripts as simple commands of words that know where they stand in the script.

This reads enough of the POSIX shell language to find arguments: quotes, expansions, comments, heredocs, separators,
redirections. It never fails: what does not close runs to the end of the script."""

import re

from kvlint.record import NamedTuple

REDIRECT = ">"


class Word(NamedTuple):
    """A word after quote removal. `at[i]` is the index in the script of its i-th character, with one more entry for its
    end; `expansions` are the spans of `text` that the shell replaces ($x, ${x}, $(…), `…`)."""

    text: str
    at: tuple[int, ...] | range
    expansions: tuple[tuple[int, int], ...] = ()

    def expands(self, start: int, end: int) -> bool:
        """True when the shell replaces something in this slice of `text`."""
        return any(begin < end and start < stop for begin, stop in self.expansions)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where this slice of `text` stands in the script."""
        return self.at[start], self.at[end - 1] + 1 if end > start else self.at[start]


class Command(NamedTuple):
    """A simple command. A redirection is a word `>` before its target. `piped`: its output goes to the next command."""

    words: tuple[Word, ...]
    piped: bool = False


class Script(NamedTuple):
    """The commands of a script, those inside command substitutions included, and the spans of its heredocs' bodies."""

    commands: list[Command]
    heredocs: list[tuple[int, int]]


def plain(text: str, start: int = 0) -> Word:
    """A word that needs no unquoting, as in a container's `args`."""
    return Word(text, range(start, start + len(text) + 1))


def parse(script: str, start: int = 0, end: int | None = None) -> Script:
    """The commands and heredocs of a script, or of a part of it; spans are indices into `script`."""
    reader = _Reader(script, start, len(script) if end is None else end)
    reader.run()
    return Script(reader.commands, reader.heredocs)


_CHUNK = re.compile(r"[^\s'\"\\$`;&|<>()#]+")
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_][\w.-]*)['\"]?")
_NAME = re.compile(r"\w+|[@*#?$!-]")
_MAX_NESTING = 8


class _Reader:
    def __init__(self, script: str, start: int, end: int, depth: int = 0) -> None:
        self.script = script
        self.position = start
        self.end = end
        self.depth = depth
        self.commands: list[Command] = []
        self.heredocs: list[tuple[int, int]] = []
        self._words: list[Word] = []
        self._pending: list[str] = []
        self._clear()

    def _clear(self) -> None:
        self._text: list[str] = []
        self._at: list[int] = []
        self._expansions: list[tuple[int, int]] = []
        self._open = False

    def run(self) -> None:
        script, end = self.script, self.end
        while self.position < end:
            position = self.position
            chunk = _CHUNK.match(script, position, end)
            if chunk:
                self._add(position, chunk.end())
                continue
            character = script[position]
            if character in " \t\r":
                self._finish_word()
                self.position += 1
            elif character == "\n":
                self._finish_command()
                self.position += 1
                self._read_heredocs()
            elif character == "#":
                self._comment(position)
            elif character == "\\":
                self._escape(position)
            elif character == "'":
                self._single(position)
            elif character == '"':
                self._double(position)
            elif character in "$`":
                self._expansion(position)
            elif character in ";&|()":
                self._separator(position)
            elif character in "<>":
                self._redirection(position)
            else:
                self._finish_word()
                self.position += 1
        self._finish_command()

    def _add(self, start: int, end: int) -> None:
        self._text.append(self.script[start:end])
        self._at.extend(range(start, end))
        self._open = True
        self.position = end

    def _finish_word(self) -> None:
        if self._open:
            at = (*self._at, self._at[-1] + 1 if self._at else self.position)
            self._words.append(Word("".join(self._text), at, tuple(self._expansions)))
        self._clear()

    def _finish_command(self, piped: bool = False) -> None:
        self._finish_word()
        if self._words:
            self.commands.append(Command(tuple(self._words), piped))
            self._words = []

    def _comment(self, position: int) -> None:
        if self._open:
            self._add(position, position + 1)
            return
        newline = self.script.find("\n", position, self.end)
        self.position = self.end if newline < 0 else newline

    def _escape(self, position: int) -> None:
        if self.script[position + 1 : position + 2] != "\n":
            self._add(position + 1, min(position + 2, self.end))
        self.position = min(position + 2, self.end)

    def _single(self, position: int) -> None:
        closing = self.script.find("'", position + 1, self.end)
        closing = self.end if closing < 0 else closing
        self._add(position + 1, closing)
        self.position = min(closing + 1, self.end)

    def _double(self, position: int) -> None:
        self._open = True
        self.position = position + 1
        while self.position < self.end and self.script[self.position] != '"':
            here = self.position
            character = self.script[here]
            if character == "\\" and here + 1 < self.end:
                following = self.script[here + 1]
                if following == "\n":
                    self.position = here + 2
                else:
                    self._add(here + (following in '"\\$`'), here + 2)
            elif character in "$`":
                self._expansion(here)
            else:
                stop = here + 1
                while stop < self.end and self.script[stop] not in '"\\$`':
                    stop += 1
                self._add(here, stop)
        self.position = min(self.position + 1, self.end)

    def _expansion(self, position: int) -> None:
        """`$name`, `${…}`, `$(…)` or a backtick: kept as written, marked as replaced; commands in it are read too."""
        script = self.script
        following = script[position + 1 : position + 2]
        inner: tuple[int, int] | None = None
        if script[position] == "`":
            closing = script.find("`", position + 1, self.end)
            stop = self.end if closing < 0 else closing + 1
            inner = (position + 1, stop - 1)
        elif following in ("(", "{"):
            stop = _closing(script, position + 1, self.end)
            inner = (position + 2, stop - 1) if following == "(" else None
        else:
            name = _NAME.match(script, position + 1, self.end)
            stop = name.end() if name else position + 1
        begin = len(self._at)
        self._add(position, stop)
        if stop > position + 1:
            self._expansions.append((begin, len(self._at)))
        if inner and inner[0] < inner[1] and self.depth < _MAX_NESTING:
            reader = _Reader(script, *inner, self.depth + 1)
            reader.run()
            self.commands.extend(reader.commands)
            self.heredocs.extend(reader.heredocs)

    def _separator(self, position: int) -> None:
        double = self.script[position : position + 2] in ("||", "&&", ";;")
        self._finish_command(piped=self.script[position] == "|" and not double)
        self.position = position + 1 + double

    def _redirection(self, position: int) -> None:
        heredoc = _HEREDOC.match(self.script, position, self.end)
        if heredoc and self.script[position + 2 : position + 3] != "<":
            self._finish_word()
            self._pending.append(heredoc[2])
            self.position = heredoc.end()
            return
        text = "".join(self._text)
        if text.isdigit():
            self._clear()
        self._finish_word()
        stop = position
        while stop < self.end and self.script[stop] in "<>&|":
            stop += 1
        self._words.append(Word(REDIRECT, range(position, position + 2)))
        self.position = stop

    def _read_heredocs(self) -> None:
        for delimiter in self._pending:
            start = self.position
            while self.position < self.end:
                newline = self.script.find("\n", self.position, self.end)
                stop = self.end if newline < 0 else newline
                line = self.script[self.position : stop].strip()
                body_end, self.position = self.position, min(stop + 1, self.end)
                if line == delimiter:
                    break
            else:
                body_end = self.end
            self.heredocs.append((start, body_end))
        self._pending = []


def _closing(script: str, position: int, end: int) -> int:
    """The index after the bracket that closes the one at `position`; quotes inside are skipped."""
    opening = script[position]
    closing = ")" if opening == "(" else "}"
    depth = 0
    while position < end:
        character = script[position]
        if character == "\\":
            position += 1
        elif character == "'" and opening == "(":
            found = script.find("'", position + 1, end)
            position = end if found < 0 else found
        elif character == opening:
            depth += 1
        elif character == closing:
            depth -= 1
            if not depth:
                return position + 1
        position += 1
    return end
