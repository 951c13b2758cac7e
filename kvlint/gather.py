"""Reading the facts of one object, and whether a file mentions objects that it does not show."""

import re
from collections.abc import Iterable, Iterator

from kvlint.facts import (
    CAPACITY_FIELD,
    CLASS_ANNOTATION,
    CLASS_ANNOTATION_FIELD,
    CLASS_FIELD,
    DEFAULT_ANNOTATIONS,
    DEFAULT_FIELDS,
    MODES_FIELD,
    NUMBERS,
    SIZE_FIELD,
    TEMPLATE,
    VALUES,
    VOLUME_FIELD,
    VOLUME_MODE_FIELD,
    Claim,
    ClaimRef,
    Driver,
    Fact,
    Holding,
    Mention,
    PersistentVolume,
    Place,
    Requirement,
    Secret,
    StorageClass,
    Use,
)
from kvlint.finding import Confidence
from kvlint.node import Node, YamlError
from kvlint.resources import Resource
from kvlint.views import POD_PATHS, Views
from kvlint.views import Claim as ClaimView
from kvlint.yamltree import Document

PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"

CSI_SECRET_REFS = (
    "controllerPublishSecretRef",
    "nodeStageSecretRef",
    "nodePublishSecretRef",
    "controllerExpandSecretRef",
    "nodeExpandSecretRef",
)


def facts_of(resource: Resource, views: Views | None = None, namespace: str | None = None) -> list[Fact]:
    """The facts of one object. A kustomize patch has none: it defines nothing.

    `namespace` is that of claims and Pods that name none (None: unknown)."""
    if resource.partial:
        return []
    views = views or Views(resource)
    kind = resource.kind
    found: list[Fact] = []
    if kind == "PersistentVolume":
        found.append(_volume(resource, views))
    elif kind == "StorageClass":
        found.append(_storage_class(resource))
    elif kind == "CSIDriver":
        modes = _texts(resource.node.at("spec", "volumeLifecycleModes"))
        found.append(Driver(_place(resource, resource.node, ""), resource.name, modes))
    elif kind == "Secret":
        found.append(Secret(_place(resource, resource.node, ""), resource.name))
    own: list[Claim | Use] = []
    claims = views.claims()
    for view in claims:
        spec = view.node.get("spec") or (view.node if view.path.endswith("Spec") else None)
        if spec is not None or view.origin != "custom":
            own.append(_claim(view, spec))
    # A claim template of a StatefulSet takes the place of the Pod's volume of the same name.
    replaced = {view.name for view in claims if view.origin == "template"}
    for volume in views.volumes():
        claim = volume.node.at("persistentVolumeClaim", "claimName")
        name = _text(claim)
        if claim is not None and name and volume.name not in replaced:
            path = f"{volume.path}.persistentVolumeClaim.claimName"
            own.append(Use(_place(resource, claim, path, volume.confidence, item=volume.name), name, volume.name))
    if resource.namespace is None and namespace is not None:
        own = [fact._replace(place=fact.place._replace(namespace=namespace)) for fact in own]
    return [*found, *own]


def holdings_of(resource: Resource, views: Views, namespace: str | None = None) -> Iterator[Holding]:
    """The volumes that an object names itself, of the network and of old plugins, and the object of a storage API.

    `namespace` as for `facts_of`. What a workload made, such as the Pods of a Deployment in a live cluster, is counted
    with its maker."""
    owners = resource.node.at("metadata", "ownerReferences")
    if resource.partial or any(_text(owner.get("kind")) in POD_PATHS for owner in (owners.items() if owners else ())):
        return
    for view in views.sources():
        old = view.plugin.inline_finding or view.plugin.deprecated_in is not None
        if view.volume is None or old or view.field == "csi":
            place = _place(resource, view.key, view.path, view.confidence, item=view.name)
            if view.volume is not None and place.namespace is None:
                place = place._replace(namespace=namespace)
            maker = _text(resource.node.at("metadata", "annotations", PROVISIONED_BY)) if view.volume is None else ""
            yield Holding(place, view.field, _text(view.node.get("driver")) or "", maker or "")
    if "storage.k8s.io/" in resource.api_version:
        yield Holding(_place(resource, _head(resource.node), ""))


def _claim(view: ClaimView, spec: Node | None) -> Claim:
    node, resource = view.node, view.resource
    metadata, status = node.get("metadata"), node.get("status")
    annotations = _within(metadata, "annotations")
    class_field, volume = _within(spec, "storageClassName"), _within(spec, "volumeName")
    modes, mode = _within(spec, "accessModes"), _within(spec, "volumeMode")
    size, selector = _within(spec, "resources", "requests", "storage"), _within(spec, "selector")
    annotation = _within(annotations, CLASS_ANNOTATION)
    fields = (
        ("spec", _key(node, "spec")),
        ("metadata.name", _within(metadata, "name")),
        (CLASS_FIELD, class_field),
        (CLASS_ANNOTATION_FIELD, annotation),
        (VOLUME_FIELD, volume),
        (SIZE_FIELD, size),
        (MODES_FIELD, modes),
        (VOLUME_MODE_FIELD, mode),
        ("spec.selector", selector),
    )
    owner = resource.node if view.origin == "template" and resource.kind == "StatefulSet" else None
    return Claim(
        _place(resource, _head(node), view.path, view.confidence, fields, view.name),
        view.origin,
        view.name,
        _text(class_field),
        _text(annotation),
        _texts(modes),
        _text(size),
        _text(mode) or "Filesystem",
        _text(volume) or "",
        _selector(selector),
        _text(_within(spec, "volumeAttributesClassName")) or "",
        _text(_within(metadata, "uid")) or "",
        _text(_within(status, "phase")) or "",
        _number(owner.at("spec", "replicas"), 1) if owner is not None else 1,
        _number(owner.at("spec", "ordinals", "start"), 0) if owner is not None else 0,
        _declaration(resource.document, spec) if class_field is None else None,
    )


def _declaration(document: Document, spec: Node | None) -> tuple[int, str] | None:
    """The edit that writes an empty class before the first field of a claim's spec: block style, no anchors."""
    if spec is None or spec.style != "block" or not spec.children or "&" in document.text:
        return None
    source, start = document.source, spec.children[0].start
    line, column = source.index_to_position(start)
    indent = source.line(line)[: column - 1]
    if indent.strip(" ") or source.encoding != "utf-8":
        return None
    end = "\r\n" if "\r\n" in document.text else "\n"
    return source.index_to_byte(start), f'storageClassName: ""{end}{indent}'


def _volume(resource: Resource, views: Views) -> PersistentVolume:
    node = resource.node
    metadata, spec = node.get("metadata"), node.get("spec")
    annotations, csi = _within(metadata, "annotations"), _within(spec, "csi")
    class_field, annotation = _within(spec, "storageClassName"), _within(annotations, CLASS_ANNOTATION)
    capacity, modes = _within(spec, "capacity", "storage"), _within(spec, "accessModes")
    mode, handle = _within(spec, "volumeMode"), _within(csi, "volumeHandle")
    fields = (
        ("spec", _key(node, "spec")),
        ("metadata.name", _within(metadata, "name")),
        (CLASS_FIELD, class_field),
        (CLASS_ANNOTATION_FIELD, annotation),
        (CAPACITY_FIELD, capacity),
        (MODES_FIELD, modes),
        (VOLUME_MODE_FIELD, mode),
        ("spec.claimRef", _key(spec, "claimRef")),
        ("spec.csi.volumeHandle", handle),
        ("metadata.labels", _key(metadata, "labels")),
    )
    reference = _within(spec, "claimRef")
    secrets = []
    for field in CSI_SECRET_REFS:
        secret = _within(csi, field)
        if secret is not None and not secret.is_null:
            secrets.append((field, _text(secret.get("namespace")) or "", _text(secret.get("name")) or ""))
    return PersistentVolume(
        _place(resource, _head(node), "", Confidence.HIGH, fields),
        resource.name,
        _text(class_field),
        _text(annotation),
        _texts(modes),
        _text(capacity),
        _text(mode) or "Filesystem",
        None
        if reference is None or reference.is_null
        else ClaimRef(*(_text(reference.get(key)) or "" for key in ("namespace", "name", "uid"))),
        tuple(_pairs(_within(metadata, "labels"))),
        _text(_within(spec, "volumeAttributesClassName")) or "",
        _text(_within(node.get("status"), "phase")) or "",
        _within(metadata, "deletionTimestamp") is not None,
        next((view.field for view in views.sources()), ""),
        _text(_within(csi, "driver")) or "",
        _text(handle) or "",
        tuple(secrets),
    )


def _storage_class(resource: Resource) -> StorageClass:
    node = resource.node
    metadata, provisioner = node.get("metadata"), node.get("provisioner")
    marks = [_within(metadata, "annotations", key) for key in DEFAULT_ANNOTATIONS]
    default = any(mark is not None and mark.string() == "true" for mark in marks)
    fields = (
        ("metadata.name", _within(metadata, "name")),
        ("provisioner", provisioner),
        *zip(DEFAULT_FIELDS, marks, strict=True),
    )
    return StorageClass(
        _place(resource, _head(node), "", Confidence.HIGH, fields),
        resource.name,
        _text(provisioner) or "",
        _text(node.get("volumeBindingMode")) == "WaitForFirstConsumer",
        default,
    )


_VALUES_FILE = r"(?:^|/)[^/]*values[^/]*\.ya?ml(?:\.gotmpl)?$"
_RELEASE = r'(?m)^[ \t]*"?kind"?:[ \t]+"?(HelmRelease|HelmChart|HelmChartConfig|Application|ApplicationSet)\b'
_CLASS = r"(?m)^[ \t-]*kind:[ \t]+StorageClass\b"
_INFLATED = r"(?m)^helmCharts:"


def mention_of(file: str, text: str, identity: str = "") -> Mention | None:
    """Whether a text may bring objects that it does not show: a Helm release, an Argo CD Application, the values of a
    chart, a template of a StorageClass. None for any other.

    It is told from the text alone: chart values are often templates, and hold YAML inside YAML."""
    release = re.search(_RELEASE, text) if "Helm" in text or "Application" in text else None
    if release is not None:
        kind = release[1]
    elif "helmCharts:" in text and re.search(_INFLATED, text):
        kind = "Kustomization"
    elif re.search(_VALUES_FILE, file):
        kind = VALUES
    elif "{{" in text and re.search(_CLASS, text):
        kind = TEMPLATE
    else:
        return None
    return Mention(Place(file, "", kind, None, "", "", (0, 1, 1, 1, 1), identity=identity))


def _place(
    resource: Resource,
    node: Node,
    path: str,
    confidence: Confidence = Confidence.HIGH,
    fields: Iterable[tuple[str, Node | None]] = (),
    item: str = "",
) -> Place:
    document = resource.document
    source = document.source
    position = document.position
    spans = [0, *position(node)]
    for key, field in fields:
        if field is not None and not field.is_null:
            spans += (NUMBERS[key], *position(field))
    return Place(
        source.name,
        resource.api_version,
        resource.kind,
        resource.namespace,
        resource.name,
        path,
        tuple(spans),
        confidence,
        source.identity,
        item,
    )


def _head(node: Node) -> Node:
    """What stands for a whole object: its name, else its first key."""
    name = node.at("metadata", "name")
    if name is not None:
        return name
    return node.children[0] if node.children else node


def _key(node: Node | None, key: str) -> Node | None:
    return node.key_of(key) if node is not None else None


def _pairs(node: Node | None) -> list[tuple[str, str]]:
    """The entries of a mapping of texts; none where Kubernetes rejects the mapping."""
    try:
        return [(entry.key, _text(entry.node) or "") for entry in node.entries()] if node is not None else []
    except YamlError:
        return []


def _within(node: Node | None, *path: str) -> Node | None:
    for key in path:
        if node is None:
            return None
        node = node.get(key)
    return node


def _text(node: Node | None) -> str | None:
    return node.scalar_text() if node is not None else None


def _texts(node: Node | None) -> tuple[str, ...]:
    items = node.items() if node is not None else ()
    return tuple(text for item in items if (text := item.scalar_text()) is not None)


def _number(node: Node | None, default: int) -> int:
    text = _text(node)
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else default


def _selector(node: Node | None) -> tuple[Requirement, ...] | None:
    if node is None or node.is_null:
        return None
    terms = [Requirement(key, "In", (value,)) for key, value in _pairs(node.get("matchLabels"))]
    expressions = node.get("matchExpressions")
    for item in expressions.items() if expressions is not None else ():
        key, operator = _text(item.get("key")), _text(item.get("operator"))
        terms.append(Requirement(key or "", operator or "", _texts(item.get("values"))))
    return tuple(terms)
