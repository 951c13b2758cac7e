"""RUNBOOK.md: what a migration needs before it begins, every task in its order, and what is left to people."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kvlint import runtexts
from kvlint.emit import Style, emit
from kvlint.finding import NEEDS_INPUT
from kvlint.knowledge import csi_drivers, driver_setup
from kvlint.knowledge.inputs import ALL, INPUTS
from kvlint.knowledge.platform_classes import platforms
from kvlint.migrate.subject import CLASS, INLINE, PV
from kvlint.output.markdown import block, code, code_cell, plain
from kvlint.output.text import one_line, plural
from kvlint.plan import identity
from kvlint.record import NamedTuple
from kvlint.runsteps import steps, way_back
from kvlint.runwords import CLUSTER, ROLLBACK, SECRETS, Step, inside, needs, path_of, places, word, workload
from kvlint.tasks import Task, Work
from kvlint.views import POD_PATHS

FILL_IN = "FILL IN"


class Setting(NamedTuple):
    """What the runbook knows besides the work: the version judged for, the day of the tables, the platforms of the
    cluster, and whether the objects are live ones."""

    target: str
    as_of: str
    platforms: Sequence[str] = ()
    live: bool = False


def runbook(work: Work, setting: Setting) -> str:
    """The whole document."""
    prepared = _prepared(work.todo)
    parts: list[Callable[[], Iterator[str]]] = [
        lambda: _head(work, setting),
        lambda: _inventory(work),
        lambda: _before(work),
        lambda: _drivers(work, setting),
        lambda: _inputs(work),
        lambda: _preparation(work, prepared),
        lambda: _tasks(work, prepared),
        lambda: _by_hand(work),
        lambda: _kept(work),
        lambda: _after(work),
    ]
    number, made = 0, []
    for part in parts:
        lines = list(part())
        if lines and lines[0].startswith("## "):
            number += 1
            lines[0] = f"## {number}. {lines[0][3:]}"
        made += lines
    return "\n".join(made).rstrip() + "\n"


def title_of(task: Task) -> str:
    """What a task is about, in a few words."""
    if task.kind == CLASS:
        return f"StorageClass {code(task.name)}"
    if task.kind == PV:
        return f"PersistentVolume {code(task.name)}"
    where = f" in namespace {code(task.namespace)}" if task.namespace else ""
    if task.kind == INLINE:
        users = ", ".join(workload(user) for user in task.users[:3])
        more = f" and {len(task.users) - 3} more" if len(task.users) > 3 else ""
        return f"Volume of {users}{more}{where}"
    resource = task.findings[0].resource
    return f"{plain(resource.kind) if resource else 'Object'} {code(task.name)}{where}"


def _head(work: Work, setting: Setting) -> Iterator[str]:
    yield "# Runbook: storage to CSI"
    yield ""
    yield f"Written by `kvlint migrate` for Kubernetes {setting.target}; what it knows is as of {setting.as_of}."
    if not work.todo and not work.by_hand and not work.kept:
        yield ""
        yield "Nothing is left to migrate."
        return
    yield ""
    yield runtexts.HEAD


def _inventory(work: Work) -> Iterator[str]:
    if not (work.todo or work.by_hand or work.kept):
        return
    yield "## What there is"
    yield ""
    yield "| task | what | moves to | state | where |"
    yield "|---|---|---|---|---|"
    rows = [(str(number), task, _state(task)) for number, task in enumerate(work.todo, 1)]
    rows += [("by hand", task, "see *By hand*") for task in work.by_hand]
    rows += [("none", task, "stays as it is") for task in work.kept]
    for number, task, state in rows:
        where = _cell(places(task.findings))
        driver = code_cell(task.driver) if task.driver else ""
        yield f"| {number} | {_cell(title_of(task))} | {driver} | {state} | {where} |"
    if work.suppressed:
        yield ""
        yield (
            f"{plural(work.suppressed, 'migration')} left out: suppressed by comment, annotation or configuration "
            "(`--no-ignores` takes them in)."
        )
    yield ""


def _cell(text: str) -> str:
    """A sentence with inline code as a table cell."""
    return one_line(text).replace("|", "\\|")


def _state(task: Task) -> str:
    return "needs input" if task.status == NEEDS_INPUT else "ready"


def _before(work: Work) -> Iterator[str]:
    if not work.todo:
        return
    yield "## Before the first change"
    yield ""
    yield runtexts.CLUSTER
    yield runtexts.RIGHTS
    yield block("\n".join(_rights(work)), "sh")
    yield runtexts.GITOPS
    yield runtexts.CONTROLLERS
    yield runtexts.WAY_BACK.format(folder=ROLLBACK)


def _rights(work: Work) -> Iterator[str]:
    kinds = {item["kind"] for task in work.todo for item in task.objects}
    if "PersistentVolume" in kinds:
        yield from (f"kubectl auth can-i {verb} persistentvolumes" for verb in ("create", "patch", "delete"))
        yield "kubectl auth can-i list volumeattachments.storage.k8s.io"
    if "StorageClass" in kinds:
        yield from (f"kubectl auth can-i {verb} storageclasses.storage.k8s.io" for verb in ("create", "delete"))
    yield from (f"kubectl auth can-i {right}" for right in sorted(set(_rights_inside(work))))


def _rights_inside(work: Work) -> Iterator[str]:
    """Rights in namespaces: verb, resource and the flag."""
    for task in work.todo:
        for item in task.objects:
            kind, space, _ = identity(item)
            if space:
                yield from (f"{verb} {word(kind.lower())}{inside(space)}" for verb in ("create", "delete"))
        for item in (item for migration in task.migrations for item in migration.secrets):
            space = identity(item)[1]
            if space:
                yield f"create secret{inside(space)}"
        for user in task.users:
            if user.namespace and user.kind in POD_PATHS:
                verbs = ("create", "delete") if user.kind in ("Pod", "Job", "StatefulSet", "DaemonSet") else ("patch",)
                yield from (f"{verb} {user.kind.lower()}{inside(user.namespace)}" for verb in verbs)


def _drivers(work: Work, setting: Setting) -> Iterator[str]:
    users: dict[str, list[str]] = {}
    for number, task in enumerate(work.todo, 1):
        for driver in _drivers_of(task):
            users.setdefault(driver, []).append(f"task {number}")
    for task in work.kept:
        if task.driver:
            users.setdefault(task.driver, []).append(title_of(task))
    if not users:
        return
    yield "## Drivers"
    yield ""
    yield runtexts.DRIVERS
    for driver, needing in sorted(users.items()):
        setup = driver_setup.find(driver)
        yield f"### {code(driver)}"
        yield ""
        yield f"Needed by {', '.join(needing[:10])}{f' and {len(needing) - 10} more' if len(needing) > 10 else ''}."
        yield ""
        told = [addon for name in _members(setting.platforms) for addon in setup.addons if addon.platform == name]
        for addon in told:
            page = f" <{addon.url}>" if addon.url else ""
            yield f"- {platforms()[addon.platform].title}: {addon.how}{page}"
        page = f"<{setup.install}>" if setup.install else "ask its maker; kvlint does not know this driver."
        yield f"- {'Elsewhere' if told else 'How to install it'}: {page}"
        if setup.addons and not setting.platforms:
            names = ", ".join(f"`{addon.platform}`" for addon in setup.addons)
            yield f"- It comes with, or as an add-on of, {names}: `--platform` tells how."
        yield ""
        yield block(
            f"kubectl get csidriver {word(driver)}\n"
            "kubectl get csinodes --output='custom-columns=NODE:.metadata.name,DRIVERS:.spec.drivers[*].name'",
            "sh",
        )


def _drivers_of(task: Task) -> list[str]:
    if task.driver:
        return [task.driver]
    classes = (str(item.get("provisioner", "")) for item in task.objects if item["kind"] == "StorageClass")
    return [name for name in classes if csi_drivers.find(name) is not None]


def _members(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield name
        platform = platforms().get(name)
        yield from platform.variants if platform is not None else ()


def _inputs(work: Work) -> Iterator[str]:
    missing: dict[str, tuple[str, list[str]]] = {}
    for number, task in enumerate(work.todo, 1):
        for item in task.inputs():
            missing.setdefault(item.name, (item.why, []))[1].append(str(number))
    if not missing:
        return
    yield "## Inputs still missing"
    yield ""
    yield runtexts.INPUTS
    yield "| input | why | tasks |"
    yield "|---|---|---|"
    for name, (why, numbers) in missing.items():
        yield f"| {code_cell(name)} | {_cell(why)} | {', '.join(numbers)} |"
    yield ""
    yield "Write them into `.kvlint.yaml`, and run `kvlint migrate` again:"
    yield ""
    yield block(emit({"migrate": _configuration(missing)}, Style()), "yaml")


def _configuration(names: "dict[str, Any] | Sequence[str]") -> dict[str, Any]:
    """The configuration that gives the inputs called `names`, with their values to be filled in."""
    made: dict[str, Any] = {}
    for full in names:
        row = max((row for row in INPUTS if full == row or full.startswith(f"{row}.")), key=len, default=full)
        steps_ = row.split(".")
        key = full[len(row) + 1 :]
        if key and row in INPUTS and INPUTS[row].scope != ALL:
            steps_ = [*steps_, key]
        holder = made
        for step in steps_[:-1]:
            below = holder.setdefault(step, {})
            holder = below if isinstance(below, dict) else {}
        holder[steps_[-1]] = FILL_IN
    return made


def _prepared(tasks: Sequence[Task]) -> dict[str, list[int]]:
    """What has to be prepared, each once, with the numbers of the tasks that need it."""
    found: dict[str, list[int]] = {}
    for number, task in enumerate(tasks, 1):
        for line in task.lines("preparation") if task.kind in (INLINE, PV, CLASS) else ():
            found.setdefault(one_line(line), []).append(number)
    return found


def _preparation(work: Work, prepared: dict[str, list[int]]) -> Iterator[str]:
    if not prepared:
        return
    yield "## Preparation"
    yield ""
    if any(migration.secrets for task in work.todo for migration in task.migrations):
        yield runtexts.SECRETS.format(folder=SECRETS)
    for index, (line, numbers) in enumerate(prepared.items(), 1):
        yield f"{index}. {line} (For task {', '.join(map(str, numbers))}.)"
    yield ""


def _tasks(work: Work, prepared: dict[str, list[int]]) -> Iterator[str]:
    if not work.todo:
        return
    yield "## Tasks"
    yield ""
    yield runtexts.TASKS
    for number, task in enumerate(work.todo, 1):
        yield f"### Task {number}: {title_of(task)}"
        yield ""
        waiting = needs(task)
        if waiting:
            yield f"**{waiting}**"
            yield ""
        yield f"{one_line(task.migrations[0].title)}. Found in {places(task.findings)}."
        yield ""
        for item in task.objects:
            yield f"- {plain(item['kind'])}: `{path_of(item)}`{' (cluster-level rights)' if _is_cluster(item) else ''}"
        for note in task.lines("notes"):
            yield f"- {one_line(note)}"
        if task.kind == CLASS and task.claims:
            yield f"- Claims in these manifests that name this class: {task.claims}. Their volumes stay."
        needed = [index for index, numbers in enumerate(prepared.values(), 1) if number in numbers]
        if needed:
            yield f"- Before it: *Preparation* {', '.join(map(str, needed))}."
        yield ""
        yield from _numbered(steps(task))
        yield "**The way back**"
        yield ""
        yield from _numbered(way_back(task))
        references = task.lines("references")
        if references:
            yield "Read more: " + ", ".join(f"<{one_line(url)}>" for url in references)
            yield ""


def _is_cluster(item: dict[str, Any]) -> bool:
    return path_of(item).startswith(f"{CLUSTER}/")


def _numbered(listed: Iterator[Step]) -> Iterator[str]:
    for number, step in enumerate(listed, 1):
        yield f"{number}. {one_line(step.text)}"
        for text, language in (("\n".join(step.commands), "sh"), (step.block, "yaml")):
            if text:
                yield ""
                yield "\n".join(f"   {line}" for line in block(text, language).splitlines())
        if step.answer:
            yield ""
            yield f"   {one_line(step.answer)}"
        yield ""


def _by_hand(work: Work) -> Iterator[str]:
    if not work.by_hand:
        return
    yield "## By hand"
    yield ""
    yield runtexts.BY_HAND
    for task in work.by_hand:
        yield f"### {title_of(task)}"
        yield ""
        yield f"{one_line(task.migrations[0].title)}. Found in {places(task.findings)}."
        yield ""
        lines = [task.reason] if task.reason else task.lines("steps")
        for number, line in enumerate(lines, 1):
            yield f"{number}. {one_line(line)}"
        yield ""
        for note in () if task.reason else task.lines("notes"):
            yield f"- {one_line(note)}"
        for url in task.lines("references"):
            yield f"- <{one_line(url)}>"
        yield ""


def _kept(work: Work) -> Iterator[str]:
    if not work.kept:
        return
    yield "## What stays as it is"
    yield ""
    yield runtexts.KEPT
    for task in work.kept:
        yield f"- {title_of(task)} ({code(task.driver or '')}): {places(task.findings)}"
    yield ""


def _after(work: Work) -> Iterator[str]:
    if not work.todo:
        return
    yield "## When all is done"
    yield ""
    steps_ = [
        Step(
            "See that no claim waits and no volume is left over.",
            ("kubectl get pvc --all-namespaces", "kubectl get pv"),
            "Every claim is Bound; the volumes of the tasks are Bound and Retain.",
        ),
        Step(
            "Merge the changed manifests: the objects of this folder, the Pods with their claims, nothing of what was "
            "replaced. Then compare before anything is synchronized.",
            ("argocd app diff APP", "flux diff kustomization NAME --path=PATH"),
            "No PersistentVolume and no PersistentVolumeClaim is removed or created anew.",
        ),
        Step(
            "Only then let GitOps go on, with the policy it had before, and pruning last.",
            ("argocd app set APP --sync-policy automated", "flux resume kustomization NAME --namespace=NAMESPACE"),
        ),
        Step("Lint the manifests again: `kvlint check` finds nothing of what was migrated."),
        Step(
            "When the workloads have run for some days, delete the snapshots and the folder "
            f"`{ROLLBACK}`, take away what served the old storage (FlexVolume drivers on the nodes, old provisioners), "
            "and decide for each volume whether Retain is what it should be: with Delete, the data goes with the claim."
        ),
    ]
    yield from _numbered(iter(steps_))
