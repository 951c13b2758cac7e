"""`cephfs` to the static volumes of cephfs.csi.ceph.com. Kubernetes never had a migration for it (KEP-2924, withdrawn).

Semantics: ceph/ceph-csi docs/static-pvc.md."""

from kvlint.finding import Migration
from kvlint.migrate import ceph, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import RWO, RWOP, RWX, Object, csi_source, storage_name
from kvlint.migrate.subject import Subject, string

DRIVER = "cephfs.csi.ceph.com"
_STATIC = f"{ceph.DOCS}docs/static-pvc.md"


def inline(subject: Subject) -> Migration:
    """A Pod's directory. Every namespace has a volume of its own for it, with a handle of its own."""
    draft = _draft(subject)
    body = subject.body
    path = string(body, "path", "/")
    monitors = ",".join(sorted(ceph.monitors(body)))
    name = storage_name("cephfs", monitors, string(body, "user", ceph.ADMIN), path, readable=path.strip("/") or "root")
    source = _source(draft, draft.own_handle(name, "directory"))
    return bind(draft, name, {"csi": source}, RWX, draft.read_only())


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a directory."""
    draft = _draft(subject)
    draft.read_only()
    return persistent.convert(
        draft,
        _source(draft, subject.name),
        (RWX, RWO, RWOP),
        node_affinity=topology.node_affinity(draft, {}, {}),
    )


def _draft(subject: Subject) -> Draft:
    return Draft(subject, subject.inputs.given("ceph.cephfs-driver") or DRIVER, _STATIC)


def _source(draft: Draft, handle: str) -> Object:
    body = draft.subject.body
    file_system = draft.subject.inputs.given("ceph.fs-name")
    attributes = {"clusterID": ceph.cluster(draft, ceph.monitors(body))}
    if file_system:
        attributes["fsName"] = file_system
    else:
        draft.note("Without fsName (input ceph.fs-name) the cluster's default file system is mounted, as before.")
    attributes |= {"staticVolume": "true", "rootPath": string(body, "path", "/")}
    draft.note("ceph-csi does not delete, resize or snapshot a static directory.")
    return csi_source(
        str(draft.driver),
        handle,
        attributes=attributes,
        secrets={"nodeStageSecretRef": ceph.source_secret(draft, "secretFile")},
    )
