"""What a run's migrations come to as work: which objects are written for which storage, and who uses it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kvlint.facts import Claim
from kvlint.finding import MANUAL, NEEDS_INPUT, READY, Finding, Input, Migration, ResourceRef
from kvlint.inventory import Inventory, same_namespace
from kvlint.knowledge.volume_plugins import PLUGINS, REDIRECTED, VolumePlugin
from kvlint.migrate.subject import CLASS, INLINE, PV
from kvlint.nearness import nearest
from kvlint.plan import Identity, identity
from kvlint.record import NamedTuple

CREDENTIAL = "credential/"
"""What begins the identity of a migration that moves the credentials of a volume or class into a Secret."""

FORM = "form"
"""The kind of a task that only brings an object to its current form; the others are the kinds of a `Subject`."""

Object = dict[str, Any]


class User(NamedTuple):
    """A workload that uses the storage. `changes` are the findings about its volumes, each with the entry that takes
    the volume's place in the Pod template; none where the Pod stays as it is. `file` is where the workload was read."""

    kind: str
    namespace: str | None
    name: str
    file: str
    changes: tuple[tuple[Finding, Object], ...] = ()


class Task(NamedTuple):
    """One storage, class or object, and everything that has to be done about it.

    `kind` is INLINE, PV, CLASS or FORM. `findings` are the gravest of each place, `objects` what is written. `claim` is
    namespace and name of the claim of a PersistentVolume, None where nothing names it. `reason` says why it has to be
    done by hand although a migration knows how; `claims` counts the claims of a class."""

    kind: str
    title: str
    driver: str | None
    status: str
    migrations: tuple[Migration, ...]
    findings: tuple[Finding, ...]
    objects: tuple[Object, ...] = ()
    users: tuple[User, ...] = ()
    claim: tuple[str, str] | None = None
    reason: str = ""
    claims: int = 0

    @property
    def name(self) -> str:
        """The name of what is migrated: the claim of a Pod's volume, the PersistentVolume, the class or the object."""
        if self.kind == INLINE and self.objects:
            return identity(self.objects[-1])[2]
        resource = self.findings[0].resource
        return resource.name if resource is not None else ""

    @property
    def namespace(self) -> str | None:
        """The namespace of the Pods or the object; None where it is not said."""
        resource = self.findings[0].resource
        return resource.namespace if resource is not None else None

    @property
    def plugin(self) -> VolumePlugin | None:
        """The in-tree plugin of the volume that is migrated; None for a class or an object."""
        steps = self.findings[0].field.replace("[", ".").split(".")
        return next((PLUGINS[step] for step in reversed(steps) if step in PLUGINS), None)

    def inputs(self) -> Iterator[Input]:
        """What nobody has said yet, each once."""
        seen: set[str] = set()
        for item in (item for migration in self.migrations for item in migration.inputs):
            if item.name not in seen:
                seen.add(item.name)
                yield item

    def lines(self, name: str) -> list[str]:
        """The sentences of all its migrations under one of their fields (`notes`, `preparation` …), each once."""
        return list(dict.fromkeys(line for migration in self.migrations for line in getattr(migration, name)))


class Work(NamedTuple):
    """All tasks, in the order in which they are to be done: `todo`, then those for people, `by_hand`.

    `kept` are PersistentVolumes that Kubernetes serves through their CSI driver as they are; `suppressed` counts the
    things left out because their findings are suppressed."""

    todo: tuple[Task, ...]
    by_hand: tuple[Task, ...]
    kept: tuple[Task, ...]
    suppressed: int


Reader = Callable[[str, Identity], "Object | None"]
"""The object of an identity in a file, as plain data; None where it cannot be read."""


def work(findings: Sequence[Finding], inventory: Inventory, read: Reader, *, convert_bound: bool = False) -> Work:
    """The work that the migrations of `findings` are. `inventory` holds the facts of the run."""
    findings = [finding for finding in findings if _is_about_storage(finding)]
    counted = [finding for finding in findings if finding.suppressed is None]
    left_out = {_id(finding) for finding in findings} - {_id(finding) for finding in counted}
    entries = [_settled(task, read) for task in _entries(counted)]
    converted = {CLASS: [], PV: [], INLINE: []}  # type: dict[str, list[Task]]
    kept: list[Task] = []
    for task in entries:
        if task.kind == PV and not convert_bound and task.status != MANUAL and _is_redirected(task, inventory):
            kept.append(task)
        elif task.kind in converted:
            converted[task.kind].append(task)
    tasks = [
        *(_with_claims(task, inventory) for task in converted[CLASS]),
        *_shared(converted[INLINE]),
        *(_with_claim(task, inventory, read) for task in converted[PV]),
    ]
    # What a task writes anew has its current form already.
    homes = {_home(task) for task in tasks if task.status != MANUAL and task.kind in (CLASS, PV)}
    written = {identity(item) for task in tasks if task.status != MANUAL for item in task.objects}
    forms = [
        task
        for task in entries
        if task.kind == FORM and _home(task) not in homes and written.isdisjoint(map(identity, task.objects))
    ]
    # What stays old in an object is found in its current form too: that one is written where the manifest is.
    old = {_home(task) for task in (*tasks, *entries) if task.status == MANUAL}
    tasks += _current_forms((task._replace(objects=()) if _home(task) in old else task for task in forms), read)
    return Work(
        tuple(task for task in tasks if task.status != MANUAL),
        tuple(task for task in tasks if task.status == MANUAL),
        tuple(kept),
        len(left_out),
    )


def _id(finding: Finding) -> str:
    return finding.migration.id if finding.migration is not None else ""


def _is_about_storage(finding: Finding) -> bool:
    """Whether the migration of a finding is one of storage; credentials in containers are not."""
    word = _id(finding).removeprefix(CREDENTIAL).partition("/")[0]
    return finding.migration is not None and (finding.category != "credentials" or word in (INLINE, PV, CLASS))


def _settled(task: Task, read: Reader) -> Task:
    """A PersistentVolume whose source stays what it is needs no exchange, only to be applied."""
    if task.kind == PV and task.objects and task.migrations[0].id.startswith(CREDENTIAL):
        file, kind, name = _home(task)
        old = read(file, (kind, "", name))
        spec = old.get("spec") if old is not None else None
        sources = [key for key in task.objects[0]["spec"] if key in PLUGINS]
        if isinstance(spec, Mapping) and all(spec.get(key) == task.objects[0]["spec"][key] for key in sources):
            return task._replace(kind=FORM)
    return task


def _entries(findings: Iterable[Finding]) -> list[Task]:
    """A task for each migration. Findings of one migration, or of copies of one object, share it."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        migration = finding.migration
        assert migration is not None  # noqa: S101 - narrows the type
        content = (*migration._replace(notes=(), references=()),)
        groups.setdefault(json.dumps(content, sort_keys=True, default=str), []).append(finding)
    made = []
    for group in groups.values():
        places: dict[tuple[str, ResourceRef | None], Finding] = {}
        for finding in group:
            key = finding.location.file, finding.resource
            if key not in places or finding.severity > places[key].severity:
                places[key] = finding
        migration = group[0].migration
        assert migration is not None  # noqa: S101 - narrows the type
        word = migration.id.removeprefix(CREDENTIAL).partition("/")[0]
        kind = word if word in (INLINE, PV, CLASS) else FORM
        users: tuple[User, ...] = ()
        if kind == INLINE:
            entry = migration.replacement
            users = tuple(
                User(who.kind, who.namespace, who.name, finding.location.file, ((finding, entry),) if entry else ())
                for finding in places.values()
                if (who := finding.resource) is not None
            )
        found = tuple(places.values())
        title, objects = migration.title, tuple(map(dict, migration.manifests))
        made.append(Task(kind, title, migration.driver, migration.status, (migration,), found, objects, users))
    return made


def _home(task: Task) -> tuple[str, str, str]:
    """File, kind and name of the object that a task is about."""
    finding = task.findings[0]
    resource = finding.resource
    return (finding.location.file, resource.kind, resource.name) if resource is not None else ("", "", "")


def _is_redirected(task: Task, inventory: Inventory) -> bool:
    """Whether Kubernetes hands the PersistentVolume to its CSI driver by itself, and it may be bound.

    A manifest does not say whether its volume is bound somewhere; a live one that is Available is not."""
    file, _, name = _home(task)
    for volume in inventory.volumes:
        if volume.name == name and volume.place.file == file:
            plugin = PLUGINS.get(volume.source)
            return plugin is not None and plugin.after_removal == REDIRECTED and volume.phase != "Available"
    return False


def _shared(tasks: Iterable[Task]) -> Iterator[Task]:
    """Tasks of Pods' volumes, those of one storage joined: it is written once, whoever uses it."""
    groups: dict[tuple[object, ...], list[Task]] = {}
    for task in tasks:
        key = (
            identity(task.objects[-1]) if task.objects and task.status != MANUAL else (task.migrations[0].id, id(task))
        )
        groups.setdefault(key, []).append(task)
    for group in groups.values():
        first = group[0]
        same = all(task.objects == first.objects for task in group)
        yield first._replace(
            status=_worst(task.status for task in group) if same else MANUAL,
            migrations=tuple(migration for task in group for migration in task.migrations),
            findings=tuple(finding for task in group for finding in task.findings),
            users=tuple(_once(user for task in group for user in task.users)),
            reason=""
            if same
            else "The workloads that mount this storage disagree about it, so no one volume serves them all; "
            "make their volumes equal.",
        )


def _once(users: Iterable[User]) -> Iterator[User]:
    """Each workload once, with the changes of all its copies."""
    found: dict[tuple[str, str | None, str], User] = {}
    for user in users:
        known = found.get(user[:3])
        found[user[:3]] = user if known is None else known._replace(changes=(*known.changes, *user.changes))
    yield from found.values()


def _worst(statuses: Iterable[str]) -> str:
    order = (READY, NEEDS_INPUT, MANUAL)
    return max(statuses, key=order.index)


def _with_claims(task: Task, inventory: Inventory) -> Task:
    """The task of a class with the number of claims that mean this one, and no other of its name."""
    file, _, name = _home(task)
    claims = [claim for claim in inventory.claims if claim.class_name == name]
    means = (inventory.storage_classes(name, claim.place.where) for claim in claims)
    return task._replace(claims=sum(any(one.place.file == file for one in found) for found in means))


def _with_claim(task: Task, inventory: Inventory, read: Reader) -> Task:
    """The task of a PersistentVolume with its claim, which has to be written anew too, and the workloads behind it."""
    if task.status == MANUAL or not task.objects:
        return task
    volume = task.objects[0]
    file, _, name = _home(task)
    reference = volume["spec"].get("claimRef")
    where = next((one.place.where for one in inventory.volumes if one.name == name and one.place.file == file), file)
    claims: list[Claim] = []
    if reference:
        claims = inventory.claims_named(reference["name"], reference["namespace"], where)
        target = reference["namespace"], reference["name"]
    else:
        claims = nearest([claim for claim in inventory.claims if claim.volume_name == name], where)
        names = {(claim.namespace, claim.name) for claim in claims if claim.origin == "claim"}
        if len(names) != 1 or None in next(iter(names)):
            return task
        target = next((space or "", name) for space, name in names)
        volume = {**volume, "spec": _bound_in_advance(volume["spec"], target)}
    owners = [claim for claim in claims if claim.origin == "template"]
    users = {
        (one.place.kind, one.place.name): User(one.place.kind, target[0], one.place.name, one.place.file)
        for one in (*owners, *_uses(inventory, target, where))
    }
    own = next((claim for claim in claims if claim.origin == "claim"), None)
    old = read(own.place.file, ("PersistentVolumeClaim", own.namespace or "", own.name)) if own is not None else None
    made = _claim(target, volume, old)
    return task._replace(objects=(volume, made), claim=target, users=tuple(users.values()))


def _bound_in_advance(spec: Mapping[str, Any], claim: tuple[str, str]) -> Object:
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim[0], "name": claim[1]}
    made: Object = {}
    for key, value in spec.items():
        if key == "csi":
            made["claimRef"] = reference
        made[key] = value
    return made


def _uses(inventory: Inventory, claim: tuple[str, str], where: str) -> Iterator[Any]:
    found = [use for use in inventory.uses if use.claim == claim[1] and same_namespace(use.place.namespace, claim[0])]
    yield from nearest(found, where)


def _claim(target: tuple[str, str], volume: Object, old: Object | None) -> Object:
    """The claim of a converted PersistentVolume: exactly that volume, with the labels and annotations of the old claim.

    What controllers wrote about the old pair would make the new claim Lost (`pv.kubernetes.io/bind-completed`)."""
    from kvlint.knowledge import markers
    from kvlint.migrate.upgrades import shown

    spec = volume["spec"]
    metadata: Object = {"name": target[1], "namespace": target[0]}
    kept = old.get("metadata") if old is not None else None
    for key in ("labels", "annotations"):
        values = kept.get(key) if isinstance(kept, Mapping) else None
        if isinstance(values, Mapping):
            values = {name: value for name, value in values.items() if name not in markers.ANNOTATIONS}
            metadata |= {key: values} if values else {}
    wanted = old.get("spec") if old is not None else None
    resources = wanted.get("resources") if isinstance(wanted, Mapping) else None
    size = {"requests": {"storage": spec["capacity"]["storage"]}}
    made: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": {
            "accessModes": list(spec["accessModes"]),
            "resources": resources if isinstance(resources, Mapping) and resources.get("requests") else size,
            "storageClassName": spec.get("storageClassName", ""),
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "volumeName": volume["metadata"]["name"],
        },
    }
    return shown(made)


def _current_forms(tasks: Iterable[Task], read: Reader) -> Iterator[Task]:
    """Tasks of objects to be brought to their current form, all changes of one object joined."""
    groups: dict[tuple[str, str, str, str | None], list[Task]] = {}
    for task in tasks:
        groups.setdefault((*_home(task), task.namespace), []).append(task)
    for group in groups.values():
        manual = [task for task in group if task.status == MANUAL]
        ready = [task for task in group if task.status != MANUAL]
        yield from manual
        if len(ready) < 2 or not any(task.objects for task in ready):
            yield from ready
            continue
        yield _joined(ready, read)


def _joined(tasks: Sequence[Task], read: Reader) -> Task:
    from kvlint.migrate import Inputs
    from kvlint.migrate.upgrades import shown, upgrade

    first = tasks[0]
    file, kind, name = _home(first)
    old = read(file, (kind, first.namespace or "", name))
    migrations = tuple(migration for task in tasks for migration in task.migrations)
    joined = first._replace(title="; ".join(task.title for task in tasks), migrations=migrations)
    try:
        for migration in migrations:
            if old is not None:
                changed = upgrade(migration.id.partition("/")[0], old, first.namespace, Inputs())
                old = dict(changed.replacement) if changed.replacement is not None else old
    except KeyError:
        old = None
    if old is None:
        reason = "Several of its parts change: change one, apply it, and run `kvlint migrate` again."
        return joined._replace(objects=(), status=MANUAL, reason=reason)
    return joined._replace(objects=(shown(old),))
