"""`vsphereVolume` and `kubernetes.io/vsphere-volume` to csi.vsphere.vmware.com.

What csi-translation-lib writes works only inside Kubernetes: a manifest needs the id of a First Class Disk instead of a
VMDK path, and the driver's webhook rejects the class parameters of the migration (kubernetes-sigs/vsphere-csi-driver
pkg/syncer/admissionhandler/validatestorageclass.go)."""

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind, quote
from kvlint.migrate.objects import RWO, RWOP, csi_source, storage_name
from kvlint.migrate.subject import Subject, required, string

DRIVER = "csi.vsphere.vmware.com"
_EXAMPLES = "https://github.com/kubernetes-sigs/vsphere-csi-driver/blob/master/example/"
_STATIC = f"{_EXAMPLES}vanilla-k8s-RWO-filesystem-volumes/example-static-rwo-volume.yaml"
_CLASS = f"{_EXAMPLES}vanilla-k8s-RWO-filesystem-volumes/example-sc.yaml"
_ZONE_KEY = "topology.csi.vmware.com/k8s-zone"
_REGION_KEY = "topology.csi.vmware.com/k8s-region"
_ATTRIBUTES = {"type": "vSphere CNS Block Volume"}
# Raw vSAN capabilities of the in-tree class, which are rules of a storage policy today.
_VSAN = (
    "hostfailurestotolerate",
    "forceprovisioning",
    "cachereservation",
    "diskstripes",
    "objectspacereservation",
    "iopslimit",
)


def inline(subject: Subject) -> Migration:
    """A Pod's VMDK."""
    draft = Draft(subject, DRIVER, _STATIC)
    path = required(subject.body, "volumePath")
    name = storage_name("vsphere", path)
    source = csi_source(DRIVER, _disk(draft, path, name), fs_type=draft.file_system(), attributes=_ATTRIBUTES)
    return bind(draft, name, {"csi": source}, RWO, False)


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a VMDK."""
    draft = Draft(subject, DRIVER, _STATIC)
    path = required(subject.body, "volumePath")
    source = csi_source(
        DRIVER,
        _disk(draft, path, storage_name("vsphere", path)),
        fs_type=persistent.file_system(draft),
        attributes=_ATTRIBUTES,
    )
    extra = {key: topology.label_values(draft, key) for key in (topology.ZONE, topology.REGION)}
    return persistent.convert(
        draft, source, (RWO, RWOP), node_affinity=topology.node_affinity(draft, _topology_keys(subject), extra)
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions VMDKs: by storage policy, or on one datastore."""
    draft = Draft(subject, DRIVER, _CLASS)
    parameters = classes.Parameters(subject.object)
    written = classes.file_system(draft, parameters)
    policy = parameters.take("storagepolicyname")
    datastore = parameters.take("datastore")
    disk_format = parameters.take("diskformat")
    vsan = [name for name in _VSAN if parameters.take(name) is not None]
    if vsan and not policy:
        policy = draft.subject.inputs.take(
            "vsphere.storage-policy", f"it must say what the parameters {', '.join(vsan)} said", subject.name
        )
        draft.steps.append(f"Create a storage policy in vCenter with the vSAN rules of {', '.join(vsan)}.")
    elif vsan:
        draft.note(f"The parameters {', '.join(vsan)} are dropped: the storage policy decides.")
    if policy:
        written["storagepolicyname"] = policy
    if datastore:
        written["datastoreurl"] = draft.subject.inputs.take(
            "vsphere.datastore-url", f"the driver takes the URL of datastore {datastore}, not its name", datastore
        )
        draft.steps.append(f"Look up the URL of the datastore: `govc datastore.info {quote(datastore)}`")
    if disk_format:
        draft.note(
            f"`diskformat: {disk_format}` is dropped: new disks are thin unless the storage policy says otherwise."
        )
    for key in parameters.rest():
        draft.note(f"The driver rejects the parameter `{key}`, so it is dropped.")
    keys = _topology_keys(subject)
    return classes.replace(
        draft, written, topology.allowed_topologies(draft, keys[topology.ZONE], [], keys[topology.REGION])
    )


def _topology_keys(subject: Subject) -> dict[str, str]:
    return {
        topology.ZONE: subject.inputs.given("vsphere.zone-key") or _ZONE_KEY,
        topology.REGION: subject.inputs.given("vsphere.region-key") or _REGION_KEY,
    }


def _disk(draft: Draft, path: str, key: str) -> str:
    """The First Class Disk of the VMDK at `path`."""
    draft.steps.append(
        f"Register the VMDK as a First Class Disk, while no VM has it attached: `govc disk.register {quote(path)}` "
        "prints the id for the input vsphere.fcd-id."
    )
    draft.note("The driver needs vSphere 7.0 U2 or newer.")
    for field in ("storagePolicyName", "storagePolicyID"):
        if string(draft.subject.body, field):
            draft.note(f"`{field}` is dropped: a disk that exists keeps the storage policy it has in vCenter.")
    return draft.subject.inputs.take("vsphere.fcd-id", f"the driver takes no VMDK path such as {path}", key)
