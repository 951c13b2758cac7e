"""External provisioners and CSI drivers that were retired, renamed or given up."""

from collections.abc import Iterator

from kvlint.checks.migration import class_migration, upgrade
from kvlint.finding import Confidence
from kvlint.knowledge import csi_drivers, provisioners
from kvlint.rule import Context, Match
from kvlint.views import ObjectView, Views
from kvlint.yamltree import Node


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
                related=view.named(),
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
