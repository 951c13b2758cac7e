"""`kvlint migrate`: from the findings of a run to a folder of manifests and a runbook."""

import os
from collections.abc import Container, Iterator

from kvlint.conflicts import settle
from kvlint.emit import Style, emit
from kvlint.finding import NEEDS_INPUT
from kvlint.folder import known, write
from kvlint.inputs.files import relative
from kvlint.inputs.folders import Roots
from kvlint.inventory import Inventory
from kvlint.options import Arguments
from kvlint.output.text import plural
from kvlint.plan import Identity, Plan, identity
from kvlint.problem import UsageError
from kvlint.resources import resources
from kvlint.run import Catalogue, Run, plan_of
from kvlint.runbook import Setting, runbook
from kvlint.runwords import ROLLBACK, path_of, secret_path
from kvlint.tasks import Object, Task, Work, work
from kvlint.yamltree import YamlError, documents

RUNBOOK = "RUNBOOK.md"
HEADER = "# Written by `kvlint migrate`. RUNBOOK.md says when to apply it, and what has to be done before.\n"
EXAMPLE_HEADER = (
    "# Written by `kvlint migrate`. This only shows the keys: create the Secret as RUNBOOK.md says, and keep its\n"
    "# values out of Git.\n"
)


def planning(arguments: Arguments, catalogue: Catalogue, roots: Roots, notices: list[str]) -> Plan:
    """The plan of a run whose findings are to be migrated: who uses what is known whatever rules are selected."""
    plan = plan_of(arguments, catalogue, roots, notices)
    plan.gathers = -1
    return plan


def write_folder(arguments: Arguments, run: Run) -> list[str]:
    """Write manifests and runbook into the folder named by `-o`; returns what there is to tell.

    Raises UsageError, ConfigError."""
    folder = arguments.last("output")
    if not folder:
        raise UsageError("`kvlint migrate` needs a folder to write to", "name one: -o DIR")
    own = known(folder)
    found = _work(run, arguments.on("convert-bound"), folder, own)
    if not (found.todo or found.by_hand or found.kept or own):
        return ["nothing to migrate: nothing written"]
    config = run.catalogue.config
    platforms = arguments.words("platform") or list(config.platforms)
    setting = Setting(run.report.target, run.report.as_of, platforms, run.live)
    files = dict(_files(found.todo))
    files[RUNBOOK] = runbook(found, setting)
    done = write(folder, files)
    return list(_told(folder, found, len(files), done.changed, done.left))


def _work(run: Run, convert_bound: bool, folder: str, own: Container[str]) -> Work:
    """The work of a run, without what an earlier run wrote into the folder and what its runbook had kept there."""

    def outside(file: str) -> bool:
        inside = None if file.startswith("cluster:") else relative(file, folder)
        return inside is None or not (inside in own or inside.startswith(f"{ROLLBACK}/"))

    findings = [finding for finding in run.report.findings if outside(finding.location.file)]
    facts = [fact for one in run.facts if outside(one.file) for fact in one.facts]
    inventory = Inventory(facts)
    found = work(findings, inventory, lambda file, who: _object(run, file, who), convert_bound=convert_bound)
    return settle(found, inventory)


def _object(run: Run, file: str, who: Identity) -> Object | None:
    """An object of a file, as plain data; an unknown namespace is the same as none."""
    source = run.texts.source(file)
    for document in documents(source) if source is not None else ():
        try:
            for resource in resources(document, document.compose()):
                if (resource.kind, resource.name) == (who[0], who[2]) and (resource.namespace or who[1]) == who[1]:
                    plain = resource.node.plain()
                    return plain if isinstance(plain, dict) else None
        except YamlError:
            continue
    return None


def _files(tasks: tuple[Task, ...]) -> Iterator[tuple[str, str]]:
    for task in tasks:
        missing = ", ".join(item.name for item in task.inputs()) if task.status == NEEDS_INPUT else ""
        header = HEADER + (f"# Not ready: needs {missing}.\n" if missing else "")
        for item in task.objects:
            yield path_of(item), f"{header}{emit(item, Style(), literal=True)}\n"
    secrets = {identity(item): item for task in tasks for migration in task.migrations for item in migration.secrets}
    for item in secrets.values():
        yield secret_path(item), f"{EXAMPLE_HEADER}{emit(item, Style(), literal=True)}\n"


def _told(folder: str, found: Work, files: int, changed: int, left: tuple[str, ...]) -> Iterator[str]:
    state = f"{changed} changed" if changed else "nothing changed"
    yield f"wrote {plural(files, 'file')} to {folder} ({state})"
    waiting = sum(task.status == NEEDS_INPUT for task in found.todo)
    counts = [plural(len(found.todo), "task") + (f" ({waiting} waiting for inputs)" if waiting else "")]
    if found.by_hand:
        counts.append(f"{len(found.by_hand)} by hand")
    if found.kept:
        counts.append(f"{plural(len(found.kept), 'volume')} kept")
    yield f"{', '.join(counts)}: read {os.path.join(folder, RUNBOOK)}"
    for name in left:
        yield f"notice: {os.path.join(folder, name)} is no longer needed, but changed since kvlint wrote it: left there"
