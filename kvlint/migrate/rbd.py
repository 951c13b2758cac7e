"""`rbd` and `kubernetes.io/rbd` to the static volumes of rbd.csi.ceph.com.

Semantics: ceph/ceph-csi docs/static-pvc.md; csi-translation-lib plugins/rbd.go (v0.23 to v0.30) for the defaults. That
library's clusterID (a hash of the monitors) and its `migration=true` volumes are not written: they need a ceph-csi
configured for them."""

from kvlint.finding import Migration
from kvlint.migrate import ceph, classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, Object, csi_source, storage_name
from kvlint.migrate.subject import Subject, required, string

DRIVER = "rbd.csi.ceph.com"
_POOL = "rbd"
_FEATURES = "layering"
_ROLES = ("provisioner", "controller-expand")
_STATIC = f"{ceph.DOCS}docs/static-pvc.md"


def inline(subject: Subject) -> Migration:
    """A Pod's image. A read-only one may be mapped on many nodes, so it is a volume of its own."""
    draft = _draft(subject, _STATIC)
    image, pool = required(subject.body, "image"), string(subject.body, "pool", _POOL)
    read_only = draft.read_only()
    monitors = sorted(ceph.monitors(subject.body))
    name = storage_name("rox-rbd" if read_only else "rbd", ",".join(monitors), pool, image, readable=f"{pool}-{image}")
    return bind(draft, name, {"csi": _source(draft, draft.file_system())}, ROX if read_only else RWO, read_only)


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of an image."""
    draft = _draft(subject, _STATIC)
    draft.read_only()
    block = persistent.volume_mode(draft) == persistent.BLOCK
    return persistent.convert(
        draft,
        _source(draft, persistent.file_system(draft)),
        (RWO, RWOP, ROX, RWX) if block else (RWO, RWOP, ROX),
        node_affinity=topology.node_affinity(draft, {}, {}),
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions images."""
    draft = _draft(subject, f"{ceph.DOCS}examples/rbd/storageclass.yaml")
    parameters = classes.Parameters(subject.object)
    written = classes.file_system(draft, parameters)
    monitors = [monitor.strip() for monitor in (parameters.take("monitors") or "").split(",") if monitor.strip()]
    written["clusterID"] = ceph.cluster(draft, monitors)
    written["pool"] = parameters.take("pool") or _POOL
    data_pool = parameters.take("dataPool")
    written |= {"dataPool": data_pool} if data_pool else {}
    written["imageFeatures"] = parameters.take("imageFeatures") or _FEATURES
    image_format = parameters.take("imageFormat")
    if image_format:
        draft.note(f"`imageFormat: {image_format}` is dropped: ceph-csi makes images of format 2 only.")
    admin = parameters.take("adminId") or ceph.ADMIN
    user = parameters.take("userId") or admin
    admin_secret, user_secret = parameters.take("adminSecretName"), parameters.take("userSecretName")
    admin_namespace = parameters.take("adminSecretNamespace") or "default"
    user_namespace = parameters.take("userSecretNamespace") or ceph.CLAIM_NAMESPACE
    reference = ceph.user_secret(draft, admin, _old_secret(admin_secret), admin_namespace)
    written |= classes.secrets(reference["name"], reference["namespace"], _ROLES)
    if user != admin or user_secret != admin_secret:
        reference = ceph.user_secret(draft, user, _old_secret(user_secret), user_namespace)
    written |= classes.secrets(reference["name"], reference["namespace"], ("node-stage",))
    for key in parameters.rest():
        draft.note(f"The parameter `{key}` means nothing to ceph-csi and is dropped.")
    return classes.replace(draft, written, topology.allowed_topologies(draft, topology.ZONE, []))


def _draft(subject: Subject, reference: str) -> Draft:
    return Draft(subject, subject.inputs.given("ceph.rbd-driver") or DRIVER, reference)


def _old_secret(name: str | None) -> str:
    return f"Secret `{name}` with its key `key`" if name else "the Secret with the key `key`"


def _source(draft: Draft, fs_type: str) -> Object:
    body = draft.subject.body
    image = required(body, "image")
    features = draft.hint("imageFeatures")
    if not features:
        draft.note(f"`imageFeatures: {_FEATURES}` is what every kernel can map; list all the image has (`rbd info`).")
    draft.note(
        "The volume handle must be the name of the image, so two images of one name in different pools cannot be used "
        "in one cluster."
    )
    draft.note("A static image is not deleted, resized or snapshotted by ceph-csi.")
    return csi_source(
        str(draft.driver),
        image,
        fs_type=fs_type,
        attributes={
            "clusterID": ceph.cluster(draft, ceph.monitors(body)),
            "pool": string(body, "pool", _POOL),
            "staticVolume": "true",
            "imageFeatures": features or _FEATURES,
        },
        secrets={"nodeStageSecretRef": ceph.source_secret(draft, "keyring")},
    )
