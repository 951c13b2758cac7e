"""FlexVolumes whose options take one of several forms: Alibaba NAS, Oracle, Pharmer, the NFS example of Kubernetes."""

import re

from kvlint.migrate.flex_options import Options
from kvlint.migrate.subject import PV, Refused, mapping, string, string_map

_OCI_ANNOTATION = "ociVolumeID"
_OCID = re.compile(r"ocidv?[0-9]?[.:]volume[.:]\S+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def alicloud_nas(options: Options) -> None:
    """Write the driver's defaults into the mount options (AliyunContainerService/flexvolume provider/nas/nas.go).

    `vers` is 3 unless said; without `options` they are noresvport, and nolock and tcp for version 3; `none` is none."""
    version = options.raw("vers").strip() or "3"
    version = "3" if version == "3.0" else version
    text = options.raw("options").strip()
    if not text:
        text = "nolock,tcp,noresvport" if version == "3" else "noresvport"
        options.draft.note(f"The mount options {text} are the old driver's defaults, written out.")
    items = [] if text.lower() == "none" else [item.strip() for item in text.split(",")]
    if not any(item.startswith(("vers=", "nfsvers=")) for item in items):
        items.append(f"vers={version}")
    options.replace("options", ",".join(items))


def example_nfs(options: Options) -> None:
    """Give the reference @path: the example puts the slash before its `share` itself."""
    share = options.value("share")
    if share is None:
        raise Refused("the option `share` is missing, so nothing says which directory this is; correct it first")
    options.references["@path"] = "/" + share.lstrip("/")


def oracle(options: Options) -> None:
    """Give the reference @ocid: Oracle's provisioner writes it as an annotation and as the PersistentVolume's name."""
    subject = options.draft.subject
    if subject.kind != PV:
        return
    noted = string_map(mapping(subject.object, "metadata"), "annotations")
    ocid = string(noted, _OCI_ANNOTATION) or subject.name
    if _OCID.fullmatch(ocid):
        options.annotations.append(_OCI_ANNOTATION)
        options.references["@ocid"] = ocid


def pharmer(options: Options) -> None:
    """Give the reference @volumeId where it can only be one of DigitalOcean, whose IDs are UUIDs."""
    volume = options.value("volumeId")
    if volume is not None and _UUID.fullmatch(volume):
        options.references["@volumeId"] = volume
