"""Writing a set of files into a folder: all of them or none, and never over a file that somebody else wrote.

What was written is remembered in the folder itself, with a hash of each file, so that a later run may replace it."""

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Mapping
from typing import Any

from kvlint.problem import ConfigError
from kvlint.record import NamedTuple

STATE = ".kvlint-migrate.json"
VERSION = 1
_TEMPORARY = ".kvlint-migrate-"
_PLAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_LONGEST = 150


class Written(NamedTuple):
    """What a run did: how many files it wrote, and files of an earlier run that it left because they were changed."""

    changed: int
    left: tuple[str, ...]


def file_name(*words: str) -> str:
    """A name for a file or folder that is made of `words`: the same for the same words, and different for others.

    Names of Kubernetes objects stay readable. Whatever else a manifest may say becomes harmless: no path, no device, no
    name that is too long."""
    shown = "-".join(words)
    if _PLAIN.fullmatch(shown) and ".." not in shown and len(shown) <= _LONGEST:
        return shown
    digest = hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    kept = re.sub(r"[^a-z0-9]+", "-", shown.lower())[:_LONGEST].strip("-")
    return f"{kept}-{digest}" if kept else digest


def known(folder: str) -> frozenset[str]:
    """The files in `folder` that an earlier run wrote, relative to it. Raises ConfigError."""
    return frozenset(_state(folder))


def write(folder: str, files: Mapping[str, str]) -> Written:
    """Write `files` (paths relative to `folder`, with forward slashes) and take away what an earlier run wrote beside.

    Raises ConfigError, and changes nothing, where a file is not kvlint's or was changed since, and where writing fails;
    no file is half written, whatever happens."""
    data = {name: text.encode("utf-8", "backslashreplace") for name, text in files.items()}
    state = _state(folder)
    _refuse_foreign(folder, data, state)
    stale = [name for name in state if name not in data and os.path.lexists(os.path.join(folder, name))]
    left = tuple(sorted(name for name in stale if _hash_of(folder, name) != state[name]))
    gone = [name for name in stale if name not in left]
    changed = [name for name in data if not _is(folder, name, data[name])]
    data[STATE] = _remember(data)
    try:
        _exchange(folder, data, gone)
    except OSError as error:
        raise ConfigError(f"cannot write to `{folder}`: {(error.strerror or str(error)).lower()}") from None
    return Written(len(changed), left)


def _state(folder: str) -> dict[str, str]:
    """The hashes of what an earlier run wrote, by path."""
    path = os.path.join(folder, STATE)
    if not os.path.lexists(path):
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            found: Any = json.load(file)
        names = found["files"] if found["version"] == VERSION else None
        if not isinstance(names, dict) or not all(map(_harmless, names)):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(
            f"`{path}` does not say what kvlint wrote", help="choose another folder, or delete it"
        ) from None
    return {str(name): str(digest) for name, digest in names.items()}


def _harmless(name: str) -> bool:
    return bool(name) and not os.path.isabs(name) and ".." not in name.split("/") and name != STATE


def _remember(data: Mapping[str, bytes]) -> bytes:
    names = {name: hashlib.sha256(data[name]).hexdigest() for name in sorted(data)}
    return (json.dumps({"version": VERSION, "files": names}, indent=2, ensure_ascii=False) + "\n").encode()


def _refuse_foreign(folder: str, data: Mapping[str, bytes], state: Mapping[str, str]) -> None:
    """Raise ConfigError for what stands in the way."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise ConfigError(f"`{folder}` is no folder", help="choose another one with `-o`")
    for name in (*data, *state):
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            path = os.path.join(folder, *parts[:depth])
            if os.path.islink(path):
                raise ConfigError(
                    f"`{path}` is a link, which may lead anywhere", help="choose another folder with `-o`"
                )
            if depth < len(parts) and os.path.lexists(path) and not os.path.isdir(path):
                raise ConfigError(f"`{path}` is no folder", help="choose another one with `-o`")
    foreign, edited = [], []
    for name, content in sorted(data.items()):
        if os.path.lexists(os.path.join(folder, name)) and not _is(folder, name, content):
            if name not in state:
                foreign.append(name)
            elif _hash_of(folder, name) != state[name]:
                edited.append(name)
    if foreign:
        raise ConfigError(
            f"kvlint did not write {_listed(folder, foreign)}, so nothing is written",
            help="choose another folder with `-o`",
        )
    if edited:
        raise ConfigError(
            f"{_listed(folder, edited)} changed since kvlint wrote it, so nothing is written",
            help="move or delete what you changed, then run again; what manifests lack belongs into the configuration",
        )


def _listed(folder: str, names: list[str]) -> str:
    shown = ", ".join(f"`{os.path.join(folder, name)}`" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _hash_of(folder: str, name: str) -> str:
    path = os.path.join(folder, name)
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return ""
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return ""


def _is(folder: str, name: str, content: bytes) -> bool:
    return _hash_of(folder, name) == hashlib.sha256(content).hexdigest()


def _exchange(folder: str, data: Mapping[str, bytes], gone: list[str]) -> None:
    """Put `data` in place and take `gone` away; undo everything when that fails. Raises OSError."""
    import tempfile

    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    fresh = not os.path.lexists(folder)
    stage = tempfile.mkdtemp(prefix=_TEMPORARY, dir=parent if fresh else folder)
    new, old = os.path.join(stage, "new"), os.path.join(stage, "old")
    moved: list[tuple[str, str]] = []
    try:
        for name, content in data.items():
            _put(os.path.join(new, name), content)
        if fresh:
            os.rename(new, folder)
            return
        # The list of what was written comes last: until then every file is either the old or the new one.
        for name in (*gone, *(name for name in data if name != STATE), STATE):
            target = os.path.join(folder, name)
            if os.path.lexists(target):
                _move(target, os.path.join(old, name))
                moved.append((os.path.join(old, name), target))
            if name in data:
                _move(os.path.join(new, name), target)
                moved.append((target, os.path.join(new, name)))
    except BaseException:
        for source, target in reversed(moved):
            _move(source, target)
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    for name in gone:
        _prune(folder, os.path.dirname(name))


def _put(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _move(source: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.replace(source, target)


def _prune(folder: str, inner: str) -> None:
    """Take away folders that became empty."""
    while inner:
        try:
            os.rmdir(os.path.join(folder, inner))
        except OSError:
            return
        inner = os.path.dirname(inner)
