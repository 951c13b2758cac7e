"""The command line as data: the flags of each command, how they are read, and the help made from them.

argparse alone would cost a third of the start-up of a clean run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvlint.problem import UsageError, did_you_mean
from kvlint.record import NamedTuple


class Option(NamedTuple):
    """A flag. `value` names its value and is empty for a switch; `choices` are the values it takes (empty: any);
    a `many` flag may be repeated and takes lists separated by commas."""

    name: str
    help: str
    value: str = ""
    short: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False


class Command(NamedTuple):
    """A command of `program`: its positional arguments, what it does, and its flags in groups."""

    name: str
    operands: str
    summary: str
    groups: tuple[tuple[str, tuple[Option, ...]], ...]
    program: str = "kvlint"

    @property
    def call(self) -> str:
        """How the command is called, without its arguments."""
        return f"{self.program} {self.name}".rstrip()

    def options(self) -> Iterator[Option]:
        """All flags."""
        for _, options in self.groups:
            yield from options


class Arguments:
    """A command line, read: the operands, and the values of the flags that were given."""

    __slots__ = ("_values", "operands")

    def __init__(self, operands: list[str], values: dict[str, list[str]]) -> None:
        self.operands = operands
        self._values = values

    def on(self, name: str) -> bool:
        """Whether a flag was given."""
        return name in self._values

    def count(self, name: str) -> int:
        """How often a switch was given."""
        return len(self._values.get(name, ()))

    def last(self, name: str, default: str = "") -> str:
        """The value of a flag; the last one counts."""
        return self._values[name][-1] if name in self._values else default

    def every(self, name: str) -> list[str]:
        """All values of a flag as given."""
        return self._values.get(name, [])

    def words(self, name: str) -> list[str]:
        """All values of a flag that takes lists separated by commas."""
        return [word for value in self.every(name) for part in value.split(",") if (word := part.strip())]

    def saying(self, name: str, value: str) -> Arguments:
        """The same command line with another value of a flag."""
        return Arguments(self.operands, {**self._values, name: [value]})

    def without(self, name: str) -> Arguments:
        """The same command line without a flag."""
        return Arguments(self.operands, {key: values for key, values in self._values.items() if key != name})


SEVERITIES = ("info", "warning", "error")
FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "checkstyle")

HELP = Option("help", "show this help", short="h")
COLOR = Option("color", "colour the output (default: auto)", "WHEN", choices=("auto", "always", "never"))
CONFIG = Option("config", "use this configuration file", "FILE")
ISOLATED = Option("isolated", "use no configuration file and no baseline that is not named")

CHECK = Command(
    "check",
    "[PATH ...]",
    "Lint manifests: files, folders, or - for standard input (default: the current folder).",
    (
        (
            "Rules",
            (
                Option("select", "only these rules and categories", "RULES", many=True),
                Option("ignore", "all but these rules and categories", "RULES", many=True),
                Option("min-severity", "report, and fail, from this severity on", "SEVERITY", choices=SEVERITIES),
                Option("kubernetes-version", "judge for this Kubernetes version (default: the newest)", "VERSION"),
                Option("platform", "platforms and add-ons of the cluster", "NAMES", many=True),
                Option("namespace", "namespace of the objects that name none", "NAME"),
            ),
        ),
        (
            "Inventory",
            (
                Option("inventory", "also read this file or folder to resolve references", "PATH", many=True),
                Option("no-inventory", "resolve references among the given files alone"),
                Option("inventory-complete", "what was not read does not exist in the cluster"),
            ),
        ),
        (
            "Rendered input",
            (
                Option("helm", "also lint what this chart renders to", "CHART", many=True),
                Option("values", "values file of the chart", "FILE", many=True),
                Option("set", "value of the chart, as helm takes it", "KEY=VALUE", many=True),
                Option("kustomize", "also lint what this kustomization builds to", "DIR", many=True),
                Option("allow-remote", "let helm and kustomize fetch charts, bases and resources"),
            ),
        ),
        (
            "Fixes",
            (
                Option("fix", "apply safe fixes"),
                Option("unsafe-fixes", "with --fix or --diff: also fixes that a live object may refuse"),
                Option("with-placeholders", "also fixes that lack inputs: leave placeholders to fill in"),
                Option("diff", "show what --fix would change; exit 1 if it would"),
            ),
        ),
        (
            "Suppression",
            (
                Option("baseline", "findings in this file do not count", "FILE"),
                Option("write-baseline", "write all findings to the baseline, and drop what it holds in vain"),
                Option("add-ignores", "write an ignore comment at each finding", "REASON"),
                Option("no-ignores", "let suppressed findings count"),
            ),
        ),
        (
            "Output",
            (
                Option("output-format", "format of the output (default: full)", "FORMAT", choices=FORMATS),
                Option(
                    "output-file",
                    "write to a file; a format in front makes it an extra output",
                    "[FORMAT:]FILE",
                    many=True,
                ),
                Option("statistics", "count findings by rule"),
                Option("exit-zero", "exit 0 even with findings"),
                COLOR,
                Option("quiet", "no summary and no notices", short="q"),
                Option("verbose", "say more about what was read", short="v"),
            ),
        ),
        (
            "Files and configuration",
            (
                CONFIG,
                ISOLATED,
                Option("stdin-filename", "name of the file that standard input holds", "FILE"),
                Option("force-exclude", "apply `exclude` to files named on the command line too"),
                Option("no-cache", "neither read nor write the cache"),
                Option("jobs", "processes to use (default: as many as help)", "N"),
                HELP,
            ),
        ),
    ),
)

EXPLAIN = Command(
    "explain", "RULE", "Say what a rule finds, why, and what to do.", (("Options", (CONFIG, ISOLATED, COLOR, HELP)),)
)
RULES = Command(
    "rules",
    "",
    "List all rules.",
    (
        (
            "Options",
            (
                Option("output-format", "format of the output (default: full)", "FORMAT", choices=("full", "json")),
                CONFIG,
                ISOLATED,
                COLOR,
                HELP,
            ),
        ),
    ),
)
SURVEY_FORMATS = ("full", "json", "markdown", "csv")

_GROUPS = dict(CHECK.groups)
_VERSION, _PLATFORM, _NAMESPACE = _GROUPS["Rules"][3:]
_FILES = ("Files and configuration", (CONFIG, ISOLATED, *_GROUPS["Files and configuration"][2:5], HELP))
_QUIET = Option("quiet", "no notices", short="q")

SURVEY = Command(
    "survey",
    "[PATH ...]",
    "Count storage by era, driver and namespace, and say what breaks from one Kubernetes minor to the next.",
    (
        (
            "Cluster",
            (
                _VERSION._replace(help="the version the cluster runs, to tell what comes after it"),
                _PLATFORM,
                _NAMESPACE,
            ),
        ),
        ("Rendered input", _GROUPS["Rendered input"]),
        (
            "Output",
            (
                Option("output-format", "format of the output (default: full)", "FORMAT", choices=SURVEY_FORMATS),
                Option("output-file", "write to a file", "FILE"),
                COLOR,
                _QUIET,
            ),
        ),
        _FILES,
    ),
)
MIGRATE = Command(
    "migrate",
    "[PATH ...] -o DIR",
    "Write the CSI manifests of what is found, and RUNBOOK.md, the plan for applying them.",
    (
        (
            "Output",
            (
                Option("output", "folder to write to; what others wrote there stays as it is", "DIR", "o"),
                Option("convert-bound", "also convert volumes that Kubernetes serves through CSI by itself"),
                _QUIET,
            ),
        ),
        (
            "Cluster",
            (
                _VERSION,
                _PLATFORM,
                _NAMESPACE,
            ),
        ),
        (
            "What to migrate",
            (*_GROUPS["Rules"][:2], Option("no-ignores", "also what suppressed findings are about")),
        ),
        ("Inventory", _GROUPS["Inventory"]),
        ("Rendered input", _GROUPS["Rendered input"]),
        _FILES,
    ),
)
CACHE = Command(
    "cache",
    "[dir | clean]",
    "Say where the cache is and how big; `dir`: only where; `clean`: remove what kvlint wrote there.",
    (("Options", (HELP,)),),
)
COMMANDS = {command.name: command for command in (CHECK, SURVEY, MIGRATE, EXPLAIN, RULES, CACHE)}
"""The commands, by name."""


def parse(command: Command, words: Sequence[str]) -> Arguments:
    """Read the words after the command's name. Raises UsageError.

    `--flag value` and `--flag=value` are the same, and so are `-n value`, `-nvalue` and `-n=value`; `-qv` is `-q -v`;
    everything after `--` is an operand, and so is `-`."""
    known = {option.name: option for option in command.options()}
    shorts = {option.short: option for option in known.values() if option.short}
    operands: list[str] = []
    values: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if word == "--":
            operands.extend(rest)
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            option = known.get(name)
            if option is None:
                guess = did_you_mean(name, known)
                raise UsageError(f"unknown option `--{name}`", guess.replace("`", "`--", 1) or _see(command))
            if not option.value and equals:
                raise UsageError(f"`--{name}` takes no value")
            if option.value and not equals:
                value = next(rest, "")
                if not value or (value.startswith("--") and value[2:].partition("=")[0] in known):
                    raise UsageError(f"`--{name}` needs a value: --{name}={option.value}")
            values.setdefault(name, []).append(_checked(option, value))
        elif word.startswith("-") and len(word) > 1:
            for at, letter in enumerate(word[1:], 2):
                option = shorts.get(letter)
                if option is None:
                    raise UsageError(f"unknown option `-{letter}`", _see(command))
                value = (word[at:].removeprefix("=") or next(rest, "")) if option.value else ""
                values.setdefault(option.name, []).append(_checked(option, value))
                if option.value:
                    break
        else:
            operands.append(word)
    return Arguments(operands, values)


def _checked(option: Option, value: str) -> str:
    if option.choices and value not in option.choices:
        help = did_you_mean(value, option.choices) or f"one of: {', '.join(option.choices)}"
        raise UsageError(f"`--{option.name}` does not take `{value}`", help)
    if option.value and not (value.strip(", ") if option.many else value):
        raise UsageError(f"`--{option.name}` needs a value: --{option.name}={option.value}")
    return value


def _see(command: Command) -> str:
    return f"see `{command.call} --help`"


def usage(command: Command) -> str:
    """The help of one command."""
    lines = [f"Usage: {command.call} [OPTIONS] {command.operands}".rstrip(), "", command.summary]
    for title, options in command.groups:
        lines += ["", f"{title}:"]
        for option in options:
            flag = f"-{option.short}, --{option.name}" if option.short else f"    --{option.name}"
            flag = f"  {flag} {option.value}".rstrip()
            lines.append(f"{flag:<36} {option.help}" if len(flag) < 36 else f"{flag}\n{'':37}{option.help}")
            if option.choices:
                lines.append(f"{'':37}{', '.join(option.choices)}")
    return "\n".join(lines) + "\n"


def overview() -> str:
    """The help of the program."""
    lines = ["Usage: kvlint [COMMAND] [OPTIONS] ...", "", "Lint Kubernetes storage manifests.", "", "Commands:"]
    lines += [f"  {command.name:<10} {command.summary}" for command in COMMANDS.values()]
    lines += ["", "Without a command: check. `kvlint COMMAND --help` lists the options.", ""]
    lines += ["Exit codes: 0 nothing at or above the failing severity (warning), 1 findings, 2 could not run.", ""]
    return "\n".join(lines)
