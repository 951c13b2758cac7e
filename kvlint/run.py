"""One run of `check`: from the command line to a report, and from the report to the outputs."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kvlint import config as configuration
from kvlint import registry
from kvlint.config import Config
from kvlint.engine import ActiveRule, FileFacts, Plan, map_source, reduce
from kvlint.finding import Finding, Report, Severity
from kvlint.inputs import files
from kvlint.knowledge.version import NEWEST, Version, format_version, parse_version
from kvlint.options import Arguments
from kvlint.plan import INVENTORY
from kvlint.problem import ConfigError, UsageError, did_you_mean
from kvlint.rule import Check, Rule, Text
from kvlint.source import Source
from kvlint.suppress import UNUSED, Policy

if TYPE_CHECKING:
    from kvlint.checks.world import World

BASELINE_FILE = ".kvlint-baseline.json"
MANY_FILES = 200
"""From this many files on, a terminal gets a progress bar."""


class Catalogue(NamedTuple):
    """The configuration of a run and all rules and checks it knows."""

    config: Config
    rules: Mapping[str, Rule]
    checks: Mapping[str, Check]
    foreign_texts: Mapping[str, Text]

    def text(self, rule: str) -> Text | None:
        """The documentation of a rule."""
        return self.foreign_texts.get(rule) or registry.texts().get(rule)


class Texts:
    """Lines of the files of a run, for frames. A file is read again when a finding shows it, none is kept till then."""

    __slots__ = ("_sources",)

    def __init__(self, sources: Iterable[Source] = ()) -> None:
        self._sources: dict[str, Source | None] = {source.name: source for source in sources}

    def source(self, file: str) -> Source | None:
        """The source with this name; None if it cannot be read."""
        if file not in self._sources:
            try:
                self._sources[file] = Source(file, files.read(file))
            except (OSError, ValueError):
                self._sources[file] = None
        return self._sources[file]

    def line(self, file: str, number: int) -> str | None:
        """One line without its end; None where there is none."""
        source = self.source(file)
        return source.line(number) if source is not None and number > 0 else None

    def position(self, file: str, byte: int) -> tuple[int, int] | None:
        """The line and column of a byte of a file."""
        source = self.source(file)
        if source is None or source.encoding != "utf-8":
            return None
        return source.index_to_position(len(source.data[:byte].decode("utf-8", "surrogateescape")))


class Run(NamedTuple):
    """What a run found, and what its outputs need to know beside the report.

    `files` are the names of everything judged, `stdin` that of standard input ("" where it takes no part); `errors` are
    sentences about what could not be read, `facts` those of all files that were read."""

    report: Report
    catalogue: Catalogue
    plan: Plan
    texts: Texts
    failing: Severity
    files: tuple[str, ...]
    errors: tuple[str, ...]
    stdin: str = ""
    facts: tuple[FileFacts, ...] = ()


def catalogue(arguments: Arguments, paths: Sequence[str] = ()) -> Catalogue:
    """Read the configuration for `paths` and load what it names. Raises ConfigError."""
    rules, checks = registry.rules(), registry.CHECKS
    explicit = arguments.last("config")
    path = explicit or ("" if arguments.on("isolated") else configuration.find(paths))
    data, root = configuration.read(path, bool(explicit)) if path else (None, "")
    if data is None:
        return Catalogue(Config(), rules, checks, {})
    plugins, folders = configuration.texts(data, "plugins"), configuration.texts(data, "rules-dirs")
    foreign: Mapping[str, Text] = {}
    if plugins or folders:
        from kvlint.extensions import load

        found = load(plugins, [os.path.join(root, folder) for folder in folders], rules, checks)
        rules, checks, foreign = {**rules, **found.rules}, {**checks, **found.checks}, found.texts
    configuration.check(data, rules, foreign)
    return Catalogue(configuration.build(data, root), rules, checks, foreign)


def plan_of(arguments: Arguments, known: Catalogue, roots: files.Roots, notices: list[str]) -> Plan:
    """What the rules of this run are and how they judge. Raises UsageError, ConfigError."""
    config = known.config
    for flag in ("select", "ignore"):
        for name, guess in configuration.unknown_names(arguments.words(flag), known.rules):
            raise UsageError(f"--{flag}: there is no rule or category `{name}`", guess or "see `kvlint rules`")
    if arguments.on("platform"):
        from kvlint.knowledge.platform_classes import platforms

        for name in arguments.words("platform"):
            if name not in platforms():
                raise UsageError(f"--platform: there is no platform `{name}`", did_you_mean(name, platforms()))
    chosen = configuration.choose(
        known.rules.values(), config.settings, arguments.words("select"), arguments.words("ignore")
    )
    active = [ActiveRule(*one) for one in chosen]
    suppression = None
    if not arguments.on("no-ignores"):
        own = next((one for one in active if one.rule.id == UNUSED), None)
        card = own.rule._replace(severity=own.severity or own.rule.severity) if own else None
        suppression = Policy(
            card,
            frozenset(known.rules),
            # A rule that needs all files may be silent because some were not read.
            frozenset(one.rule.id for one in active if INVENTORY not in one.rule.on),
            config.per_file,
            lambda file: files.relative(file, config.root),
            roots.identity,
        )
    return Plan(
        active,
        target=_target(arguments.last("kubernetes-version"), config, notices),
        namespace=arguments.last("namespace") or None,
        inputs=config.migrate,
        checks=known.checks,
        suppression=suppression,
        world=_world(arguments, config),
    )


def _world(arguments: Arguments, config: Config) -> "World":
    """What a run knows besides the manifests: classes of the platforms and of the configuration, and whether that is
    all."""
    from kvlint.checks.world import world

    platforms = arguments.words("platform") or list(config.platforms)
    closed = arguments.on("inventory-complete") or config.inventory_complete
    return world(platforms, config.known_classes, closed)


def check(arguments: Arguments, stdin_data: bytes | None = None) -> Run:
    """Lint what the command line names; `stdin_data` stands in for standard input. Raises UsageError, ConfigError."""
    notices: list[str] = []
    paths = arguments.operands or ["."]
    stdin = files.STDIN in paths
    given = [path for path in paths if path != files.STDIN]
    stdin_name = arguments.last("stdin-filename") or "<stdin>"
    known = catalogue(arguments, [*given, *([stdin_name] if arguments.on("stdin-filename") else [])])
    roots = files.Roots()
    plan = plan_of(arguments, known, roots, notices)
    exclude = files.Exclusion(known.config.exclude, known.config.root)
    found = files.find(given, exclude, arguments.on("force-exclude"))
    notices.extend(_about_files(found, given))
    sources: list[Source] = []
    if stdin and not (arguments.on("force-exclude") and stdin_name in exclude):
        identity = roots.identity(stdin_name) if arguments.on("stdin-filename") else ""
        data = files.read_stdin() if stdin_data is None else stdin_data
        sources.append(Source(stdin_name, data, identity))
    errors = list(found.errors)
    facts = [map_source(source, plan) for source in sources]
    facts.extend(_map_files(found, plan, roots, errors, quiet=arguments.on("quiet")))
    others = []
    if plan.across:
        from kvlint.surroundings import surroundings

        others = surroundings(arguments, known.config, plan, facts, roots)
    report = reduce(facts, plan, tuple(notices), others)
    minimum = Severity[arguments.last("min-severity").upper()] if arguments.on("min-severity") else None
    if minimum is not None:
        report = report._replace(findings=tuple(f for f in report.findings if f.severity >= minimum))
    report = report._replace(failed=report.failed or bool(errors))
    failing = minimum if minimum is not None else Severity.WARNING
    names = tuple(one.file for one in facts)
    stdin_used = stdin_name if sources else ""
    return Run(report, known, plan, Texts(sources), failing, names, tuple(errors), stdin_used, (*facts, *others))


def baseline_path(arguments: Arguments, config: Config) -> str:
    """The baseline file of a run: named on the command line, in the configuration, or lying beside that."""
    if arguments.on("baseline"):
        return arguments.last("baseline")
    return config.below(config.baseline or BASELINE_FILE)


def apply_baseline(arguments: Arguments, run: Run) -> tuple[Run, str]:
    """Mark what the baseline holds; with `--write-baseline` write it anew and say what changed.

    Also returns a sentence for the notices, or the empty string. Raises ConfigError."""
    config = run.catalogue.config
    path = baseline_path(arguments, config)
    named = arguments.on("baseline") or bool(config.baseline)
    writing = arguments.on("write-baseline")
    exists = os.path.exists(path)
    if not (writing or named or (exists and not arguments.on("isolated"))):
        return run, ""
    from kvlint import baseline

    known = baseline.Baseline(path, ())
    if not writing or (exists and (named or not arguments.on("isolated"))):
        try:
            known = baseline.parse(path, files.read(path))
        except OSError as error:
            raise ConfigError(f"cannot read the baseline `{path}`: {files.reason(error)}") from None
        except baseline.BaselineError as error:
            raise ConfigError(str(error)) from None
    findings, matched = baseline.mark(run.report.findings, known)
    stale = baseline.stale(known, matched, run.files, run.plan.rules)
    note = ""
    if writing:
        rows = baseline.renew(known, findings, stale)
        findings, _ = baseline.mark(run.report.findings, baseline.Baseline(path, tuple(rows)))
        try:
            files.write(path, baseline.render(rows))
        except OSError as error:
            raise ConfigError(f"cannot write the baseline `{path}`: {files.reason(error)}") from None
        added, dropped = len(rows - set(known.rows)), len(set(known.rows) - rows)
        note = f"`{path}` holds {len(rows)} accepted findings ({added} added, {dropped} dropped)"
    elif stale:
        share = f"{len(stale)} of {len(known.rows)} entries"
        note = f"{share} of `{path}` match nothing any more: drop them with --write-baseline"
    if arguments.on("no-ignores") and not writing:
        return run, note
    return run._replace(report=run.report._replace(findings=tuple(findings))), note


def add_ignores(arguments: Arguments, run: Run) -> tuple[Run, list[str]]:
    """Write an ignore comment at every finding that counts, then lint again.

    Also returns sentences for the notices. Raises UsageError for standard input, ConfigError for a file that cannot be
    written."""
    from kvlint.annotate import add

    if files.STDIN in arguments.operands:
        raise UsageError("`--add-ignores` changes files, so it cannot take standard input")
    by_file: dict[str, list[Finding]] = {}
    for finding in run.report.counted():
        if finding.rule != UNUSED:
            by_file.setdefault(finding.location.file, []).append(finding)
    changed = covered = 0
    left: list[Finding] = []
    for name, findings in by_file.items():
        source = run.texts.source(name)
        if source is None:
            left.extend(findings)
            continue
        added = add(source, findings, arguments.last("add-ignores"))
        left.extend(added.left)
        if added.covered:
            try:
                files.write(name, added.data)
            except OSError as error:
                raise ConfigError(f"cannot write `{name}`: {files.reason(error)}") from None
            changed, covered = changed + 1, covered + added.covered
    notices = [f"wrote ignore comments for {covered} findings in {changed} files"]
    for finding in left:
        place = f"{finding.location.file}:{finding.location.line}"
        notices.append(
            f"no comment can stand at {place}: ignore `{finding.rule}` by an annotation or in per-file-ignores"
        )
    return check(arguments) if changed else run, notices


def _map_files(
    found: files.Found, plan: Plan, roots: files.Roots, errors: list[str], quiet: bool
) -> Iterator[FileFacts]:
    names: Iterable[str] = found.files
    if len(found.files) >= MANY_FILES and not quiet and sys.stderr.isatty():
        names = _with_progress(found.files)
    for name in names:
        try:
            data = files.read(name)
        except OSError as error:
            if not isinstance(error, FileNotFoundError) or name in found.explicit:
                errors.append(f"cannot read `{name}`: {files.reason(error)}")
            continue
        yield map_source(Source(name, data, roots.identity(name)), plan)


def _with_progress(names: Sequence[str]) -> Iterator[str]:
    """The names one by one; once that takes longer than a moment, a bar on the terminal shows how far it is."""
    from time import monotonic

    start, done = monotonic(), 0
    while done < len(names) and monotonic() - start < 0.5:
        yield names[done]
        done += 1
    if done == len(names):
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(names[done:], "Linting", total=len(names), completed=done, console=console, transient=True)


def _about_files(found: files.Found, given: Sequence[str]) -> Iterator[str]:
    if found.excluded and not found.files:
        yield f"all files of {', '.join(f'`{path}`' for path in given)} are excluded by the configuration"


def _target(said: str, config: Config, notices: list[str]) -> Version:
    try:
        target = parse_version(said or config.kubernetes_version) if said or config.kubernetes_version else NEWEST
    except ValueError as error:
        if said:
            raise UsageError(f"--kubernetes-version: {error}") from None
        raise ConfigError(f"`{config.path}`: kubernetes-version: {error}") from None
    if target > NEWEST:
        newest = format_version(NEWEST)
        notices.append(f"Kubernetes {format_version(target)} is newer than what kvlint knows: judged for {newest}")
    return min(target, NEWEST)


def known_rule(name: str, known: Catalogue) -> Rule:
    """The rule called `name`. Raises UsageError with a guess."""
    rule = known.rules.get(name)
    if rule is None:
        raise UsageError(f"there is no rule `{name}`", did_you_mean(name, known.rules) or "see `kvlint rules`")
    return rule
