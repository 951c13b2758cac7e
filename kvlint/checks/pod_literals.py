"""The credentials of one Pod together: its containers share one Secret, so each migration must know all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from kvlint.checks import places, values
from kvlint.checks.places import Found
from kvlint.finding import Confidence, Migration
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import Strength
from kvlint.record import NamedTuple
from kvlint.rule import Context
from kvlint.views import PodSpec
from kvlint.yamltree import MAPPING, Node

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kvlint.migrate.pod_secret import Literal, PodSecret


_FIELDS = ("initContainers", "containers", "ephemeralContainers")


class Held(NamedTuple):
    """A credential or placeholder of a container; `item` is the entry of `env` that holds it."""

    container: str
    found: Found
    place: str
    item: Node | None = None


class PodLiterals:
    """The credentials of a Pod: those that a rule asks for, and all when a migration is wanted."""

    def __init__(self, pod: PodSpec, context: Context) -> None:
        self.pod = pod
        self.context = context
        self._secret: PodSecret | None = None
        self._first_command = 0

    def environment(self) -> Iterator[Held]:
        """Those in environment variables."""
        for name, node, path in self._containers():
            for found, item in places.environment(node, path):
                yield Held(name, found, "environment", item)

    def commands(self) -> Iterator[Held]:
        """Those on command lines and in headers of probes."""
        for name, node, path in self._containers():
            shells: dict[str, bool] = {}
            for found in places.command_lines(node, path):
                yield Held(name, found, _place(node, found, path, shells))

    def of_environment(self, number: int) -> Callable[[], Migration]:
        """Makes the migration of the `number`-th of `environment`."""
        return lambda: self._made().migration(number)

    def of_commands(self, number: int) -> Callable[[], Migration]:
        """Makes the migration of the `number`-th of `commands`."""
        return lambda: self._made().migration(self._first_command + number)

    def _made(self) -> PodSecret:
        if self._secret is None:
            from kvlint.migrate.pod_secret import Owner, PodSecret
            from kvlint.migrate.subject import Inputs

            resource = self.pod.resource
            environment, commands = list(self.environment()), list(self.commands())
            self._first_command = len(environment)
            seen: dict[str, int] = {}
            literals = [_literal(held, seen) for held in (*environment, *commands)]
            variables: dict[str, frozenset[str]] = {}
            references: list[tuple[str, str]] = []
            for name, node, _ in self._containers():
                listed = node.get("env")
                items = listed.items() if listed is not None else []
                variables[name] = frozenset(_text(item.get("name")) for item in items)
                found = [item.at("valueFrom", "secretKeyRef") for item in items]
                references += [(_text(one.get("name")), _text(one.get("key"))) for one in found if one is not None]
            self._secret = PodSecret(
                Owner(
                    resource.kind,
                    resource.name,
                    resource.namespace or self.context.namespace,
                    self.pod.confidence is Confidence.HIGH,
                ),
                literals,
                variables,
                references,
                Inputs(self.context.inputs),
            )
        return self._secret

    def _containers(self) -> Iterator[tuple[str, Node, str]]:
        for field in _FIELDS:
            listed = self.pod.node.get(field)
            for index, node in enumerate(listed.items() if listed is not None else ()):
                if node.kind == MAPPING:
                    yield _text(node.get("name")), node, f"{self.pod.path}.{field}[{index}]"


def _literal(held: Held, seen: dict[str, int]) -> Literal:
    from kvlint.migrate.pod_secret import ENVIRONMENT, Literal, kind_of

    found, verdict = held.found, held.found.verdict
    value = _text(found.node)
    before, text, after = value[: verdict.start], value[verdict.start : verdict.end], value[verdict.end :]
    if held.place != ENVIRONMENT or not (before.strip() or after.strip()):
        before = after = ""
    variable = found.name
    telling = variable != verdict.what
    if held.place != ENVIRONMENT:
        named = telling and keys.strength(variable, keys.FLAG) >= Strength.GENERIC
        variable = re.sub(r"[^A-Za-z0-9]+", "_", variable if named else kind_of(verdict.what)).strip("_").upper()
    return Literal(
        held.container,
        variable,
        held.place,
        seen.setdefault(text, len(seen)),
        found.path,
        before,
        after,
        f"the value of `{found.name}`" if telling else f"the {verdict.what}",
        verdict.what,
        verdict.kind == values.PLACEHOLDER,
    )


def _place(container: Node, found: Found, path: str, shells: dict[str, bool]) -> str:
    """What kind of command line holds a credential: it decides what can stand for it there.

    `shells` remembers which of the container's command lines are run by a shell."""
    from kvlint.migrate.pod_secret import ARGUMENT, HEADER, PROBE, SCRIPT

    *steps, last = found.path.removeprefix(f"{path}.").split(".")
    if "httpGet" in steps:
        return HEADER
    line = ".".join(steps)
    if line not in shells:
        lists = [container.at(*steps, last.partition("[")[0])] if steps else map(container.get, ("command", "args"))
        words = [_text(item) for one in lists if one is not None for item in one.items()]
        shells[line] = any(re.fullmatch(r"-[A-Za-z]*c", word) for word in words)
    if shells[line] and re.search(r"\s", _text(found.node)):
        return SCRIPT
    return PROBE if steps else ARGUMENT


def _text(node: Node | None) -> str:
    return (node.scalar_text() if node is not None else None) or ""
