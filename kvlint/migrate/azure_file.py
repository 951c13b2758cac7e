"""`azureFile` and `kubernetes.io/azure-file` to file.csi.azure.com.

Semantics: kubernetes/csi-translation-lib plugins/azure_file.go and kubernetes-sigs/azurefile-csi-driver."""

import re

from kvlint.finding import Migration
from kvlint.migrate import classes, persistent, topology
from kvlint.migrate.draft import Draft, bind
from kvlint.migrate.objects import ROX, RWO, RWOP, RWX, Object, csi_source, secret_ref, storage_name
from kvlint.migrate.subject import Subject, mapping, required, string, string_map

DRIVER = "file.csi.azure.com"
_DOCS = "https://github.com/kubernetes-sigs/azurefile-csi-driver/blob/master/"
_REFERENCES = (f"{_DOCS}docs/driver-parameters.md", f"{_DOCS}deploy/example/pv-azurefile-csi.yaml")
_RESOURCE_GROUP = "kubernetes.io/azure-file-resource-group"
_ACCOUNT_SECRET = re.compile(r"azure-storage-account-(.+)-secret")
_NAMESPACE_WHY = "the Secret with the account key is in the namespace of the Pod"


def inline(subject: Subject) -> Migration:
    """A Pod's share. Volume and handle are named by Secret and share, so all Pods of a namespace have the same."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    secret, share = required(subject.body, "secretName"), required(subject.body, "shareName")
    match = _ACCOUNT_SECRET.search(secret)
    name = storage_name("azure-file", secret, share, readable=f"{match[1]}-{share}" if match else "")
    source = _source(draft, draft.own_handle(name, "share"), draft.namespace(_NAMESPACE_WHY), "")
    return bind(draft, name, {"csi": source}, RWX, draft.read_only())


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a share."""
    draft = Draft(subject, DRIVER, *_REFERENCES)
    draft.read_only()
    annotations = string_map(mapping(subject.object, "metadata"), "annotations")
    namespace = string(subject.body, "secretNamespace") or draft.namespace(_NAMESPACE_WHY)
    return persistent.convert(
        draft,
        _source(draft, subject.name, namespace, annotations.get(_RESOURCE_GROUP, "")),
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


def _source(draft: Draft, unique: str, namespace: str, resource_group: str) -> Object:
    """The CSI source. `unique` makes its handle unlike that of any other volume of the share.

    With a known account the handle has the driver's own form, which resizing needs; its sixth part is the namespace of
    the Secret, or the fifth if no resource group comes first (the translation library writes the fifth always)."""
    secret, share = required(draft.subject.body, "secretName"), required(draft.subject.body, "shareName")
    match = _ACCOUNT_SECRET.search(secret)
    account = match[1] if match else draft.subject.inputs.given("azure.account", secret)
    if account:
        handle = "#".join((resource_group, account, share, unique, *([""] if resource_group else []), namespace))
    else:
        handle = unique
        draft.note(
            "Only the Secret says which storage account it is; to resize the share, give the input azure.account."
        )
    attributes = {"shareName": share, "storageAccount": account or "", "resourceGroup": resource_group}
    draft.note(f"The driver reads the Secret `{secret}` as it is (azurestorageaccountname, azurestorageaccountkey).")
    return csi_source(
        DRIVER,
        handle,
        attributes={key: value for key, value in attributes.items() if value},
        secrets={"nodeStageSecretRef": secret_ref(secret, namespace)},
    )
