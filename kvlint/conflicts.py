"""Tasks that stand in each other's way: manifests that define one object differently, and disks with two users."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kvlint.finding import MANUAL
from kvlint.inventory import Inventory
from kvlint.migrate.objects import RWO, RWOP
from kvlint.migrate.subject import INLINE
from kvlint.plan import Identity, identity
from kvlint.tasks import Task, Work

Object = dict[str, Any]


def settle(work: Work, inventory: Inventory) -> Work:
    """The work without conflicts: tasks that write one object differently, or one disk twice, are left to people."""
    todo = list(_judged(work.todo, work.kept, inventory))
    ready = tuple(task for task in todo if task.status != MANUAL)
    return work._replace(todo=ready, by_hand=(*(task for task in todo if task.status == MANUAL), *work.by_hand))


def _judged(tasks: Sequence[Task], kept: Sequence[Task], inventory: Inventory) -> Iterator[Task]:
    """The tasks, MANUAL where there is a conflict. A `kept` volume has its handle in use already."""
    written: dict[Identity, list[Object]] = {}
    spaces: dict[str, set[str]] = {}
    handles: dict[tuple[str, str], set[str]] = {}
    for volume in inventory.volumes:
        if volume.driver and volume.handle:
            handles.setdefault((volume.driver, volume.handle), set()).add(volume.name)
    for item in (item for task in kept for item in task.objects):
        for key in _handles(item):
            handles.setdefault(key, set()).add(identity(item)[2])
    for task in tasks:
        for item in task.objects:
            contents = written.setdefault(identity(item), [])
            if item not in contents:
                contents.append(item)
            for key in _handles(item):
                handles.setdefault(key, set()).add(identity(item)[2])
        if task.kind == INLINE and is_disk(task):
            spaces.setdefault(task.name, set()).add(identity(task.objects[-1])[1])
    for task in tasks:
        reason = _conflict(task, written, spaces, handles)
        yield task._replace(status=MANUAL, reason=reason) if reason else task


def _conflict(
    task: Task,
    written: Mapping[Identity, Sequence[Object]],
    spaces: Mapping[str, set[str]],
    handles: Mapping[tuple[str, str], set[str]],
) -> str:
    if task.kind == INLINE and len(spaces.get(task.name, ())) > 1:
        where = ", ".join(sorted(space or "(not said)" for space in spaces[task.name]))
        return (
            f"One disk is mounted in several namespaces ({where}). A disk has one PersistentVolume, which binds one "
            "claim: move its workloads into one namespace, or copy the data to a file share."
        )
    for item in task.objects:
        kind, _, name = identity(item)
        if len(written[identity(item)]) > 1:
            return (
                f"The manifests define {kind} {name} in different ways, as for several clusters: run `kvlint migrate` "
                "on the manifests of one cluster at a time."
            )
        for driver, handle in _handles(item):
            others = sorted(handles[driver, handle] - {name})
            if others:
                return (
                    f"The volume handle {handle} of {driver} is also that of PersistentVolume {', '.join(others)}; in "
                    "one cluster a handle belongs to one volume. Keep one of them, and let every Pod use its claim."
                )
    return ""


def _handles(item: Object) -> Iterator[tuple[str, str]]:
    csi = item["spec"].get("csi") if item.get("kind") == "PersistentVolume" else None
    if isinstance(csi, Mapping):
        yield str(csi.get("driver")), str(csi.get("volumeHandle"))


def is_disk(task: Task) -> bool:
    """Whether only one node at a time can have the storage."""
    return any(
        set(item["spec"]["accessModes"]) & {RWO, RWOP}
        for item in task.objects
        if item.get("kind") == "PersistentVolume"
    )
