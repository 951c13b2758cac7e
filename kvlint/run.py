"""One run of `check`: from the command line to a report, and from the report to the outputs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from kvlint import config as configuration
from kvlint import registry
from kvlint.config import Config
from kvlint.engine import ActiveRule, FileFacts, Plan, map_source, reduce
from kvlint.finding import Masks, Report, Severity
from kvlint.inputs import files
from kvlint.inputs.folders import Roots
from kvlint.inputs.patches import Patches
from kvlint.knowledge.version import NEWEST, Version, format_version, parse_version
from kvlint.options import Arguments
from kvlint.parallel import Mapped, cache_for, map_found
from kvlint.plan import INVENTORY, surveying
from kvlint.problem import ConfigError, UsageError, did_you_mean
from kvlint.record import NamedTuple
from kvlint.rule import Check, Live, MigrationFunction, Rule, Text
from kvlint.source import Source
from kvlint.suppress import UNUSED, Policy

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from kvlint.cache import Cache
    from kvlint.checks.world import World
    from kvlint.inputs.rendering import Rendering
    from kvlint.survey import Survey

MANY_FILES = 200
"""From this many files on, a terminal gets a progress bar."""


class Catalogue(NamedTuple):
    """The configuration of a run, all rules and checks it knows, and the migrations that plugins bring."""

    config: Config
    rules: Mapping[str, Rule]
    checks: Mapping[str, Check]
    foreign_texts: Mapping[str, Text]
    migrations: Mapping[str, MigrationFunction] = {}

    def text(self, rule: str) -> Text | None:
        """The documentation of a rule."""
        return self.foreign_texts.get(rule) or registry.texts().get(rule)


class Texts:
    """Lines of the files of a run, for frames. A file is read again when a finding shows it, none is kept till then."""

    __slots__ = ("_patches", "_roots", "_sources")

    def __init__(self, sources: Iterable[Source] = (), roots: Roots | None = None) -> None:
        self._roots = roots if roots is not None else Roots()
        self._patches = Patches(self._roots.folders)
        self._sources: dict[str, Source | None] = {source.name: source for source in sources}

    def source(self, file: str) -> Source | None:
        """The source with this name; None if it cannot be read."""
        if file not in self._sources:
            try:
                self._sources[file] = Source(file, files.read(file), self._roots.identity(file), file in self._patches)
            except (OSError, ValueError):
                self._sources[file] = None
        return self._sources[file]

    def read(self, file: str) -> Source | None:
        """The same, without keeping it: for a look into many files."""
        known = self._sources.get(file)
        if known is not None or file in self._sources:
            return known
        try:
            return Source(file, files.read(file))
        except (OSError, ValueError):
            return None

    def line(self, file: str, number: int) -> str | None:
        """One line without its end; None where there is none."""
        source = self.source(file)
        return source.line(number) if source is not None and number > 0 else None

    def position(self, file: str, byte: int) -> tuple[int, int] | None:
        """The line and column of a byte of a file."""
        source = self.source(file)
        if source is None or source.encoding != "utf-8":
            return None
        plain = len(source.text) == source.size
        index = byte if plain else len(source.data[:byte].decode("utf-8", "surrogateescape"))
        return source.index_to_position(index)


class Run(NamedTuple):
    """What a run found, and what its outputs need to know beside the report.

    `files` are the names of everything judged, `stdin` that of standard input ("" where it takes no part); `errors` are
    sentences about what could not be read, `facts` those of all files that were read. `live`: the objects are
    those of a cluster; `cached` counts the files of which an earlier run told."""

    report: Report
    catalogue: Catalogue
    plan: Plan
    texts: Texts
    failing: Severity
    files: tuple[str, ...]
    errors: tuple[str, ...]
    stdin: str = ""
    facts: tuple[FileFacts, ...] = ()
    live: bool = False
    cached: int = 0


def catalogue(arguments: Arguments, paths: Sequence[str] = ()) -> Catalogue:
    """Read the configuration for `paths` and load what it names. Raises ConfigError."""
    explicit = arguments.last("config")
    path = explicit or ("" if arguments.on("isolated") else configuration.find(paths))
    built_in = Catalogue(Config(), registry.rules(), registry.CHECKS, {})
    if not path:
        return built_in
    known = built_in

    def extend(value: Mapping[str, Any], root: str) -> tuple[Mapping[str, Rule], Collection[str]]:
        nonlocal known
        plugins, folders = configuration.texts(value, "plugins"), configuration.texts(value, "rules-dirs")
        if not plugins and not folders:
            return built_in.rules, ()
        from kvlint.extensions import load

        found = load(plugins, [os.path.join(root, folder) for folder in folders], built_in.rules, built_in.checks)
        rules, checks = {**built_in.rules, **found.rules}, {**built_in.checks, **found.checks}
        known = Catalogue(Config(), rules, checks, found.texts, found.migrations)
        return rules, found.rules

    config = configuration.load(path, bool(explicit), extend, not arguments.on("no-cache"))
    return known._replace(config=config)


def plan_of(arguments: Arguments, known: Catalogue, roots: Roots, notices: list[str], live: Live | None = None) -> Plan:
    """What the rules of this run are and how they judge manifests, or the objects of a `live` cluster.

    Raises UsageError, ConfigError."""
    config = known.config
    for flag in ("select", "ignore"):
        for name, guess in configuration.unknown_names(arguments.words(flag), known.rules):
            raise UsageError(f"--{flag}: there is no rule or category `{name}`", guess or "see `kvlint rules`")
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
        live=live,
        migrations=known.migrations,
    )


def _world(arguments: Arguments, config: Config) -> World | None:
    """What a run knows besides the manifests: classes of the platforms and of the configuration, and whether that is
    all. None: nothing. Raises UsageError."""
    if arguments.on("platform"):
        from kvlint.knowledge import platform_classes

        every = platform_classes.platforms()
        for name in arguments.words("platform"):
            if name not in every:
                raise UsageError(f"--platform: there is no platform `{name}`", did_you_mean(name, every))
    platforms = arguments.words("platform") or list(config.platforms)
    closed = arguments.on("inventory-complete") or config.inventory_complete
    if not (platforms or closed or config.known_classes):
        return None
    from kvlint.checks.world import world

    return world(platforms, config.known_classes, closed)


class Reading(NamedTuple):
    """What the command line names, read and mapped: facts in the order of reading, and what made them.

    `rendered` are the files whose rendering was read instead of them; `stdin` is the name of standard input, "" where
    it takes no part; `cached` counts the files of which an earlier run told."""

    known: Catalogue
    plan: Plan
    roots: Roots
    facts: list[FileFacts]
    sources: list[Source]
    renderings: list[Rendering]
    rendered: frozenset[str]
    stdin: str
    errors: list[str]
    notices: list[str]
    cached: int


Planning = Callable[[Arguments, Catalogue, Roots, list[str]], Plan]


def read(arguments: Arguments, planning: Planning = plan_of, stdin_data: bytes | None = None) -> Reading:
    """Read and map what the command line names; `stdin_data` stands in for standard input.

    Raises UsageError, ConfigError."""
    notices: list[str] = []
    renderings = _rendered(arguments)
    rendered = frozenset(file for one in renderings for file in one.files())
    paths = arguments.operands or ([] if renderings else ["."])
    stdin = files.STDIN in paths
    given = [path for path in paths if path != files.STDIN]
    stdin_name = arguments.last("stdin-filename") or "<stdin>"
    known = catalogue(arguments, [*given, *([stdin_name] if arguments.on("stdin-filename") else [])])
    roots = Roots()
    plan = planning(arguments, known, roots, notices)
    exclude = files.Exclusion(known.config.exclude, known.config.root)
    # Where code of plugins judges, nobody knows what it depends on.
    caching = not (arguments.on("no-cache") or known.config.plugins)
    found = files.find(given, exclude, arguments.on("force-exclude"), roots.folders, caching)
    notices.extend(_about_files(found, given))
    if rendered:
        found = found._replace(files=[name for name in found.files if name not in rendered])
    sources = [source for one in renderings for source in one.sources(roots.identity)]
    stdin = stdin and not (arguments.on("force-exclude") and stdin_name in exclude)
    if stdin:
        identity = roots.identity(stdin_name) if arguments.on("stdin-filename") else ""
        try:
            data = files.read_stdin() if stdin_data is None else stdin_data
        except OSError as error:
            raise UsageError(f"cannot read standard input: {files.reason(error)}") from None
        sources.append(Source(stdin_name, data, identity))
    errors = list(found.errors)
    for name in found.streams:
        try:
            sources.append(Source(name, files.read(name), roots.identity(name)))
        except OSError as error:
            errors.append(f"cannot read `{name}`: {files.reason(error)}")
    facts = [map_source(source, plan) for source in sources]
    # Files that may be changed are read anyway, so their content can be compared.
    trusting = not any(map(arguments.on, ("fix", "diff", "add-ignores")))
    cache = cache_for(found, plan, trusting) if caching else None
    facts.extend(_map_files(found, plan, roots, errors, arguments, cache))
    name = stdin_name if stdin else ""
    cached = cache.found if cache is not None else 0
    return Reading(known, plan, roots, facts, sources, renderings, rendered, name, errors, notices, cached)


def check(arguments: Arguments, stdin_data: bytes | None = None, planning: Planning = plan_of) -> Run:
    """Lint what the command line names; `stdin_data` stands in for standard input. Raises UsageError, ConfigError."""
    known, plan, roots, facts, sources, renderings, rendered, stdin, errors, notices, cached = read(
        arguments, planning, stdin_data
    )
    others: list[FileFacts] = []
    # A fix must know what is written elsewhere already.
    fixing = (arguments.on("fix") or arguments.on("diff")) and any(one.findings for one in facts)
    if plan.across and (fixing or any(one.facts for one in facts)):
        from kvlint.surroundings import surroundings

        others, recalled = surroundings(arguments, known.config, plan, facts, roots, rendered)
        cached += recalled
    texts = Texts(sources, roots)
    report = reduce(facts, plan, tuple(notices), others, texts.read)
    if report.findings:
        from kvlint.inputs.templates import point_out

        report = point_out(report)
    if None in report.masks.values():
        report = report._replace(masks=_looked_for(report, texts))
    if renderings:
        from kvlint.inputs.rendering import relocate

        report = relocate(report, renderings)
        shown = [source for source in sources if source.name not in rendered]
        texts = Texts([*shown, *(source for one in renderings for source in one.whole())], roots)
    minimum = Severity[arguments.last("min-severity").upper()] if arguments.on("min-severity") else None
    if minimum is not None:
        report = report._replace(findings=tuple(f for f in report.findings if f.severity >= minimum))
    report = report._replace(failed=report.failed or bool(errors))
    failing = minimum if minimum is not None else Severity.WARNING
    names = tuple(one.file for one in facts)
    run = Run(report, known, plan, texts, failing, names, tuple(errors), stdin, (*facts, *others))
    return run._replace(cached=cached)


def _looked_for(report: Report, texts: Texts) -> dict[str, Masks | None]:
    """The masks of a report, those of the files it shows looked for where that was not done; None where such a file
    cannot be read any more."""
    from kvlint.hide import masks_of

    found = dict(report.masks)
    shown = {place.file for finding in report.findings for place in (finding.location, *finding.related)}
    for file in shown:
        if found.get(file, ()) is None and (source := texts.source(file)) is not None:
            found[file] = masks_of(source)
    return found


def survey(arguments: Arguments) -> tuple[Survey, Reading]:
    """Count the storage of what the command line names. Raises UsageError, ConfigError."""
    from kvlint.survey import placeless, survey_of

    reading = read(arguments, lambda *_: surveying(arguments.last("namespace") or None))
    config = reading.known.config
    target = _target(arguments.last("kubernetes-version"), config, reading.notices)
    # A position in a rendering is none in the template that it is told of.
    facts = [placeless(one) if one.file in reading.rendered else one for one in reading.facts]
    return survey_of(facts, target, _world(arguments, config)), reading


def _rendered(arguments: Arguments) -> list[Rendering]:
    """What the tools render that the command line asks for. Raises UsageError, ConfigError."""
    charts, folders = arguments.every("helm"), arguments.every("kustomize")
    for flag in ("values", "set"):
        if arguments.on(flag) and not charts:
            raise UsageError(f"`--{flag}` belongs to `--helm`")
    if arguments.on("allow-remote") and not (charts or folders):
        raise UsageError("`--allow-remote` belongs to `--helm` and `--kustomize`")
    remote = arguments.on("allow-remote")
    made: list[Rendering] = []
    if charts:
        from kvlint.inputs import helm

        given = helm.Given(
            arguments.every("values"),
            arguments.every("set"),
            arguments.last("kubernetes-version"),
            arguments.last("namespace"),
        )
        made += [helm.render(chart, given, allow_remote=remote) for chart in charts]
    if folders:
        from kvlint.inputs import kustomize

        made += [kustomize.render(folder, allow_remote=remote) for folder in folders]
    return made


def _map_files(
    found: files.Found, plan: Plan, roots: Roots, errors: list[str], arguments: Arguments, cache: Cache | None
) -> Iterator[FileFacts]:
    mapped: Iterable[Mapped] = map_found(found, plan, roots, arguments.last("jobs"), cache)
    if len(found.files) >= MANY_FILES and not arguments.on("quiet") and sys.stderr.isatty():
        mapped = _with_progress(mapped, len(found.files))
    for one in mapped:
        if isinstance(one, FileFacts):
            yield one
        elif not one.missing or one.file in found.explicit:
            errors.append(f"cannot read `{one.file}`: {one.reason}")


def _with_progress(mapped: Iterable[Mapped], total: int) -> Iterator[Mapped]:
    """The same one by one; once that takes longer than a moment, a bar on the terminal shows how far it is."""
    from time import monotonic

    start, done, rest = monotonic(), 0, iter(mapped)
    for one in rest:
        yield one
        done += 1
        if monotonic() - start > 0.5:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(rest, "Linting", total=total, completed=done, console=console, transient=True)


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
