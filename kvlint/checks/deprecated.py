"""Checks of the category deprecated: what is left of the in-tree, FlexVolume and external-provisioner eras."""

from collections.abc import Iterator

from kvlint.checks.inline import flex_driver, successor
from kvlint.checks.lifecycle import judge_dates, judge_plugin
from kvlint.checks.migration import class_migration, migration_of, upgrade
from kvlint.finding import Confidence, Severity
from kvlint.knowledge import (
    api_lifecycle,
    csi_drivers,
    flexvolume_drivers,
    markers,
    provisioners,
    volume_plugins,
)
from kvlint.knowledge.version import format_version
from kvlint.rule import Context, Match
from kvlint.views import Metadata, ObjectView, Views, VolumeSource
from kvlint.yamltree import MAPPING, SEQUENCE, Node

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


def flexvolume(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A flexVolume source of a Pod or PersistentVolume."""
    if source.field != "flexVolume":
        return
    verdict = judge_plugin(source.plugin, context)
    deprecated = source.plugin.deprecated_in
    if verdict is None or deprecated is None:
        return
    driver = flex_driver(source)
    known = flexvolume_drivers.find(driver)
    yield Match(
        source.key,
        source.path,
        {
            "holder": source.holder,
            "volume": source.name,
            "driver": driver,
            "deprecated": format_version(deprecated),
            "short": known.status if known is not None else "unknown driver",
            "successor": successor(source),
        },
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
        related=_named(view),
        migration=class_migration(view.resource, context),
        subject=view.node,
    )


def retired_provisioner(view: ObjectView, context: Context) -> Iterator[Match]:
    """A retired external provisioner: named by a StorageClass or by an annotation, or run as a workload."""
    resource = view.resource
    if resource.kind == "StorageClass":
        node = view.node.get("provisioner")
        name = node.string() if node is not None else None
        known = provisioners.find(name) if name else None
        if node is not None and known is not None and known.retired:
            yield Match(
                node,
                "provisioner",
                {
                    "what": f"StorageClass `{resource.name}` uses the retired provisioner `{name}`",
                    "short": known.status,
                    "successor": _provisioner_successor(known),
                },
                confidence=Confidence.HIGH if known.exact else Confidence.MEDIUM,
                related=_named(view),
                migration=class_migration(resource, context),
                subject=view.node,
            )
        return
    for container in Views(resource).containers():
        image = container.node.get("image")
        text = image.scalar_text() if image is not None else None
        known = provisioners.retired_image(text) if text else None
        if image is not None and known is not None:
            yield Match(
                image,
                f"{container.path}.image",
                {
                    "what": f"{resource.kind} `{resource.name}` runs the retired provisioner {known.project}",
                    "short": known.status,
                    "successor": _provisioner_successor(known),
                },
                confidence=min(container.confidence, Confidence.MEDIUM),
                migration=upgrade("retired-workload", resource, context),
            )


def retired_csi_driver(view: ObjectView, context: Context) -> Iterator[Match]:
    """A CSI driver that was renamed, archived or given up, wherever its name is written."""
    resource = view.resource
    for node, path in _driver_names(view):
        name = node.string()
        known = csi_drivers.find(name) if name else None
        if known is None or not known.retired:
            continue
        if known.renamed_to:
            what, short = f"CSI driver `{name}` was renamed to `{known.renamed_to}`", "old name"
            help = f"install {known.renamed_to} and move new volumes to it; bound volumes keep the old name"
        else:
            what, short = f"CSI driver `{name}` is {known.status}", f"{known.status} driver"
            help = known.advice or "plan a move to a maintained driver while the volumes can still be read"
        yield Match(
            node,
            path,
            {"what": what, "short": short, "successor": help},
            migration=upgrade("retired-csi-driver", resource, context),
            subject=view.node,
        )


def deprecated_storage_api(view: ObjectView, context: Context) -> Iterator[Match]:
    """An apiVersion of a storage group that is deprecated or no longer served.

    The snapshot groups are custom resources: their verdict follows the snapshotter's releases, whatever the Kubernetes
    version."""
    resource = view.resource
    node = view.node.get("apiVersion")
    api = api_lifecycle.find(resource.api_version, resource.kind)
    if node is None or api is None:
        return
    if api.scheme == "kubernetes":
        verdict = judge_dates(api.deprecated, api.removed, context.target, "no longer served")
        if verdict is None:
            return
        severity, phrase, short = verdict
    elif api.removed_release:
        severity = Severity.ERROR
        phrase = f"no longer served since {api.removed_release}"
        short = "no longer served"
    elif api.deprecated_release:
        severity = Severity.WARNING
        phrase = f"deprecated since {api.deprecated_release}"
        short = "deprecated"
    else:
        return
    yield Match(
        node,
        "apiVersion",
        {
            "kind": resource.kind,
            "apiVersion": resource.api_version,
            "lifecycle": phrase,
            "short": short,
            "replacement": f"apiVersion: {api.replacement}",
        },
        severity=severity,
        migration=upgrade("deprecated-api", resource, context),
        subject=view.node,
    )


def deprecated_storage_annotation(view: Metadata, context: Context) -> Iterator[Match]:
    """An annotation that is deprecated, dead or a controller's own, on an object it belongs to."""
    annotations = view.node.get("annotations")
    if annotations is None:
        return
    for entry in annotations.entries():
        marker = markers.ANNOTATIONS.get(entry.key)
        if marker is None or marker.status not in REPORTED_MARKERS or view.kind not in marker.kinds:
            continue
        if context.live is not None and marker.status == markers.CONTROLLER_OWNED:
            continue  # where the controller itself has written it
        if marker.deprecated is not None and context.target < marker.deprecated:
            continue
        state, severity = REPORTED_MARKERS[marker.status]
        yield Match(
            entry.key_node,
            f"{view.path}.annotations[{entry.key}]",
            {"key": entry.key, "state": state, "short": marker.status.replace("-", " "), "fix": marker.fix},
            severity=severity,
            confidence=view.confidence,
            migration=upgrade("annotation", view.resource, context),
            subject=view.resource.node,
        )


REPORTED_MARKERS = {
    "deprecated": ("is deprecated", Severity.WARNING),
    "dead": ("has no effect any more", Severity.WARNING),
    "controller-owned": ("is written by a controller and does not belong into a manifest", Severity.INFO),
}
"""How a marker's status reads in a message, and how grave it is."""


def deprecated_topology_label(view: ObjectView, context: Context) -> Iterator[Match]:
    """A failure-domain label as key or in an expression, on volumes, classes and claims."""
    if view.resource.kind not in TOPOLOGY_FIELDS:
        return
    for field in TOPOLOGY_FIELDS[view.resource.kind]:
        top = view.node.at(*field.split("."))
        for node, path in _topology_keys(top, field):
            marker = markers.LABELS[node.value or ""]
            if marker.deprecated is not None and context.target < marker.deprecated:
                continue
            yield Match(
                node,
                path,
                {
                    "kind": view.resource.kind,
                    "name": view.resource.name,
                    "key": marker.key,
                    "deprecated": format_version(marker.deprecated) if marker.deprecated else "1.17",
                    "replacement": marker.replacement or "",
                    "short": "nodes no longer carry it",
                },
                migration=upgrade("topology-label", view.resource, context),
                subject=view.node,
            )


TOPOLOGY_FIELDS = {
    "PersistentVolume": ("metadata.labels", "spec.nodeAffinity"),
    "PersistentVolumeClaim": ("metadata.labels", "spec.selector"),
    "StorageClass": ("allowedTopologies",),
    "CSIStorageCapacity": ("nodeTopology",),
}
"""Where each kind names topology keys (Kubernetes API reference)."""


def recycle_reclaim_policy(view: ObjectView, context: Context) -> Iterator[Match]:
    """A PersistentVolume with `persistentVolumeReclaimPolicy: Recycle`."""
    node = view.node.at("spec", "persistentVolumeReclaimPolicy")
    if node is not None and node.string() == "Recycle":
        yield Match(
            node,
            "spec.persistentVolumeReclaimPolicy",
            {"name": view.resource.name},
            migration=upgrade("recycle", view.resource, context),
            subject=view.node,
        )


def deprecated_storage_class_parameter(view: ObjectView, context: Context) -> Iterator[Match]:
    """A StorageClass parameter that allowedTopologies or a prefixed key has replaced."""
    parameters = view.node.get("parameters")
    provisioner = view.node.get("provisioner")
    name = (provisioner.string() if provisioner is not None else None) or ""
    if parameters is None:
        return
    for entry in parameters.entries():
        marker = markers.parameter(entry.key, name)
        if marker is None:
            continue
        yield Match(
            entry.key_node,
            f"parameters[{entry.key}]",
            {
                "name": view.resource.name,
                "key": entry.key,
                "state": marker.effect,
                "short": "replaced",
                "fix": marker.fix,
            },
            migration=upgrade("class-parameter", view.resource, context),
            subject=view.node,
        )


def flexvolume_installer(view: ObjectView, context: Context) -> Iterator[Match]:
    """What installs or admits FlexVolume drivers: a hostPath of the plugin directory, a flag, a PSP or SCC."""
    resource = view.resource
    if resource.kind in ("PodSecurityPolicy", "SecurityContextConstraints"):
        yield from _policy(view, context)
        return
    directories = [directory.rstrip("/") for directory in context.params["directories"]]
    views = Views(resource)
    for source in views.sources():
        if source.field != "hostPath":
            continue
        path = source.node.get("path")
        text = path.scalar_text() if path is not None else None
        if path is not None and text is not None and any(_inside(text, directory) for directory in directories):
            yield Match(
                source.key,
                source.path,
                {
                    "what": f"{resource.kind} `{resource.name}` mounts the node's FlexVolume plugin directory",
                    "short": "where FlexVolume drivers are installed",
                },
                confidence=source.confidence,
                related=source.named(),
                migration=upgrade("flexvolume-installer", resource, context),
            )
    flags = tuple(context.params["flags"])
    for container in views.containers():
        for field in ("command", "args"):
            words = container.node.get(field)
            for index, word in enumerate(words.items() if words is not None else ()):
                text = word.string()
                if text is not None and text.partition("=")[0] in flags:
                    yield Match(
                        word,
                        f"{container.path}.{field}[{index}]",
                        {
                            "what": f"{resource.kind} `{resource.name}` sets `{text.partition('=')[0]}`, "
                            "the directory of FlexVolume drivers",
                            "short": "FlexVolume plugin directory",
                        },
                        confidence=container.confidence,
                        migration=upgrade("flexvolume-installer", resource, context),
                    )


def _policy(view: ObjectView, context: Context) -> Iterator[Match]:
    resource = view.resource
    base = view.node.get("spec") if resource.kind == "PodSecurityPolicy" else view.node
    prefix = "spec." if resource.kind == "PodSecurityPolicy" else ""
    if base is None:
        return
    for entry in base.entries():
        if entry.key == "allowedFlexVolumes" and entry.node.items():
            node, path = entry.key_node, f"{prefix}allowedFlexVolumes"
            what = f"{resource.kind} `{resource.name}` allows FlexVolume drivers"
        elif entry.key == "volumes" and entry.node.kind == SEQUENCE:
            found = [(i, item) for i, item in enumerate(entry.node.items()) if item.string() == "flexVolume"]
            if not found:
                continue
            node, path = found[0][1], f"{prefix}volumes[{found[0][0]}]"
            what = f"{resource.kind} `{resource.name}` allows flexVolume volumes"
        else:
            continue
        yield Match(
            node,
            path,
            {"what": what, "short": "allows FlexVolume"},
            migration=upgrade("flexvolume-policy", resource, context),
        )


def _inside(path: str, directory: str) -> bool:
    path = path.rstrip("/")
    return path == directory or path.startswith(directory + "/")


def _named(view: ObjectView) -> tuple[tuple[Node, str], ...]:
    name = view.node.at("metadata", "name")
    return ((name, f"this {view.resource.kind}"),) if name is not None else ()


def _provisioner_successor(known: provisioners.Provisioner) -> str:
    if known.successors:
        return f"move new volumes to {known.successors[0].provisioner}; existing volumes keep working"
    return known.advice


def _driver_names(view: ObjectView) -> Iterator[tuple[Node, str]]:
    """The places where an object names a CSI driver: Pod volumes, PersistentVolumes, classes, CSIDriver objects."""
    resource, node = view.resource, view.node
    fields = {
        "StorageClass": ("provisioner",),
        "VolumeSnapshotClass": ("driver", "snapshotter"),  # the latter before snapshot.storage.k8s.io/v1beta1
        "CSIDriver": ("metadata.name",),
        "PersistentVolume": ("spec.csi.driver",),
    }
    if resource.kind in fields:
        for field in fields[resource.kind]:
            found = node.at(*field.split("."))
            if found is not None:
                yield found, field
        return
    for source in Views(resource).sources():
        if source.field == "csi":
            found = source.node.get("driver")
            if found is not None:
                yield found, f"{source.path}.driver"


def _topology_keys(node: Node | None, path: str) -> Iterator[tuple[Node, str]]:
    """Deprecated topology keys below `node`: as keys of a mapping, or as the value of a `key:` of an expression."""
    stack = [(node, path)] if node is not None else []
    while stack:
        current, path = stack.pop()
        below: list[tuple[Node, str]] = []
        if current.kind == MAPPING:
            for entry in current.entries():
                if entry.key in markers.LABELS:
                    yield entry.key_node, f"{path}[{entry.key}]"
                elif entry.key == "key" and entry.node.string() in markers.LABELS:
                    yield entry.node, f"{path}.key"
                else:
                    below.append((entry.node, f"{path}.{entry.key}"))
        elif current.kind == SEQUENCE:
            below = [(item, f"{path}[{index}]") for index, item in enumerate(current.items())]
        stack.extend(reversed(below))
