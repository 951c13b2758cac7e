"""Accepting findings: the baseline of a run, and ignore comments written into its files."""

import os

from kvlint.config import Config
from kvlint.finding import Finding
from kvlint.inputs import files
from kvlint.options import Arguments
from kvlint.output.text import plural
from kvlint.problem import ConfigError, UsageError
from kvlint.run import Run, check
from kvlint.suppress import NEVER_SILENCED

BASELINE_FILE = ".kvlint-baseline.json"


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
        note = f"`{path}` holds {plural(len(rows), 'accepted finding')} ({added} added, {dropped} dropped)"
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
    rendered = 0
    for finding in run.report.counted():
        if finding.rendered is not None:
            rendered += 1
        elif finding.rule not in NEVER_SILENCED:
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
    notices = [f"wrote ignore comments for {plural(covered, 'finding')} in {plural(changed, 'file')}"]
    if rendered:
        notices.append(f"{plural(rendered, 'finding')} in rendered input: write ignore comments into the templates")
    without: dict[str, list[str]] = {}
    for finding in left:
        without.setdefault(finding.location.file, []).append(finding.rule)
    for name, rules in without.items():
        names = ", ".join(f"`{rule}`" for rule in dict.fromkeys(rules))
        notices.append(f"no comment can stand in {name} for {names}: use an annotation or per-file-ignores")
    return check(arguments) if changed else run, notices
