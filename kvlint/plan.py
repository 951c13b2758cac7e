"""What a run is going to do: its rules with their checks, the version judged for, what is known beside the files."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from kvlint.finding import Severity
from kvlint.knowledge.version import NEWEST, Version
from kvlint.registry import CHECKS
from kvlint.relevance import WORD, Relevance
from kvlint.rule import Check, Context, Rule

if TYPE_CHECKING:
    from kvlint.checks.world import World
    from kvlint.suppress import Policy

INVENTORY = "inventory"
"""The view of rules that judge all files together; every other view is of one object."""


Identity = tuple[str, str, str]
"""Kind, namespace ("" where it has or says none) and name of an object."""


class ActiveRule(NamedTuple):
    """A rule of this run: its card, the severity the configuration gives it (None: the card's, or by evidence) and its
    parameters with defaults filled in."""

    rule: Rule
    severity: Severity | None
    params: Mapping[str, Any]


class Planned(NamedTuple):
    """An active rule with the check behind it and what that check may know."""

    active: ActiveRule
    check: Check
    context: Context


class Plan:
    """Everything a run needs to know that is not a file. Without `suppression` every finding counts.

    `present` are objects (kind, namespace, name) that exist in other files, so that no fix writes them again.

    `by_view` are the rules that judge one object, `across` those that judge the inventory: they know `world` and need
    facts, so `gathers` is True where there are any. `skip_test=False` switches the test off that skips documents which
    cannot matter."""

    __slots__ = (
        "across",
        "by_view",
        "gathers",
        "inputs",
        "namespace",
        "present",
        "relevance",
        "rules",
        "skip_test",
        "suppression",
        "target",
        "world",
    )

    def __init__(
        self,
        rules: Iterable[ActiveRule],
        *,
        target: Version = NEWEST,
        namespace: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        skip_test: bool = True,
        checks: Mapping[str, Check] = CHECKS,
        suppression: "Policy | None" = None,
        world: "World | None" = None,
    ) -> None:
        self.rules = {active.rule.id: active for active in rules}
        self.target = min(target, NEWEST)
        self.namespace = namespace
        self.inputs = inputs or {}
        self.suppression = suppression
        self.world = world
        self.present: set[Identity] = set()
        self.across: list[Planned] = []
        # The tokens of all checks, whatever is selected: findings of the engine itself do not depend on the selection.
        own = [token for name, check in checks.items() if check is CHECKS.get(name) for token in check.tokens]
        other: list[str | tuple[str, str]] = [WORD]
        everything = False
        views: dict[str, list[Planned]] = {}
        for active in self.rules.values():
            check = check_of(active.rule, checks)
            if check is None:
                continue
            planned = Planned(active, check, Context(self.target, active.params, namespace, self.inputs))
            if check is not CHECKS.get(active.rule.check or ""):
                other.extend(check.tokens)
                everything = everything or not check.tokens
            for view in active.rule.on:
                if view == INVENTORY:
                    self.across.append(planned)
                else:
                    views.setdefault(view, []).append(planned)
        self.by_view = tuple(views.items())
        self.gathers = bool(self.across)
        self.relevance = Relevance(own, other, everything=everything)
        self.skip_test = skip_test


def facts_only(plan: Plan) -> Plan:
    """A plan that judges nothing and gathers facts, for files that are read only to resolve references of others."""
    made = Plan((), namespace=plan.namespace)
    made.gathers = True
    return made


def check_of(rule: Rule, checks: Mapping[str, Check]) -> Check | None:
    """The check behind a card: the named one, or that of its `when:`. None for rules of the engine itself."""
    if rule.when is not None:
        from kvlint.checks.schema import schema_check

        return schema_check(rule)
    return checks[rule.check] if rule.check is not None else None
