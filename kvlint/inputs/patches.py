"""Which files are kustomize patches: partial objects, of which nothing may be concluded from what is absent."""

from __future__ import annotations

import os

from kvlint.source import Source

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kvlint.yamltree import Node

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Patches:
    """Answers whether a file is named as a patch by a kustomization in its folder or one above, up to `top` levels.

    Each folder is looked at once; a kustomization that cannot be read names nothing."""

    __slots__ = ("_named", "_top")

    def __init__(self, top: int = 4) -> None:
        self._named: dict[str, frozenset[str]] = {}
        self._top = top

    def __contains__(self, path: str) -> bool:
        absolute = os.path.abspath(path)
        folder = os.path.dirname(absolute)
        for _ in range(self._top):
            if absolute in self._of(folder):
                return True
            parent = os.path.dirname(folder)
            if parent == folder or os.path.exists(os.path.join(folder, ".git")):
                return False
            folder = parent
        return False

    def _of(self, folder: str) -> frozenset[str]:
        named = self._named.get(folder)
        if named is None:
            named = frozenset(
                os.path.normpath(os.path.join(folder, path))
                for name in KUSTOMIZATIONS
                for path in _patches(os.path.join(folder, name))
            )
            self._named[folder] = named
        return named


def _patches(path: str) -> list[str]:
    if not os.path.exists(path):
        return []
    from kvlint.yamltree import YamlError, documents

    try:
        with open(path, "rb") as file:
            source = Source(path, file.read())
        roots = [document.compose() for document in documents(source)]
    except (OSError, YamlError):
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
