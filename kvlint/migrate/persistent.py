"""PersistentVolumes: the parts that every conversion from an in-tree source to CSI has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kvlint.finding import Migration
from kvlint.knowledge.volume_plugins import REDIRECTED
from kvlint.migrate import credential
from kvlint.migrate.draft import Draft, install, quote
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, Object
from kvlint.migrate.subject import Refused, mapping, string, string_map, strings
from kvlint.migrate.topology import labels

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


BLOCK = "Block"
_MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
# Written by controllers or kubectl about the old object; on a new one they are wrong or do harm.
_DROPPED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubernetes.io/createdby",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "pv.kubernetes.io/migrated-to",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
)
# Written by the API server and its controllers; owners are of the old cluster, and a wrong one deletes the object.
_SERVER_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)


def volume_mode(draft: Draft) -> str:
    """`Filesystem` or `Block`, as the PersistentVolume says."""
    return string(mapping(draft.subject.object, "spec"), "volumeMode", "Filesystem")


def file_system(draft: Draft) -> str:
    """The `fsType` of the CSI source: as `Draft.file_system`; empty for a Block volume, which has none."""
    if volume_mode(draft) != BLOCK:
        return draft.file_system()
    if string(draft.subject.body, "fsType"):
        draft.note("`fsType` is dropped: a Block volume has no file system.")
    return ""


def access_modes(draft: Draft, accepted: Sequence[str]) -> list[str]:
    """The access modes to write, of those the driver accepts: one, or those of a share that is ReadWriteMany.

    `accepted` is in the order of preference; a share's begins with ReadWriteMany. In-tree plugins never looked at
    access modes, but CSI drivers reject what they cannot do, and take a list as one capability: ReadWriteMany covers
    the modes beside it, ReadWriteOnce beside ReadOnlyMany is an error (csi-lib-utils accessmodes)."""
    wanted = strings(mapping(draft.subject.object, "spec"), "accessModes")
    candidates = [RWO if mode == RWX and RWX not in accepted else mode for mode in wanted]
    modes = [mode for mode in accepted if mode in candidates]
    if RWX in modes and accepted[0] == RWX:
        modes = [mode for mode in modes if mode != RWOP]
    else:
        modes = modes[:1] or [accepted[0]]
    if sorted(modes) != sorted(set(wanted)):
        draft.note(
            f"Access modes {', '.join(wanted) or 'none'} become {', '.join(modes)}, which the driver can do; a claim "
            "that asks for another no longer matches this volume."
        )
    if ROX in wanted and ROX not in modes:
        draft.note("Pods that must not write need `persistentVolumeClaim.readOnly: true`, now that the mode allows it.")
    return modes


def mount_options(draft: Draft) -> list[str]:
    """The mount options in force: the annotation beats `spec.mountOptions` in-tree, and CSI reads only the latter.

    Options that hold a credential are left out with a note."""
    options = strings(mapping(draft.subject.object, "spec"), "mountOptions")
    annotation = _annotations(draft).get(_MOUNT_OPTIONS)
    if annotation is not None:
        if options:
            draft.note("`spec.mountOptions` were ignored in favour of the annotation, so the annotation's are kept.")
        options = [option.strip() for option in annotation.split(",") if option.strip()]
        draft.note(f"Mount options move from the annotation `{_MOUNT_OPTIONS}`, which CSI ignores, to the spec.")
    return without_credentials(draft, options)


def without_credentials(draft: Draft, options: Sequence[str]) -> list[str]:
    """Mount options without those that hold a credential, which is noted."""
    kept, secrets = credential.split(options)
    for name in secrets:
        draft.note(
            f"The mount option `{name}` holds a credential and is left out; it belongs into the Secret that the driver "
            f"reads, and {credential.ROTATE}."
        )
    return kept


def convert(
    draft: Draft,
    csi: Mapping[str, Any],
    accepted: Sequence[str],
    *,
    node_affinity: Mapping[str, Any] | None,
    used_annotations: Sequence[str] = (),
    added_annotations: Mapping[str, str] | None = None,
    added_options: Sequence[str] = (),
) -> Migration:
    """The migration of a PersistentVolume: the same object, same name, with the CSI source `csi`.

    `accepted` are the access modes the driver takes for this volume mode, as for `access_modes`.
    `used_annotations` have become something else in `csi`; `added_annotations` and the mount options `added_options`
    come from the source."""
    old = mapping(draft.subject.object, "spec")
    name = draft.subject.name
    if not name:
        raise Refused("the PersistentVolume has no name; correct it first")
    if volume_mode(draft) == BLOCK and accepted[0] == RWX:
        raise Refused(f"it is a Block volume, but {draft.subject.source} has no block devices; correct it first")
    spec = _spec(draft, old, csi, access_modes(draft, accepted), node_affinity, added_options)
    volume: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": _metadata(draft, used_annotations, added_annotations or {}),
        "spec": spec,
    }
    draft.note("The source of a PersistentVolume is immutable: the new object takes the place of the deleted one.")
    return draft.done(
        f"PersistentVolume `{name}` with {draft.driver}",
        (volume,),
        volume,
        [*_keep(draft), *install(draft), *draft.steps, *exchange(draft, spec)],
    )


def without_server_fields(metadata: Mapping[str, Any]) -> Object:
    """Metadata without what the API server and its controllers write."""
    return {key: value for key, value in metadata.items() if key not in _SERVER_METADATA}


def _annotations(draft: Draft) -> dict[str, str]:
    return string_map(mapping(draft.subject.object, "metadata"), "annotations")


def _metadata(draft: Draft, used_annotations: Sequence[str], added_annotations: Mapping[str, str]) -> Object:
    old = mapping(draft.subject.object, "metadata")
    new = without_server_fields(old)
    if new.pop("finalizers", None):
        draft.note("Finalizers are dropped: the controllers that need one add it.")
    annotations = _annotations(draft)
    for key in (*_DROPPED, *used_annotations, _MOUNT_OPTIONS, _STORAGE_CLASS):
        if annotations.pop(key, None) is not None and key in _DROPPED:
            draft.note(f"The annotation `{key}` describes the old object and is dropped.")
    if _PROVISIONED_BY in annotations:
        annotations[_PROVISIONED_BY] = str(draft.driver)
        draft.note(f"`{_PROVISIONED_BY}` names the CSI driver now; with the old name nobody could delete the volume.")
    for key, values in (("labels", labels(draft)), ("annotations", annotations | dict(added_annotations))):
        new.pop(key, None)
        if values:
            new[key] = values
    return new


def _spec(
    draft: Draft,
    old: Mapping[str, Any],
    csi: Mapping[str, Any],
    modes: list[str],
    node_affinity: Mapping[str, Any] | None,
    added_options: Sequence[str],
) -> Object:
    spec: Object = {}
    size = mapping(old, "capacity").get("storage")
    if size is None:
        size = draft.subject.inputs.take("capacity", "size of the PersistentVolume", draft.subject.name)
    options = [*mount_options(draft), *added_options]
    replaced = {
        "capacity": {"storage": size},
        "accessModes": modes,
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": _storage_class(draft, old),
        "claimRef": _claim_ref(draft, old),
        "mountOptions": options or None,
        "nodeAffinity": node_affinity,
    }
    policy = string(old, "persistentVolumeReclaimPolicy")
    if policy not in ("", "Retain"):
        draft.note(
            f"Reclaim policy {policy} becomes Retain: external-provisioner deletes the storage behind any CSI volume "
            "that says Delete. Change it back once the volume is in use, if the storage may go with its claim."
        )
    for key in (*old, *replaced):
        if key == draft.subject.source:
            spec["csi"] = csi
        elif key not in spec:
            value = replaced.get(key, old.get(key))
            if key not in replaced or value is not None:
                spec[key] = value
    return spec


def _storage_class(draft: Draft, old: Mapping[str, Any]) -> str:
    annotation = _annotations(draft).get(_STORAGE_CLASS)
    if annotation is not None:
        draft.note(f"The class of the annotation `{_STORAGE_CLASS}` beats the field and moves there.")
        return annotation
    return string(old, "storageClassName")


def _claim_ref(draft: Draft, old: Mapping[str, Any]) -> Object | None:
    reference = mapping(old, "claimRef")
    name, namespace = string(reference, "name"), string(reference, "namespace")
    if not reference:
        return None
    if not name or not namespace:
        draft.note("`claimRef` lacks a name or a namespace, so it binds nothing and is dropped.")
        return None
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name}


def _keep(draft: Draft) -> list[str]:
    if not draft.plugin or draft.plugin.after_removal != REDIRECTED:
        return []
    return [
        f"Kubernetes hands this volume to `{draft.driver}` by itself. Leave it as it is where it is bound; convert it "
        "only for a new cluster (`--convert-bound`), as below."
    ]


def exchange(draft: Draft, spec: Mapping[str, Any]) -> list[str]:
    """The steps that put a new PersistentVolume with `spec` in the place of the old one, the data untouched."""
    name = quote(draft.subject.name)
    patch = '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'
    reference = spec.get("claimRef", {})
    steps = [
        f"Keep the data of a live volume: `kubectl patch pv/{name} --patch '{patch}'`, and see that it worked: "
        f"`kubectl get pv/{name} --output jsonpath='{{.spec.persistentVolumeReclaimPolicy}}'`",
        "Back up the data, or take a snapshot of the storage.",
    ]
    if reference:
        claim = f"--namespace={quote(reference['namespace'])} pvc/{quote(reference['name'])}"
        steps += [
            "Stop the Pods that use the claim; claim and volume are not deleted before.",
            f"`kubectl delete {claim}` and `kubectl delete pv/{name}`",
            "Apply the new PersistentVolume, then the claim from its own manifest (with `volumeName` set to "
            f"{name}), and wait: `kubectl wait --for=jsonpath='{{.status.phase}}'=Bound {claim}`",
        ]
    else:
        steps += [
            "Stop the Pods that use it and delete its claim, if it has one.",
            f"`kubectl delete pv/{name}`, then apply the new PersistentVolume and its claim.",
        ]
    return steps
