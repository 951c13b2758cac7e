"""From a view to its migration: what `kvlint.migrate` is asked, built from nodes when somebody wants to know."""

from collections.abc import Callable
from typing import Any

from kvlint.finding import Migration
from kvlint.resources import Resource
from kvlint.rule import Context
from kvlint.views import VolumeSource
from kvlint.yamltree import Node, YamlError


def migration_of(source: VolumeSource, context: Context) -> Callable[[], Migration]:
    """Makes the migration of a volume source: of a Pod's volume, or of a PersistentVolume."""

    def make() -> Migration:
        from kvlint.migrate import migrate
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
        return migrate(
            Subject(
                kind=INLINE if volume is not None else PV,
                source=source.field,
                object=plain(volume.node if volume is not None else resource.node),
                namespace=namespace,
                owner=(resource.kind, resource.name),
                inputs=Inputs(context.inputs),
                hints=hints,
                replicas=_replicas(resource),
            ),
            context.migrations,
        )

    return make


def class_migration(resource: Resource, context: Context) -> Callable[[], Migration]:
    """Makes the migration of a StorageClass to the CSI driver that succeeds its provisioner."""

    def make() -> Migration:
        from kvlint.migrate import migrate
        from kvlint.migrate.subject import CLASS, Inputs, Subject

        node = resource.node.get("provisioner")
        return migrate(
            Subject(
                kind=CLASS,
                source=(node.string() if node is not None else None) or "",
                object=plain(resource.node),
                namespace=None,
                owner=(resource.kind, resource.name),
                inputs=Inputs(context.inputs),
            ),
            context.migrations,
        )

    return make


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
