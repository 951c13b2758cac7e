"""The storage rules of Acme: `RULES` is the folder of cards, `CHECKS` the checks that the cards name."""

import os
from collections.abc import Iterator

from kvlint.quantity import parse
from kvlint.rule import Check, Context, Match
from kvlint.views import Claim


def oversized_claim(view: Claim, context: Context) -> Iterator[Match]:
    """A claim, or a template of one, that asks for more than the parameter `limit`."""
    node = view.node.at("spec", "resources", "requests", "storage")
    size = node.scalar_text() if node is not None else None
    if node is None or size is None:
        return
    limit: str = context.params["limit"]
    try:
        oversized = parse(size) > parse(limit)
    except ValueError:
        return
    if oversized:
        path = f"{view.path}.spec.resources.requests.storage".removeprefix(".")
        values = {"claim": view.name, "size": size, "limit": limit}
        yield Match(node, path, values, confidence=view.confidence)


RULES = os.path.join(os.path.dirname(__file__), "rules")
CHECKS = {"acme-oversized-claim": Check(oversized_claim, ("storage",))}
