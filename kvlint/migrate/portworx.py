"""`portworxVolume` and `kubernetes.io/portworx-volume` to pxd.portworx.com.

Semantics: kubernetes/csi-translation-lib plugins/portworx.go."""

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import RWO, RWOP, RWX, csi_source, secret_ref, storage_name
from kvlint.migrate.subject import Subject, mapping, required, string_map

DRIVER = "pxd.portworx.com"
_DOCS = "https://docs.portworx.com/portworx-csi/"
_SECRET_NAME = "openstorage.io/auth-secret-name"  # noqa: S105 - the name of an annotation
_SECRET_NAMESPACE = "openstorage.io/auth-secret-namespace"  # noqa: S105 - the name of an annotation
_SECRET_FIELDS = (
    "controllerPublishSecretRef",
    "nodeStageSecretRef",
    "nodePublishSecretRef",
    "controllerExpandSecretRef",
    "nodeExpandSecretRef",
)
_ROLES = ("provisioner", "controller-publish", "node-stage", "node-publish", "controller-expand", "node-expand")


def inline(subject: Subject) -> Migration:
    """A Pod's Portworx volume."""
    draft = Draft(subject, DRIVER, _DOCS)
    volume = required(subject.body, "volumeID")
    source = csi_source(DRIVER, volume, fs_type=draft.file_system())
    return bind(draft, storage_name("portworx", volume), {"csi": source}, RWO, draft.read_only())


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a Portworx volume; annotations that name a token's Secret become references."""
    draft = Draft(subject, DRIVER, _DOCS)
    annotations = string_map(mapping(subject.object, "metadata"), "annotations")
    name, namespace = annotations.get(_SECRET_NAME), annotations.get(_SECRET_NAMESPACE)
    secrets = {field: secret_ref(name, namespace) for field in _SECRET_FIELDS} if name and namespace else {}
    source = csi_source(
        DRIVER,
        required(subject.body, "volumeID"),
        fs_type=persistent.file_system(draft),
        read_only=draft.read_only(),
        secrets=secrets,
    )
    return persistent.convert(
        draft,
        source,
        (RWO, RWOP) if persistent.volume_mode(draft) == persistent.BLOCK else (RWX, RWO, RWOP),
        node_affinity=topology.node_affinity(draft, {}, {}),
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions Portworx volumes."""
    draft = Draft(subject, DRIVER, _DOCS)
    parameters = classes.Parameters(subject.object)
    name, namespace = parameters.take(_SECRET_NAME), parameters.take(_SECRET_NAMESPACE)
    secrets = classes.secrets(name, namespace, _ROLES) if name and namespace else {}
    rest = parameters.rest()
    return classes.replace(draft, rest | secrets, topology.allowed_topologies(draft, topology.ZONE, []))
