"""From a view to its migration: what `kvlint.migrate` is asked, built from nodes when somebody wants to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kvlint.finding import Confidence, Migration
from kvlint.resources import Resource
from kvlint.rule import Context
from kvlint.views import Metadata, ObjectView, VolumeSource
from kvlint.yamltree import Node, YamlError

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from kvlint.migrate.subject import Subject


def migration_of(source: VolumeSource, context: Context) -> Callable[[], Migration]:
    """Makes the migration of a volume source: of a Pod's volume, or of a PersistentVolume."""

    def make() -> Migration:
        from kvlint.migrate import migrate

        return migrate(_volume(source, context), context.migrations)

    return make


def class_migration(resource: Resource, context: Context) -> Callable[[], Migration]:
    """Makes the migration of a StorageClass to the CSI driver that succeeds its provisioner."""

    def make() -> Migration:
        from kvlint.migrate import migrate

        return migrate(_class(resource, context), context.migrations)

    return make


def secret_of(owner: VolumeSource | Resource, context: Context) -> Callable[[], Migration]:
    """Makes the migration of the credentials of a volume source, a StorageClass, or a PersistentVolume without one."""

    def make() -> Migration:
        from kvlint.migrate import migrate
        from kvlint.migrate.secret_reference import refer

        subject = _volume(owner, context) if isinstance(owner, VolumeSource) else _class(owner, context)
        return refer(subject, migrate(subject, context.migrations))

    return make


def annotation_removed(metadata: Metadata, name: str, context: Context) -> Callable[[], Migration]:
    """Makes the migration of an annotation that holds a credential: its removal, where kubectl wrote it."""

    def make() -> Migration:
        from kvlint.checks.places import LAST_APPLIED
        from kvlint.migrate.clear_text import annotation_by_hand, applied_copy

        who = _who(metadata.resource, context)
        if name != LAST_APPLIED or metadata.confidence is not Confidence.HIGH:
            return annotation_by_hand(who, metadata.path, name)
        own = metadata.path == "metadata"
        return applied_copy(who, metadata.path, name, plain(metadata.node), own)

    return make


def entry_moved(
    view: ObjectView, path: str, name: str, entries: Sequence[str], context: Context
) -> Callable[[], Migration]:
    """Makes the migration of an entry with a credential: of a ConfigMap, with all `entries` that hold one, or of a
    Kustomization's generator."""

    def make() -> Migration:
        from kvlint.migrate.clear_text import config_map, generator
        from kvlint.migrate.subject import Inputs

        who = _who(view.resource, context)
        if view.resource.kind == "ConfigMap":
            return config_map(who, entries, Inputs(context.inputs))
        field, _, rest = path.partition("[")
        item = view.node.at(field, int(rest.partition("]")[0]), "name")
        return generator(who, path, field, (item.scalar_text() if item is not None else None) or "", name)

    return make


def _who(resource: Resource, context: Context) -> tuple[str, str | None, str]:
    return resource.kind, resource.namespace or context.namespace, resource.name


def _volume(source: VolumeSource, context: Context) -> Subject:
    from kvlint.migrate.subject import INLINE, PV, Inputs, Subject

    resource, volume = source.resource, source.volume
    namespace = resource.namespace or context.namespace
    if volume is None:
        claim = resource.node.at("spec", "claimRef", "namespace")
        namespace = claim.string() if claim is not None else context.namespace
    body = plain(source.node)
    known = source.plugin.pod_fields if volume is not None else source.plugin.pv_fields
    known_names = {name.partition(".")[0] for name in known}
    hints = {key: value for key, value in body.items() if key not in known_names}
    return Subject(
        kind=INLINE if volume is not None else PV,
        source=source.field,
        object=plain(volume.node if volume is not None else resource.node),
        namespace=namespace,
        owner=(resource.kind, resource.name),
        inputs=Inputs(context.inputs),
        hints=hints,
        replicas=_replicas(resource),
    )


def _class(resource: Resource, context: Context) -> Subject:
    from kvlint.migrate.subject import CLASS, PV, Inputs, Subject

    node = resource.node.get("provisioner")
    return Subject(
        kind=CLASS if resource.kind == "StorageClass" else PV,
        source=(node.string() if node is not None else None) or "",
        object=plain(resource.node),
        namespace=None,
        owner=(resource.kind, resource.name),
        inputs=Inputs(context.inputs),
    )


def upgrade(aspect: str, resource: Resource, context: Context) -> Callable[[], Migration]:
    """Makes the change of an object to the current form of what is deprecated in it (`kvlint.migrate.upgrades`)."""

    def make() -> Migration:
        from kvlint.migrate.subject import Inputs
        from kvlint.migrate.upgrades import upgrade as change

        namespace = resource.namespace or context.namespace
        return change(aspect, plain(resource.node), namespace, Inputs(context.inputs))

    return make


def plain(node: Node) -> dict[str, Any]:
    """The data of a mapping as Kubernetes reads it; empty where Kubernetes would refuse it."""
    try:
        data = node.plain()
    except YamlError:
        return {}
    return data if isinstance(data, dict) else {}


def _replicas(resource: Resource) -> int | None:
    """How many Pods the workload runs: 1 for a Pod, several for a DaemonSet, None where the manifest does not say."""
    if resource.kind == "Pod":
        return 1
    if resource.kind == "DaemonSet":
        return 2
    node = resource.node.at("spec", "replicas")
    text = node.scalar_text() if node is not None else None
    return int(text) if text is not None and text.isdigit() else None
