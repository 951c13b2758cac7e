"""Builders of the Kubernetes objects that migrations write, and their names.

Every object is complete and satisfies the API server's own rules: valid names, one access mode, a capacity, Retain.
Keys are in the order in which people write them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kvlint.digest import sha256
from kvlint.migrate import credential
from kvlint.migrate.subject import Refused, placeholder

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypeAlias


Object: TypeAlias = "dict[str, Any]"

RWO = "ReadWriteOnce"
ROX = "ReadOnlyMany"
RWX = "ReadWriteMany"
RWOP = "ReadWriteOncePod"
OPAQUE = "Opaque"

# Longest name; short enough for a label value, which many tools make of a claim's name.
_LIMIT = 63
_DIGITS = 8
_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_WORD = re.compile(r"[a-z][a-z0-9]*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_PATH = re.compile(r"(/[a-z0-9]+)+")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def valid_name(name: str) -> bool:
    """Whether `name` is a DNS-1123 subdomain, which names of volumes, claims, Secrets and classes must be."""
    return len(name) <= 253 and _NAME.fullmatch(name) is not None


def storage_name(kind: str, *identity: str, readable: str = "") -> str:
    """A valid name for the storage that `identity` tells apart from all other storage of this kind.

    Two workloads that mount the same storage get the same name; two storages never share one: where the readable form
    could stand for another identity too, or is too long, it ends in eight hex digits of the identity's SHA-256.
    Examples: `nfs-10-0-0-4-exports-web`, `ebs-vol-0a1b2c`. `kind` is a word in lower case; the number of parts is the
    same for all storage of a kind, and their last is for all of them either an absolute path or none. `readable` stands
    for an identity that is no text for people (an ARM id); the digits always follow it. Refuses an identity that holds
    a credential: no part of one, nor a hash, may be in a name."""
    if any(map(credential.value, identity)):
        raise Refused("its address holds a credential, which no name may repeat; move that into a Secret first")
    *before, last = identity
    words = [kind, readable] if readable else [kind, *identity]
    shown = re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")
    exact = (
        not readable
        and all(_ADDRESS.fullmatch(part) or _WORD.fullmatch(part) for part in before)
        and (_PATH.fullmatch(last) or _LABEL.fullmatch(last))
    )
    if exact and len(shown) <= _LIMIT:
        return shown
    digest = sha256("\0".join((kind, *identity)).encode("utf-8", "surrogatepass"))[:_DIGITS]
    return f"{shown[: _LIMIT - 1 - _DIGITS].rstrip('-')}-{digest}"


def volume_name(namespace: str | None, claim: str) -> str:
    """The name of the PersistentVolume behind `claim`: volumes have no namespace, so it comes first when known.

    The dot keeps it apart from every other pair of namespace and claim, for a namespace has none."""
    return f"{namespace}.{claim}" if namespace and _LABEL.fullmatch(namespace) else claim


def persistent_volume(
    name: str,
    source: Mapping[str, Any],
    *,
    capacity: str,
    access_mode: str,
    claim: tuple[str | None, str] | None = None,
    mount_options: Sequence[str] = (),
    node_affinity: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    volume_mode: str = "Filesystem",
) -> Object:
    """A static PersistentVolume with the volume source `source` (`{"csi": {…}}`).

    It is Retain (external-provisioner deletes the storage of any CSI volume that says Delete) and has the class `""`.
    `claim` (namespace, name) pre-binds it; without a namespace nothing can."""
    spec: Object = {
        "capacity": {"storage": capacity},
        "accessModes": [access_mode],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "volumeMode": volume_mode,
    }
    if claim and claim[0]:
        spec["claimRef"] = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": claim[0],
            "name": claim[1],
        }
    if mount_options:
        spec["mountOptions"] = list(mount_options)
    spec |= source
    if node_affinity:
        spec["nodeAffinity"] = dict(node_affinity)
    metadata: Object = {"name": name} | ({"annotations": dict(annotations)} if annotations else {})
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


def claim(
    name: str,
    namespace: str | None,
    *,
    volume: str,
    capacity: str,
    access_mode: str,
    volume_mode: str = "Filesystem",
) -> Object:
    """A PersistentVolumeClaim of exactly the PersistentVolume `volume`.

    The class `""` is explicit: a claim without one gets the default class at admission and then never binds. Without a
    namespace it goes where its Pod goes."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
        "spec": {
            "accessModes": [access_mode],
            "resources": {"requests": {"storage": capacity}},
            "storageClassName": "",
            "volumeMode": volume_mode,
            "volumeName": volume,
        },
    }


def claim_volume(name: str, claim_name: str, read_only: bool) -> Object:
    """A Pod's volume entry `name` that uses a claim. Read-only is said here: a CSI mount ignores the volume's field."""
    source: Object = {"claimName": claim_name}
    if read_only:
        source["readOnly"] = True
    return {"name": name, "persistentVolumeClaim": source}


def secret(
    name: str, namespace: str | None, values: Mapping[str, str], missing: Sequence[str], type_: str = OPAQUE
) -> Object:
    """A Secret to be filled in: `values` are known and no secret, `missing` are keys that get a placeholder."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
        "type": type_,
        "stringData": dict(values) | {key: placeholder(key) for key in missing},
    }


def csi_source(
    driver: str,
    handle: str,
    *,
    fs_type: str = "",
    read_only: bool = False,
    attributes: Mapping[str, str] | None = None,
    secrets: Mapping[str, Object] | None = None,
) -> Object:
    """The CSI source of a PersistentVolume. `secrets` maps a field (`nodeStageSecretRef`) to a `secret_ref`.

    `read_only` reaches only drivers that publish read-only (GCE); mounts follow the Pod's claim."""
    source: Object = {"driver": driver, "volumeHandle": handle}
    if fs_type:
        source["fsType"] = fs_type
    if read_only:
        source["readOnly"] = True
    if attributes:
        source["volumeAttributes"] = dict(attributes)
    return source | dict(secrets or {})


def secret_ref(name: str, namespace: str) -> Object:
    """A reference from a PersistentVolume to a Secret; both parts are mandatory."""
    return {"name": name, "namespace": namespace}
