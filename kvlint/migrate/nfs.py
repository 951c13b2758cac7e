"""`nfs` to nfs.csi.k8s.io. The in-tree plugin is not deprecated, so the driver-free way is named beside it.

Semantics: kubernetes-csi/csi-driver-nfs docs/driver-parameters.md and pkg/nfs/controllerserver.go."""

from kvlint.finding import Migration
from kvlint.migrate import persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, Object, csi_source, storage_name
from kvlint.migrate.subject import Subject, required, string_map

DRIVER = "nfs.csi.k8s.io"
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
    attributes = string_map(subject.body, "volumeAttributes")
    options = [option for option in attributes.pop("mountOptions", "").split(",") if option]
    folder = "/".join(part for part in (required(attributes, "share"), attributes.get("subDir", "")) if part)
    name = storage_name("nfs", required(attributes, "server"), folder)
    source = csi_source(DRIVER, draft.own_handle(name, "export"), attributes=attributes)
    return bind(
        draft,
        name,
        {"csi": source},
        RWX,
        draft.read_only(),
        mount_options=persistent.without_credentials(draft, options),
    )


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
    kept = json.dumps({"nfs": {"server": server, "path": path}})
    draft.note(
        "The in-tree nfs plugin is not deprecated: a PersistentVolume may keep it and then needs no driver. Write "
        f"`{kept}` instead of `csi`."
    )
    return csi_source(str(draft.driver), handle, attributes={"server": server, "share": path})
