"""Manifests that the user's own tool renders: running it, and telling which file each part of its output comes from."""

import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence

from kvlint.finding import MANUAL, Finding, Location, Report
from kvlint.problem import ConfigError
from kvlint.record import NamedTuple
from kvlint.source import Source

SECONDS = 300
"""So long may a tool render."""

SHOWN_LINES = 6
SHOWN_LENGTH = 400
_NOISE = re.compile(r"^(?:\s*$|WARNING: |W[0-9]{4} |[a-z_]+\.go:[0-9]+: |Use --debug flag)")
_REMOTE = re.compile(
    r"^(?:git::|gh:|[A-Za-z][A-Za-z0-9+.-]*://|[^/@\s]+@[^/:\s]+:|(?:www\.)?(?:github|gitlab)\.com[:/]|bitbucket\.org[:/])"
    r"|[?&](?:ref|version|timeout|submodules)=|\.git(?:$|/)|/_git/",
    re.IGNORECASE,
)


class Piece(NamedTuple):
    """A part of a rendering: the file it comes from, its lines as bytes, and the number of its first line (1-based)."""

    file: str
    data: bytes
    line: int


class Rendering:
    """What a tool rendered from `name`: the whole, and the pieces that each file contributed.

    kvlint reads the pieces of a file as one input under the file's name; `where` leads back to the whole."""

    __slots__ = ("_lines", "data", "name", "pieces")

    def __init__(self, name: str, data: bytes, pieces: Sequence[Piece]) -> None:
        self.name = name
        self.data = data
        self.pieces = pieces
        self._lines: dict[str, tuple[list[int], list[int]]] = {}
        for piece in pieces:
            own, whole = self._lines.setdefault(piece.file, ([1], []))
            whole.append(piece.line)
            own.append(own[-1] + piece.data.count(b"\n"))

    def sources(self, identity: Callable[[str], str] = str) -> list[Source]:
        """One input for each file; `identity` gives a file's path within its repository."""
        joined: dict[str, list[bytes]] = {}
        for piece in self.pieces:
            joined.setdefault(piece.file, []).append(piece.data)
        return [Source(file, b"".join(parts), identity(file)) for file, parts in joined.items()]

    def whole(self) -> list[Source]:
        """The whole rendering under the name of each file, to show its lines."""
        return [Source(file, self.data) for file in self._lines]

    def files(self) -> frozenset[str]:
        """The names of the files."""
        return frozenset(self._lines)

    def where(self, file: str, line: int) -> int:
        """The line of the rendering that line `line` of the pieces of `file` is."""
        own, whole = self._lines[file]
        index = min(bisect_right(own, line), len(whole)) - 1
        return whole[index] + line - own[index]


def relocate(report: Report, renderings: Iterable[Rendering]) -> Report:
    """The report with findings of rendered input where they belong: the file by name, the line in the rendering.

    Rendered input is never edited, so fixes become advice."""
    by_file = {file: rendering for rendering in renderings for file in rendering.files()}
    if not by_file:
        return report
    masks = dict(report.masks)
    for file, rendering in by_file.items():
        masks[file] = tuple(
            (rendering.where(file, line), column, rendering.where(file, end), end_column)
            for line, column, end, end_column in masks.pop(file, None) or ()
        )
    findings = [_relocated(finding, by_file) for finding in report.findings]
    return report._replace(findings=tuple(findings), masks={file: spans for file, spans in masks.items() if spans})


def _relocated(finding: Finding, by_file: Mapping[str, Rendering]) -> Finding:
    place = finding.location
    related = tuple(
        _nowhere(other) if other.file in by_file else other
        for other in finding.related
        if other.file != place.file or place.file not in by_file
    )
    fix = finding.fix
    if fix is not None and (place.file in by_file or any(edit.file in by_file for edit in fix.edits)):
        fix = fix._replace(applicability=MANUAL, edits=())
    if place.file not in by_file or not place.line:
        return finding._replace(related=related, fix=fix)
    where = by_file[place.file].where
    rendered = place._replace(line=where(place.file, place.line), end_line=where(place.file, place.end_line))
    return finding._replace(location=_nowhere(place), rendered=rendered, related=related, fix=fix)


def _nowhere(place: Location) -> Location:
    return Location(place.file, 0, 0, 0, 0, place.label)


def is_remote(text: str) -> bool:
    """Whether a path or address leads away from this machine, or to a repository that would be cloned."""
    return _REMOTE.search(text) is not None


def without_user(address: str) -> str:
    """An address without the user and password in it."""
    scheme, separator, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else address


def run(command: Sequence[str], missing: str) -> tuple[int, bytes, str]:
    """Run a tool without a shell; its exit code, output, and what it said on stderr.

    Raises ConfigError where it cannot be started or takes too long; `missing` says what to do without it."""
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False
        )
    except FileNotFoundError:
        raise ConfigError(f"`{command[0]}` is not installed", help=missing) from None
    except OSError as error:
        raise ConfigError(f"cannot run `{command[0]}`: {error.strerror}", help=missing) from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"`{' '.join(command[:2])}` has not finished after {SECONDS} seconds") from None
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def complaint(stderr: str, secrets: Iterable[Source] = ()) -> str:
    """The first lines of what a tool complained about, without any credential that the `secrets` hold or that shows by
    its shape."""
    from kvlint.checks.masks import MASK, Part, secrets_of
    from kvlint.yamltree import YamlError, documents

    text = stderr
    for source in secrets:
        roots = []
        for document in documents(source):
            try:
                roots.append(document.compose())
            except YamlError:
                continue
        text = secrets_of(source.text, [Part(0, len(source.text), roots)]).scrub(text)
    for start, end in reversed(secrets_of(text, [Part(0, len(text), ())]).spans):
        text = text[:start] + MASK + text[end:]
    lines = [_shortened(line.rstrip()) for line in text.splitlines() if not _NOISE.match(line)]
    more = [f"… and {len(lines) - SHOWN_LINES} more lines"] if len(lines) > SHOWN_LINES else []
    return "\n".join([*lines[:SHOWN_LINES], *more])


def _shortened(line: str) -> str:
    """A long line without its middle: tools wrap the cause, which comes last, in the way to it."""
    half = SHOWN_LENGTH // 2
    return line if len(line) <= SHOWN_LENGTH else f"{line[:half]} … {line[-half:]}"


def argument(path: str) -> str:
    """A path as a tool's argument: never taken for an option."""
    return os.path.join(os.curdir, path) if path.startswith("-") else path


def shown(path: str) -> str:
    """A path as findings name files: relative to the working folder where it lies below it, with forward slashes."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        relative = path
    outside = relative.startswith(os.pardir)
    return os.path.normpath(path if outside else relative).replace(os.sep, "/")
