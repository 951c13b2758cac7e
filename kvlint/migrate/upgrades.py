"""The current form of what is deprecated in an object: API versions, annotations, topology keys, class parameters …

Each aspect has a function from the object as plain data to its `Change`; `upgrade` makes a migration of it. What is not
deprecated stays as it is, a credential included, so the object is shown with credentials left out only."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from kvlint._generated.markers import CSI_PARAMETERS
from kvlint.finding import MANUAL, READY, Migration
from kvlint.knowledge import markers
from kvlint.knowledge.credential_keys import MOUNT
from kvlint.knowledge.markers import CSI_PREFIX
from kvlint.migrate import credential, topology, upgrade_annotations, upgrade_apis, upgrade_drivers
from kvlint.migrate.change import Change, Object, by_hand, spec_of
from kvlint.migrate.draft import quote
from kvlint.migrate.subject import CLASS, Inputs, Refused, Subject, mapping, placeholder, string, string_map

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_IN_TREE = "kubernetes.io/"
_SHOWN_KINDS = (
    "CSIDriver",
    "CSINode",
    "CSIStorageCapacity",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StorageClass",
    "VolumeAttachment",
    "VolumeAttributesClass",
)


def topology_labels(old: Mapping[str, Any]) -> Change:
    """The failure-domain keys in labels, affinity, selectors and allowed topologies."""
    change = Change(old, "Current topology keys")
    kind = string(old, "kind")
    keys = dict(topology.OLD_KEYS)
    zone = driver_zone_keys().get(string(old, "provisioner")) if kind == "StorageClass" else None
    if zone:
        keys = {key: zone if new == topology.ZONE else new for key, new in keys.items()}
        change.note(f"The driver reports zones as `{zone}`.")
    for path in _TOPOLOGY_FIELDS.get(kind, ()):
        _rename_keys(change, change.new, path, keys)
    if kind == "PersistentVolumeClaim" and "selector" in mapping(old, "spec"):
        change.unsafe("The selector of a claim is immutable, and the volume it selects needs the new label too.")
    if kind == "StorageClass":
        change.unsafe("The provisioner must report the new keys, or it provisions nothing; try it with one claim.")
    if kind == "PersistentVolume":
        change.note("The API server accepts the change of these keys on a live PersistentVolume.")
    return change


_TOPOLOGY_FIELDS = {
    "PersistentVolume": ("metadata.labels", "spec.nodeAffinity"),
    "PersistentVolumeClaim": ("metadata.labels", "spec.selector"),
    "StorageClass": ("allowedTopologies",),
    "CSIStorageCapacity": ("nodeTopology",),
}


def driver_zone_keys() -> dict[str, str]:
    """The zone keys that CSI drivers report, where it is not the label of Kubernetes."""
    from kvlint.migrate import aws_ebs, azure_disk, gce_pd, openstack_cinder

    return {module.DRIVER: module.ZONE_KEY for module in (aws_ebs, azure_disk, gce_pd, openstack_cinder)}


def _rename_keys(change: Change, holder: Object, path: str, keys: Mapping[str, str]) -> None:
    *above, last = path.split(".")
    for step in above:
        below = holder.get(step)
        holder = below if isinstance(below, dict) else {}
    if last in holder:
        holder[last] = _renamed(change, holder[last], keys)


def _renamed(change: Change, value: Any, keys: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(change, item, keys) for item in value]
    if not isinstance(value, dict):
        return value
    made: Object = {}
    for key, item in value.items():
        if key == "key" and isinstance(item, str):
            made[key] = keys.get(item, item)
            continue
        new = keys.get(key, key)
        if new != key and new in value:
            if value[new] != item:
                raise Refused(f"`{key}` and `{new}` have different values; keep the right one")
            change.note(f"`{key}` is deleted: `{new}` says the same.")
            continue
        made[new] = _renamed(change, item, keys)
    return made


def recycle(old: Mapping[str, Any]) -> Change:
    """Retain in the place of Recycle, which deletes the files of a released volume and is deprecated."""
    change = Change(old, "persistentVolumeReclaimPolicy: Retain")
    spec_of(change.new)["persistentVolumeReclaimPolicy"] = "Retain"
    change.unsafe(
        "Retain keeps the files when the claim is deleted; the volume then waits for somebody to clean it and to take "
        "out its claimRef before another claim can have it."
    )
    change.note("Where volumes should be emptied by themselves, let a StorageClass provision and delete them.")
    return change


def class_parameters(old: Mapping[str, Any]) -> Change:
    """Parameters of a CSI class that have a name with the reserved prefix now."""
    change = Change(old, "Current names of class parameters")
    driver = string(old, "provisioner")
    parameters = string_map(old, "parameters")
    renamed = 0
    for key in parameters:
        marker = markers.parameter(key, driver)
        if marker is None:
            continue
        if not marker.replacement.startswith(CSI_PREFIX):
            return by_hand(old, change.title, [_likely(key)])
        new = marker.replacement
        if parameters.get(new, parameters[key]) != parameters[key]:
            raise Refused(
                f"the parameters `{key}` and `{new}` contradict, so nothing is provisioned; keep the right one"
            )
        change.note(f"`{key}` becomes `{new}`.")
        renamed += 1
    names = {key: _parameter_name(key, driver) for key in parameters}
    change.new["parameters"] = {names[key]: value for key, value in parameters.items()}
    name = quote(string(mapping(old, "metadata"), "name"))
    change.unsafe("Parameters of a class are immutable; volumes it has provisioned are not affected.")
    change.steps.append(
        f"`kubectl delete storageclass/{name}` and apply the new class at once: claims in between wait."
    )
    return change


def _parameter_name(key: str, driver: str) -> str:
    marker = markers.parameter(key, driver)
    return marker.replacement if marker else key


def _likely(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, CSI_PARAMETERS, 1)
    guess = f" Did you mean `{near[0]}`?" if near else ""
    return f"Correct the parameter `{key}`: the prefix {CSI_PREFIX} is reserved, and this name is none of it.{guess}"


_ASPECTS: Mapping[str, Callable[[Mapping[str, Any]], Change]] = {
    "annotation": upgrade_annotations.annotations,
    "class-parameter": class_parameters,
    "deprecated-api": upgrade_apis.api,
    "flexvolume-installer": upgrade_drivers.flexvolume_installer,
    "flexvolume-policy": upgrade_drivers.flexvolume_policy,
    "recycle": recycle,
    "retired-csi-driver": upgrade_drivers.retired_driver,
    "retired-workload": upgrade_drivers.retired_workload,
    "topology-label": topology_labels,
}


def upgrade(aspect: str, old: Mapping[str, Any], namespace: str | None, inputs: Inputs) -> Migration:
    """The migration of one deprecated aspect of the object `old`. Never raises for a bad object.

    `aspect` is a key of the table above (KeyError for another). `namespace` is the object's, `inputs` as for `Subject`.
    Parameters of in-tree classes belong to the migration of the class."""
    kind, name = _text(old, "kind"), _text(old.get("metadata"), "name")
    provisioner = _text(old, "provisioner")
    if aspect == "class-parameter" and provisioner.startswith(_IN_TREE):
        from kvlint.migrate import migrate

        return migrate(Subject(CLASS, provisioner, old, None, (kind, name), inputs))
    try:
        change = _ASPECTS[aspect](old)
    except Refused as refused:
        reason = str(refused)
        change = by_hand(old, f"{kind} `{name}` cannot be changed as it is", [f"{reason[0].upper()}{reason[1:]}."])
    identity = "/".join((aspect, kind, namespace or "", name))
    if change.applicability == MANUAL:
        return Migration(
            identity, None, "manual", steps=tuple(change.steps), title=change.title, notes=tuple(change.notes)
        )
    return Migration(
        identity,
        None,
        READY,
        manifests=(shown(change.new),) if kind in _SHOWN_KINDS or "snapshot" in _text(old, "apiVersion") else (),
        steps=tuple(change.steps),
        notes=tuple(change.notes),
        references=tuple(change.references),
        title=change.title,
        applicability=change.applicability,
        replacement=change.new,
    )


def _text(holder: Any, key: str) -> str:
    value = holder.get(key) if isinstance(holder, Mapping) else None
    return value if isinstance(value, str) else ""


def shown(value: Object) -> Object:
    """A copy of an object with placeholders for credentials and without what kubectl remembers of it."""
    made: Object = _hidden(copy.deepcopy(value))
    metadata = made.get("metadata")
    remembered = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(remembered, dict):
        remembered.pop(_LAST_APPLIED, None)
    return made


def _hidden(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _hidden(item, key) for key, item in value.items()}
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            kept, _ = credential.split(value)
            return kept
        return [_hidden(item, name) for item in value]
    if isinstance(value, str) and (credential.key(name, MOUNT) or credential.value(value)):
        return placeholder(name)
    return value
