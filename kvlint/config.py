"""The configuration of a run: found, read, validated, and turned into the rules that take part.

`.kvlint.yaml` (or `.kvlint.yml`), else `[tool.kvlint]` in pyproject.toml: the nearest one from the linted files upwards
to the root of their Git repository, else from the working folder upwards. The command line beats the file, the file
beats the card."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from kvlint import memory
from kvlint.finding import Severity
from kvlint.patterns import Patterns
from kvlint.problem import ConfigError, did_you_mean
from kvlint.record import NamedTuple
from kvlint.rule import CATEGORIES, Rule
from kvlint.source import Source
from kvlint.suppress import PerFile

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from kvlint.datafile import Data, Path

FILE_NAMES = (".kvlint.yaml", ".kvlint.yml")
PYPROJECT = "pyproject.toml"
TABLE = "tool.kvlint"
SEVERITIES = {severity.label: severity for severity in Severity}

Extend: TypeAlias = "Callable[[Mapping[str, Any], str], tuple[Mapping[str, Rule], Collection[str]]]"

# `--select` keeps these: a document that could not be judged must not pass for a clean one.
ALWAYS = frozenset({"invalid-yaml", "unreadable-document", "internal-error"})
# Keys whose values are not texts, so that `1.30` is a number below them.
_VALUED = frozenset({"rules", "inventory-complete"})


class Setting(NamedTuple):
    """What the configuration says about a rule or a category. `on` and `severity` are None where it says nothing."""

    on: bool | None = None
    severity: Severity | None = None
    params: Mapping[str, Any] = {}


class Config(NamedTuple):
    """A configuration file, read. Paths and patterns in it are relative to the folder `root`; `path` is empty without
    a file. `known_classes` maps a class to its provisioner, the empty string where it is not said."""

    path: str = ""
    root: str = ""
    kubernetes_version: str = ""
    platforms: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    inventory: tuple[str, ...] = ()
    inventory_complete: bool = False
    settings: Mapping[str, Setting] = {}
    known_classes: Mapping[str, str] = {}
    per_file: tuple[PerFile, ...] = ()
    plugins: tuple[str, ...] = ()
    rules_dirs: tuple[str, ...] = ()
    migrate: Mapping[str, Any] = {}
    baseline: str = ""

    def below(self, path: str) -> str:
        """A path of the configuration as the working folder sees it."""
        return os.path.normpath(os.path.join(self.root, path)) if self.root else path


class Chosen(NamedTuple):
    """A rule that takes part in a run, the severity set by configuration (None: the card's), and all its parameters."""

    rule: Rule
    severity: Severity | None
    params: Mapping[str, Any]


def find(paths: Sequence[str]) -> str:
    """The configuration file for the linted `paths`; the empty string if there is none."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths if path != "-"]
    starts = [os.path.abspath(folder or os.curdir) for folder in folders]
    try:
        common = os.path.commonpath(starts) if starts else os.getcwd()
    except ValueError:  # different drives
        common = os.getcwd()
    found = _upwards(common) or _upwards(os.getcwd())
    if not found:
        return ""
    near = os.path.relpath(found) if _same_drive(found) else found
    return near.replace(os.sep, "/")


def load(path: str, explicit: bool, extend: Extend, caching: bool = True) -> Config:
    """Read the configuration file `path`; what was validated before is not read again, but for `caching=False`.

    Raises ConfigError.

    A file named on the command line (`explicit`) may lie anywhere, so its paths are relative to the working folder,
    else to that of the file. `extend(value, root)` loads the rules that a configuration brings, which may not be valid
    otherwise yet; it answers with all rules, and the ids of those that are not built in."""
    root = "" if explicit else os.path.dirname(path)
    try:
        with open(path, "rb") as file:
            source = Source(path, file.read())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot read the configuration `{path}`: {reason}") from None
    remembered = memory.recall(source) if caching else None
    if remembered is not None:
        rules, foreign = extend(remembered.value, root)
        if _signature(rules, foreign) == remembered.foreign:
            return build(remembered.value, path, root)
    data = read(source, explicit)
    if data is None:
        return Config()
    rules, foreign = extend(data.value, root)
    check(data, rules)
    if caching:
        memory.remember(source, memory.Remembered(data.value, _signature(rules, foreign)))
    return build(data.value, path, root)


def read(source: Source, explicit: bool = False) -> Data | None:
    """What a configuration file says; None for a pyproject.toml without our table. Raises ConfigError."""
    from kvlint.datafile import read_toml, read_yaml

    if not source.name.endswith(".toml"):
        return read_yaml(source, lambda key: key not in _VALUED)
    data = read_toml(source, TABLE)
    if data is None and explicit:
        raise ConfigError(f"`{source.name}` has no table [{TABLE}]")
    return data


def check(data: Data, rules: Mapping[str, Rule]) -> None:
    """Validate a configuration against the schema of these rules. Raises ConfigError."""
    from kvlint.configschema import schema
    from kvlint.datafile import validate
    from kvlint.knowledge.platform_classes import platforms

    problems = validate(data, schema(rules, platforms()), _noun)
    if problems:
        raise ConfigError(f"`{data.source.name}` is not a valid configuration", problems)


def build(value: Mapping[str, Any], path: str, root: str) -> Config:
    """The configuration that the validated content `value` of the file `path` says."""
    classes = value.get("known-storage-classes", {})
    return Config(
        path=path,
        root=root,
        kubernetes_version=value.get("kubernetes-version", ""),
        platforms=tuple(value.get("platforms", ())),
        exclude=tuple(value.get("exclude", ())),
        inventory=tuple(value.get("inventory", ())),
        inventory_complete=value.get("inventory-complete", False),
        settings={name: _setting(said) for name, said in value.get("rules", {}).items()},
        known_classes=classes if isinstance(classes, dict) else dict.fromkeys(classes, ""),
        per_file=tuple(
            PerFile(pattern, Patterns([pattern]), frozenset(names))
            for pattern, names in value.get("per-file-ignores", {}).items()
        ),
        plugins=tuple(value.get("plugins", ())),
        rules_dirs=tuple(value.get("rules-dirs", ())),
        migrate=value.get("migrate", {}),
        baseline=value.get("baseline", ""),
    )


def texts(value: Any, key: str) -> list[str]:
    """The list of texts under a key of a configuration that is not validated yet; what is no text is left out."""
    listed = value.get(key) if isinstance(value, dict) else None
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []


def choose(
    rules: Iterable[Rule],
    settings: Mapping[str, Setting],
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> list[Chosen]:
    """The rules that take part. `select` and `ignore` are rule ids and categories from the command line."""
    chosen = []
    for rule in rules:
        category, own = settings.get(rule.category, Setting()), settings.get(rule.id, Setting())
        # A severity for a category does not switch on what is off unless asked for by name.
        on = own.on if own.on is not None else rule.enabled and category.on is not False
        if select:
            on = rule.id in select or (on and (rule.category in select or rule.id in ALWAYS))
        if rule.id in ignore or rule.category in ignore:
            on = False
        if on:
            params = {name: row.get("default") for name, row in rule.params.items()}
            chosen.append(Chosen(rule, own.severity or category.severity, {**params, **own.params}))
    return chosen


def unknown_names(names: Iterable[str], rules: Collection[str]) -> list[tuple[str, str]]:
    """Those of `names` that are neither a rule nor a category, each with a guess ("did you mean …?" or empty)."""
    known = {*rules, *CATEGORIES}
    return [(name, did_you_mean(name, known)) for name in names if name not in known]


def _upwards(folder: str) -> str:
    """The nearest configuration file in `folder` or above it, up to the root of its Git repository."""
    while True:
        for name in FILE_NAMES:
            if os.path.isfile(candidate := os.path.join(folder, name)):
                return candidate
        if os.path.isfile(candidate := os.path.join(folder, PYPROJECT)) and _has_table(candidate):
            return candidate
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return ""
        folder = parent


def _has_table(path: str) -> bool:
    """Whether a TOML file seems to hold our table; telling for certain would need tomllib in every Python project."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return any(line.lstrip().startswith((b"[tool.kvlint]", b"[tool.kvlint.")) for line in content.splitlines())


def _same_drive(path: str) -> bool:
    return os.path.splitdrive(path)[0] == os.path.splitdrive(os.getcwd())[0]


def _noun(path: Path, is_key: bool) -> str:
    """What a key, or a word, at a place of the configuration is called."""
    match path:
        case ["rules"]:
            return "rule"
        case ["rules", *_]:
            return "parameter" if is_key else "severity"
        case ["per-file-ignores", *_]:
            return "rule or category"
        case ["platforms", *_]:
            return "platform"
        case ["migrate", *_]:
            return "migration input"
    return "key"


def _signature(rules: Mapping[str, Rule], foreign: Collection[str]) -> str:
    return repr([(name, rules[name].category, rules[name].params) for name in sorted(foreign)]) if foreign else ""


def _setting(said: Any) -> Setting:
    if isinstance(said, dict):
        word = said.get("severity")
        params = {name: value for name, value in said.items() if name != "severity"}
        # Parameters alone say that the rule is wanted, unless it is switched off beside them.
        return Setting(True, None, params) if word is None else _setting(word)._replace(params=params)
    if isinstance(said, bool) or said in ("on", "off"):
        return Setting(said in (True, "on"))
    return Setting(True, SEVERITIES[said])
