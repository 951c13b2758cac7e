"""The file system as input: which files a run reads, standard input, and writing a file back whole or not at all."""

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence

from kvlint.inputs.folders import GIT, MARKS, Folders
from kvlint.patterns import Patterns
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

EXTENSIONS = (".yaml", ".yml", ".json")
STDIN = "-"
# Folders that hold no source of the project even where no .gitignore says so.
PRUNED = frozenset({GIT, ".hg", ".svn", ".venv", "node_modules", "__pycache__"})
GIT_SECONDS = 120

SIZES_WORTH = 2000
"""From so many files on nobody needs to know how large they are, but for the cache: half of them are worth a second
process (`kvlint.parallel`)."""

_KIND, _FILE, _LINK = 0o170000, stat.S_IFREG, stat.S_IFLNK
_MARKS = tuple(MARKS)


class Found(NamedTuple):
    """The files of a run, in the order in which they are read.

    `files` are paths as the user would type them, relative to the working folder unless given absolute, with forward
    slashes. `explicit` holds those that were named themselves. `size` is the number of bytes in those of
    which there are `stats`. `errors` are sentences about paths that cannot be read; `excluded` counts files left out by
    `exclude`. `streams` are what was named and can be read only once, such as pipes: they are not among the files.
    `stats` is what the operating system says of each file that is no link, if it was asked."""

    files: list[str]
    explicit: frozenset[str]
    size: int
    errors: list[str]
    excluded: int
    streams: list[str]
    stats: dict[str, os.stat_result]


class Exclusion:
    """The `exclude` patterns of a configuration, relative to the folder `root` (default: the working folder)."""

    __slots__ = ("_patterns", "_root")

    def __init__(self, patterns: Sequence[str] = (), root: str = "") -> None:
        self._patterns = Patterns(patterns)
        self._root = root

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def __contains__(self, path: str) -> bool:
        if not self._patterns:
            return False
        plain = not self._root and not path.startswith("..") and not os.path.isabs(path)
        inside = path if plain else relative(path, self._root)
        return inside is not None and self._patterns.matches(inside)


def relative(path: str, root: str = "") -> str | None:
    """`path` as seen from the folder `root` (default: the working folder), with forward slashes; None outside of it."""
    absolute = os.path.abspath(path)
    base = os.path.abspath(root or os.curdir)
    if not base.endswith(os.sep):
        base += os.sep
    return absolute[len(base) :].replace(os.sep, "/") if absolute.startswith(base) else None


def find(
    paths: Sequence[str],
    exclude: Exclusion | None = None,
    force_exclude: bool = False,
    folders: Folders | None = None,
    stats: bool = True,
) -> Found:
    """Find the files to read: every file named itself, and the *.yaml, *.yml and *.json below every folder named.

    Files named themselves are taken whatever their name, unless `force_exclude` and `exclude` say otherwise. Within a
    Git work tree git tells which files are ignored; elsewhere .gitignore files are read as git would. Links to folders
    are not followed, a link to a file that is found itself is left out. Files come sorted, each once, whatever names it
    is given. If only folders are given, `folders` learns what was seen in them. Without `stats` the operating system is
    not asked about files that certainly are some, where there are many."""
    exclude = exclude if exclude is not None else Exclusion()
    if folders is None or not all(map(os.path.isdir, paths)):
        folders = Folders()  # a file that is named may be in a folder that is not listed
    files: dict[str, os.stat_result | None] = {}
    # A walk gives each file once; only another path can give it again.
    known = _Known() if len(paths) > 1 else None
    explicit: list[str] = []
    streams: list[str] = []
    links: list[str] = []
    errors: list[str] = []
    size = excluded = 0
    unasked = False
    lstat = os.lstat
    for given in paths:
        path = _display(given)
        try:
            info = os.stat(path)
        except (OSError, ValueError) as error:
            errors.append(f"cannot read `{path}`: {reason(error)}")
            continue
        if not stat.S_ISDIR(info.st_mode):
            if force_exclude and path in exclude:
                excluded += 1
            elif not stat.S_ISREG(info.st_mode):
                streams.append(path)
            elif known is None or known.add(path, info):
                files[path] = info
                explicit.append(path)
                size += info.st_size
            continue
        listed = _in_folder(path, folders, errors)
        plain, unsure = listed
        if exclude:
            plain, unsure = ([name for name in names if name not in exclude] for names in listed)
            excluded += sum(map(len, listed)) - len(plain) - len(unsure)
        if stats or known is not None or len(plain) < SIZES_WORTH:
            unsure = [*plain, *unsure]
        else:
            unasked = True
            files.update(dict.fromkeys(plain))
        for name in unsure:
            if known is not None and name in files:
                continue
            try:
                info = lstat(name)
            except OSError:
                continue  # deleted in the work tree, still in the index
            kind = info.st_mode & _KIND
            if kind == _FILE:
                if known is None or known.add(name, info):
                    files[name] = info
                    size += info.st_size
            elif kind == _LINK and os.path.isfile(name):
                links.append(name)
    if links:
        real = {os.path.realpath(name) for name in files}
        for name in sorted(links):
            target = os.path.realpath(name)
            if target not in real:
                real.add(target)
                files[name] = None
    named = frozenset(explicit)
    names = [*explicit, *sorted(name for name in files if name not in named)] if named else sorted(files)
    if unasked or links:
        files = {name: info for name, info in files.items() if info is not None}
    told: Any = files
    return Found(names, named, size, errors, excluded, list(dict.fromkeys(streams)), told)


def seen_from(path: str, absolute: Iterable[str]) -> Iterator[str]:
    """The names that `find([path])` gives to some files, of which absolute paths are given, if it finds them."""
    top, shown = os.path.abspath(path), _display(path)
    inside = top if top.endswith(os.sep) else top + os.sep
    for name in absolute:
        if name.startswith(inside):
            yield _join(shown, name[len(inside) :].replace(os.sep, "/"))
        elif name == top:
            yield shown


class _Known:
    """The files found so far: one file may go by several names."""

    __slots__ = ("_first", "_others")

    def __init__(self) -> None:
        self._first: dict[tuple[int, int], str] = {}
        self._others: dict[str, list[str]] = {}

    def add(self, name: str, info: os.stat_result) -> bool:
        """Note a file; False if it is known under another name. Two hard links are two files, as they are to git."""
        first = self._first.setdefault((info.st_ino, info.st_dev), name)
        if first is name:
            return True
        names = self._others.setdefault(first, [first])
        if os.path.realpath(name) in map(os.path.realpath, names):
            return False
        names.append(name)
        return True


def read(path: str) -> bytes:
    """The bytes of one file. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        info = os.fstat(descriptor)
        chunks = [os.read(descriptor, info.st_size + 1)]
        if len(chunks[0]) == info.st_size and stat.S_ISREG(info.st_mode) and info.st_size:
            return chunks[0]
        while chunks[-1]:
            chunks.append(os.read(descriptor, 1 << 20))
        return b"".join(chunks)
    finally:
        os.close(descriptor)


def read_stdin() -> bytes:
    """The bytes of standard input. Raises OSError."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read()


def write(path: str, data: bytes) -> None:
    """Replace the content of `path` in one step: readers see the old file or the new one. Raises OSError.

    A link keeps being a link, the file keeps its permissions and, where that is allowed, its owner. What is no file,
    such as a pipe or a device, is written to and stays what it is. A file that is read-only stays as it is."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(os.open(target, os.O_WRONLY), "wb") as stream:
            stream.write(data)
        return
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    temporary = os.path.join(os.path.dirname(target), f".kvlint-{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            _like(temporary, os.stat(target))
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _like(path: str, info: os.stat_result) -> None:
    """Give a file the owner, where that is allowed, and the permissions of another."""
    if hasattr(os, "chown") and (info.st_uid, info.st_gid) != (os.geteuid(), os.getegid()):
        import contextlib

        with contextlib.suppress(OSError):
            os.chown(path, info.st_uid, info.st_gid)
    os.chmod(path, stat.S_IMODE(info.st_mode))


def reason(error: OSError | ValueError) -> str:
    """Why an operation on a path failed, in the words of the operating system and without the path."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)


def _display(path: str) -> str:
    """The path as findings show it: without `./` and doubled slashes, with forward slashes."""
    return os.path.normpath(path).replace(os.sep, "/") if path else path


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder.rstrip('/')}/{name}"


def _in_folder(folder: str, folders: Folders, errors: list[str]) -> tuple[list[str], list[str]]:
    """Paths of files with our extensions below `folder`, ignored ones left out: those that certainly are files, and
    those that may be links, or gone."""
    repository = _repository(folder)
    listed = _git_files(folder) if repository is not None else None
    if repository is None or listed is None:
        found = _walk(folder, repository, folders, errors)
    else:
        sure: list[str] = []
        start = "" if folder == os.curdir else _join(folder, "")
        if os.path.exists(start + GIT):
            folders.note([start + GIT])
        folders.note([start + name for name in listed if name.endswith(_MARKS)])
        # In a merge git lists a file once for each side of it.
        unsure = list(dict.fromkeys([start + name for name in listed if name.endswith(EXTENSIONS)]))
        if len(unsure) < len(listed):
            submodules = ".gitmodules" in listed or os.path.exists(os.path.join(repository, ".gitmodules"))
            for name in listed:
                if name.endswith(EXTENSIONS):
                    continue
                if name.lower().endswith(EXTENSIONS):
                    unsure.append(start + name)
                elif name.endswith("/") or (submodules and os.path.isdir(start + name)):
                    # A repository within this one, of which git lists only the folder.
                    for more, names in zip(
                        (sure, unsure), _in_folder(start + name.rstrip("/"), folders, errors), strict=True
                    ):
                        more += names
        found = sure, unsure
    folders.listed(folder)
    return found


def _repository(folder: str) -> str | None:
    """The top folder of the Git work tree that holds `folder`."""
    current = os.path.abspath(folder)
    while not os.path.exists(os.path.join(current, GIT)):
        parent = os.path.dirname(current)
        if parent == current:
            return None
        current = parent
    return current


def _git_files(folder: str) -> list[str] | None:
    """What git lists below `folder`; None when git cannot say: not installed, not ours, or the folder is ignored."""
    output = _git(folder, "ls-files", "-co", "--exclude-standard", "-z")
    if output is None:
        return None
    names = os.fsdecode(output).split("\0")
    names.pop()  # a NUL ends each
    if not names and _git(folder, "check-ignore", "-q", ".") is not None:
        return None
    return names


def _git(folder: str, *arguments: str) -> bytes | None:
    """The output of git, None when it fails. Nothing that the repository configures is run."""
    import subprocess

    # Within a Git hook these name the repository that is committed to, which need not be the one of `folder`.
    strangers = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in strangers}
    command = ["git", "-c", "core.fsmonitor=false", "-C", folder, *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            command, capture_output=True, stdin=subprocess.DEVNULL, env=environment, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _walk(folder: str, repository: str | None, folders: Folders, errors: list[str]) -> tuple[list[str], list[str]]:
    """Walk `folder` without git, honouring .gitignore files in it and, in a repository, above it. As `_in_folder`."""
    start = os.path.abspath(folder)
    above: list[tuple[str, Patterns]] = []
    if repository is not None:
        current = start
        while current != repository:
            current = os.path.dirname(current)
            above.append((current, _gitignore(current)))
    sure: list[str] = []
    unsure: list[str] = []
    stack = [(folder, [(base, patterns) for base, patterns in reversed(above) if patterns])]
    while stack:
        current, ignores = stack.pop()
        try:
            with os.scandir(current) as scan:
                entries = sorted(scan, key=os.fspath)
        except OSError as error:
            errors.append(f"cannot read `{current}`: {reason(error)}")
            continue
        names = [entry.name for entry in entries]
        start = "" if current == os.curdir else _join(current, "")
        if ".gitignore" in names:
            ignores = [*ignores, (os.path.abspath(current), _gitignore(current))]
        if not MARKS.isdisjoint(names):
            marks = [start + name for name in names if name in MARKS]
            folders.note([path for path in marks if not ignores or not _ignored(path, False, ignores)])
        for name, entry in zip(names, entries, strict=True):
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not name.endswith(EXTENSIONS) and not name.lower().endswith(EXTENSIONS):
                continue
            path = start + name
            if (is_folder and name in PRUNED) or (ignores and _ignored(path, is_folder, ignores)):
                continue
            if is_folder:
                stack.append((path, ignores))
            elif entry.is_file(follow_symlinks=False):
                sure.append(path)
            else:
                unsure.append(path)
    return sure, unsure


def _ignored(path: str, is_folder: bool, ignores: list[tuple[str, Patterns]]) -> bool:
    """True when the nearest .gitignore that speaks about `path` excludes it."""
    for base, patterns in reversed(ignores):
        inside = relative(path, base)
        verdict = patterns.verdict(inside, is_folder) if inside else None
        if verdict is not None:
            return verdict
    return False


def _gitignore(folder: str) -> Patterns:
    try:
        return Patterns(os.fsdecode(read(os.path.join(folder, ".gitignore"))).splitlines())
    except OSError:
        return Patterns(())
