"""What a migration means for the text it was made from: the fix, with its edits, or advice to do it by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from kvlint.edits import Refused, rewrite
from kvlint.edits import forget as forget_text
from kvlint.finding import MANUAL, Confidence, Fix, Migration
from kvlint.migrate.subject import PLACEHOLDER_PREFIX
from kvlint.plan import Identity, identity
from kvlint.resources import Resource
from kvlint.source import Source
from kvlint.views import View
from kvlint.yamltree import Node, YamlError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeAlias


Object: TypeAlias = "Mapping[str, Any]"

_OTHER_BREAK = re.compile("\r(?:[^\n]|\\Z)|[\x85\u2028\u2029]")
"""What ends a line for YAML and not for an editor of lines."""


class Present:
    """The objects that are there already: those of the file, and the identities of those in other files."""

    __slots__ = ("_again", "_elsewhere", "_here", "_read")

    def __init__(
        self,
        here: Mapping[Identity, tuple[int, int, int]],
        elsewhere: Collection[Identity],
        again: Callable[[int, int, int], Resource],
    ) -> None:
        """`here` says what `again` needs to read an object of the file once more; it may raise YamlError."""
        self._here = here
        self._elsewhere = elsewhere
        self._again = again
        self._read: dict[int, str] = {}

    def problem(self, resource: Resource) -> str:
        """Why Kubernetes rejects a resource of the file; empty where it reads it."""
        if id(resource) not in self._read:
            try:
                resource.node.plain()
                self._read[id(resource)] = ""
            except YamlError as error:
                self._read[id(resource)] = f"Kubernetes rejects the object: {error.message}"
        return self._read[id(resource)]

    def has(self, item: Object) -> bool:
        """Whether the object is there already. Raises Refused when another one stands under its name."""
        who = identity(item)
        found = self._here.get(who)
        if found is None:
            return who in self._elsewhere
        try:
            same = _says(self._again(*found).node.plain(), item)
        except YamlError:
            same = False
        if not same:
            raise Refused(f"another {who[0]} named {who[2]} is in the file")
        return True


def _says(there: Any, made: Any) -> bool:
    """Whether an object says what `made` says. It may say more, and what was a placeholder may be filled in."""
    if isinstance(made, Mapping):
        return isinstance(there, Mapping) and all(key in there and _says(there[key], made[key]) for key in made)
    if isinstance(made, list):
        return isinstance(there, list) and len(there) == len(made) and all(map(_says, there, made))
    return bool(there == made) or (isinstance(made, str) and PLACEHOLDER_PREFIX in made)


@lru_cache(1)
def _breaks_otherwise(source: Source) -> bool:
    text = source.text
    return ("\r" in text or not text.isascii()) and _OTHER_BREAK.search(text) is not None


def forget() -> None:
    """Forget the file that fixes were made for last: its text may be a large one."""
    _breaks_otherwise.cache_clear()
    forget_text()


def fix_of(source: Source, view: View, subject: Node | None, migration: Migration, present: Present) -> Fix | None:
    """The fix a migration of something in `view` offers; None where it offers nothing but advice.

    `subject` is the node that `migration.replacement` replaces. The fix is MANUAL where the text cannot be changed
    safely (a kustomize patch, a single JSON object, text shared through an alias, a comment in the way), and where only
    the shape of a custom resource says that there is a Pod in it: nothing says that it takes a claim."""
    resource = view.resource
    if not migration.manifests and migration.replacement is None:
        return None
    missing = tuple(item.name for item in migration.inputs)
    if migration.applicability == MANUAL or subject is None or migration.replacement is None:
        return Fix(migration.title, MANUAL, (), missing)
    try:
        if view.confidence is Confidence.LOW:
            raise Refused(f"whether a {resource.kind} takes a claim here is for its owner to say")
        if resource.partial:
            raise Refused("a kustomize patch is only part of an object")
        if resource.origin == "document" and resource.node.style == "flow":
            raise Refused("a JSON file holds one object")
        if source.encoding != "utf-8":
            raise Refused("the file is UTF-16")
        if _breaks_otherwise(source):
            raise Refused("lines of the file end in other signs than a line feed")
        if present.problem(resource):
            raise Refused(present.problem(resource))
        own = (resource.kind, resource.namespace or "", resource.name)
        new = [item for item in migration.manifests if identity(item) != own and not present.has(item)]
        edits = rewrite(source, subject, migration.replacement, resource, new, migration.preceding)
    except Refused as refused:
        return Fix(f"{migration.title} (by hand: {refused})", MANUAL, (), missing)
    return Fix(migration.title, migration.applicability, edits, missing, tuple(map(identity, new)))
