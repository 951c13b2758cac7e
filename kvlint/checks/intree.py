"""What is left of the in-tree era: volume sources and provisioners that were compiled into Kubernetes."""

from collections.abc import Iterator

from kvlint.checks.inline import successor
from kvlint.checks.lifecycle import judge_plugin
from kvlint.checks.migration import class_migration, migration_of
from kvlint.finding import Severity
from kvlint.knowledge import volume_plugins
from kvlint.rule import Context, Match
from kvlint.views import ObjectView, VolumeSource

NO_PROVISIONER = "kubernetes.io/no-provisioner"


IN_TREE_PREFIX = "kubernetes.io/"


def intree_volume(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A volume source whose in-tree plugin is deprecated, redirected or removed at the target version."""
    if source.field in ("flexVolume", "gitRepo"):
        return
    plugin = source.plugin
    verdict = judge_plugin(plugin, context)
    if verdict is None:
        return
    yield Match(
        source.key,
        source.path,
        {
            "holder": source.holder,
            "volume": source.name,
            "plugin": (plugin.name or source.field).removeprefix(IN_TREE_PREFIX),
            "lifecycle": verdict.phrase,
            "short": verdict.short,
            "successor": successor(source),
        },
        severity=verdict.severity,
        confidence=source.confidence,
        related=source.named(),
        migration=migration_of(source, context),
        subject=source.volume.node if source.volume else source.resource.node,
    )


def intree_provisioner(view: ObjectView, context: Context) -> Iterator[Match]:
    """A StorageClass whose provisioner is named `kubernetes.io/…`, except no-provisioner."""
    node = view.node.get("provisioner")
    name = node.string() if node is not None else None
    if node is None or name is None or not name.startswith(IN_TREE_PREFIX) or name == NO_PROVISIONER:
        return
    plugin = volume_plugins.by_provisioner(name)
    values = {"name": view.resource.name, "provisioner": name}
    if plugin is None:
        values |= {
            "lifecycle": "a name that Kubernetes never had",
            "short": "no such provisioner",
            "successor": "write the provisioner of the CSI driver; claims of this class stay Pending",
        }
        severity = Severity.ERROR
    else:
        verdict = judge_plugin(plugin, context)
        if verdict is None:
            return
        driver = plugin.successors[0].driver if plugin.successors else None
        values |= {
            "lifecycle": verdict.phrase,
            "short": verdict.short,
            "successor": f"write `provisioner: {driver}`" if driver else plugin.advice,
        }
        severity = verdict.severity
    yield Match(
        node,
        "provisioner",
        values,
        severity=severity,
        related=view.named(),
        migration=class_migration(view.resource, context),
        subject=view.node,
    )
