"""`cinder` and `kubernetes.io/cinder` to cinder.csi.openstack.org.

Semantics: kubernetes/csi-translation-lib plugins/openstack_cinder.go and kubernetes/cloud-provider-openstack."""

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import RWO, RWOP, RWX, csi_source, storage_name
from kvlint.migrate.subject import Subject, mapping, required

DRIVER = "cinder.csi.openstack.org"
ZONE_KEY = "topology.cinder.csi.openstack.org/zone"
_DOCS = "https://github.com/kubernetes/cloud-provider-openstack/blob/master/docs/cinder-csi-plugin/"
_PARAMETERS = ("type", "availability")


def inline(subject: Subject) -> Migration:
    """A Pod's Cinder volume."""
    draft = _draft(subject)
    volume = required(subject.body, "volumeID")
    source = csi_source(DRIVER, volume, fs_type=draft.file_system())
    return bind(draft, storage_name("cinder", volume), {"csi": source}, RWO, draft.read_only())


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a Cinder volume."""
    draft = _draft(subject)
    source = csi_source(
        DRIVER,
        required(subject.body, "volumeID"),
        fs_type=persistent.file_system(draft),
        read_only=draft.read_only(),
    )
    zones = topology.label_values(draft, topology.ZONE)
    return persistent.convert(
        draft,
        source,
        (RWO, RWOP, RWX) if persistent.volume_mode(draft) == persistent.BLOCK else (RWO, RWOP),
        node_affinity=topology.node_affinity(draft, {topology.ZONE: ZONE_KEY}, {topology.ZONE: zones}),
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions Cinder volumes."""
    draft = Draft(subject, DRIVER, f"{_DOCS}using-cinder-csi-plugin.md")
    parameters = classes.Parameters(subject.object)
    written = classes.file_system(draft, parameters)
    rest = parameters.rest()
    classes.note_unknown(draft, rest, _PARAMETERS)
    return classes.replace(draft, rest | written, topology.allowed_topologies(draft, ZONE_KEY, []))


def _draft(subject: Subject) -> Draft:
    draft = Draft(subject, DRIVER, f"{_DOCS}examples.md", f"{_DOCS}features.md")
    if mapping(subject.body, "secretRef"):
        draft.note("`secretRef` is dropped: the driver connects to OpenStack with its own cloud.conf.")
    return draft
