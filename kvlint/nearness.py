"""How near two files are. A reference is looked up among the objects of the nearest folder.

A file is named by its path within its repository (`Place.where`), an object of a live cluster by a name like that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kvlint.facts import Fact

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeVar

    _AnyFact = TypeVar("_AnyFact", bound=Fact)

LIVE = "cluster:"
"""How the file names of live objects begin."""


def closeness(one: str, other: str) -> int:
    """How near two files are: the number of folders their paths share from the root, and one more for the same file.

    The objects of a live cluster are all equally near."""
    if one == other:
        return one.count("/") + 1
    shared = 0
    for left, right in zip(_folder(one).split("/")[:-1], _folder(other).split("/")[:-1], strict=False):
        if left != right:
            break
        shared += 1
    return shared


def in_line(one: str, other: str) -> bool:
    """Whether two files are in one folder, or the folder of one lies above the other's: objects that are meant to be
    applied together. Files in sibling folders may be alternatives."""
    here, there = _folder(one), _folder(other)
    return here.startswith(there) or there.startswith(here)


def same_folder(one: str, other: str) -> bool:
    """Whether two files are in one folder; the objects of a live cluster all are."""
    return _folder(one) == _folder(other)


def nearest(facts: Iterable[_AnyFact], where: str) -> list[_AnyFact]:
    """Those of the facts whose file is nearest to `where`, in their order."""
    facts = list(facts)
    if len(facts) < 2:
        return facts
    graded = [(closeness(fact.place.where, where), fact) for fact in facts]
    best = max((grade for grade, _ in graded), default=0)
    return [fact for grade, fact in graded if grade == best]


def _folder(where: str) -> str:
    return f"{where.partition('/')[0]}/" if where.startswith(LIVE) else where[: where.rfind("/") + 1]


def _lines(folder: str) -> Iterator[str]:
    """A folder and those above it, the deepest first; the last is the empty string."""
    while folder:
        yield folder
        folder = folder[: folder.rfind("/", 0, -1) + 1]
    yield ""


class ByFolder:
    """The numbers of some files, given in that order, by the folders they are in: what is near to a file is found
    without a look at each."""

    __slots__ = ("_above", "_below", "_files", "_folders")

    def __init__(self, files: Iterable[str]) -> None:
        self._files = list(files)
        self._folders: dict[str, list[int]] = {}
        for number, file in enumerate(self._files):
            self._folders.setdefault(_folder(file), []).append(number)
        self._above = {above for folder in self._folders for above in _lines(folder)}
        self._below: dict[str, list[int]] = {}

    def beside(self, where: str) -> list[int]:
        """Those in the folder of `where`."""
        return self._folders.get(_folder(where), [])

    def any_in_line(self, where: str) -> bool:
        """Whether `in_line` holds for `where` and one of them."""
        folder = _folder(where)
        return folder in self._above or any(map(self._folders.__contains__, _lines(folder)))

    def nearest(self, where: str) -> list[int]:
        """Those that are nearest to `where`, as `closeness` has it."""
        if not self._below:
            for number, file in enumerate(self._files):
                for above in _lines(_folder(file)):
                    self._below.setdefault(above, []).append(number)
        shared = next(filter(self._above.__contains__, _lines(_folder(where))), "")
        found = self._below.get(shared, [])
        same = [number for number in self._folders.get(_folder(where), ()) if self._files[number] == where]
        return same if same and where.count("/") + 1 > shared.count("/") else found


class Variants:
    """Objects of one name, or of another sort of which only the nearest count."""

    __slots__ = ("_folders", "items")

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self._folders: ByFolder | None = None

    def nearest(self, where: str) -> Sequence[Any]:
        """Those that are nearest to `where`, in their order."""
        if len(self.items) < 2:
            return self.items
        if self._folders is None:
            self._folders = ByFolder(item.place.where for item in self.items)
        return [self.items[number] for number in self._folders.nearest(where)]
