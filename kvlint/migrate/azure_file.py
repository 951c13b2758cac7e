"""`azureFile` and `kubernetes.io/azure-file` to file.csi.azure.com.

Semantics: kubernetes/csi-translation-lib plugins/azure_file.go and kubernetes-sigs/azurefile-csi-driver."""

import re

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, csi_source, secret_ref, storage_name, volume_name
from kvlint.migrate.subject import Subject, mapping, required, string, string_map

DRIVER = "file.csi.azure.com"
_DOCS = "https://github.com/kubernetes-sigs/azurefile-csi-driver/blob/master/"
_REFERENCES = (f"{_DOCS}docs/driver-parameters.md", f"{_DOCS}deploy/example/pv-azurefile-csi.yaml")
_RESOURCE_GROUP = "kubernetes.io/azure-file-resource-group"
_ACCOUNT_SECRET = re.compile(r"azure-storage-account-(.+)-secret")
_NAMESPACE_WHY = "the Secret with the account key is in the namespace of the Pod"


def inline(subject: Subject) -> Migration:
    """A Pod's share. Volume name and handle come from Secret and share, so all Pods of a namespace share one volume."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    name = storage_name("azure-file", required(subject.body, "secretName"), required(subject.body, "shareName"))
    namespace = draft.namespace(_NAMESPACE_WHY)
    source = _source(draft, volume_name(namespace, name), namespace, "")
    return bind(draft, name, {"csi": source}, RWX, draft.read_only())


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a share."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    annotations = string_map(mapping(subject.object, "metadata"), "annotations")
    namespace = string(subject.body, "secretNamespace") or draft.namespace(_NAMESPACE_WHY)
    source = _source(draft, subject.name, namespace, annotations.get(_RESOURCE_GROUP, ""))
    return persistent.convert(
        draft,
        source,
        (RWX, RWO, RWOP, ROX),
        node_affinity=topology.node_affinity(draft, {}, {}),
        used_annotations=(_RESOURCE_GROUP,),
    )


def storage_class(subject: Subject) -> Migration:
    """A class that provisions shares. The driver knows all in-tree parameters."""
    draft = Draft(subject, DRIVER, _REFERENCES[0])
    parameters = classes.Parameters(subject.object).rest()
    if "secretnamespace" not in {key.lower() for key in parameters}:
        draft.note("The Secret with the account key is created in the namespace of the claim.")
    return classes.replace(draft, parameters, topology.allowed_topologies(draft, topology.ZONE, []))


def _source(draft: Draft, handle: str, namespace: str, resource_group: str) -> dict[str, object]:
    secret, share = required(draft.subject.body, "secretName"), required(draft.subject.body, "shareName")
    match = _ACCOUNT_SECRET.search(secret)
    account = match[1] if match else draft.subject.inputs.given("azure.account", secret)
    if not account:
        draft.note(
            "The storage account is the one in the Secret; the input azure.account names it in the volume as well."
        )
    attributes = {"shareName": share, "storageAccount": account or "", "resourceGroup": resource_group}
    draft.note(
        f"The driver reads the same Secret as before, `{secret}` (azurestorageaccountname, azurestorageaccountkey)."
    )
    draft.note("The volume handle may be anything unique; resizing needs the form <group>#<account>#<share>.")
    return csi_source(
        DRIVER,
        handle,
        read_only=draft.subject.kind != "inline" and draft.read_only(),
        attributes={key: value for key, value in attributes.items() if value},
        secrets={"nodeStageSecretRef": secret_ref(secret, namespace)},
    )
