"""What files contributed to earlier runs (`engine.FileFacts`), for those that are still the same.

One file for each working folder and plan, in the user's cache folder: names of files are those of that folder, and
what a file contributes depends on the plan. It is read whole and written whole, to a name of its own first and then
put in place in one step: runs at the same time, or one that is killed, leave the old content or a new one. Its first
line holds a checksum of the rest. The second is JSON: the names of the files, and for those that contribute more than
counts their identity (empty: as the name) and what `codec` makes of it. Then come as many rows as names, of numbers
(`_ROW`), because reading them as JSON takes three times as long. Whatever is wrong with it, the files are read again.

A file is the same if the operating system says so (times, number and size), else if its content has the same digest, as
after a fresh checkout. As in git's index, only the digest is kept of a file that was changed in the moment of reading:
it could change again without a trace.

No text of a file is kept, and nothing of a file in whose facts one of its credentials occurs."""

from __future__ import annotations

import os
import sys

from kvlint import __version__, memory
from kvlint.codec import CODEC_VERSION, Malformed, decode, encode
from kvlint.digest import blake2
from kvlint.engine import FileFacts
from kvlint.facts import FACTS_VERSION, Mention
from kvlint.finding import Summary
from kvlint.plan import Plan
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from kvlint.finding import Masks

FOLDER = "results"

ENTRY_WORTH, BYTE_WORTH = 8_000, 2
"""So many bytes of the cache are read in the time in which a file is linted, and a byte of it."""

MOST = 200 << 20
MOST_OF_ONE = 64 << 20
"""The bytes that all files of the cache may have together, and one."""

RACY = 2_000_000_000
"""Nanoseconds in which a file may change twice and keep its times."""

SPARE = 50
"""It is written when it was wrong about one file in so many: then writing costs less than to read these again."""

ABANDONED = 3600
"""Seconds after which a file that is only half written is nobody's."""

_ROW = "<4q20s4I"
"""What is known of each file: when it was written and changed, its number and its size (`_stat`), the digest of its
content, whether it was read as a patch, its documents, resources and skipped documents."""

_NUMBER = (1 << 63) - 1
"""As much of a file's number is kept as a row has room for."""

_new = tuple.__new__


class Cache:
    """What is known of the files of one working folder and plan: a row of each, and what some of them tell. `found`
    counts what was answered."""

    __slots__ = ("_kept", "_lacked", "_now", "_path", "_rows", "_seen", "_told", "_trusting", "found")

    def __init__(self, path: str, trusting: bool) -> None:
        """`trusting`: what the operating system says of a file is enough."""
        from time import time_ns

        self._path = path
        self._trusting = trusting
        self._rows, self._told = _load(path)
        self._now = time_ns()
        self._seen: list[Iterable[str]] = []
        self._lacked = 0
        self.found = 0
        self._kept: tuple[object, ...] = ()

    def recall(
        self,
        names: Sequence[str],
        stats: Mapping[str, os.stat_result],
        near: Callable[[str], Collection[str]],
        prefix: Callable[[str], str],
    ) -> list[FileFacts | None]:
        """What each file contributes if it is still the same; None where nobody knows.

        `stats` is what the operating system says of them. For a folder, `near` names the patches among which its files
        may be (`Patches.near`), and `prefix` is how identities of its files begin (`Roots.prefix`)."""
        rows, told, trusting = self._rows, self._told, self._trusting
        self._seen.append(names)
        summaries: dict[tuple[int, int, int], Summary] = {}
        before: str | None = None
        patches: Collection[str] = ()
        start = ""
        made: list[FileFacts | None] = [None] * len(names)
        for at, (name, info, row) in enumerate(zip(names, map(stats.get, names), map(rows.get, names), strict=True)):
            if info is None or row is None:
                continue
            written, changed, number, size, _, partial, _, _, _ = row
            if size != info.st_size:
                continue
            folder = name[: name.rfind("/") + 1]
            if folder != before:
                before, parent = folder, os.path.dirname(name)
                patches, start = near(parent), prefix(parent)
            if partial != (bool(patches) and os.path.abspath(name) in patches):
                continue
            same = written == info.st_mtime_ns and changed == info.st_ctime_ns and number == info.st_ino & _NUMBER
            if not (same and trusting) and not self._has_content(name, info, row):
                continue
            counts = row[6:]
            summary = summaries.get(counts) or summaries.setdefault(counts, Summary(1, *counts))
            if name in told:
                made[at] = _decoded(told[name], name, summary, start + name[len(folder) :])
            else:
                made[at] = _new(FileFacts, (name, (), (), summary, False, (), ()))
        self.found += len(made) if all(made) else sum(one is not None for one in made)
        # A cycle, so that all this stays until the process ends: taking it apart takes longer than linting a file.
        self._kept = (self, made, stats)
        return made

    def _has_content(self, name: str, info: os.stat_result, row: tuple[Any, ...]) -> bool:
        """Whether a file has the content it had; if so, its row learns what the operating system says of it now."""
        try:
            if blake2(_read(name, info.st_size)[1]) != row[4].hex():
                return False
        except OSError:
            return False
        now = _stat(info, self._now)
        if row[:4] != now:
            self._rows[name] = (*now, *row[4:])
            self._lacked += 1
        return True

    def note(self, one: FileFacts, info: os.stat_result, partial: bool, identity: str, digest: str) -> None:
        """Note what a file with this digest (`digest_of`) contributes."""
        self._seen.append((one.file,))
        summary = one.summary
        self._lacked += 1
        self._told.pop(one.file, None)
        self._rows.pop(one.file, None)
        if not digest:
            return
        if one != FileFacts(one.file, (), (), Summary(1, *summary[1:4]), False):
            data = encode(one)
            if one.findings and not _same_after_json(one, data, identity):
                return
            self._told[one.file] = ["" if identity == one.file else identity, data]
        self._rows[one.file] = (*_stat(info, self._now), bytes.fromhex(digest), partial, *summary[1:4])

    def save(self) -> None:
        """Write what has changed, where that is worth it. Whatever fails, the next run reads the files again.

        Files that this run did not look at stay known as long as they exist."""
        if not self._lacked or self._lacked * SPARE < len(self._rows):
            return
        import struct
        from json import dumps

        pack = struct.Struct(_ROW).pack
        seen = {name for names in self._seen for name in names}
        names = [name for name in self._rows if name in seen or os.path.lexists(name)]
        try:
            told = {name: self._told[name] for name in names if name in self._told}
            rows = b"".join([pack(*self._rows[name]) for name in names])
            content = b"%b\n%b" % (dumps([names, told], separators=(",", ":")).encode(), rows)
            if len(content) <= MOST_OF_ONE:
                _write(self._path, b"%b\n%b" % (_head(content), content))
        except (OSError, TypeError, ValueError, RecursionError, struct.error):
            return


def open_cache(plan: Plan, count: int, size: int, trusting: bool, more: object = ()) -> Cache | None:
    """The cache for a run of a plan on `count` files of `size` bytes together; None where it would not pay.

    `more` is what the plan depends on and does not tell itself."""
    try:
        said = repr((os.getcwd(), _code(), _judging(plan), more))
        name = blake2(said.encode("utf-8", "surrogatepass"))
        path = os.path.join(memory.cache_folder(), FOLDER, f"{name}{memory.ROWS}")
        info = _stat_or_none(path)
        if info is not None and info.st_size > count * ENTRY_WORTH + size * BYTE_WORTH:
            return None
        return Cache(path, trusting)
    except OSError:
        return None


def digest_of(source: Source, one: FileFacts) -> str:
    """What an entry about a source has to know of its content; empty if one of its credentials occurs in what it
    contributes: that is not kept."""
    # Without looking for them where nothing holds a text that could be one.
    if one.masks or any(fact.__class__ is not Mention for fact in one.facts):
        from kvlint.hide import masks_of

        masks = masks_of(source) if one.masks is None else one.masks
        if masks and _repeats(source, one, masks):
            return ""
    return blake2(source.data)


def _repeats(source: Source, one: FileFacts, masks: Masks) -> bool:
    """Whether what a file contributes holds one of its credentials; True where that cannot be told."""
    from json import dumps, loads

    from kvlint.knowledge.credential_keys import COMMON_WORDS

    try:
        text = dumps(encode(one))
        for line, column, last, end in masks:
            for number in range(line, last + 1):
                start, stop = (column - 1 if number == line else 0), (end - 1 if number == last else None)
                written = source.line(number)[start:stop].strip()
                read = {written, written.replace("''", "'"), loads(f'"{written}"') if "\\" in written else written}
                for said in read:
                    if len(said) >= 4 and said.lower() not in COMMON_WORDS and dumps(said)[1:-1] in text:
                        return True
    except (TypeError, ValueError, RecursionError):
        return True
    return False


def _decoded(told: Any, name: str, summary: Summary, identity: str) -> FileFacts | None:
    """What is told that a file contributes; None where it is not of this file, or `codec` did not make it."""
    try:
        said, data = told
        return decode(data, name, summary, identity) if identity == (said or name) else None
    except (Malformed, TypeError, ValueError):
        return None


def _same_after_json(one: FileFacts, data: list[Any], identity: str) -> bool:
    """Whether JSON can tell everything of a file exactly: what plugins and manifests bring may be anything."""
    from json import dumps, loads

    try:
        return decode(loads(dumps(data)), one.file, one.summary, identity) == one
    except (Malformed, TypeError, ValueError, RecursionError):
        return False


def _stat(info: os.stat_result, now: int) -> tuple[int, int, int, int]:
    """What the operating system says of a file: when it was written, when it was changed otherwise, its number and its
    size; zeros for the first three where they may not be believed."""
    if max(info.st_mtime_ns, info.st_ctime_ns) > now - RACY:
        return 0, 0, 0, info.st_size
    return info.st_mtime_ns, info.st_ctime_ns, info.st_ino & _NUMBER, info.st_size


def _judging(plan: Plan) -> list[object]:
    """Everything in a plan that decides what one file contributes. Built-in rules are part of the code."""
    from kvlint import registry

    built_in = registry.rules()
    rules = [
        (name, active.severity, dict(active.params), None if active.rule is built_in.get(name) else active.rule)
        for name, active in plan.rules.items()
    ]
    return [rules, _schemas(plan), plan.target, plan.namespace, plan.inputs, plan.gathers, plan.surveys, plan.skip_test]


def _schemas(plan: Plan) -> str:
    """The version of what validates by JSON Schema, if a card of the plan needs it."""
    if all(active.rule.when is None for active in plan.rules.values()):
        return ""
    from importlib.metadata import version

    return version("jsonschema")


def _code() -> list[object]:
    """What would make the same plan judge differently: the code of kvlint and of PyYAML, and the interpreter."""
    from importlib.machinery import PathFinder

    own = os.path.dirname(os.path.abspath(__file__))
    yaml = PathFinder.find_spec("yaml")
    folders = [own, *(yaml.submodule_search_locations or () if yaml is not None else ())]
    files = sorted(one for folder in folders for one in _modules(folder))
    return [__version__, FACTS_VERSION, CODEC_VERSION, sys.implementation.cache_tag, sys.version_info[:2], files]


def _modules(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as scan:
        for entry in scan:
            if entry.name.endswith((".py", ".so", ".pyd")):
                info = entry.stat()
                yield entry.path, info.st_size, info.st_mtime_ns
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _modules(entry.path)


def _stat_or_none(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _load(path: str) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
    """The rows of a file of the cache and what files tell, by their names; none if it is not there, or not exactly as
    this user wrote it."""
    import struct
    from json import loads

    try:
        info, read = _read(path, MOST_OF_ONE)
        if hasattr(os, "geteuid") and info.st_uid != os.geteuid():
            return {}, {}
        start = read.index(b"\n") + 1
        end = read.index(b"\n", start)
        content = memoryview(read)[start:]
        if read[: start - 1] != _head(content):
            return {}, {}
        names, told = loads(str(content[: end - start], "ascii"))
        "".join(names)  # raises TypeError for what is no text
        known = dict(zip(names, struct.iter_unpack(_ROW, content[end + 1 - start :]), strict=True))
        os.utime(path)  # which of them was used last
    except (OSError, TypeError, ValueError, RecursionError, struct.error):
        return {}, {}
    return (known, told) if isinstance(told, dict) else ({}, {})


def _read(path: str, most: int) -> tuple[os.stat_result, bytes]:
    """A file of at most `most` bytes, and what the operating system says of it. Raises OSError for what is none."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    try:
        info = os.fstat(descriptor)
        if info.st_mode & 0o170000 != 0o100000 or info.st_size > most:
            raise OSError("not a file of this size")
        data = os.read(descriptor, info.st_size + 1)
        while len(data) < info.st_size and (more := os.read(descriptor, info.st_size)):
            data += more
        return info, data
    finally:
        os.close(descriptor)


def _head(content: bytes | memoryview) -> bytes:
    from binascii import crc32

    return f"kvlint {CODEC_VERSION} {len(content)} {crc32(content):08x}".encode()


def _write(path: str, content: bytes) -> None:
    """Put a file into the cache in one step, and make room for it. Raises OSError."""
    from time import time_ns

    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        os.mkdir(folder, 0o700)
    _make_room(folder, MOST - len(content), os.path.basename(path))
    temporary = f"{path}.{os.getpid()}-{time_ns()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _make_room(folder: str, most: int, own: str) -> None:
    """Remove what was not used for longest until the rest has at most `most` bytes, and what was left half written."""
    from time import time

    known: list[tuple[float, str, int]] = []
    for name in memory.names(folder):
        info = os.stat(os.path.join(folder, name))
        if name.endswith(memory.ROWS):
            known.append((info.st_mtime if name != own else 0.0, name, info.st_size))
        elif info.st_mtime < time() - ABANDONED:
            os.unlink(os.path.join(folder, name))
    total = sum(size for _, name, size in known if name != own)
    for _, name, size in sorted(known):
        if total <= most:
            return
        if name != own:
            os.unlink(os.path.join(folder, name))
            total -= size
