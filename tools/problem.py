"""What goes wrong when data is compiled."""

from pathlib import Path


class DataError(Exception):
    """A data file that cannot be compiled: the file, the place in it and the reason."""

    def __init__(self, path: Path, place: str, reason: str) -> None:
        super().__init__(f"{path.as_posix()}: {place}: {reason}" if place else f"{path.as_posix()}: {reason}")
