"""Configurations that were validated before, so that a run need not load a YAML reader and a JSON Schema validator.

One small JSON file each in the user's cache folder. Whatever goes wrong with it, the next run validates again."""

from __future__ import annotations

import os
import sys

from kvlint import __version__
from kvlint.record import NamedTuple
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


KEPT = 256
"""So many are remembered; at one more all are forgotten."""


class Remembered(NamedTuple):
    """What a configuration says, and the signature of the rules it was validated against that are not built in."""

    value: dict[str, Any]
    foreign: str


def cache_folder() -> str:
    """The folder for what kvlint remembers between runs: $KVLINT_CACHE_DIR, else the user's cache folder."""
    given = os.environ.get("KVLINT_CACHE_DIR")
    if given:
        return given
    if sys.platform.startswith("linux"):  # as platformdirs answers, without the 14 ms of importing it
        home = os.environ.get("XDG_CACHE_HOME", "")
        return os.path.join(home if os.path.isabs(home) else os.path.expanduser("~/.cache"), "kvlint")
    from platformdirs import user_cache_dir

    return user_cache_dir("kvlint", appauthor=False)


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
        names = os.listdir(folder)
        for name in names if len(names) >= KEPT else ():
            os.unlink(os.path.join(folder, name))
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(temporary, path)
    except (OSError, TypeError, ValueError):
        return


def _path(source: Source) -> str:
    try:
        from _blake2 import blake2b  # hashlib would load OpenSSL
    except ImportError:
        from hashlib import blake2b
    kind = "toml" if source.name.endswith(".toml") else "yaml"
    digest = blake2b(f"{__version__}\0{kind}\0".encode() + source.data, digest_size=20)
    return os.path.join(cache_folder(), "config", f"{digest.hexdigest()}.json")
