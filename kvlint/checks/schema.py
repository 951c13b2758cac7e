"""The check behind every card that has a `when:` instead of a `check:`: a node that validates is a match."""

from collections.abc import Iterator, Mapping
from typing import Any

from kvlint.rule import Check, Context, Match, Rule
from kvlint.views import View
from kvlint.yamltree import Node, YamlError


def schema_check(rule: Rule) -> Check:
    """The check of a card's JSON Schema (draft-07). The schema may come from the linted repository: it is data, and a
    `$ref` out of it is refused when the card is loaded, so nothing is ever fetched."""
    from jsonschema import Draft7Validator
    from referencing import Registry

    validator = Draft7Validator(dict(rule.when or {}), registry=Registry())

    def check(view: View, context: Context) -> Iterator[Match]:
        try:
            plain = view.node.plain()
        except YamlError:
            return
        if validator.is_valid(plain):
            node, path = _caret(view, rule.at)
            yield Match(node, path, _values(plain), related=())

    return Check(check, rule.tokens)


def _caret(view: View, at: str) -> tuple[Node, str]:
    """The key node of the field `at` below the view's node; as much of the way as there is."""
    node, caret, path = view.node, view.node, view.path
    for step in at.split(".") if at else ():
        entry = next((entry for entry in node.entries() if entry.key == step), None)
        if entry is None:
            break
        node, caret, path = entry.node, entry.key_node, f"{path}.{step}" if path else step
    if caret is view.node and caret.children:
        caret = caret.children[0]
    return caret, path


def _values(plain: Any) -> Mapping[str, str]:
    """The scalars of a mapping, for the placeholders of the card's message. Strings only where they are short words:
    a value may be anything, and messages are shown."""
    if not isinstance(plain, dict):
        return {}
    return {key: str(value) for key, value in plain.items() if isinstance(value, str | int | bool) and key in SHOWN}


SHOWN = frozenset(
    {"name", "kind", "driver", "provisioner", "storageClassName", "volumeName", "claimName", "path", "server"}
)
"""Fields that a card's message may show: names of things, never a value that could be a secret."""
