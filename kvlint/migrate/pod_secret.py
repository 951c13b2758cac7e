"""Credentials of a Pod's containers into one Secret of the workload: from environment variables and command lines.

No value is ever read: the check says where a credential is, what is around it, and which values are equal."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kvlint.finding import MANUAL, READY, UNSAFE, Migration
from kvlint.migrate.credential import ROTATE
from kvlint.migrate.draft import create_secret, quote
from kvlint.migrate.objects import Object, secret, storage_name
from kvlint.migrate.subject import Inputs

ENVIRONMENT = "environment"
ARGUMENT = "argument"
SCRIPT = "script"
PROBE = "probe"
HEADER = "header"

_TASKS = "https://kubernetes.io/docs/tasks/inject-data-application/"
_ENVIRONMENT_PAGE = f"{_TASKS}distribute-credentials-secure/"
_COMMAND_PAGE = f"{_TASKS}define-command-argument-container/"
_KINDS = ("password", "token", "key")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"[-_a-zA-Z0-9][-._a-zA-Z0-9]{0,252}")

# A Secret with more keys than this is not written out for each of them.
_TOGETHER = 50


class Literal(NamedTuple):
    """One credential or placeholder of a container.

    `place` is ENVIRONMENT, ARGUMENT (of the command itself), SCRIPT (a shell's), PROBE (the command of a probe or hook,
    without a shell) or HEADER (of a probe). `variable` is the environment variable that holds it, or that should.
    Literals of one `value` are equal. `path` is the field. `before` and `after` are the text around it in the value of
    the variable, both empty where it is the whole. `option` says in words where it stands, `what` what it is.
    `placeholder`: it still has to be filled in."""

    container: str
    variable: str
    place: str
    value: int
    path: str
    before: str
    after: str
    option: str
    what: str
    placeholder: bool

    @property
    def partial(self) -> bool:
        """Whether the value holds more than the credential."""
        return bool(self.before or self.after)


class Owner(NamedTuple):
    """Who runs the Pod. `certain` is False for a custom resource, whose operator decides what becomes of it."""

    kind: str
    name: str
    namespace: str | None
    certain: bool


class PodSecret:
    """The Secret of a workload for all literals of its Pod."""

    __slots__ = ("_keys", "_literals", "_names", "_owner", "_places", "_variables", "name")

    def __init__(
        self,
        owner: Owner,
        literals: Sequence[Literal],
        variables: Mapping[str, frozenset[str]],
        references: Iterable[tuple[str, str]],
        inputs: Inputs,
    ) -> None:
        """`variables` are the names in each container's `env`; `references` the pairs (Secret, key) in use there."""
        made = storage_name("credentials", owner.kind.lower(), owner.name)
        self.name = inputs.given("credentials.secret", made) or made
        self._owner = owner
        self._literals = literals
        self._variables = variables
        self._places = Counter(literal.path for literal in literals)
        self._names = list(_names(literals, variables))
        used = {key for name, key in references if name == self.name}
        self._keys = list(_keys(literals, self._names, used))

    def migration(self, number: int) -> Migration:
        """The migration of the literal `number`: a reference where a variable holds it, advice where a command does."""
        owner, literal = self._owner, self._literals[number]
        keys = list(dict.fromkeys(self._keys))
        notes = [f"The Secret must be there before the Pods are: without it they do not start.{self._where()}"]
        if len(keys) > _TOGETHER:
            notes.append(f"The Secret holds {len(keys)} keys, one for each credential of the Pod; this is one of them.")
            keys = [self._keys[number]]
        notes.append(
            f"Should the placeholder be in use: {ROTATE}. Put the real value into the Secret only."
            if literal.placeholder
            else f"Put a new value into the Secret, not the one in this file: {ROTATE}. Change it where it is checked "
            "(the database, the service) at the same time, or the Pods cannot log in."
        )
        create = create_secret(self.name, owner.namespace, {}, keys)
        made = self._environment(number) if literal.place == ENVIRONMENT else self._command(number)
        identity = (owner.namespace or "", owner.kind, owner.name, literal.path, self._keys[number])
        return made._replace(
            id="/".join(("credential", *identity)),
            steps=(create, *made.steps, self._apply()),
            notes=(*made.notes, *notes),
            secrets=(secret(self.name, owner.namespace, {}, keys),),
            preparation=(create,),
        )

    def _reference(self, number: int, variable: str) -> Object:
        return {
            "name": variable,
            "valueFrom": {"secretKeyRef": {"name": self.name, "key": self._keys[number]}},
        }

    def _environment(self, number: int) -> Migration:
        literal = self._literals[number]
        entry = self._reference(number, literal.variable)
        made = Migration(
            "",
            None,
            MANUAL,
            references=(_ENVIRONMENT_PAGE,),
            title=f"`{literal.variable}` from key `{self._keys[number]}` of Secret `{self.name}`",
        )
        obstacle = self._obstacle(literal)
        if obstacle:
            return made._replace(
                steps=(f"By hand, because {obstacle}. With the whole value in the Secret it is: `{_text(entry)}`",)
            )
        made = made._replace(status=READY, applicability=UNSAFE, replacement=entry)
        if not literal.partial:
            return made
        part = self._names[number]
        return made._replace(
            replacement={"name": literal.variable, "value": f"{literal.before}$({part}){literal.after}"},
            preceding=(self._reference(number, part),),
            notes=(
                f"`$({part})` is put into the value as it is: if that is a URL, the Secret holds it percent-encoded.",
                f"Kubernetes knows only variables that stand before in `env`, so `{part}` stays in front.",
            ),
        )

    def _obstacle(self, literal: Literal) -> str:
        """Why the text of a variable cannot be changed by itself; empty where it can."""
        if not self._owner.certain:
            return f"the operator of {self._owner.kind} decides what it passes on to its Pods"
        if not self._owner.name:
            return "the workload has no name that the Secret could have"
        if self._places[literal.path] > 1:
            return "the value holds several credentials"
        if not literal.partial:
            return ""
        if "\n" in literal.before or "\n" in literal.after:
            return "the value has several lines"
        if literal.before.endswith("$") or not _VARIABLE.fullmatch(literal.variable):
            return "no variable can stand for the credential inside the value"
        if _part(literal) in self._variables.get(literal.container, ()):
            return f"the container has a variable `{_part(literal)}` already"
        return ""

    def _command(self, number: int) -> Migration:
        literal = self._literals[number]
        name = self._names[number]
        add = f"add to `env` of container `{literal.container}`: `{_text(self._reference(number, name))}`"
        steps = [add[0].upper() + add[1:]]
        if literal.place == ARGUMENT:
            steps.append(f"Write `$({name})` in the place of {literal.option}: Kubernetes puts the variable in.")
        elif literal.place == SCRIPT:
            steps.append(f'Write `"${name}"` in the place of {literal.option}: the shell puts the variable in.')
        elif literal.place == PROBE:
            steps.append(
                f'Run the command through a shell (`sh -c`) with `"${name}"` in the place of {literal.option}: '
                "Kubernetes puts no variables into commands of probes and hooks."
            )
        else:
            steps = [
                f"Take {literal.option} out: Kubernetes puts no variables into headers. Probe a path that needs no "
                f'credential, or run a command that reads `"${name}"` in a shell; for that, {add}'
            ]
        if literal.place != HEADER:
            steps.append(
                "Better still, where the program can read a variable or a file by itself: a command line is open to "
                "whoever lists processes. For a file, mount the Secret as a volume and give the program its path."
            )
        return Migration(
            "",
            None,
            MANUAL,
            steps=tuple(steps),
            references=(_COMMAND_PAGE,),
            title=f"Variable `{name}` from Secret `{self.name}` in the place of {literal.option}",
        )

    def _where(self) -> str:
        return "" if self._owner.namespace else " It is in the namespace of the Pods."

    def _apply(self) -> str:
        kind, name, namespace, _ = self._owner
        if kind not in ("Pod", "Job"):
            return f"Apply the changed {kind} and see that its Pods start."
        where = f" --namespace {quote(namespace)}" if namespace else ""
        command = f": `kubectl delete{where} {kind.lower()}/{quote(name)}`" if name else ""
        return f"Containers of a {kind} cannot be changed. Delete it{command}; then apply the new one."


def _names(literals: Sequence[Literal], variables: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """The variable that will hold each literal: its own, one for the part of its value, or a new one for a command.

    Commands of a container share a variable where their values are equal; a number tells other values apart."""
    made: dict[tuple[str, str, int], str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for literal in literals:
        if literal.place == ENVIRONMENT:
            yield _part(literal) if literal.partial else literal.variable
            continue
        who = literal.container, literal.variable
        own = variables.get(literal.container, frozenset())
        while (*who, literal.value) not in made:
            counts[who] += 1
            name = literal.variable if counts[who] == 1 else f"{literal.variable}_{counts[who]}"
            if name not in own:
                made[*who, literal.value] = name
        yield made[*who, literal.value]


def _keys(literals: Sequence[Literal], names: Sequence[str], used: set[str]) -> Iterator[str]:
    """The key of each literal: its variable's name; where another value has that, the container's name before it.

    `used` keys are referred to already: nobody can see whether they hold the same value."""
    taken: dict[str, int] = dict.fromkeys(used, -1)
    counts: Counter[tuple[str, str]] = Counter()
    for literal, name in zip(literals, names, strict=True):
        key = _valid(name)
        while taken.setdefault(key, literal.value) != literal.value:
            counts[literal.container, name] += 1
            number = counts[literal.container, name]
            key = _valid(".".join((literal.container, name, str(number))[: 2 if number == 1 else 3]))
        yield key


def _valid(key: str) -> str:
    """A key of a Secret as the API server takes it."""
    return key if _KEY.fullmatch(key) else storage_name("key", key)


def _part(literal: Literal) -> str:
    """The name of the variable for a part of another one's value."""
    return f"{literal.variable}_{kind_of(literal.what).upper()}"


def kind_of(what: str) -> str:
    """One word for what a credential is: password, token, key or secret."""
    return next((word for word in _KINDS if word in what.lower()), "secret")


def _text(entry: Object) -> str:
    return json.dumps(entry, ensure_ascii=False)
