"""The findings of rules that judge all files together."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from kvlint.checks.across import Across
from kvlint.checks.world import Judgement, World
from kvlint.facts import Place
from kvlint.finding import Confidence, Finding, Location
from kvlint.fingerprint import fingerprint, numbered
from kvlint.inventory import Inventory
from kvlint.plan import ActiveRule, Plan
from kvlint.rule import fill

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


_LAST_INDEX = r"\[[0-9]+\]([^\[]*)$"


def joint_findings(
    plan: Plan, inventory: Inventory, world: World, files: Container[str] | None = None
) -> tuple[list[Finding], bool]:
    """The findings in the linted `files` (None: all that have facts), and whether a check failed.

    A check that fails becomes a finding without a place and hides nothing."""
    view = Across(inventory, world, files)
    found: list[Finding] = []
    failed = False
    for planned in plan.across:
        try:
            judgements: Iterable[Any] = planned.check.function(view, planned.context)
            found += [_finding(planned.active, judgement) for judgement in judgements]
        except Exception as error:
            failed = True
            internal = plan.rules.get("internal-error")
            if internal is not None:
                found.append(_internal(internal, planned.active.rule.id, type(error).__name__, inventory))
    found.sort(key=lambda finding: (finding.location, finding.rule))
    return list(numbered(found)), failed


def _finding(active: ActiveRule, judgement: Judgement) -> Finding:
    card, place = active.rule, judgement.place
    values = {"name": place.name, "kind": place.kind, **judgement.values}
    path = place.path(*judgement.keys)
    return Finding(
        rule=card.id,
        category=card.category,
        severity=active.severity or judgement.severity,
        confidence=judgement.confidence,
        message=fill(card.message, values),
        help=fill(judgement.help or card.help, values),
        location=place.location(*judgement.keys, label=fill(judgement.label or card.label, values)),
        resource=place.ref(),
        field=path,
        related=judgement.related,
        fingerprint=_fingerprint(card.id, place, path),
        fix=judgement.fix,
    )


def _internal(active: ActiveRule, rule: str, error: str, inventory: Inventory) -> Finding:
    values = {"rule": rule, "error": error}
    file = min(inventory.file_names(), default="")
    return Finding(
        rule=active.rule.id,
        category=active.rule.category,
        severity=active.severity or active.rule.severity,
        confidence=Confidence.HIGH,
        message=fill(active.rule.message, values),
        help=fill(active.rule.help, values),
        location=Location(file, 0, 0, 0, 0),
        resource=None,
        field="",
        fingerprint=f"{active.rule.id}-{rule}",
    )


def _fingerprint(rule: str, place: Place, path: str) -> str:
    """The name of a list item takes the place of its index."""
    where = re.sub(_LAST_INDEX, lambda match: f"[{place.item}]{match[1]}", path) if place.item else path
    return fingerprint(rule, place.identity, (place.kind, place.namespace or "", place.name), where)
