"""What a run changes: fixes written to files, to stdout for standard input, or shown as a diff."""

import os
from collections.abc import Iterator

from kvlint.finding import Migration, Severity
from kvlint.fixer import Fixed, Level, fix
from kvlint.inputs import files
from kvlint.nearness import in_line, same_folder
from kvlint.options import Arguments
from kvlint.plan import identity
from kvlint.problem import ConfigError
from kvlint.record import NamedTuple
from kvlint.run import Run


class Changes(NamedTuple):
    """The files that fixes change, and sentences about fixes that were taken back."""

    files: tuple[Fixed, ...]
    refused: tuple[str, ...]

    @property
    def findings(self) -> int:
        """How many findings the changes fix."""
        return sum(len(one.applied) for one in self.files)


def level_of(arguments: Arguments) -> Level:
    """Which fixes the command line asks for."""
    least = arguments.last("min-severity", "info")
    return Level(arguments.on("unsafe-fixes"), arguments.on("with-placeholders"), Severity[least.upper()])


def make(arguments: Arguments, run: Run) -> Changes:
    """Apply the wanted fixes in memory: those that the whole run allows, whatever one file alone would say."""
    level = level_of(arguments)
    keep = frozenset(
        finding.fingerprint
        for finding in run.report.findings
        if finding.suppressed is not None or not level.allows(finding)
    )
    changed: list[Fixed] = []
    refused: list[str] = []
    wanted = [finding for finding in run.report.counted() if level.allows(finding)]
    there = {
        (fact.place.kind, fact.place.namespace or "", fact.place.name)
        for one in run.facts
        for fact in one.facts
        if fact.place.kind in ("PersistentVolume", "PersistentVolumeClaim")
    }
    written: list[tuple[str, Migration]] = []
    joint = {finding.location.file for finding in wanted if finding.category == "binding"}
    for name in dict.fromkeys(finding.location.file for finding in wanted):
        source = run.texts.source(name)
        if source is None:
            continue
        others = [one for one in run.facts if one.file != name] if name in joint else None
        run.plan.present.clear()
        run.plan.present.update(there)
        for where, migration in written:
            if _together(where, source.identity, migration):
                run.plan.present.update(map(identity, migration.manifests))
        fixed = fix(source, run.plan, level, keep, others)
        written += ((source.identity, one.migration) for one in fixed.applied if one.migration is not None)
        refused += fixed.refused
        if fixed.after != fixed.before:
            changed.append(fixed)
    return Changes(tuple(changed), tuple(refused))


def _together(one: str, other: str, migration: Migration) -> bool:
    """Whether what a migration has written into a file is there for another file too.

    Sibling folders may be two clusters; and where nobody says the namespace, two folders may be two namespaces."""
    known = all(item["kind"] != "PersistentVolumeClaim" or identity(item)[1] for item in migration.manifests)
    return in_line(one, other) if known else same_folder(one, other)


def write(changes: Changes, run: Run) -> bytes | None:
    """Write the changed files, each at once or not at all; the new text of standard input is returned instead.

    Raises ConfigError for a file that cannot be written or has changed since it was read; files before it are written
    then."""
    source = run.texts.source(run.stdin) if run.stdin else None
    stdin = source.data if source is not None else None
    for fixed in changes.files:
        if fixed.file == run.stdin:
            stdin = fixed.after
            continue
        try:
            if not os.path.isfile(fixed.file):
                raise ConfigError(f"cannot write `{fixed.file}`: it is no file")
            if files.read(fixed.file) != fixed.before:
                raise ConfigError(
                    f"`{fixed.file}` has changed since it was read: it is left as it is, run kvlint again"
                )
            files.write(fixed.file, fixed.after)
        except OSError as error:
            raise ConfigError(f"cannot write `{fixed.file}`: {files.reason(error)}") from None
    return stdin


def diff(changes: Changes, run: Run) -> Iterator[str]:
    """The changes as one unified diff that `git apply` accepts in the root of the repository.

    A part whose removed or context lines hold a credential is shown masked, as a comment in front of its file's own
    diff: it can only be applied with --fix."""
    from kvlint.hide import masks_of
    from kvlint.output.diff import unified

    for fixed in changes.files:
        source = run.texts.source(fixed.file)
        if source is None:
            continue
        before, after = masks_of(source), masks_of(source.changed(fixed.after))
        yield from unified(source.identity, fixed.before, fixed.after, before, after)
