"""Credentials on command lines: in a container's command and arguments, in shell scripts, in mount options."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from kvlint.checks import config_files, shell, values
from kvlint.checks.config_files import Found
from kvlint.checks.shell import REDIRECT, Command, Word
from kvlint.checks.values import Verdict
from kvlint.finding import Confidence
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import ARGUMENT, Program, Strength
from kvlint.record import NamedTuple


class Hit(NamedTuple):
    """A credential or placeholder on a command line: the number of its string, the option, variable or program that it
    belongs to, and the verdict, whose span is in that string."""

    at: int
    name: str
    verdict: Verdict


def find(strings: Sequence[str]) -> Iterator[Hit]:
    """The credentials and placeholders of one command line: `command` and `args` of a container, or one script.

    Each string is read as an argument of its program and, where it holds blanks, as a shell script too."""
    found: dict[int, list[Found]] = {}
    suspicious = [index for index, text in enumerate(strings) if _suspicious(text)]
    if not suspicious:
        return
    for at, name, verdict in _command([shell.plain(text) for text in strings], arguments=True):
        found.setdefault(at, []).append(Found(name, verdict))
    for at in suspicious:
        text = strings[at]
        here = found.setdefault(at, [])
        if re.search(r"\s", text.strip()):
            here.extend(script(text))
        for verdict in (*values.embedded(text, ARGUMENT), *_sql_passwords(text)):
            if not _expansion().search(text, verdict.start, verdict.end):
                here.append(Found(verdict.what, verdict))
    for at in sorted(found):
        for one in config_files.without_overlaps(found[at]):
            yield Hit(at, one.name, one.verdict)


def script(text: str) -> Iterator[Found]:
    """The credentials and placeholders of a shell script, heredocs included; spans are indices into `text`."""
    parsed = shell.parse(text)
    for number, command in enumerate(parsed.commands):
        following = parsed.commands[number + 1] if command.piped and number + 1 < len(parsed.commands) else None
        for _, name, verdict in _command(command.words):
            yield Found(name, verdict)
        yield from _echoed(command, following)
        for word in command.words:
            if "\n" in word.text:
                for one in config_files.pairs(word.text, ARGUMENT):
                    yield one._replace(verdict=_moved(one.verdict, word))
    for start, end in parsed.heredocs:
        for name, verdict in config_files.pairs(text[start:end], ARGUMENT):
            moved = verdict._replace(start=start + verdict.start, end=start + verdict.end)
            if not _expansion().search(text, moved.start, moved.end):
                yield Found(name, moved)


def mount_options(text: str) -> Iterator[Found]:
    """The credentials and placeholders in a comma-separated list of mount options, or in flags of a mount program."""
    for match in re.finditer(r"(?:^|[,\s])([A-Za-z][\w.-]*)=([^,\s]*)", text):
        name, (start, end) = match[1], match.span(2)
        if name.lower() in keys.MOUNT_SECRETS and start < end:
            yield Found(name, values.judge(name, text, start, end, keys.MOUNT, Strength.STORAGE))
        elif name.lower() in ("user", "username") and "%" in match[2]:
            start = text.index("%", start) + 1
            yield Found(name, values.judge("password", text, start, end, keys.MOUNT, Strength.STORAGE))
    if "--" in text or "-o" in text:
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        for hit in find(text.split()):
            start, verdict = starts[hit.at], hit.verdict
            yield Found(hit.name, verdict._replace(start=start + verdict.start, end=start + verdict.end))
    yield from (Found(verdict.what, verdict) for verdict in values.embedded(text, keys.MOUNT))


class _Argument(NamedTuple):
    """A slice of a word that stands where a credential is expected; `option` where the program makes that sure."""

    at: int
    start: int
    end: int
    name: str
    strength: Strength
    option: str = ""


def _command(words: Sequence[Word], *, arguments: bool = False) -> Iterator[tuple[int, str, Verdict]]:
    """What a simple command gives away: number of the word, name, verdict. Spans are in the text of the words.

    `arguments` says that the words are the strings of a manifest, of which some may be whole scripts."""
    for at, start, end, name, strength, option in (*_by_program(words), *_by_name(words, arguments)):
        if start >= end:
            continue
        verdict = values.judge(name, words[at].text, start, end, ARGUMENT, strength)
        if verdict.kind == values.CREDENTIAL and option:
            verdict = verdict._replace(confidence=Confidence.HIGH)
        if verdict.kind != values.NONE:
            yield at, option or name, _moved(verdict, words[at])


def _moved(verdict: Verdict, word: Word) -> Verdict:
    """A verdict on a slice of a word, its span in the script; REFERENCE where the shell replaces a part of it."""
    start, end = word.span(verdict.start, verdict.end)
    if word.expands(verdict.start, verdict.end):
        return Verdict(values.REFERENCE, start=start, end=end)
    return verdict._replace(start=start, end=end)


def _by_name(words: Sequence[Word], arguments: bool) -> Iterator[_Argument]:
    """Options, variables and header lines whose name says that their value is a credential."""
    for position, word in enumerate(words):
        if _assignment().match(word.text):
            if not arguments or word.text.startswith("-") or " " not in word.text.strip():
                yield from _assigned(position, word.text, 0)
        else:
            yield from _headed(position, word.text)
        option = _option().fullmatch(word.text)
        if option is None or position + 1 >= len(words):
            continue
        value = words[position + 1].text
        strength = keys.strength(option[1], keys.FLAG)
        if strength >= Strength.GENERIC and _is_value(option[1], value):
            yield _Argument(position + 1, 0, len(value), option[1], strength)


def _assigned(position: int, text: str, offset: int) -> Iterator[_Argument]:
    """`--name=value`, `name=value`, `--set a.name=value` inside one word."""
    match = _assignment().match(text, offset)
    if match:
        name, start = match[1], match.end()
        strength = keys.strength(name, keys.FLAG)
        if strength >= Strength.GENERIC:
            if _is_value(name, text[start:]):
                yield _Argument(position, start, len(text), name, strength)
        elif name == "from-literal":
            literal = re.compile(r"[^=]+=").match(text, start)
            if literal and keys.strength(literal[0][:-1], keys.ENV) >= Strength.GENERIC:
                yield _Argument(position, literal.end(), len(text), literal[0][:-1], Strength.GENERIC)
        elif offset == 0:
            yield from _assigned(position, text, start)


def _headed(position: int, text: str) -> Iterator[_Argument]:
    """`Authorization: Bearer value`, and any `name: value` in one word."""
    header = _header().match(text)
    pair = _pair().match(text)
    if header:
        yield _Argument(position, *header.span(2), header[1], Strength.GENERIC)
    elif pair and keys.strength(pair[1], keys.FLAG) >= Strength.GENERIC and _is_value(pair[1], pair[2]):
        yield _Argument(position, *pair.span(2), pair[1], keys.strength(pair[1], keys.FLAG))


def _is_value(name: str, value: str) -> bool:
    """False for what follows an option without being its value: an option, an operator, a switch, a Secret's name."""
    if not value or value == REDIRECT or value.startswith("--") or (value.startswith("-") and len(value) < 3):
        return False
    if "\n" in value.strip() or value.lower() in keys.SWITCHES or value.startswith("@"):
        return False
    return values.classify(name, value, ARGUMENT).kind != values.NONE and "://" not in value


def _by_program(words: Sequence[Word]) -> Iterator[_Argument]:
    """Arguments that are credentials because of the program they are given to."""
    table = keys.programs()
    for begin, word in enumerate(words):
        program = table.get(word.text.rpartition("/")[2])
        if program is None:
            continue
        strength = Strength.STORAGE if program.storage else Strength.GENERIC
        if program.after and not any(after.text in program.after for after in words[begin + 1 :]):
            continue
        for position in range(begin + 1, len(words)):
            yield from _option_of(program, words, position, strength)
        yield from _positional(program, words, begin, strength)


def _option_of(program: Program, words: Sequence[Word], position: int, strength: Strength) -> Iterator[_Argument]:
    text = words[position].text
    for option in program.attached:
        if text.startswith(option) and len(text) > len(option) and not text.startswith("--"):
            yield _Argument(position, len(option), len(text), "password", strength, option)
    for option in program.separate:
        for at, start in _values_of(option, words, position):
            name = option.lstrip("-") if len(option) > 2 else "password"
            yield _Argument(at, start, len(words[at].text), name, strength, option)
    for option in program.userpass:
        for at, start in _values_of(option, words, position):
            value = words[at].text
            mark = re.compile(r"[:%]").search(value, start)
            if mark:
                yield _Argument(at, mark.end(), len(value), "password", strength, option)
    for option in program.passphrase:
        for at, start in _values_of(option, words, position):
            if words[at].text.startswith("pass:", start):
                yield _Argument(at, start + 5, len(words[at].text), "passphrase", strength, option)
    for option in program.options:
        for at, start in _values_of(option, words, position):
            value = words[at].text
            for found in mount_options(value[start:]):
                verdict = found.verdict
                yield _Argument(
                    at, start + verdict.start, start + verdict.end, found.name, Strength.STORAGE, found.name
                )


def _values_of(option: str, words: Sequence[Word], position: int) -> Iterator[tuple[int, int]]:
    """Where the value of an option begins: the word's number and the index in it. Short options may touch it."""
    text = words[position].text
    if text == option:
        if position + 1 < len(words) and words[position + 1].text[:1] not in ("-", ">", ""):
            yield position + 1, 0
    elif text.startswith(option + "="):
        yield position, len(option) + 1
    elif len(option) == 2 and text.startswith(option):
        yield position, 2


def _positional(program: Program, words: Sequence[Word], begin: int, strength: Strength) -> Iterator[_Argument]:
    stop = next((at for at in range(begin + 1, len(words)) if words[at].text == REDIRECT), len(words))
    arguments = [at for at in range(begin + 1, stop) if not words[at].text.startswith("-")]
    texts = [words[at].text for at in arguments]
    for row in program.positional:
        size = len(row.words)
        for first in range(len(texts) - size - row.at + 1):
            if tuple(texts[first : first + size]) == row.words:
                at = arguments[first + size + row.at - 1]
                yield _Argument(
                    at, 0, len(words[at].text), "secret key", strength, " ".join((words[begin].text, *row.words))
                )
    if program.last and len(arguments) > 1:
        yield _Argument(arguments[-1], 0, len(words[arguments[-1]].text), "password", strength, words[begin].text)


def _echoed(command: Command, following: Command | None) -> Iterator[Found]:
    """`echo user:secret | chpasswd`, `echo id:secret > /etc/passwd-s3fs`."""
    words = command.words
    if words[0].text not in ("echo", "printf"):
        return
    stop = next((at for at, word in enumerate(words) if word.text == REDIRECT), len(words))
    target = words[stop + 1].text if stop + 1 < len(words) else ""
    into_program = following is not None and any(
        word.text.rpartition("/")[2] in keys.STDIN_PROGRAMS or word.text == "--password-stdin"
        for word in following.words
    )
    if stop < 2 or not (into_program or target.endswith(keys.STDIN_FILES)):
        return
    word = words[stop - 1]
    start = word.text.rfind(":") + 1
    end = len(word.text.rstrip().removesuffix("\\n"))
    if start < end:
        strength = Strength.STORAGE if target else Strength.GENERIC
        verdict = values.judge("password", word.text, start, end, ARGUMENT, strength)
        yield Found("echo", _moved(verdict, word))


def _sql_passwords(text: str) -> Iterator[Verdict]:
    """IDENTIFIED BY 'secret', PASSWORD 'secret' in SQL statements."""
    for match in _sql().finditer(text):
        group = 1 if match[1] is not None else 2
        yield values.judge("password", text, *match.span(group), ARGUMENT, Strength.GENERIC)


def _suspicious(text: str) -> bool:
    """A cheap test that every string with a credential passes, or another string of its command line does."""
    if _hint().search(text):
        return True
    programs = keys.programs()
    return any(word.rpartition("/")[2] in programs for word in text.translate(_BEFORE_PROGRAM).split())


# One mark for all. In a pattern the names of all programs would take longer to compile than a small file to judge.
_BEFORE_PROGRAM = dict.fromkeys(map(ord, ";&|(`"), "/")


@cache
def _hint() -> re.Pattern[str]:
    return re.compile(
        r"(?i:pass|pwd|pw=|secret|token|key|auth|bearer|identified|login|connection)|://[^\s/]*@|AQ[A-Za-z0-9+/]{36}"
        r"|\bgh[pousr]_|[?&;]sig="
    )


@cache
def _option() -> re.Pattern[str]:
    return re.compile(r"--?([A-Za-z][\w.-]+)")


@cache
def _assignment() -> re.Pattern[str]:
    return re.compile(r"(?:--?|-D)?([A-Za-z_][\w.\[\]-]*)=")


@cache
def _header() -> re.Pattern[str]:
    return re.compile(r"(?i)((?:proxy-)?authorization)\s*:\s*(?:bearer|basic|token)\s+(\S+)")


@cache
def _pair() -> re.Pattern[str]:
    return re.compile(r"([A-Za-z_][\w.-]*)\s*[=:]\s*([^\n]*[^\s])\s*$")


@cache
def _sql() -> re.Pattern[str]:
    return re.compile(r"(?i)\b(?:identified\s+(?:with\s+\S+\s+)?by|password)\s+(?:'([^'\n]+)'|\"([^\"\n]+)\")")


@cache
def _expansion() -> re.Pattern[str]:
    return re.compile(r"\$[A-Za-z_{(]")
