"""What a run is going to do: its rules with their checks, the version judged for, what is known beside the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kvlint.finding import Severity
from kvlint.knowledge.version import NEWEST, Version
from kvlint.record import NamedTuple
from kvlint.registry import CHECKS, OF_CREDENTIALS, OF_SCHEMAS, OFF
from kvlint.relevance import FIRST_CHECK, NAMED, WORD, Clause, Relevance
from kvlint.rule import Check, Context, Live, MigrationFunction, Rule

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from kvlint.checks.world import World
    from kvlint.suppress import Policy

INVENTORY = "inventory"
"""The view of rules that judge all files together; every other view is of one object."""


UNRENDERED = "unrendered-template"
"""The rule whose findings say nothing of their file's text."""

Identity = tuple[str, str, str]
"""Kind, namespace ("" where it has or says none) and name of an object."""


def identity(item: Mapping[str, Any]) -> Identity:
    """The identity of an object as plain data."""
    metadata = item.get("metadata")
    namespace, name = (metadata.get("namespace"), metadata.get("name")) if isinstance(metadata, Mapping) else ("", "")
    kind, namespace, name = (word if isinstance(word, str) else "" for word in (item.get("kind"), namespace, name))
    return kind, namespace, name


class ActiveRule(NamedTuple):
    """A rule of this run: its card, the severity the configuration gives it (None: the card's, or by evidence) and its
    parameters with defaults filled in."""

    rule: Rule
    severity: Severity | None
    params: Mapping[str, Any]


class Planned(NamedTuple):
    """An active rule with the check behind it, what that check may know, and its bit in `Plan.relevance`."""

    active: ActiveRule
    check: Check
    context: Context
    bit: int


class Plan:
    """Everything a run needs to know that is not a file. Without `suppression` every finding counts.

    `present` are objects (kind, namespace, name) that exist in other files, so that no fix writes them again.

    `by_view` are the rules that judge one object, `across` those that judge the inventory: they know `world` and need
    facts of documents that hold tokens of theirs (the bits `gathers`). `surveys`: also what only a survey counts.
    `skip_test=False` switches the test off that skips documents, and checks, that cannot matter."""

    __slots__ = (
        "_chosen",
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
        "surveys",
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
        suppression: Policy | None = None,
        world: World | None = None,
        live: Live | None = None,
        migrations: Mapping[str, MigrationFunction] = {},
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
        bits = {id(check): FIRST_CHECK << number for number, check in enumerate(checks.values())}
        # Those of rules that are off by default count only where such a rule is on.
        asked = {active.rule.check for active in self.rules.values()}
        tokens: list[tuple[tuple[Clause, ...], int]] = [((WORD,), NAMED)]
        tokens += [
            (check.tokens, bits[id(check)]) for name, check in checks.items() if name in asked or name not in OFF
        ]
        own = sum(
            bits[id(check)] for name, check in checks.items() if check is CHECKS.get(name) and name not in OF_SCHEMAS
        )
        everything = gathering = 0
        views: dict[str, list[Planned]] = {}
        for active in self.rules.values():
            check = check_of(active.rule, checks)
            if check is None:
                continue
            if id(check) not in bits:
                bits[id(check)] = FIRST_CHECK << len(bits)
                tokens.append((check.tokens, bits[id(check)]))
            bit = bits[id(check)]
            # Tokens are those of the parameters' defaults.
            plain = all(active.params.get(name) == row.get("default") for name, row in active.rule.params.items())
            everything |= 0 if check.tokens and plain else bit
            context = Context(self.target, active.params, namespace, self.inputs, live, migrations)
            planned = Planned(active, check, context, bit)
            for view in active.rule.on:
                if view == INVENTORY:
                    self.across.append(planned)
                    gathering |= bit
                else:
                    views.setdefault(view, []).append(planned)
        self.by_view = tuple(views.items())
        self.gathers = gathering
        secrets = sum(bits[id(checks[name])] for name in OF_CREDENTIALS if checks.get(name) is CHECKS[name])
        self.relevance = Relevance(tokens, everything, ~own, secrets, _may_hold_credential)
        self.skip_test = skip_test
        self.surveys = False
        self._chosen: dict[int, ByView] = {}

    def to_send(self) -> Plan:
        """A copy for another process, which maps files: without what only joining their facts needs."""
        made = self._copy()
        made.suppression = made.world = None
        made.across = []
        return made

    def for_many(self) -> Plan:
        """A copy for many files: made at greater cost, faster for each of them. It cannot be sent to a process."""
        from kvlint.checks.suspicion import in_one_pass

        made = self._copy()
        made.relevance = self.relevance.in_one_pass(in_one_pass())
        return made

    def _copy(self) -> Plan:
        made = Plan.__new__(Plan)
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        return made

    def views_of(self, checks: int) -> ByView:
        """Those of `by_view` whose bit is among `checks`."""
        found = self._chosen.get(checks)
        if found is None:
            chosen = ((view, [planned for planned in rules if planned.bit & checks]) for view, rules in self.by_view)
            found = self._chosen[checks] = tuple((view, rules) for view, rules in chosen if rules)
        return found


def _may_hold_credential(text: str) -> bool:
    from kvlint.checks.suspicion import may_hold_credential

    return may_hold_credential(text)


def facts_only(plan: Plan) -> Plan:
    """A plan that judges nothing and gathers facts, for files that are read only to resolve references of others."""
    made = Plan((), namespace=plan.namespace)
    made.gathers = NAMED
    made.relevance = Relevance(
        [(planned.check.tokens, NAMED) for planned in plan.across], may_hold=_may_hold_credential
    )
    return made


_SURVEYED = ("missing-claim", "inline-network-volume", "inline-csi-volume", "deprecated-storage-api")
"""The checks whose tokens are in every document that a survey counts something of."""


def surveying(namespace: str | None = None) -> Plan:
    """A plan that judges nothing and gathers what a survey counts (`kvlint.survey`)."""
    made = Plan((), namespace=namespace)
    made.gathers = NAMED
    made.surveys = True
    made.relevance = Relevance([(CHECKS[name].tokens, NAMED) for name in _SURVEYED], may_hold=_may_hold_credential)
    return made


ByView = tuple[tuple[str, list[Planned]], ...]
"""The views of one object, each with the rules that look at it."""


def check_of(rule: Rule, checks: Mapping[str, Check]) -> Check | None:
    """The check behind a card: the named one, or that of its `when:`. None for rules of the engine itself."""
    if rule.when is not None:
        from kvlint.checks.schema import schema_check

        return schema_check(rule)
    return checks[rule.check] if rule.check is not None else None
