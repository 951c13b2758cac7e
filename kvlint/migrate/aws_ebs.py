"""`awsElasticBlockStore` and `kubernetes.io/aws-ebs` to ebs.csi.aws.com.

Semantics: kubernetes/csi-translation-lib plugins/aws_ebs.go and kubernetes-sigs/aws-ebs-csi-driver."""

import re

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import RWO, RWOP, RWX, csi_source, storage_name
from kvlint.migrate.subject import Refused, Subject, integer, required

DRIVER = "ebs.csi.aws.com"
ZONE_KEY = "topology.ebs.csi.aws.com/zone"
_DOCS = "https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/"
_STATIC = (f"{_DOCS}examples/kubernetes/static-provisioning/README.md", f"{_DOCS}docs/parameters.md")
_URI = re.compile(r"aws://([^/]*)/+([^/]*)/*")
_PARAMETERS = (
    "allowautoiopsincreaseonmodify",
    "allowautoiopspergbincrease",
    "blockexpress",
    "blocksize",
    "bytesperinode",
    "encrypted",
    "ext4bigalloc",
    "ext4clustersize",
    "inodesize",
    "iops",
    "iopspergb",
    "kmskeyid",
    "numberofinodes",
    "outpostarn",
    "throughput",
    "type",
)


def inline(subject: Subject) -> Migration:
    """A Pod's EBS volume."""
    draft = Draft(subject, DRIVER, *_STATIC)
    handle, zone = _volume(subject)
    if not zone:
        draft.note(
            "Nothing says in which zone the volume is: give the PersistentVolume a nodeAffinity "
            f"(`{ZONE_KEY}`), or its Pods may be scheduled where it cannot be attached."
        )
    source = csi_source(DRIVER, handle, fs_type=draft.file_system(), attributes=_attributes(subject))
    return bind(
        draft,
        storage_name("ebs", handle),
        {"csi": source},
        RWO,
        draft.read_only(),
        node_affinity=topology.zone_affinity(ZONE_KEY, [zone] if zone else []),
    )


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of an EBS volume."""
    draft = Draft(subject, DRIVER, *_STATIC)
    handle, zone = _volume(subject)
    labelled = topology.label_values(draft, topology.ZONE)
    for said in (labelled, topology.affinity_values(draft, topology.ZONE)):
        if zone and said and zone not in said:
            raise Refused(f"its volumeID says zone {zone}, its metadata {', '.join(said)}; correct the wrong one first")
    source = csi_source(
        DRIVER,
        handle,
        fs_type=persistent.file_system(draft),
        read_only=draft.read_only(),
        attributes=_attributes(subject),
    )
    return persistent.convert(
        draft,
        source,
        (RWO, RWOP, RWX) if persistent.volume_mode(draft) == persistent.BLOCK else (RWO, RWOP),
        node_affinity=topology.node_affinity(
            draft, {topology.ZONE: ZONE_KEY}, {topology.ZONE: labelled or ([zone] if zone else [])}
        ),
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions EBS volumes."""
    draft = Draft(subject, DRIVER, f"{_DOCS}docs/parameters.md")
    parameters = classes.Parameters(subject.object)
    zones = classes.zones(parameters)
    written = classes.file_system(draft, parameters)
    rest = parameters.rest()
    known = {key.lower() for key in rest}
    if "type" not in known:
        rest["type"] = "gp2"
        draft.note("`type: gp2` is the in-tree default, written out because the driver's is gp3.")
    if "iopspergb" in known:
        if "allowautoiopspergbincrease" not in known:
            rest["allowautoiopspergbincrease"] = "true"
        draft.note("`allowautoiopspergbincrease` gives small volumes the minimum of IOPS, as the in-tree plugin did.")
    classes.note_unknown(draft, rest, _PARAMETERS)
    draft.note("EKS Auto Mode has a provisioner of its own, ebs.csi.eks.amazonaws.com; it cannot use these volumes.")
    return classes.replace(draft, rest | written, topology.allowed_topologies(draft, ZONE_KEY, zones))


def _volume(subject: Subject) -> tuple[str, str]:
    """The volume's EC2 id and its zone, if the id is a URI that names one."""
    volume = required(subject.body, "volumeID")
    if not volume.startswith("aws://"):
        return volume, ""
    match = _URI.fullmatch(volume)
    if not match or not match[2].startswith("vol-"):
        raise Refused("its volumeID is no URI of an EBS volume (aws://<zone>/vol-<id>); correct it first")
    return match[2], match[1]


def _attributes(subject: Subject) -> dict[str, str]:
    partition = integer(subject.body, "partition") or 0
    if partition < 0:
        raise Refused("`partition` is negative, which Kubernetes and the driver reject; correct it first")
    return {"partition": str(partition)}
