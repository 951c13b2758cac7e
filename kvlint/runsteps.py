"""The steps of a runbook's task: what to type, what it must answer, and the way back."""

import re
from collections.abc import Iterator
from typing import Any

from kvlint.conflicts import is_disk
from kvlint.emit import Style, emit
from kvlint.finding import SAFE
from kvlint.knowledge import driver_setup
from kvlint.knowledge.version import format_version
from kvlint.knowledge.volume_plugins import FAILS
from kvlint.migrate.subject import CLASS, INLINE, PV
from kvlint.output.markdown import code
from kvlint.output.text import one_line, path
from kvlint.plan import identity
from kvlint.runwords import (
    Step,
    inside,
    named,
    path_of,
    places,
    policy,
    saved,
    wait,
    word,
    workload,
)
from kvlint.runworkloads import change, orphan, start, stop
from kvlint.tasks import FORM, Object, Task, User

STANDING = '{.status.phase} {.spec.persistentVolumeReclaimPolicy}{"\\n"}'
FREE = '[{"op":"remove","path":"/spec/claimRef/uid"},{"op":"remove","path":"/spec/claimRef/resourceVersion"}]'
ATTACHED = "VOLUME:.spec.source.persistentVolumeName,NODE:.spec.nodeName"
RETAIN = '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'


def steps(task: Task) -> Iterator[Step]:
    """The steps of a task, in their order."""
    if task.kind == CLASS:
        yield from _class_steps(task)
    elif task.kind == PV:
        yield from _volume_steps(task)
    elif task.kind == INLINE:
        yield from _inline_steps(task)
    else:
        yield from _form_steps(task)


def way_back(task: Task) -> Iterator[Step]:
    """How to undo a task."""
    made = task.objects[0] if task.objects else {}
    unsafe = any(migration.applicability != SAFE for migration in task.migrations)
    if task.kind == CLASS or (task.kind == FORM and made.get("kind") == "StorageClass" and unsafe):
        yield Step(
            "Put the old class back; volumes that the new one has provisioned meanwhile are not affected.",
            (
                f"kubectl delete {named('storageclass', task.name)}",
                f"kubectl create --filename={saved('StorageClass', task.name)}",
            ),
        )
    elif task.kind == PV:
        yield from _volume_back(task)
    elif task.kind == INLINE:
        yield from _inline_back(task)
    else:
        yield Step("Apply the old manifest.")


def _class_steps(task: Task) -> Iterator[Step]:
    it = named("storageclass", task.name)
    yield Step(
        "Keep the old class. `NotFound` means that this cluster has none: leave out this step and the delete below.",
        (f"kubectl get {it} --output=yaml > {saved('StorageClass', task.name)}",),
    )
    yield Step(
        "Put the new class in its place. A class cannot be changed, so it is deleted and created again. Volumes and "
        "claims that exist are not touched; a claim made in between waits. If the second command fails, go the way "
        "back at once.",
        (f"kubectl delete {it}", f"kubectl apply --filename={path_of(task.objects[0])}"),
    )
    yield Step(
        "See that it is the new one.",
        (f"kubectl get {it} --output=jsonpath='{{.provisioner}}{{\"\\n\"}}'",),
        f"Prints {code(str(task.objects[0].get('provisioner')))}.",
    )
    yield Step(
        "Try it before anybody needs it: create a claim of this class with a Pod that mounts it and writes a file, "
        "then delete both."
    )
    yield Step(f"Replace the old class in Git by `{path_of(task.objects[0])}`: {places(task.findings)}.")


def _inline_steps(task: Task) -> Iterator[Step]:
    if task.objects:
        yield from _create(task)
    disk = is_disk(task)
    if not disk and any(item["kind"] == "PersistentVolume" for item in task.objects):
        yield backup(task)
    if disk:
        yield Step(
            "Only one node can have the disk, and the old volume and the new one are the same disk: stop every Pod "
            "that uses it before one starts with the claim. These manifests know of "
            f"{', '.join(workload(user) for user in task.users)}."
        )
        for user in task.users:
            yield from stop(user)
        yield Step(
            "See that none of their Pods is left.",
            tuple(f"kubectl get pods{inside(space)}" for space in dict.fromkeys(user.namespace for user in task.users)),
            "No Pod of theirs is listed, Terminating or not. Do not go on before.",
        )
        yield backup(task)
    for user in task.users:
        for entry in user.changes:
            if entry[1] not in [other for _, other in user.changes[: user.changes.index(entry)]]:
                where = places(finding for finding, other in user.changes if other == entry[1])
                yield Step(
                    f"{where}: write this in place of the volume {code(str(entry[1].get('name', '')))}.",
                    block=emit([entry[1]], Style()),
                )
        yield from change(user, stopped=disk)
    yield Step("Look into the mounted folder of each Pod: the old files are there.")


def _create(task: Task) -> Iterator[Step]:
    files = [path_of(item) for item in task.objects]
    flags = " ".join(f"--filename={word(file)}" for file in files)
    yield Step(
        "Let the API server judge the new objects without creating them.", (f"kubectl apply --dry-run=server {flags}",)
    )
    commands = [f"kubectl apply --filename={word(file)}" for file in files]
    claim = next((item for item in task.objects if item["kind"] == "PersistentVolumeClaim"), None)
    if claim is None:
        yield Step("Create them.", tuple(commands))
        return
    _, namespace, name = identity(claim)
    volume = claim["spec"]["volumeName"]
    commands += [wait(name, namespace), policy(volume)]
    yield Step(
        "Create them. Nothing uses them yet. If the claim does not become Bound, "
        f"`kubectl describe{inside(namespace)} {named('pvc', name)}` says why; both can be deleted again.",
        tuple(commands),
        "The last command prints `Retain`. Do not go on before it does.",
    )


def backup(task: Task) -> Step:
    """A copy of the data before anything is done to its objects."""
    setup = driver_setup.find(task.driver) if task.driver else None
    for item in task.objects:
        command = _snapshot(setup.snapshot, item) if setup is not None and setup.snapshot else ""
        if command:
            return Step("Back up the data, and wait until the snapshot is complete.", (command,))
    if setup is not None and setup.backup:
        return Step(f"Back up the data. {setup.backup}")
    return Step("Back up the data, or take a snapshot, with the tools of the storage.")


def _snapshot(template: str, item: Object) -> str:
    """The snapshot command for a PersistentVolume; "" where a word is missing or could be taken for an option."""
    csi: dict[str, Any] = item.get("spec", {}).get("csi") or {}
    values = {**(csi.get("volumeAttributes") or {}), "handle": csi.get("volumeHandle", "")}
    words = []
    for part in template.split():
        filled = re.sub(r"\{([A-Za-z]+)\}", lambda match: str(values.get(match[1], "")), part)
        if filled != part:
            if any(not values.get(name) for name in re.findall(r"\{([A-Za-z]+)\}", part)):
                return ""
            if filled.startswith("-") and not part.startswith("-"):
                return ""
            filled = word(filled)
        words.append(filled)
    return " ".join(words) if words else ""


def _volume_steps(task: Task) -> Iterator[Step]:
    name = task.name
    volume = named("pv", name)
    yield Step(
        "See what is live. `NotFound` means that this cluster does not have the volume: then only create the new "
        "objects, below.",
        (
            f"kubectl get {volume} --output=jsonpath='{{.status.phase}} {{.spec.claimRef.namespace}}/"
            '{.spec.claimRef.name} {.spec.persistentVolumeReclaimPolicy}{"\\n"}\'',
        ),
        _expected(task),
    )
    yield _keep(name)
    keep = [f"kubectl get {volume} --output=yaml > {saved('PersistentVolume', name)}"]
    if task.claim is not None:
        space, claim = inside(task.claim[0]), named("pvc", task.claim[1])
        keep.append(
            f"kubectl get{space} {claim} --output=yaml > {saved('PersistentVolumeClaim', task.claim[1], task.claim[0])}"
        )
    yield Step(
        "Keep the old objects for the way back. This comes after the patch, so that the copy says Retain too.",
        (*keep, f"grep 'persistentVolumeReclaimPolicy: Retain' {saved('PersistentVolume', name)}"),
        "The last command prints one line.",
    )
    if task.claim is None:
        yield backup(task)
        yield from _unclaimed(task)
        return
    for user in task.users:
        yield from stop(user)
    yield backup(task)
    yield Step(
        "See that nothing uses the claim, and that no node has the volume.",
        (
            f"kubectl describe{space} {claim} | grep -A5 'Used By'",
            f"kubectl get volumeattachments --output=custom-columns={ATTACHED}",
        ),
        f"`Used By` is `<none>`, and no line names {code(name)}. Stop what is listed still; do not go on before.",
    )
    yield Step(
        "Delete the claim. The data stays: the volume is Retain. If the delete does not end, something uses the claim "
        "still (see *Finalizers*): find it, and never take the finalizer away.",
        (f"kubectl delete{space} {claim}", f"kubectl get {volume} --output=jsonpath='{STANDING}'"),
        "The last command must print `Released Retain`. Do not go on before it does.",
    )
    yield Step(
        "Delete the volume, which is only the object: the storage behind it stays.",
        (f"kubectl delete {volume}",),
    )
    files = [word(path_of(item)) for item in task.objects]
    yield Step(
        "Create the new volume, then its claim.",
        (*(f"kubectl apply --filename={file}" for file in files), wait(task.claim[1], task.claim[0])),
        "The claim becomes Bound. If not, go the way back.",
    )
    for user in task.users:
        yield from start(user)
    yield Step("Look into the mounted folder of each Pod: the old files are there.")
    yield Step(
        f"Replace both in Git: the PersistentVolume ({places(task.findings)}) by `{path_of(task.objects[0])}`, and its "
        f"claim by `{path_of(task.objects[-1])}`. A claim that a StatefulSet's template made needs no manifest."
    )


def _keep(volume: str) -> Step:
    return Step(
        "Keep the data, whatever happens to the objects.",
        (f"kubectl patch {named('pv', volume)} --patch='{RETAIN}'", policy(volume)),
        "Must print `Retain`. Do not go on before it does: with `Delete` the next steps destroy the data.",
    )


def _expected(task: Task) -> str:
    if task.claim is None:
        return (
            "Prints `Available /` and the policy if no claim has the volume. If it prints a claim, stop: write its "
            "namespace and name into `claimRef` of the manifest and run `kvlint migrate` again, which then plans for "
            "the claim and its Pods too."
        )
    claim = code(f"Bound {task.claim[0]}/{task.claim[1]}")
    return f"Begins with {claim}. If it names another claim, stop: the manifests are not those of this cluster."


def _unclaimed(task: Task) -> Iterator[Step]:
    yield Step(
        "Only if no claim has the volume: put the new one in its place.",
        (
            f"kubectl delete {named('pv', task.name)}",
            f"kubectl apply --filename={word(path_of(task.objects[0]))}",
            policy(task.name),
        ),
        "Prints `Retain`.",
    )
    yield Step(f"Replace the PersistentVolume in Git ({places(task.findings)}) by `{path_of(task.objects[0])}`.")


def _volume_back(task: Task) -> Iterator[Step]:
    volume = named("pv", task.name)
    plugin = task.plugin
    if plugin is not None and plugin.after_removal == FAILS and plugin.removed_in is not None:
        yield Step(
            f"The old volume works on Kubernetes before {format_version(plugin.removed_in)} only; on a newer one there "
            "is no way back but to restore a backup elsewhere."
        )
    if task.claim is None:
        yield _keep(task.name)
        yield Step(
            "Put the old volume back.",
            (f"kubectl delete {volume}", f"kubectl create --filename={saved('PersistentVolume', task.name)}"),
        )
        return
    space, claim = inside(task.claim[0]), named("pvc", task.claim[1])
    if task.users:
        yield Step("Stop the workloads as above.")
    yield _keep(task.name)
    yield Step(
        "Put the old volume back. The data stays: both volumes are Retain. The old claim's `uid` has to go, or the "
        "volume waits for a claim that is no more.",
        (
            f"kubectl delete{space} {claim}",
            f"kubectl delete {volume}",
            f"kubectl create --filename={saved('PersistentVolume', task.name)}",
            f"kubectl patch {volume} --type=json --patch='{FREE}'",
            f"kubectl apply --filename={word(path_of(task.objects[-1]))}",
            wait(task.claim[1], task.claim[0]),
        ),
        "The claim becomes Bound. Then start the workloads as above.",
    )


def _inline_back(task: Task) -> Iterator[Step]:
    plugin = task.plugin
    if plugin is not None and plugin.after_removal == FAILS and plugin.removed_in is not None:
        yield Step(f"The old volume works on Kubernetes before {format_version(plugin.removed_in)} only.")
    files = dict.fromkeys(code(path(user.file)) for user in task.users)
    first = "Stop the workloads as above, then give them" if is_disk(task) else "Give the workloads"
    yield Step(f"{first} their old manifests again ({', '.join(files)}), as above.")
    claim = next((item for item in task.objects if item["kind"] == "PersistentVolumeClaim"), None)
    if claim is not None:
        _, namespace, name = identity(claim)
        yield _keep(claim["spec"]["volumeName"])
        yield Step(
            "When no Pod uses the claim any more, delete it and its volume; the data stays.",
            (
                f"kubectl delete{inside(namespace)} {named('pvc', name)}",
                f"kubectl delete {named('pv', claim['spec']['volumeName'])}",
            ),
        )


def _form_steps(task: Task) -> Iterator[Step]:
    safe = all(migration.applicability == SAFE for migration in task.migrations)
    for item in task.objects:
        if item["kind"] == "StorageClass" and not safe:
            yield from _class_steps(task._replace(objects=(item,)))
            return
    for line in task.lines("steps"):
        yield Step(one_line(line))
    for item in task.objects:
        file = word(path_of(item))
        yield Step(
            f"Apply `{path_of(item)}`, and replace the old object by it in Git: {places(task.findings)}.",
            (f"kubectl apply --dry-run=server --filename={file}", f"kubectl apply --filename={file}"),
            "The dry run must end without an error. If it refuses a field that cannot be changed, leave the live "
            "object as it is: its new form is for new ones.",
        )
    if not task.objects:
        yield Step(
            "Change the manifest with `kvlint check --fix --unsafe-fixes`, or as told, and apply it: "
            f"{places(task.findings)}."
        )
        yield from _claim_templates(task)


def _claim_templates(task: Task) -> Iterator[Step]:
    finding = task.findings[0]
    resource = finding.resource
    if resource is not None and resource.kind == "StatefulSet" and "volumeClaimTemplates" in finding.field:
        user = User(resource.kind, resource.namespace, resource.name, finding.location.file)
        yield Step(
            "Claim templates of a StatefulSet cannot be changed. Before you apply it, delete the old one without its "
            "Pods and claims: the new one takes them over.",
            orphan(user),
        )
