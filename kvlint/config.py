"""The configuration of a run: found, read, validated, and turned into the rules that take part.

`.kvlint.yaml` (or `.kvlint.yml`), else `[tool.kvlint]` in pyproject.toml: the nearest one from the linted files upwards
to the root of their Git repository, else from the working folder upwards. The command line beats the file, the file
beats the card."""

import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kvlint import __version__
from kvlint.finding import Severity
from kvlint.patterns import Patterns
from kvlint.problem import ConfigError, did_you_mean
from kvlint.rule import CATEGORIES, Rule
from kvlint.source import Source
from kvlint.suppress import PerFile

if TYPE_CHECKING:
    from kvlint.datafile import Data, Path

FILE_NAMES = (".kvlint.yaml", ".kvlint.yml")
PYPROJECT = "pyproject.toml"
TABLE = "tool.kvlint"
SEVERITIES = {severity.label: severity for severity in Severity}
STAMPS_KEPT = 256

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


def read(path: str, explicit: bool = False) -> "tuple[Data | None, str]":
    """The content of a configuration file, and the folder its paths are relative to. Raises ConfigError.

    A file named on the command line (`explicit`) may lie anywhere, so its paths are relative to the working folder."""
    from kvlint.datafile import read_toml, read_yaml

    root = "" if explicit else os.path.dirname(path)
    try:
        with open(path, "rb") as file:
            source = Source(path, file.read())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot read the configuration `{path}`: {reason}") from None
    if path.endswith(".toml"):
        data = read_toml(source, TABLE)
        if data is None and explicit:
            raise ConfigError(f"`{path}` has no table [{TABLE}]")
        return data, root
    return read_yaml(source, lambda key: key not in _VALUED), root


def check(data: "Data", rules: Mapping[str, Rule], foreign: Collection[str] = ()) -> None:
    """Validate a configuration against the schema of these rules, unless its content was validated before.

    `foreign` are the ids of rules that are not built in: they are part of what was validated. Raises ConfigError."""
    stamp = _stamp(data, [repr((id, rules[id].params)) for id in sorted(foreign)])
    if stamp and os.path.exists(stamp):
        return
    from kvlint.configschema import schema
    from kvlint.datafile import validate
    from kvlint.knowledge.platform_classes import platforms

    problems = validate(data, schema(rules, platforms()), _noun)
    if problems:
        raise ConfigError(f"`{data.source.name}` is not a valid configuration", problems)
    _write_stamp(stamp)


def build(data: "Data", root: str) -> Config:
    """The configuration that validated data says."""
    value = data.value
    classes = value.get("known-storage-classes", {})
    return Config(
        path=data.source.name,
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


def texts(data: "Data", key: str) -> list[str]:
    """The list of texts under a key of a configuration that is not validated yet; what is no text is left out."""
    value = data.value.get(key) if isinstance(data.value, dict) else None
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


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


def cache_folder() -> str:
    """The folder for what kvlint remembers between runs: $KVLINT_CACHE_DIR, else the user's cache folder."""
    given = os.environ.get("KVLINT_CACHE_DIR")
    if given:
        return given
    if sys.platform.startswith("linux"):  # as platformdirs answers, without the 14 ms of importing it
        home = os.environ.get("XDG_CACHE_HOME", "")
        return os.path.join(home if os.path.isabs(home) else os.path.expanduser("~/.cache"), "kvlint")
    from platformdirs import user_cache_dir

    return user_cache_dir("kvlint", appauthor=False)


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


def _noun(path: "Path", is_key: bool) -> str:
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


def _setting(said: Any) -> Setting:
    if isinstance(said, dict):
        word = said.get("severity")
        params = {name: value for name, value in said.items() if name != "severity"}
        # Parameters alone say that the rule is wanted, unless it is switched off beside them.
        return Setting(True, None, params) if word is None else _setting(word)._replace(params=params)
    if isinstance(said, bool) or said in ("on", "off"):
        return Setting(said in (True, "on"))
    return Setting(True, SEVERITIES[said])


def _stamp(data: "Data", foreign: Sequence[str]) -> str:
    """The path whose existence says that this very content was validated by this version; empty: there is none."""
    try:
        from _blake2 import blake2b  # hashlib would load OpenSSL
    except ImportError:
        from hashlib import blake2b
    kind = "toml" if data.source.name.endswith(".toml") else "yaml"
    digest = blake2b(digest_size=20)
    for part in (__version__, kind, *foreign):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    digest.update(data.source.data)
    try:
        return os.path.join(cache_folder(), "config", digest.hexdigest())
    except (OSError, RuntimeError):
        return ""


def _write_stamp(stamp: str) -> None:
    """Remember a validation. Not being able to is no failure: the next run validates again."""
    if not stamp:
        return
    try:
        folder = os.path.dirname(stamp)
        os.makedirs(folder, exist_ok=True)
        stamps = os.listdir(folder)
        if len(stamps) >= STAMPS_KEPT:
            for name in stamps:
                os.unlink(os.path.join(folder, name))
        with open(stamp, "wb"):
            pass
    except OSError:
        pass
