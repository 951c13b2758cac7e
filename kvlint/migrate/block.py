"""`iscsi` and `fc`: in-tree plugins that are not deprecated, and for which no generic CSI driver can be recommended.

A Pod's volume becomes a driver-free PersistentVolume with the same source, and a claim.
Semantics: kubernetes core/v1 ISCSIPersistentVolumeSource and FCVolumeSource."""

from __future__ import annotations

from kvlint.finding import Migration
from kvlint.knowledge.volume_plugins import PLUGINS
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, secret_ref, storage_name
from kvlint.migrate.subject import Refused, Subject, boolean, integer, mapping, required, string, strings

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


_DOCS = "https://kubernetes.io/docs/concepts/storage/volumes/"


def iscsi(subject: Subject) -> Migration:
    """A Pod's iSCSI LUN. The Secret with the CHAP password stays; a PersistentVolume names its namespace too."""
    draft = Draft(subject, None, f"{_DOCS}#iscsi", "https://github.com/kubernetes-csi/csi-driver-iscsi")
    body = subject.body
    portal, iqn, lun = required(body, "targetPortal"), required(body, "iqn"), integer(body, "lun")
    if lun is None:
        raise Refused("`lun` is missing, so nothing says which storage this is; correct it first")
    strings(body, "portals")
    source = _source(draft)
    name = string(mapping(body, "secretRef"), "name")
    if name:
        source["secretRef"] = secret_ref(name, draft.namespace("the Secret with the CHAP password is where the Pod is"))
    if (boolean(body, "chapAuthDiscovery") or boolean(body, "chapAuthSession")) and not name:
        draft.note("CHAP is on but no Secret is named, so the login fails; add `secretRef` to the PersistentVolume.")
    draft.note(
        "iscsi.csi.k8s.io is alpha and keeps CHAP passwords in clear text in the PersistentVolume; do not use it."
    )
    return _bind(draft, "iscsi", (portal, iqn, str(lun)), f"{iqn}-lun{lun}", {"iscsi": source})


def fc(subject: Subject) -> Migration:
    """A Pod's Fibre Channel LUN, named by targets and LUN or by WWIDs."""
    draft = Draft(subject, None, f"{_DOCS}#fc")
    body = subject.body
    targets, wwids, lun = strings(body, "targetWWNs"), strings(body, "wwids"), integer(body, "lun")
    if not wwids and (not targets or lun is None):
        raise Refused("neither `wwids` nor `targetWWNs` with `lun` say which storage this is; correct it first")
    identity = (",".join(sorted(targets)), "" if lun is None else str(lun), ",".join(sorted(wwids)))
    readable = wwids[0] if wwids else f"{sorted(targets)[0]}-lun{lun}"
    return _bind(draft, "fc", identity, readable, {"fc": _source(draft)})


def _source(draft: Draft) -> dict[str, Any]:
    """The source as it is, with the file system written out, without what belongs to the Pod."""
    known = PLUGINS[draft.subject.source].pv_fields
    source = {key: value for key, value in draft.subject.body.items() if key in known}
    source.pop("readOnly", None)
    source.pop("secretRef", None)
    return source | {"fsType": draft.file_system()}


def _bind(draft: Draft, kind: str, identity: tuple[str, ...], readable: str, source: dict[str, Any]) -> Migration:
    read_only = draft.read_only()
    draft.note(
        f"The in-tree {kind} plugin is not deprecated, and this PersistentVolume needs no driver. The CSI driver of "
        "the array's vendor is the alternative: it provisions volumes by itself."
    )
    name = storage_name(f"rox-{kind}" if read_only else kind, *identity, readable=readable)
    return bind(draft, name, source, ROX if read_only else RWO, read_only)
