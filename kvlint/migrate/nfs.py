"""`nfs` to nfs.csi.k8s.io. The in-tree plugin is not deprecated, so the driver-free way is named beside it.

Semantics: kubernetes-csi/csi-driver-nfs docs/driver-parameters.md and pkg/nfs/controllerserver.go."""

from kvlint.finding import Migration
from kvlint.migrate import persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, Object, csi_source, storage_name
from kvlint.migrate.subject import Subject, required, string_map

DRIVER = "nfs.csi.k8s.io"
_ATTRIBUTES = {"server", "share", "subDir", "mountPermissions"}
_REFERENCES = (
    "https://github.com/kubernetes-csi/csi-driver-nfs/blob/master/docs/driver-parameters.md",
    "https://kubernetes.io/docs/concepts/storage/volumes/#nfs",
)


def inline(subject: Subject) -> Migration:
    """A Pod's export. Every namespace has a volume of its own for it, with a handle of its own."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    name = storage_name("nfs", required(subject.body, "server"), required(subject.body, "path"))
    draft.note("Mount options, which a Pod cannot give, go into `mountOptions` of the PersistentVolume.")
    source = _source(draft, draft.own_handle(name, "export"))
    return bind(draft, name, {"csi": source}, RWX, draft.read_only())


def inline_csi(subject: Subject) -> Migration:
    """A Pod's `csi` volume of this driver, which serves Pods directly only if it was installed so."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    written = string_map(subject.body, "volumeAttributes")
    options = persistent.without_credentials(draft, written.pop("mountOptions", "").split(","))
    attributes = {key: value for key, value in written.items() if key in _ATTRIBUTES}
    for key in written:
        if key not in _ATTRIBUTES:
            draft.note(f"The driver does not know the attribute `{key}`; it is not carried over.")
    for key in ("fsType", "nodePublishSecretRef"):
        if subject.body.get(key):
            draft.note(f"`{key}` means nothing to NFS and is not carried over.")
    server, share = required(attributes, "server"), required(attributes, "share")
    extras = [attributes.get("subDir", ""), attributes.get("mountPermissions", ""), *options]
    name = storage_name("nfs", server, "#".join((share, *extras)).rstrip("#"))
    source = csi_source(DRIVER, draft.own_handle(name, "export"), attributes=attributes)
    return bind(draft, name, {"csi": source}, RWX, draft.read_only(), mount_options=options)


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of an export; the conversion is optional."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    draft.read_only()
    return persistent.convert(
        draft,
        _source(draft, subject.name),
        (RWX, RWO, RWOP, ROX),
        node_affinity=topology.node_affinity(draft, {}, {}),
    )


def _source(draft: Draft, handle: str) -> Object:
    """The CSI source. Its handle is no path: asked to delete a volume, the driver removes what a path names."""
    import json

    server, path = required(draft.subject.body, "server"), required(draft.subject.body, "path")
    kept = json.dumps({"nfs": {"server": server, "path": path}}, ensure_ascii=False)
    draft.note(
        "The in-tree nfs plugin is not deprecated: a PersistentVolume may keep it and then needs no driver. Write "
        f"`{kept}` instead of `csi`."
    )
    return csi_source(str(draft.driver), handle, attributes={"server": server, "share": path})
