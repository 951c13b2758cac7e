"""The user's cache folder, and in it the configurations that were validated before, so that a run need not load a YAML
reader and a JSON Schema validator: one small JSON file each. Whatever goes wrong with it, the next run validates again.

Files there are called by a digest and `.json` or `.rows`, with more behind it while they are written; others are not
ours."""

from __future__ import annotations

import os
import sys

from kvlint import __version__
from kvlint.digest import blake2
from kvlint.record import NamedTuple
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


FOLDERS = ("config", "results")
"""The folders in the cache folder: validated configurations, and what files contributed to runs (`kvlint.cache`)."""

JSON, ROWS = ".json", ".rows"
"""What the names of our files end with: of the former, and of the latter."""

KEPT = 256
"""So many are remembered; at one more all are forgotten."""


class Remembered(NamedTuple):
    """What a configuration says, and the signature of the rules it was validated against that are not built in."""

    value: dict[str, Any]
    foreign: str


def cache_folder() -> str:
    """The folder for what kvlint keeps between runs: $KVLINT_CACHE_DIR, else the user's cache folder."""
    given = os.environ.get("KVLINT_CACHE_DIR")
    if given:
        return given
    if sys.platform.startswith("linux"):  # as platformdirs answers, without the 14 ms of importing it
        home = os.environ.get("XDG_CACHE_HOME", "")
        return os.path.join(home if os.path.isabs(home) else os.path.expanduser("~/.cache"), "kvlint")
    from platformdirs import user_cache_dir

    return user_cache_dir("kvlint", appauthor=False)


def names(folder: str) -> list[str]:
    """The names of our files in one of the folders."""
    try:
        every = os.listdir(folder)
    except OSError:
        return []
    return [name for name in every if len(name) >= 45 and name[40:45] in (JSON, ROWS) and name[:40].isalnum()]


def contents() -> list[tuple[str, int]]:
    """Our files in the cache folder, with their sizes."""
    folders = [os.path.join(cache_folder(), name) for name in FOLDERS]
    paths = [os.path.join(folder, name) for folder in folders for name in names(folder)]
    return [(path, os.path.getsize(path)) for path in paths if os.path.isfile(path)]


def clean() -> list[tuple[str, int]]:
    """Remove our files from the cache folder, and the folders that are empty then; returns what there was.

    Raises OSError."""
    removed = []
    for path, size in contents():
        try:
            os.unlink(path)
            removed.append((path, size))
        except FileNotFoundError:
            continue  # another run was sooner
    for name in FOLDERS:
        try:
            os.rmdir(os.path.join(cache_folder(), name))
        except OSError:
            continue  # there is something else in it
    return removed


def recall(source: Source) -> Remembered | None:
    """What the configuration in `source` says, if this version of kvlint validated the very same bytes before."""
    try:
        with open(_path(source), "rb") as file:
            content = file.read()
    except OSError:
        return None
    from json import loads

    try:
        value, foreign = loads(content)
    except (ValueError, TypeError, RecursionError):
        return None
    return Remembered(value, foreign) if isinstance(value, dict) and isinstance(foreign, str) else None


def remember(source: Source, remembered: Remembered) -> None:
    """Note that a configuration is valid."""
    from json import dumps

    path = _path(source)
    folder = os.path.dirname(path)
    temporary = f"{path}.{os.getpid()}"
    try:
        content = dumps(remembered, allow_nan=False)
        os.makedirs(folder, exist_ok=True)
        known = names(folder)
        for name in known if len(known) >= KEPT else ():
            os.unlink(os.path.join(folder, name))
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(temporary, path)
    except (OSError, TypeError, ValueError):
        return


def _path(source: Source) -> str:
    kind = "toml" if source.name.endswith(".toml") else "yaml"
    name = blake2(f"{__version__}\0{kind}\0".encode() + source.data)
    return os.path.join(cache_folder(), "config", f"{name}{JSON}")
