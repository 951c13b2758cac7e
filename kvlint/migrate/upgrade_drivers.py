"""CSI drivers that were renamed or given up, and what serves retired provisioners and FlexVolume drivers."""

from collections.abc import Iterator, Mapping
from typing import Any

from kvlint.knowledge import csi_drivers, provisioners
from kvlint.migrate.change import Change, Object, by_hand
from kvlint.migrate.subject import string


def retired_driver(old: Mapping[str, Any]) -> Change:
    """The current name of a CSI driver in classes and in Pods; volumes that exist cannot change it."""
    kind = string(old, "kind")
    found = list(_driver_holders(old))
    names = sorted({holder[key] for holder, key in found})
    known = [row for name in names if (row := csi_drivers.find(name)) is not None and row.retired]
    title = "Current name of the CSI driver"
    if not known:
        return by_hand(old, title, ["Plan a move to a maintained CSI driver while the volumes can still be read."])
    gone = [row for row in known if not row.renamed_to]
    steps = [
        f"`{row.name}` ({row.project}) is {row.status}. "
        + (row.advice or "Choose a maintained CSI driver and copy the data while the volumes can still be read.")
        for row in gone
    ]
    renames = {row.name: row.renamed_to for row in known if row.renamed_to}
    steps += [f"`{name}` is called `{new}` now: install it beside the old driver." for name, new in renames.items()]
    if kind == "CSIDriver":
        steps.append("The CSIDriver object comes with the driver's own manifests: apply those of the current version.")
    if kind == "PersistentVolume":
        steps.append(
            "The source of a PersistentVolume is immutable, and the current driver may want another handle: set the "
            "volume to Retain, find its handle in the driver's documentation, and create it again with a claimRef."
        )
    if gone or kind in ("CSIDriver", "PersistentVolume"):
        return by_hand(old, title, steps)
    change = Change(old, title)
    for holder, key in _driver_holders(change.new):
        holder[key] = renames.get(holder[key], holder[key])
    change.steps += steps
    change.unsafe("Volumes that exist keep the old name and need the old driver until they are moved.")
    if kind == "StorageClass":
        change.steps.append("A class is immutable: delete it and apply the new one at once.")
    return change


_DRIVER_FIELDS = {
    "StorageClass": "provisioner",
    "VolumeSnapshotClass": "driver",
    "CSIDriver": "metadata.name",
    "PersistentVolume": "spec.csi.driver",
}


def _driver_holders(value: Any) -> Iterator[tuple[Object, str]]:
    """Where an object names a CSI driver: the mapping and its key."""
    field = _DRIVER_FIELDS.get(value.get("kind", ""))
    if field:
        *above, last = field.split(".")
        for step in above:
            below = value.get(step)
            value = below if isinstance(below, dict) else {}
        if isinstance(value.get(last), str):
            yield value, last
    else:
        yield from _csi_volumes(value)


def _csi_volumes(value: Any) -> Iterator[tuple[Object, str]]:
    if isinstance(value, dict):
        csi = value.get("csi")
        if isinstance(csi, dict) and isinstance(csi.get("driver"), str):
            yield csi, "driver"
        for item in value.values():
            yield from _csi_volumes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _csi_volumes(item)


def retired_workload(old: Mapping[str, Any]) -> Change:
    """A retired provisioner that runs as a workload: nothing to write, but an order in which to take it away."""
    known = [row for image in _images(old) if (row := provisioners.retired_image(image)) is not None]
    steps = list(dict.fromkeys(row.advice for row in known))
    steps.append(
        "Keep the workload until no class names its provisioner and no volume of it says reclaim policy Delete: "
        "without it such volumes are never deleted."
    )
    return by_hand(old, "Retired provisioner", steps)


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        image = value.get("image")
        if isinstance(image, str):
            yield image
        for item in value.values():
            yield from _images(item)
    elif isinstance(value, list):
        for item in value:
            yield from _images(item)


def flexvolume_installer(old: Mapping[str, Any]) -> Change:
    """What puts FlexVolume drivers on the nodes."""
    return by_hand(
        old,
        "FlexVolume drivers on the nodes",
        [
            "Move every volume of the driver to CSI first (see the findings `flexvolume`): Pods that use it need it.",
            "Then delete the installer, the driver's directory on the nodes, and the flag of the plugin directory.",
        ],
    )


def flexvolume_policy(old: Mapping[str, Any]) -> Change:
    """A policy that admits FlexVolume drivers."""
    steps = [
        "Once no Pod uses a FlexVolume, take flexVolume out of `volumes` and delete `allowedFlexVolumes`; the Pods use "
        "persistentVolumeClaim or csi then."
    ]
    if string(old, "kind") == "PodSecurityPolicy":
        steps.append(
            "PodSecurityPolicy was removed in Kubernetes 1.25: use Pod Security Admission, whose profile `restricted` "
            "forbids flexVolume."
        )
    return by_hand(old, "Policy that allows FlexVolume", steps)
