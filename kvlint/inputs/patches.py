"""Which files are kustomize patches: partial objects, of which nothing may be concluded from what is absent."""

from __future__ import annotations

import os
from stat import S_ISREG

from kvlint.inputs.files import read
from kvlint.inputs.folders import GIT, Folders, parent_of
from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kvlint.yamltree import Node

MAX_TEXT = 4 << 20
"""Bytes of a kustomization that are read; a document of more is not read anyway."""

_NOTHING: frozenset[str] = frozenset()


class Patches:
    """Answers whether a file is named as a patch by a kustomization in its folder or one above, up to `top` levels.

    Each folder is looked at once; a kustomization that cannot be read names nothing."""

    __slots__ = ("_folders", "_named", "_near", "_top")

    def __init__(self, folders: Folders | None = None, top: int = 4) -> None:
        self._folders = folders if folders is not None else Folders()
        self._named: dict[str, frozenset[str]] = {}
        self._near: dict[tuple[str, int], frozenset[str]] = {}
        self._top = top

    def __contains__(self, path: str) -> bool:
        near = self.near(os.path.dirname(path))
        return bool(near) and os.path.abspath(path) in near

    def near(self, folder: str) -> frozenset[str]:
        """The absolute paths of the patches among which those of a folder are."""
        return self._within(folder, self._top)

    def _within(self, folder: str, levels: int) -> frozenset[str]:
        """What the kustomizations in a folder name, and in those above it: so many levels, and none outside of the
        repository."""
        near = self._near.get((folder, levels))
        if near is None:
            near = self._of(folder)
            inside = levels > 1 and GIT not in self._folders.marks(folder)
            if inside and (parent := parent_of(folder)) != folder:
                above = self._within(parent, levels - 1)
                near = near | above if near else above
            self._near[folder, levels] = near
        return near

    def _of(self, folder: str) -> frozenset[str]:
        named = self._named.get(folder)
        if named is None:
            named = _NOTHING
            for mark in self._folders.marks(folder):
                if mark != GIT:
                    patches = _patches(f"{folder or os.curdir}/{mark}")
                    named |= {os.path.abspath(os.path.join(folder, patch)) for patch in patches}
            self._named[folder] = named
        return named


def _patches(path: str) -> list[str]:
    try:
        info = os.stat(path)
        if not S_ISREG(info.st_mode) or info.st_size > MAX_TEXT:  # a pipe would wait, a device might never end
            return []
        source = Source(path, read(path))
    except OSError:
        return []
    if not any(map(source.text.__contains__, ("patches", "\\", "!"))):  # the word, or what YAML can hide it with
        return []
    from kvlint.yamltree import YamlError, documents

    try:
        roots = [document.compose() for document in documents(source)]
    except YamlError:
        return []
    found: list[str] = []
    for root in roots:
        if root is not None:
            for field in ("patches", "patchesJson6902"):
                found += [text for item in _items(root, field) if (text := _text(item.get("path"))) is not None]
            found += [text for item in _items(root, "patchesStrategicMerge") if (text := _text(item)) is not None]
    return [text for text in found if "\n" not in text]


def _items(root: Node, field: str) -> list[Node]:
    node = root.get(field)
    return node.items() if node is not None else []


def _text(node: Node | None) -> str | None:
    return node.string() if node is not None else None
