"""The FlexVolume azure/kv to the Secrets Store CSI driver: a SecretProviderClass and a csi volume in the Pod.

Parameters: Azure/secrets-store-csi-driver-provider-azure pkg/provider/types and website."""

from __future__ import annotations

from kvlint.finding import Migration
from kvlint.migrate.draft import install
from kvlint.migrate.flex_options import Options
from kvlint.migrate.objects import Object, storage_name
from kvlint.migrate.subject import Refused, mapping, string

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


# Parallel lists, separated by semicolons; the singular forms are older.
_LISTS = {
    "objectName": ("keyvaultobjectnames", "keyvaultobjectname"),
    "objectAlias": ("keyvaultobjectaliases", "keyvaultobjectalias"),
    "objectType": ("keyvaultobjecttypes", "keyvaultobjecttype"),
    "objectVersion": ("keyvaultobjectversions", "keyvaultobjectversion"),
}
_TYPES = ("secret", "key", "cert")


def key_vault(options: Options) -> Migration:
    """The migration of a Pod's azure/kv volume."""
    draft = options.draft
    subject = draft.subject
    if not subject.name:
        raise Refused("the volume has no name, so nothing can mount it; correct it first")
    options.base = subject.name
    filled = {key: options.text(pattern) for key, pattern in options.plan.attributes.items()}
    parameters = {key: value for key, value in filled.items() if value is not None}
    entries = _objects(options)
    parameters["objects"] = _yaml({"array": [_yaml(entry) for entry in entries]})
    secret = string(mapping(subject.body, "secretRef"), "name")
    _identity(options, parameters, secret)
    name = _name(parameters, secret)
    namespace = subject.namespace or subject.inputs.given("namespace")
    provider_class: Object = {
        "apiVersion": "secrets-store.csi.x-k8s.io/v1",
        "kind": "SecretProviderClass",
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
        "spec": {"provider": "azure", "parameters": parameters},
    }
    if namespace is None:
        subject.inputs.take("namespace", "the SecretProviderClass must be in the namespace of its Pods")
    if string(subject.body, "fsType"):
        draft.note("`fsType` is not carried over: the files are in memory.")
    options.rest()
    csi: dict[str, Any] = {
        "driver": draft.driver,
        "readOnly": True,
        "volumeAttributes": {"secretProviderClass": name},
    }
    if secret:
        csi["nodePublishSecretRef"] = {"name": secret}
    draft.steps.insert(0, "Install the Azure provider of the Secrets Store CSI driver (on AKS both are one add-on).")
    return draft.done(
        f"SecretProviderClass `{name}` and a csi volume",
        (provider_class,),
        {"name": subject.name, "csi": csi},
        [
            *install(draft),
            *draft.steps,
            f"Apply SecretProviderClass `{name}` and then the changed {subject.owner[0]}; see that its Pods start.",
        ],
    )


def _objects(options: Options) -> list[dict[str, str]]:
    """The vault objects of the parallel lists, in their order."""
    columns = {key: _column(options, names) for key, names in _LISTS.items()}
    names = columns.pop("objectName")
    if not names or not all(names):
        raise Refused("the option `keyvaultobjectnames` is missing or has an empty name; correct it first")
    types = columns["objectType"]
    if len(types) != len(names) or any(kind not in _TYPES for kind in types):
        raise Refused(
            "`keyvaultobjecttypes` must give a type (secret, key or cert) for each object name; correct it first"
        )
    entries = []
    for index, name in enumerate(names):
        entry = {"objectName": name}
        for key, column in columns.items():
            if column and len(column) != len(names):
                raise Refused(
                    f"the lists of object names and of `{_LISTS[key][0]}` differ in length; correct them first"
                )
            if column and column[index]:
                entry[key] = column[index]
        entries.append(entry)
    return entries


def _column(options: Options, names: tuple[str, str]) -> list[str]:
    text = options.value(names[0]) or options.value(names[1]) or ""
    return [part.strip() for part in text.split(";")] if text else []


def _identity(options: Options, parameters: dict[str, str], secret: str) -> None:
    draft = options.draft
    if parameters.get("usePodIdentity", "").lower() == "true":
        draft.note(
            "AAD Pod Identity is archived: the provider still reads usePodIdentity, but plan to move to Workload "
            "Identity (clientID in the SecretProviderClass, an annotated service account)."
        )
    if secret:
        draft.note(
            f"The Secret `{secret}` serves on (clientid and clientsecret). The driver only sees changes of Secrets "
            "with the label secrets-store.csi.k8s.io/used=true, so add it."
        )
    elif parameters.get("usePodIdentity", "").lower() != "true" and "useVMManagedIdentity" not in parameters:
        draft.note(
            "The options name neither an identity nor a Secret; the provider needs one of them to read the vault."
        )


def _name(parameters: dict[str, str], secret: str) -> str:
    """One name for one vault, list of objects and identity; several Pods may share the class."""
    vault = parameters["keyvaultName"]
    rest = "; ".join(f"{key}={value}" for key, value in parameters.items())
    return storage_name("azure-kv", f"{rest}; {secret}", readable=vault)


def _yaml(data: Any) -> str:
    """`data` as the YAML text that the provider reads inside a parameter; text of several lines as a literal block."""
    from kvlint.emit import Style, emit

    return emit(data, Style(), literal=True) + "\n"
