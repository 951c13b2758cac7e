"""Folders as a run sees them: roots of Git repositories, kustomizations in them, and names that files have in both."""

import os
from collections.abc import Iterable

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
GIT = ".git"
MARKS = frozenset({GIT, *KUSTOMIZATIONS})


class Folders:
    """Which folders are roots of Git repositories, and which hold kustomizations: their marks.

    Of a folder that was listed with all below it, the marks are those that were noted: Git lists neither what it
    ignores nor the `.git` of a folder whose files it keeps itself. Of any other the file system is asked, once. Folders
    are named as `find` names files in them; the working folder is the empty string."""

    __slots__ = ("_here", "_listed", "_marks")

    def __init__(self) -> None:
        self._marks: dict[str, tuple[str, ...]] = {}
        self._listed: tuple[str, ...] = ()
        self._here = False

    def marks(self, folder: str) -> tuple[str, ...]:
        """Which of `MARKS` a folder holds."""
        found = self._marks.get(folder)
        if found is None:
            if self._is_listed(folder):
                return ()
            found = tuple([mark for mark in MARKS if os.access(f"{folder or os.curdir}/{mark}", os.F_OK)])
            self._marks[folder] = found
        return found

    def _is_listed(self, folder: str) -> bool:
        return (self._here and not folder.startswith(("/", ".."))) or f"{folder}/".startswith(self._listed)

    def note(self, paths: Iterable[str]) -> None:
        """Note those of the paths that are marks."""
        for path in paths:
            folder, _, name = path.rpartition("/")
            if name in MARKS and name not in (found := self._marks.get(folder, ())):
                self._marks[folder] = (*found, name)

    def listed(self, folder: str) -> None:
        """Note that a folder was listed, with all below it: what was not noted is not there."""
        if os.altsep is not None or folder.rpartition("/")[2] == os.pardir:
            return  # a folder below it has several names
        if folder == os.curdir:
            self._here = True
        else:
            self._listed += (f"{folder.rstrip('/')}/",)


def parent_of(folder: str) -> str:
    """The folder that a folder is in, both as the working folder sees them: that itself is the empty string. What has
    no folder is in itself. Of plain names no absolute path is made, which would be most of the work."""
    above, slash, name = folder.rpartition("/")
    if _is_plain(name) and (above or not slash):
        return above
    return os.path.dirname(os.path.abspath(folder))


def _is_plain(name: str) -> bool:
    """Whether what stands before the last slash of a path certainly is the folder that it is in."""
    return name not in ("", os.curdir, os.pardir) and os.altsep is None


class Roots:
    """Names of files as their Git repository sees them, so that what names a finding is the same in every checkout."""

    __slots__ = ("_prefixes", "_roots", "folders")

    def __init__(self, folders: Folders | None = None) -> None:
        self.folders = folders if folders is not None else Folders()
        self._prefixes: dict[str, str] = {}
        self._roots: dict[str, str | None] = {}

    def identity(self, path: str) -> str:
        """The path below the root of the file's repository; outside of one, as given. Always with forward slashes."""
        folder, name = os.path.split(path)
        return self.prefix(folder) + name

    def prefix(self, folder: str) -> str:
        """What `identity` puts before the names of the files in a folder."""
        if folder not in self._prefixes:
            self._prefixes[folder] = self._prefix(folder)
        return self._prefixes[folder]

    def _prefix(self, folder: str) -> str:
        above, slash, name = folder.rpartition("/")
        if _is_plain(name) and (above or not slash) and GIT not in self.folders.marks(folder):
            return f"{self.prefix(above)}{name}/"
        absolute = os.path.abspath(folder)
        root = self._root(absolute)
        inside = (folder if root is None else absolute[len(root) :].lstrip(os.sep)).replace(os.sep, "/")
        return inside if not inside or inside.endswith("/") else f"{inside}/"

    def of(self, path: str) -> str | None:
        """The root of the repository that the file `path` lies in; None outside of one, and for what is no file."""
        return self._root(os.path.dirname(os.path.abspath(path))) if os.path.isfile(path) else None

    def around(self, folder: str) -> str | None:
        """The root of the repository that a folder lies in, or is; None outside of one."""
        return self._root(os.path.abspath(folder))

    def _root(self, folder: str) -> str | None:
        if folder not in self._roots:
            parent = os.path.dirname(folder)
            if os.access(os.path.join(folder, GIT), os.F_OK):
                self._roots[folder] = folder
            else:
                self._roots[folder] = self._root(parent) if parent != folder else None
        return self._roots[folder]
