"""What the API itself has left behind: versions, annotations, labels, parameters and a reclaim policy."""

from collections.abc import Iterator

from kvlint.checks.lifecycle import judge_dates
from kvlint.checks.migration import upgrade
from kvlint.finding import Severity
from kvlint.knowledge import api_lifecycle, markers
from kvlint.knowledge.version import format_version
from kvlint.rule import Context, Match
from kvlint.views import Metadata, ObjectView
from kvlint.yamltree import MAPPING, SEQUENCE, Node


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
