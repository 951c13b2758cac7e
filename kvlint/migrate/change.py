"""An object on its way to its current form: what changes, what the reader must know, and how safe it is."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from kvlint.finding import MANUAL, SAFE, UNSAFE
from kvlint.migrate.subject import Refused

Object = dict[str, Any]


class Change:
    """The change of one object. `new` is a copy of it to be changed in place.

    `applicability` starts as SAFE: the API server accepts the change on a live object, and it behaves the same."""

    __slots__ = ("applicability", "new", "notes", "references", "steps", "title")

    def __init__(self, old: Mapping[str, Any], title: str) -> None:
        self.new: Object = copy.deepcopy(dict(old))
        self.title = title
        self.applicability = SAFE
        self.notes: list[str] = []
        self.steps: list[str] = []
        self.references: list[str] = []

    def note(self, text: str) -> None:
        """Add a sentence the reader must know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def unsafe(self, why: str) -> None:
        """Say why the change is not the same on a live object."""
        self.applicability = UNSAFE
        self.note(why)


def by_hand(old: Mapping[str, Any], title: str, steps: Sequence[str]) -> Change:
    """A change that only the reader can make; `steps` say how."""
    change = Change(old, title)
    change.applicability = MANUAL
    change.steps += steps
    return change


def spec_of(holder: Object) -> Object:
    """The `spec` of an object that is being changed; an empty one where it has none. Refuses other types."""
    spec = holder.get("spec")
    if spec is None:
        spec = holder["spec"] = {}
    if not isinstance(spec, dict):
        raise Refused("`spec` is no mapping, so Kubernetes rejects the object; correct it first")
    return spec
