"""`azureDisk` and `kubernetes.io/azure-disk` to disk.csi.azure.com.

Semantics: kubernetes/csi-translation-lib plugins/azure_disk.go, kubernetes-sigs/azuredisk-csi-driver, and the API
server's defaults for azureDisk."""

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, csi_source, storage_name
from kvlint.migrate.subject import Refused, Subject, required, string

DRIVER = "disk.csi.azure.com"
ZONE_KEY = "topology.disk.csi.azure.com/zone"
_DOCS = "https://github.com/kubernetes-sigs/azuredisk-csi-driver/blob/master/"
_REFERENCES = (f"{_DOCS}docs/driver-parameters.md", f"{_DOCS}deploy/example/pv-azuredisk-csi.yaml")
_PARAMETERS = (
    "attachdiskinitialdelay",
    "cachingmode",
    "diskaccessid",
    "diskencryptionsetid",
    "diskencryptiontype",
    "diskiopsreadwrite",
    "diskmbpsreadwrite",
    "diskname",
    "enableasyncattach",
    "enablebursting",
    "enableperformanceplus",
    "fstype",
    "kind",
    "location",
    "logicalsectorsize",
    "maxshares",
    "networkaccesspolicy",
    "perfprofile",
    "publicnetworkaccess",
    "resourcegroup",
    "skuname",
    "storageaccounttype",
    "subscriptionid",
    "tags",
    "tagvaluedelimiter",
    "useragent",
    "writeacceleratorenabled",
    "zoned",
)


def inline(subject: Subject) -> Migration:
    """A Pod's managed disk."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    uri = _managed_disk(subject)
    source = csi_source(DRIVER, uri, fs_type=draft.file_system(), attributes=_attributes(draft))
    disk = string(subject.body, "diskName") or uri.rpartition("/")[2]
    name = storage_name("azure-disk", uri.lower(), readable=disk)
    return bind(draft, name, {"csi": source}, RWO, draft.read_only())


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a managed disk. Its zone keeps today's label key, which Azure's nodes carry."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    uri = _managed_disk(subject)
    source = csi_source(
        DRIVER,
        uri,
        fs_type=persistent.file_system(draft),
        read_only=draft.read_only(),
        attributes=_attributes(draft),
    )
    block = persistent.volume_mode(draft) == persistent.BLOCK
    return persistent.convert(
        draft,
        source,
        (RWO, RWOP, ROX, RWX) if block else (RWO, RWOP),
        node_affinity=topology.node_affinity(draft, {}, {}),
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions managed disks."""
    draft = Draft(subject, DRIVER, _REFERENCES[0])
    parameters = classes.Parameters(subject.object)
    zones = classes.zones(parameters)
    written = classes.file_system(draft, parameters)
    if parameters.take("storageaccount") is not None:
        draft.note("The parameter `storageAccount` was for unmanaged disks; the driver rejects it, so it is dropped.")
    rest = parameters.rest()
    lower = {key.lower(): value for key, value in rest.items()}
    if lower.get("kind", "managed").lower() != "managed":
        draft.note("New disks will be managed disks: the driver has no unmanaged ones, whatever `kind` says.")
    if not lower.keys() & {"skuname", "storageaccounttype"}:
        rest["skuName"] = "StandardSSD_LRS"
        draft.note(
            "`skuName: StandardSSD_LRS` is the default of the last in-tree versions (Standard_LRS before), written "
            "out so that it stays."
        )
    classes.note_unknown(draft, rest, _PARAMETERS)
    topologies = topology.allowed_topologies(draft, ZONE_KEY, zones)
    for term in topologies:
        for expression in term["matchLabelExpressions"]:
            if expression.get("key") == ZONE_KEY:
                expression["values"] = [_zone(draft, zone, lower.get("location")) for zone in expression["values"]]
    return classes.replace(draft, rest | written, topologies)


def _managed_disk(subject: Subject) -> str:
    """The resource id of the managed disk. The API server reads an absent `kind` as Shared, an unmanaged disk."""
    uri = required(subject.body, "diskURI")
    kind = string(subject.body, "kind")
    resource = uri.lower().startswith("/subscriptions/")
    if (kind or "Managed").lower() != "managed" or not resource:
        raise Refused(
            "it is an unmanaged disk (a blob), which no CSI driver mounts: convert it to a managed disk first, then "
            "use that disk's resource id with `kind: Managed`"
        )
    return uri


def _attributes(draft: Draft) -> dict[str, str]:
    body = draft.subject.body
    if not string(body, "kind"):
        draft.note("`kind` is missing, which Kubernetes reads as Shared; by its diskURI the disk is Managed.")
    caching = string(body, "cachingMode")
    if not caching:
        caching = "ReadWrite"
        draft.note("`cachingMode: ReadWrite` is the in-tree default, written out because the driver's is ReadOnly.")
    disk = string(body, "diskName")
    if disk and disk.lower() != string(body, "diskURI").lower().rpartition("/")[2]:
        draft.note(f"`diskName` is dropped: the disk is the one of diskURI, whatever it says ({disk}).")
    attributes = {"cachingmode": caching, "kind": "Managed"}
    fs_type = string(body, "fsType")
    if fs_type and persistent.volume_mode(draft) != persistent.BLOCK:
        attributes["fstype"] = fs_type
    return attributes


def _zone(draft: Draft, zone: str, location: str | None) -> str:
    """The zone as the driver reports it, `<region>-<number>`; in-tree classes may give the number alone."""
    if not zone.isdigit():
        return zone
    region = location or draft.subject.inputs.take("azure.region", "the driver reports zones as <region>-<number>")
    draft.note("A zone is given by its number; the driver reports it with the region in front.")
    return f"{region}-{zone}"
