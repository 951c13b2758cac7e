"""`gcePersistentDisk` and `kubernetes.io/gce-pd` to pd.csi.storage.gke.io.

Semantics: kubernetes/csi-translation-lib plugins/gce_pd.go and
kubernetes-sigs/gcp-compute-persistent-disk-csi-driver."""

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, csi_source, storage_name
from kvlint.migrate.subject import Refused, Subject, integer, required

DRIVER = "pd.csi.storage.gke.io"
ZONE_KEY = "topology.gke.io/zone"
_DOCS = "https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver/blob/master/"
_STATIC = f"{_DOCS}docs/kubernetes/user-guides/pre-provisioned.md"
_UNSPECIFIED = "UNSPECIFIED"
_PARAMETERS = (
    "type",
    "replication-type",
    "disk-encryption-kms-key",
    "labels",
    "provisioned-iops-on-create",
    "provisioned-throughput-on-create",
    "resource-tags",
    "use-allowed-disk-topologies",
)


def inline(subject: Subject) -> Migration:
    """A Pod's persistent disk. A read-only one may be on many nodes, so it is a volume of its own."""
    draft = Draft(subject, DRIVER, _STATIC)
    read_only = draft.read_only()
    name = storage_name("rox-gce-pd" if read_only else "gce-pd", required(subject.body, "pdName"))
    zones = _configured_zone(draft, name)
    source = csi_source(
        DRIVER,
        _handle(draft, zones),
        fs_type=draft.file_system(),
        read_only=read_only,
        attributes=_attributes(subject),
    )
    return bind(
        draft,
        name,
        {"csi": source},
        ROX if read_only else RWO,
        read_only,
        node_affinity=topology.zone_affinity(ZONE_KEY, zones),
    )


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a persistent disk: zonal, or regional when it names two zones."""
    draft = Draft(subject, DRIVER, _STATIC)
    labelled = topology.label_values(draft, topology.ZONE)
    required_zones = topology.affinity_values(draft, topology.ZONE)
    if labelled and required_zones and not set(labelled) <= set(required_zones):
        raise Refused("its label and its nodeAffinity name different zones; correct the wrong one first")
    zones = labelled or required_zones or _configured_zone(draft, subject.name)
    source = csi_source(
        DRIVER,
        _handle(draft, zones),
        fs_type=persistent.file_system(draft),
        read_only=draft.read_only(),
        attributes=_attributes(subject),
    )
    block = persistent.volume_mode(draft) == persistent.BLOCK
    return persistent.convert(
        draft,
        source,
        (RWO, RWOP, ROX, RWX) if block else (RWO, RWOP, ROX),
        node_affinity=topology.node_affinity(draft, {topology.ZONE: ZONE_KEY}, {topology.ZONE: zones}),
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions persistent disks."""
    draft = Draft(subject, DRIVER, f"{_DOCS}README.md#createvolume-parameters")
    parameters = classes.Parameters(subject.object)
    zones = classes.zones(parameters)
    written = classes.file_system(draft, parameters)
    rest = parameters.rest()
    classes.note_unknown(draft, rest, _PARAMETERS)
    return classes.replace(draft, rest | written, topology.allowed_topologies(draft, ZONE_KEY, zones))


def _configured_zone(draft: Draft, name: str) -> list[str]:
    zone = draft.subject.inputs.given("gce.zone", name)
    if zone is None:
        draft.note(
            f"The zone of the disk is not known: for `{_UNSPECIFIED}` the driver searches its own region, and fails if "
            "two disks have the name. The input gce.zone names it."
        )
    return [zone] if zone else []


def _handle(draft: Draft, zones: list[str]) -> str:
    disk = required(draft.subject.body, "pdName")
    project = draft.subject.inputs.given("gce.project")
    if project is None:
        draft.note(f"The driver takes its own project for `{_UNSPECIFIED}`; the input gce.project names another.")
    if len(zones) > 1:
        return f"projects/{project or _UNSPECIFIED}/regions/{_region(zones)}/disks/{disk}"
    return f"projects/{project or _UNSPECIFIED}/zones/{zones[0] if zones else _UNSPECIFIED}/disks/{disk}"


def _region(zones: list[str]) -> str:
    """The region of a regional disk: what its zones have in common (`us-central1` of `us-central1-a`)."""
    regions = {zone.rpartition("-")[0] for zone in zones if zone.count("-") == 2}
    if len(regions) != 1 or any(zone.count("-") != 2 for zone in zones):
        raise Refused(f"its zones {', '.join(zones)} are not in one region; correct them first")
    return regions.pop()


def _attributes(subject: Subject) -> dict[str, str]:
    partition = integer(subject.body, "partition")
    return {"partition": str(partition) if partition else ""}
