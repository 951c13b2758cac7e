"""Checks of the category binding that need one object alone: two ways to name a class, and CSI secret references."""

from collections.abc import Iterator

from kvlint.facts import CLASS_ANNOTATION
from kvlint.gather import CSI_SECRET_REFS
from kvlint.node import Node
from kvlint.rule import Context, Match
from kvlint.views import Claim, ObjectView

_SECRET_NAMES = (("-secret-name", "-secret-namespace"), ("SecretName", "SecretNamespace"))
"""How the keys of class parameters that name a Secret end, and how those of its namespace do: external-provisioner's
`csi.storage.k8s.io/…-secret-name`, and the older `csi…SecretName`."""


def conflicting_class_annotation(view: Claim | ObjectView, context: Context) -> Iterator[Match]:
    """A claim or PersistentVolume whose class annotation and class field differ: the annotation wins."""
    annotation = view.node.at("metadata", "annotations", CLASS_ANNOTATION)
    field = view.node.at("spec", "storageClassName")
    wins, loses = _text(annotation), _text(field)
    if annotation is None or field is None or wins is None or loses is None or wins == loses:
        return
    path = f"metadata.annotations[{CLASS_ANNOTATION}]"
    yield Match(
        annotation,
        f"{view.path}.{path}" if view.path else path,
        {"annotation": wins or '""', "field": loses or '""'},
        confidence=view.confidence,
        related=((field, "has no effect"),),
    )


def incomplete_secret_ref(view: ObjectView, context: Context) -> Iterator[Match]:
    """A CSI PersistentVolume or a class whose reference to a Secret lacks the name or the namespace."""
    if view.resource.partial:
        return
    if view.resource.kind == "PersistentVolume":
        yield from _of_volume(view)
    else:
        yield from _of_parameters(view)


def _of_volume(view: ObjectView) -> Iterator[Match]:
    for field in CSI_SECRET_REFS:
        reference = view.node.at("spec", "csi", field)
        if reference is None or reference.is_null:
            continue
        missing = [key for key in ("name", "namespace") if not _text(reference.get(key))]
        if missing:
            node = reference.children[0] if reference.children else reference
            yield Match(
                node,
                f"spec.csi.{field}",
                {"what": f"`{field}`", "missing": " and ".join(missing)},
                help="complete the reference: nothing checks it before a Pod mounts the volume"
                if field == "nodeStageSecretRef"
                else "",
            )


def _of_parameters(view: ObjectView) -> Iterator[Match]:
    parameters = view.node.get("parameters")
    entries = {entry.key: entry for entry in parameters.entries()} if parameters is not None else {}
    for key, entry in entries.items():
        for name, namespace in _SECRET_NAMES:
            stem, end, other = "", "", ""
            if key.endswith(name):
                stem, end, other = key.removesuffix(name), namespace, "namespace"
            elif key.endswith(namespace):
                stem, end, other = key.removesuffix(namespace), name, "name"
            if stem.startswith("csi") and f"{stem}{end}" not in entries:
                values = {"what": f"parameter `{key}`", "missing": other}
                help = f"add the parameter `{stem}{end}`: the CSI sidecars want both or none"
                yield Match(entry.key_node, f"parameters.{key}", values, help=help)


def _text(node: Node | None) -> str | None:
    return node.scalar_text() if node is not None else None
