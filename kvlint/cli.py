"""The door from the terminal: commands, outputs, exit codes. Everything else is imported when a command needs it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence

from kvlint import __version__

TYPE_CHECKING = False

if TYPE_CHECKING:
    from kvlint.options import Arguments
    from kvlint.output import View
    from kvlint.problem import ConfigError
    from kvlint.run import Run
    from kvlint.survey import Survey

CLEAN, FINDINGS, FAILED = 0, 1, 2
INTERRUPTED = 130
MIGRATE_LIVE = "kubectl kvlint migrate -o DIR"


def main(argv: Sequence[str] | None = None) -> int:
    """Run kvlint with the arguments `argv` (default: those of the process) and return the exit code.

    0: nothing at or above the failing severity. 1: findings. 2: kvlint could not run, or not on everything."""
    if argv is not None:
        return _guarded(argv)
    # Nothing here makes cycles worth collecting: a run is short, and what it reads is acyclic. What is frozen the
    # interpreter does not search for cycles when it ends either, which would take longer than to read a small file.
    gc.disable()
    try:
        return _guarded(sys.argv[1:])
    finally:
        gc.freeze()


def _guarded(argv: Sequence[str]) -> int:
    try:
        return guarded(_dispatch, argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def guarded(dispatch: Callable[[list[str]], int], argv: Sequence[str]) -> int:
    """Run what `dispatch` makes of the arguments; what goes wrong becomes a clear line on stderr and exit code 2."""
    from kvlint.problem import ConfigError, UsageError

    try:
        return dispatch(list(argv))
    except UsageError as error:
        _complain(str(error), error.help)
    except ConfigError as error:
        _complain_about(error, _color(argv, sys.stderr))
    except Exception as error:
        _report_bug(error)
    return FAILED


def _dispatch(argv: list[str]) -> int:
    from kvlint import options
    from kvlint.problem import UsageError, did_you_mean

    if "--version" in argv[:1] or argv[:1] == ["-V"]:
        show(f"kvlint {__version__}\n")
        return CLEAN
    if argv[:1] == ["help"] or (argv and argv[0] in ("-h", "--help")):
        show(options.overview())
        return CLEAN
    command = options.CHECK
    if argv and argv[0] in options.COMMANDS:
        command = options.COMMANDS[argv.pop(0)]
    elif argv and not argv[0].startswith("-") and _is_word(argv[0]):
        guess = did_you_mean(argv[0], options.COMMANDS)
        raise UsageError(f"`{argv[0]}` is neither a command nor a file", guess or "see `kvlint --help`")
    if "--help" in argv or "-h" in argv:
        show(options.usage(command))
        return CLEAN
    return _RUNNERS[command.name](options.parse(command, argv))


def _is_word(text: str) -> bool:
    """Whether an argument can only be meant as a command: a plain word, and no such file."""
    return text.replace("-", "").isalpha() and not os.path.lexists(text)


def _check(arguments: Arguments) -> int:
    from kvlint import accept
    from kvlint import run as running
    from kvlint.problem import UsageError

    if arguments.on("jobs") and not (arguments.last("jobs").isdigit() and int(arguments.last("jobs")) > 0):
        raise UsageError(f"`--jobs` needs a number above 0, not `{arguments.last('jobs')}`")
    outputs = outputs_of(arguments)
    run = running.check(arguments)
    # A cycle, so that all this stays until the process ends: to take it apart would be a hundredth of the time.
    kept: list[object] = [run]
    kept.append(kept)
    notices: list[str] = []
    run, note = accept.apply_baseline(arguments, run)
    if arguments.on("diff"):
        return _diff(arguments, run)
    fixed_stdin: bytes | None = None
    if arguments.on("fix"):
        from kvlint import changes

        made = changes.make(arguments, run)
        fixed_stdin = changes.write(made, run)
        notices.extend(made.refused)
        run, note = accept.apply_baseline(arguments, running.check(arguments, fixed_stdin))
        if made.findings:
            fixed = f"fixed {_count(made.findings, 'finding')} in {_count(len(made.files), 'file')}"
            notices.append(f"{fixed}; {len(run.report.counted())} left")
    if arguments.on("add-ignores"):
        run, told = accept.add_ignores(arguments, run)
        notices.extend(told)
        run, note = accept.apply_baseline(arguments, run)
    notices.extend([note] if note else [])
    if fixed_stdin is not None:
        outputs = [(name, file or os.devnull) for name, file in outputs]
    return deliver(arguments, outputs, run, notices, fixed_stdin)


def deliver(
    arguments: Arguments,
    outputs: Sequence[tuple[str, str]],
    run: Run,
    notices: Sequence[str],
    text: bytes | None = None,
) -> int:
    """Tell what a run found, in all its outputs; `text` goes to stdout before them. Returns the exit code."""
    _tell(arguments, run.errors, (*run.report.notices, *notices))
    if arguments.on("verbose") and not arguments.on("quiet"):
        _say(_about(run))
    if text is not None:
        sys.stdout.buffer.write(text)
    _write_outputs(arguments, outputs, run)
    code = run.report.exit_code(run.failing)
    return CLEAN if code == FINDINGS and arguments.on("exit-zero") else code


def _diff(arguments: Arguments, run: Run) -> int:
    """Show what `--fix` would change; exit code 1 when that is anything."""
    from kvlint import changes

    made = changes.make(arguments, run)
    for sentence in (*run.errors, *made.refused):
        _complain(sentence)
    show("".join(changes.diff(made, run)))
    if not arguments.on("quiet"):
        _say(f"would fix {_count(made.findings, 'finding')} in {_count(len(made.files), 'file')}")
    code = FAILED if run.report.failed else FINDINGS if made.files else CLEAN
    return CLEAN if code == FINDINGS and arguments.on("exit-zero") else code


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def outputs_of(arguments: Arguments) -> list[tuple[str, str]]:
    """Every output of a run as (format, file); the empty file is stdout."""
    from kvlint.options import FORMATS
    from kvlint.problem import UsageError, did_you_mean

    standard = arguments.last("output-format", "full")
    outputs: list[tuple[str, str]] = []
    for value in arguments.every("output-file"):
        name, colon, file = value.partition(":")
        if colon and name in FORMATS:
            outputs.append((name, file))
        elif colon and len(name) > 1 and name.isalpha():  # not a drive letter
            guess = did_you_mean(name, FORMATS) or f"one of: {', '.join(FORMATS)}"
            raise UsageError(f"`--output-file`: there is no format `{name}`", guess)
        else:
            outputs.append((standard, value))
        if not outputs[-1][1]:
            raise UsageError("`--output-file` needs a file: --output-file=[FORMAT:]FILE")
    # A file without a format takes the place of stdout; one with a format comes on top of it.
    redirected = any(
        ":" not in value or value.partition(":")[0] not in FORMATS for value in arguments.every("output-file")
    )
    return outputs if redirected else [*outputs, (standard, "")]


def _write_outputs(arguments: Arguments, outputs: Sequence[tuple[str, str]], run: Run) -> None:
    from kvlint import output

    for name, file in outputs:
        module = output.FORMATS[name]
        if not file and arguments.on("statistics") and name in ("full", "concise"):
            module = output.STATISTICS
        color = not file and _color_wanted(arguments.last("color"), sys.stdout)
        view = _view(run, color, summary=not arguments.on("quiet"))
        _put("".join(output.renderer(module)(run.report, view)), file)
    shown = any(not file and name in ("full", "concise") for name, file in outputs)
    if arguments.on("statistics") and not shown:
        view = _view(run, False, summary=False)
        _say("".join(output.renderer(output.STATISTICS)(run.report, view)).rstrip("\n"))


def _put(text: str, file: str) -> None:
    """Write a whole output to a file; without one, to stdout."""
    if not file:
        show(text)
        return
    from kvlint.inputs import files
    from kvlint.problem import ConfigError

    try:
        files.write(file, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise ConfigError(f"cannot write `{file}`: {files.reason(error)}") from None


def _view(run: Run, color: bool, summary: bool) -> View:
    from kvlint.inputs.folders import Roots
    from kvlint.output import RuleInfo, View

    known = run.catalogue

    def rule_info(name: str) -> RuleInfo | None:
        rule, text = known.rules.get(name), known.text(name)
        if rule is None or text is None:
            return None
        active = run.plan.rules.get(name)
        severity = (active.severity if active else None) or rule.severity
        return RuleInfo(
            name, text.summary, rule.category, severity, why=text.why, help=rule.help, references=text.references
        )

    view = View(
        lines=run.texts.line,
        rule_info=rule_info,
        rules=tuple(run.plan.rules),
        color=color,
        summary=summary,
        relative=Roots().identity,
        position=run.texts.position,
    )
    return view._replace(fix_flags=(), migrate_command=MIGRATE_LIVE) if run.live else view


def _explain(arguments: Arguments) -> int:
    from kvlint import run as running
    from kvlint.describe import explain
    from kvlint.problem import UsageError

    if len(arguments.operands) != 1:
        raise UsageError("`kvlint explain` needs one rule", "see `kvlint rules`")
    known = running.catalogue(arguments)
    rule = running.known_rule(arguments.operands[0], known)
    text = known.text(rule.id)
    assert text is not None  # noqa: S101 - every rule has its text
    show(explain(rule, text, _color_wanted(arguments.last("color"), sys.stdout)))
    return CLEAN


def _rules(arguments: Arguments) -> int:
    from kvlint import describe
    from kvlint import run as running
    from kvlint.problem import UsageError

    if arguments.operands:
        raise UsageError("`kvlint rules` takes no arguments", "see `kvlint explain RULE`")
    known = running.catalogue(arguments)
    render = describe.as_json if arguments.last("output-format") == "json" else describe.table
    show(render(known.rules.values(), known.text))
    return CLEAN


def _survey(arguments: Arguments) -> int:
    from kvlint import run as running

    survey, reading = running.survey(arguments)
    return deliver_survey(arguments, survey, reading.errors, reading.notices)


def deliver_survey(
    arguments: Arguments, survey: Survey, errors: Sequence[str] = (), notices: Sequence[str] = ()
) -> int:
    """Tell what a survey found. Returns the exit code."""
    from kvlint.output import survey_renderer

    _tell(arguments, errors, notices)
    file = arguments.last("output-file")
    color = not file and _color_wanted(arguments.last("color"), sys.stdout)
    _put("".join(survey_renderer(arguments.last("output-format", "full"))(survey, color)), file)
    return FAILED if errors else CLEAN


def _migrate(arguments: Arguments) -> int:
    from kvlint import migrating
    from kvlint import run as running

    run = running.check(arguments, planning=migrating.planning)
    return deliver_folder(arguments, run, migrating.write_folder(arguments, run))


def _cache(arguments: Arguments) -> int:
    from kvlint import memory
    from kvlint.problem import ConfigError, UsageError, did_you_mean

    words = ("dir", "clean")
    if len(arguments.operands) > 1 or not {*arguments.operands} <= {*words}:
        guess = did_you_mean(arguments.operands[0], words) or "see `kvlint cache --help`"
        raise UsageError("`kvlint cache` takes `dir`, `clean` or nothing", guess)
    folder = memory.cache_folder()
    if arguments.operands == ["dir"]:
        show(f"{folder}\n")
        return CLEAN
    try:
        held = memory.clean() if arguments.operands else memory.contents()
    except OSError as error:
        raise ConfigError(f"cannot clean `{folder}`: {error.strerror}") from None
    size = f"{sum(size for _, size in held) / 1e6:.1f} MB in {_count(len(held), 'file')}"
    show(f"removed {size} from {folder}\n" if arguments.operands else f"{folder}: {size}\n")
    return CLEAN


def deliver_folder(arguments: Arguments, run: Run, told: Sequence[str]) -> int:
    """Tell what was written (`kvlint.migrating.write_folder`). Returns the exit code."""
    _tell(arguments, run.errors, run.report.notices)
    for line in () if arguments.on("quiet") else told:
        _say(line)
    return FAILED if run.report.failed else CLEAN


def _tell(arguments: Arguments, errors: Sequence[str], notices: Sequence[str]) -> None:
    for error in errors:
        _complain(error)
    for notice in () if arguments.on("quiet") else notices:
        _say(f"notice: {notice}")


_RUNNERS: dict[str, Callable[[Arguments], int]] = {
    "check": _check,
    "survey": _survey,
    "migrate": _migrate,
    "explain": _explain,
    "rules": _rules,
    "cache": _cache,
}


def _about(run: Run) -> str:
    """What was read, for `--verbose`."""
    summary, config = run.report.summary, run.catalogue.config
    read = f"{summary.files} files, {summary.documents} documents, {summary.skipped} of no interest"
    read += f"; inventory: {summary.inventory} more resources of {len(run.facts) - len(run.files)} files"
    read += f"; {run.cached} files from the cache" if run.cached else ""
    return f"read: {read}; configuration: {config.path or 'none'}; rules: {len(run.plan.rules)}"


def _color(argv: Sequence[str], stream: object) -> bool:
    """Whether to colour where the arguments may not have been understood."""
    said = [word.partition("=")[2] for word in argv if word.startswith("--color=")]
    return _color_wanted(said[-1] if said else "", stream)


def _color_wanted(said: str, stream: object) -> bool:
    """`--color` beats NO_COLOR beats FORCE_COLOR beats whether the stream is a terminal."""
    if said in ("always", "never"):
        return said == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return getattr(stream, "isatty", bool)() and os.environ.get("TERM") != "dumb"


def show(text: str) -> None:
    """Write to stdout at once, as UTF-8 whatever the locale; what is no text becomes an escape."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _abandon_stdout()  # the reader has seen enough, as `head` does
    except OSError as error:
        from kvlint.problem import ConfigError

        _abandon_stdout()
        raise ConfigError(f"cannot write to standard output: {error.strerror}") from None


def _say(line: str) -> None:
    """A line on stderr."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        sys.stderr.buffer.flush()
    except BrokenPipeError:
        pass


def _complain(message: str, help: str = "") -> None:
    _say(f"error: {message}" + (f"\n  = help: {help}" if help else ""))


def _complain_about(error: ConfigError, color: bool) -> None:
    """Show what is wrong in a data file as findings are shown."""
    from kvlint.finding import Confidence, Finding, Location, Severity
    from kvlint.hide import hide, whole
    from kvlint.output.frame import framed
    from kvlint.output.masking import Masks
    from kvlint.run import Texts

    lines: list[str] = []
    for source, start, end, message, help in error.problems:
        place = Location(source.name, *source.index_to_position(start), *source.index_to_position(end))
        finding = Finding("invalid-config", "engine", Severity.ERROR, Confidence.HIGH, message, help, place, None, "")
        (finding,), masks = hide(source, whole(source), (finding,))
        frame = framed(finding, None, Masks({source.name: masks}, Texts([source]).line), color)
        lines.extend([*(line for line in frame if not line.lstrip().startswith("= docs:")), ""])
    if lines:
        _say("\n".join(lines))
    _complain(str(error), error.help)


def _report_bug(error: Exception) -> None:
    """Say where kvlint failed, and nothing of what it was reading: an exception's text may quote a manifest."""
    own = os.path.dirname(os.path.abspath(__file__))
    place, trace = "", error.__traceback__
    steps = []
    while trace is not None:
        code = trace.tb_frame.f_code
        step = f"{os.path.relpath(code.co_filename, own)}:{trace.tb_lineno}" if code.co_filename.startswith(own) else ""
        place = step or place
        steps.append(f"  {code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    version = ".".join(map(str, sys.version_info[:3]))
    _complain(
        f"internal error: {type(error).__name__} at {place} in kvlint {__version__}, Python {version}, {sys.platform}",
        "this is a bug in kvlint: please report this line; KVLINT_TRACEBACK=1 shows the way there",
    )
    if os.environ.get("KVLINT_TRACEBACK"):
        _say("\n".join(steps))


def _abandon_stdout() -> None:
    """Let what is still buffered vanish without a complaint at exit."""
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        pass
