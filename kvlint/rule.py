"""A rule is a card: what it looks at, which check decides, and the words it uses. Data only.

`Context` and `Match` are what a check receives and yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kvlint.finding import Confidence, Severity
from kvlint.knowledge.version import Version
from kvlint.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from kvlint.finding import Migration
    from kvlint.yamltree import Node

CATEGORIES = ("inline", "credentials", "binding", "deprecated", "engine")


class Rule(NamedTuple):
    """One card. Either `check` names a check, or `when` is a JSON Schema (draft-07): a node that validates is a match.

    `on` names the views it looks at. `message`, `label` and `help` may hold `{placeholders}`. `params` maps a parameter
    name to its JSON Schema with a default. `tokens`: a document in which none of them occurs cannot match (empty:
    unknown). `enabled` is False for a rule that is off unless the configuration switches it on."""

    id: str
    category: str
    severity: Severity
    on: tuple[str, ...]
    check: str | None
    when: Mapping[str, Any] | None
    at: str
    message: str
    label: str
    help: str
    params: Mapping[str, Mapping[str, Any]]
    tokens: tuple[str, ...]
    enabled: bool


class Text(NamedTuple):
    """The part of a card that only documentation needs. `why` is Markdown."""

    summary: str
    why: str
    since: str
    references: tuple[str, ...]


class Live(NamedTuple):
    """What is known of the live cluster whose objects are judged: the CSI drivers installed in it (None: unknown)."""

    drivers: frozenset[str] | None = None


MigrationFunction: TypeAlias = "Callable[[Any], Migration]"
"""Makes the migration of a `kvlint.migrate.Subject`."""


class Context(NamedTuple):
    """What a check may know besides its view.

    `target` is the Kubernetes version judged for, `params` the rule's parameters with defaults filled in, `namespace`
    that of objects that name none (None: unknown), `inputs` the configuration's `migrate` section, `live` the cluster
    whose objects are judged (None: manifests), `migrations` those of plugins, by the name of a FlexVolume driver or
    provisioner."""

    target: Version
    params: Mapping[str, Any]
    namespace: str | None
    inputs: Mapping[str, Any]
    live: Live | None = None
    migrations: Mapping[str, MigrationFunction] = {}


class Match(NamedTuple):
    """What a check found: the node under the caret, its field path, and the values of the card's placeholders.

    `severity` and `confidence` override the card's by evidence; a `capped` severity is all that the evidence carries,
    so no configuration raises it. `related` are further spans with their labels. `help` and `label`, if given, replace
    the card's. `migration` makes the migration on demand; `subject` is the node that the migration replaces. `span` is
    the part of the source under the caret where that is less than the node."""

    node: Node
    path: str
    values: Mapping[str, str]
    severity: Severity | None = None
    confidence: Confidence = Confidence.HIGH
    related: tuple[tuple[Node, str], ...] = ()
    label: str = ""
    help: str = ""
    migration: Callable[[], Migration] | None = None
    subject: Node | None = None
    span: tuple[int, int] | None = None
    capped: bool = False


CheckFunction: TypeAlias = "Callable[[Any, Context], Iterator[Match]]"


Tokens = tuple[str | tuple[str, str], ...]
"""Texts of which one occurs in every document that matters; a pair stands for two that both occur."""


class Check:
    """A check and its tokens (empty: unknown, every document can match).

    `function` may be given as the place where it is below `kvlint.checks`, `module:name` or (for one that `name` makes)
    `module:name:argument`: it is imported when it is first called, which in most runs is never."""

    __slots__ = ("_function", "tokens")

    def __init__(self, function: CheckFunction | str, tokens: Tokens) -> None:
        self._function = function
        self.tokens = tokens

    @property
    def function(self) -> CheckFunction:
        """The function itself."""
        function = self._function
        if isinstance(function, str):
            from importlib import import_module

            module, name, *arguments = function.split(":")
            found = getattr(import_module(f"kvlint.checks.{module}"), name)
            self._function = function = found(*arguments) if arguments else found
        return function


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace `{name}` in a card's text by `values[name]`; an unknown placeholder stays as it is.

    Card text may come from a linted repository, so it never reaches `str.format`."""
    if "{" not in text:
        return text
    pieces = text.split("{")
    made = [pieces[0]]
    for piece in pieces[1:]:
        name, brace, rest = piece.partition("}")
        made.append(values[name] + rest if brace and name in values else "{" + piece)
    return "".join(made)
