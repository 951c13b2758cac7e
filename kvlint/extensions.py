"""Rules from elsewhere: cards of `rules-dirs` (data only) and installed plugins, which alone may bring code.

A plugin is an object in the entry-point group `kvlint.plugins` with up to three attributes: `RULES`, the path of a
folder of cards; `CHECKS`, checks by the name its cards use; `MIGRATIONS`, functions from a `kvlint.migrate.Subject` to
its migration, by FlexVolume driver or provisioner. It is imported only when the configuration names it."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kvlint.datafile import Data, read_yaml, validate
from kvlint.finding import Severity
from kvlint.problem import ConfigError, Problem, did_you_mean
from kvlint.record import NamedTuple
from kvlint.rule import Check, MigrationFunction, Rule, Text
from kvlint.source import Source

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "kvlint.plugins"


class Extensions(NamedTuple):
    """Rules, their texts, checks and migrations that are not built in."""

    rules: Mapping[str, Rule] = {}
    texts: Mapping[str, Text] = {}
    checks: Mapping[str, Check] = {}
    migrations: Mapping[str, MigrationFunction] = {}


def load(
    plugins: Iterable[str], folders: Iterable[str], rules: Mapping[str, Rule], checks: Mapping[str, Check]
) -> Extensions:
    """Load plugins by name and cards from folders, beside the built-in `rules` and `checks`.

    Raises ConfigError: no such plugin, one that fails to load (with package and version), a card that is wrong, or an
    id that is taken."""
    found = Extensions({}, {}, {}, {})
    known_rules, known_checks = dict(rules), dict(checks)
    for name in plugins:
        _plugin(name, found, known_rules, known_checks)
    for folder in folders:
        _cards(folder, found, known_rules, known_checks)
    return found


def _plugin(name: str, found: Extensions, rules: dict[str, Rule], checks: dict[str, Check]) -> None:
    from importlib.metadata import entry_points

    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    entry = installed.get(name)
    if entry is None:
        help = did_you_mean(name, installed) or "install the package that brings it beside kvlint"
        raise ConfigError(f"there is no plugin `{name}` in this environment", help=help)
    origin = _origin(entry)
    try:
        plugin = entry.load()
        folder = getattr(plugin, "RULES", None)
        brought: dict[str, Check] = dict(getattr(plugin, "CHECKS", {}))
        migrations: dict[str, MigrationFunction] = dict(getattr(plugin, "MIGRATIONS", {}))
    except Exception as error:  # whatever a plugin raises while it loads
        raise ConfigError(f"{origin} fails to load: {type(error).__name__}: {error}") from error
    wrong = [key for key, value in brought.items() if not isinstance(value, Check)]
    if wrong:
        raise ConfigError(f"{origin} fails to load: check `{wrong[0]}` is no kvlint.rule.Check")
    wrong = [key for key, value in migrations.items() if not callable(value)]
    if wrong:
        raise ConfigError(f"{origin} fails to load: migration `{wrong[0]}` is no function")
    taken = [key for key in brought if key in checks]
    if taken:
        raise ConfigError(f"{origin} fails to load: there is already a check `{taken[0]}`")
    checks.update(brought)
    found.checks.update(brought)  # type: ignore[attr-defined]
    found.migrations.update(migrations)  # type: ignore[attr-defined]
    if folder is not None:
        try:
            _cards(os.fspath(folder), found, rules, checks)
        except ConfigError as error:
            raise ConfigError(f"{origin} fails to load: {error}", error.problems, error.help) from None
        except TypeError:
            raise ConfigError(f"{origin} fails to load: RULES is no path") from None


def _origin(entry: "EntryPoint") -> str:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value
    return f"plugin `{entry.name}` of {package}"


def _cards(folder: str, found: Extensions, rules: dict[str, Rule], checks: Mapping[str, Check]) -> None:
    """Load every card of a folder."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")))
    except OSError as error:
        raise ConfigError(f"cannot read the rules in `{folder}`: {error.strerror}") from None
    for name in names:
        path = os.path.join(folder, name).replace(os.sep, "/")
        try:
            with open(path, "rb") as file:
                data = read_yaml(Source(path, file.read()), lambda key: key == "since")
        except OSError as error:
            raise ConfigError(f"cannot read the rule card `{path}`: {error.strerror}") from None
        rule, text = card(data)
        if rule.id in rules:
            raise _wrong(data, data.problem(["id"], f"there is already a rule `{rule.id}`"))
        if rule.check is not None and rule.check not in checks:
            help = did_you_mean(rule.check, checks)
            raise _wrong(data, data.problem(["check"], f"there is no check `{rule.check}`", help))
        rules[rule.id] = rule
        found.rules[rule.id] = rule  # type: ignore[index]
        found.texts[rule.id] = text  # type: ignore[index]


def card(data: Data) -> tuple[Rule, Text]:
    """The rule of a card. Raises ConfigError when it does not follow the schema of cards."""
    from json import loads

    path = os.path.join(os.path.dirname(__file__), "schemas", "rule.schema.json")
    with open(path, encoding="utf-8") as file:
        schema = loads(file.read())
    problems = validate(data, schema, lambda _, is_key: "key" if is_key else "word")
    value = data.value
    stem = os.path.splitext(os.path.basename(data.source.name))[0]
    if not problems and value["id"] != stem:
        problems = [data.problem(["id"], f"the card is named `{value['id']}`, its file `{stem}`")]
    if not problems:
        problems = [*_when_problems(data), *_param_problems(data)]
    if problems:
        raise _wrong(data, *problems)
    return rule_of(value)


def rule_of(value: Mapping[str, Any]) -> tuple[Rule, Text]:
    """The rule that the content of a valid card stands for."""
    on = value.get("on", [])
    rule = Rule(
        id=value["id"],
        category=value["category"],
        severity=Severity[value["severity"].upper()],
        on=(on,) if isinstance(on, str) else tuple(on),
        check=value.get("check"),
        when=value.get("when"),
        at=value.get("at", ""),
        message=value["message"],
        label=value.get("label", ""),
        help=value["help"].strip(),
        params=value.get("params", {}),
        tokens=tuple(value.get("tokens", ())),
        enabled=value.get("enabled", True),
    )
    return rule, Text(value["summary"], value["why"].strip(), value["since"], tuple(value["references"]))


def _wrong(data: Data, *problems: Problem) -> ConfigError:
    return ConfigError(f"`{data.source.name}` is not a valid rule card", problems)


def _when_problems(data: Data) -> list[Problem]:
    """What is wrong with the JSON Schema in `when`: it must be one, and refer to nothing outside of itself."""
    when = data.value.get("when")
    return [] if when is None else _schema_problems(data, ["when"], when)


def _param_problems(data: Data) -> list[Problem]:
    return [
        problem
        for name, schema in data.value.get("params", {}).items()
        for problem in _schema_problems(data, ["params", name], schema)
    ]


def _schema_problems(data: Data, path: list[str | int], schema: Mapping[str, Any]) -> list[Problem]:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import SchemaError

    stack: list[tuple[list[str | int], Any]] = [(path, schema)]
    while stack:
        where, node = stack.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                return [data.problem([*where, "$ref"], "`$ref` may only point into the same schema (`#/…`)")]
            stack.extend(([*where, key], value) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend(([*where, index], value) for index, value in enumerate(node))
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as error:
        return [data.problem([*path, *error.absolute_path], f"not a JSON Schema (draft-07): {error.validator}")]
    return []
