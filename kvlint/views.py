"""The places rules look at: Pod specs, volumes, volume sources, containers, claims, metadata of one object.

Every view has `resource`, `node`, `path` (the field path inside the object) and `confidence`: HIGH for the places that
the Kubernetes API defines, LOW for those found by shape inside a custom resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kvlint.finding import Confidence
from kvlint.knowledge import volume_plugins
from kvlint.record import NamedTuple
from kvlint.resources import Resource
from kvlint.yamltree import MAPPING, SEQUENCE, Node

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

POD_PATHS: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "Deployment": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Job": ("spec", "template"),
    "DeploymentConfig": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
"""Where the object with the Pod's `metadata` and `spec` is, by kind (Kubernetes and OpenShift API references)."""

POLICY_GROUPS = ("kyverno.io", "gatekeeper.sh", "apiextensions.k8s.io", "admissionregistration.k8s.io")
"""API groups whose objects describe other objects: a schema or pattern that mentions `flexVolume` is not a Pod."""

SHAPE_BUDGET = 50_000


class ObjectView(NamedTuple):
    """A whole object."""

    resource: Resource
    node: Node
    path: str = ""
    confidence: Confidence = Confidence.HIGH

    def named(self) -> tuple[tuple[Node, str], ...]:
        """The related span that shows which object it is: its name."""
        name = self.node.at("metadata", "name")
        return ((name, f"this {self.resource.kind}"),) if name is not None else ()


class PodSpec(NamedTuple):
    """A Pod spec, wherever it is embedded; `metadata` is the Pod's own or its template's."""

    resource: Resource
    node: Node
    path: str
    confidence: Confidence
    metadata: Node | None


class Volume(NamedTuple):
    """One entry of a Pod spec's `volumes`."""

    resource: Resource
    node: Node
    path: str
    confidence: Confidence
    pod: PodSpec
    name: str


class VolumeSource(NamedTuple):
    """One volume source of a Pod's volume or of a PersistentVolume.

    `key` is the node of its field name, `node` its value. `volume` is None for a PersistentVolume."""

    resource: Resource
    node: Node
    path: str
    confidence: Confidence
    key: Node
    field: str
    volume: Volume | None
    name: str

    @property
    def plugin(self) -> volume_plugins.VolumePlugin:
        """What is known about this volume source."""
        return volume_plugins.PLUGINS[self.field]

    @property
    def holder(self) -> str:
        """How messages call the thing that has the source: "volume" or "PersistentVolume"."""
        return "PersistentVolume" if self.volume is None else "volume"

    def named(self) -> tuple[tuple[Node, str], ...]:
        """The related span that shows which volume it is: its name."""
        node = self.volume.node.get("name") if self.volume else self.resource.node.at("metadata", "name")
        return ((node, f"this {self.holder}"),) if node is not None else ()


class Container(NamedTuple):
    """A container, init container or ephemeral container of a Pod spec."""

    resource: Resource
    node: Node
    path: str
    confidence: Confidence
    pod: PodSpec
    name: str


class Claim(NamedTuple):
    """A PersistentVolumeClaim or a template of one. `origin` is `claim`, `template` (volumeClaimTemplates), `ephemeral`
    (a Pod's generic ephemeral volume) or `custom` (found by shape in a custom resource)."""

    resource: Resource
    node: Node
    path: str
    confidence: Confidence
    origin: str
    name: str


class Metadata(NamedTuple):
    """The `metadata` of an object, a Pod template or a claim template; `kind` is that of the thing it belongs to."""

    resource: Resource
    node: Node
    path: str
    confidence: Confidence
    kind: str


View = ObjectView | PodSpec | Volume | VolumeSource | Container | Claim | Metadata


class Views:
    """The views of one object, each list made once and only when a rule asks for it."""

    __slots__ = ("_made", "_pods", "resource")

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self._made: dict[str, list[Any]] = {}
        self._pods: bool | None = None

    def __getitem__(self, name: str) -> list[Any]:
        """The views called `name`: a key of VIEWS, or an API kind (the object itself if it is of that kind)."""
        made = self._made.get(name)
        if made is None:
            maker = VIEWS.get(name)
            if name in _OF_PODS and not self._holds_pods():
                made = []
            elif maker is not None:
                made = list(maker(self))
            elif self.resource.kind == name:
                made = [ObjectView(self.resource, self.resource.node)]
            else:
                made = []
            self._made[name] = made
        return made

    def _holds_pods(self) -> bool:
        if self._pods is None:
            self._pods = self.resource.kind in POD_PATHS or is_custom(self.resource)
        return self._pods

    def pods(self) -> list[PodSpec]:
        """The Pod specs of the object."""
        return self["pod-spec"]

    def volumes(self) -> list[Volume]:
        """The entries of all `volumes`."""
        return self["volume"]

    def sources(self) -> list[VolumeSource]:
        """The volume sources of Pods and of a PersistentVolume."""
        return self["volume-source"]

    def containers(self) -> list[Container]:
        """The containers of all kinds."""
        return self["container"]

    def claims(self) -> list[Claim]:
        """The claims and claim templates."""
        return self["claim"]

    def metadata(self) -> list[Metadata]:
        """The `metadata` of the object and of the templates in it."""
        return self["metadata"]


def _whole(views: Views) -> Iterator[View]:
    yield ObjectView(views.resource, views.resource.node)


def _kind(kind: str) -> Callable[[Views], Iterator[View]]:
    return lambda views: iter(views[kind])


def _pod_specs(views: Views) -> Iterator[View]:
    resource = views.resource
    steps = POD_PATHS.get(resource.kind)
    if steps is not None:
        holder = resource.node.at(*steps)
        spec = holder.get("spec") if holder is not None else None
        if holder is not None and spec is not None and spec.kind == MAPPING:
            path = ".".join((*steps, "spec"))
            yield PodSpec(resource, spec, path, Confidence.HIGH, holder.get("metadata"))
    elif is_custom(resource):
        for node, path, parent in _mappings(resource):
            if _looks_like_pod_spec(node):
                metadata = parent.get("metadata") if parent is not None and path.endswith(".spec") else None
                yield PodSpec(resource, node, path, Confidence.LOW, metadata)


def _volumes(views: Views) -> Iterator[View]:
    for pod in views.pods():
        for index, node in enumerate(_items(pod.node.get("volumes"))):
            if node.kind == MAPPING:
                name = node.get("name")
                text = (name.scalar_text() if name is not None else None) or ""
                yield Volume(pod.resource, node, f"{pod.path}.volumes[{index}]", pod.confidence, pod, text)


def _volume_sources(views: Views) -> Iterator[View]:
    for volume in views.volumes():
        for entry in volume.node.entries_among(volume_plugins.PLUGINS):
            if volume_plugins.PLUGINS[entry.key].in_pod and entry.node.kind == MAPPING:
                path = f"{volume.path}.{entry.key}"
                yield VolumeSource(
                    volume.resource, entry.node, path, volume.confidence, entry.key_node, entry.key, volume, volume.name
                )
    resource = views.resource
    if resource.kind == "PersistentVolume":
        spec = resource.node.get("spec")
        for entry in spec.entries_among(volume_plugins.PLUGINS) if spec is not None else ():
            if volume_plugins.PLUGINS[entry.key].in_pv and entry.node.kind == MAPPING:
                path = f"spec.{entry.key}"
                yield VolumeSource(
                    resource, entry.node, path, Confidence.HIGH, entry.key_node, entry.key, None, resource.name
                )


def _containers(views: Views) -> Iterator[View]:
    for pod in views.pods():
        for field in ("initContainers", "containers", "ephemeralContainers"):
            for index, node in enumerate(_items(pod.node.get(field))):
                if node.kind == MAPPING:
                    name = node.get("name")
                    text = (name.scalar_text() if name is not None else None) or ""
                    yield Container(pod.resource, node, f"{pod.path}.{field}[{index}]", pod.confidence, pod, text)


def _claims(views: Views) -> Iterator[View]:
    resource = views.resource
    if resource.kind == "PersistentVolumeClaim":
        yield Claim(resource, resource.node, "", Confidence.HIGH, "claim", resource.name)
    elif resource.kind in POD_PATHS:
        for index, node in enumerate(_items(resource.node.at("spec", "volumeClaimTemplates"))):
            if node.kind == MAPPING:
                path = f"spec.volumeClaimTemplates[{index}]"
                yield Claim(resource, node, path, Confidence.HIGH, "template", _claim_name(node))
    elif is_custom(resource):
        for node, path, _ in _mappings(resource):
            field = path.rpartition(".")[2].partition("[")[0]
            if field in ("volumeClaimTemplate", "volumeClaimTemplates", "persistentVolumeClaimSpec"):
                yield Claim(resource, node, path, Confidence.LOW, "custom", _claim_name(node))
    for volume in views.volumes():
        template = volume.node.at("ephemeral", "volumeClaimTemplate")
        if template is not None and template.kind == MAPPING:
            path = f"{volume.path}.ephemeral.volumeClaimTemplate"
            yield Claim(volume.resource, template, path, volume.confidence, "ephemeral", volume.name)


def _metadata(views: Views) -> Iterator[View]:
    resource = views.resource
    own = resource.node.get("metadata")
    if own is not None and own.kind == MAPPING:
        yield Metadata(resource, own, "metadata", Confidence.HIGH, resource.kind)
    for pod in views.pods():
        if pod.metadata is not None and pod.metadata is not own and pod.metadata.kind == MAPPING:
            path = f"{pod.path.removesuffix('spec')}metadata"
            yield Metadata(resource, pod.metadata, path, pod.confidence, "Pod")
    for claim in views.claims():
        metadata = claim.node.get("metadata")
        if claim.path and metadata is not None and metadata.kind == MAPPING:
            yield Metadata(resource, metadata, f"{claim.path}.metadata", claim.confidence, "PersistentVolumeClaim")


VIEWS: dict[str, Callable[[Views], Iterator[View]]] = {
    "resource": _whole,
    "pod-spec": _pod_specs,
    "volume": _volumes,
    "volume-source": _volume_sources,
    "container": _containers,
    "claim": _claims,
    "metadata": _metadata,
    "persistent-volume": _kind("PersistentVolume"),
    "storage-class": _kind("StorageClass"),
}
"""The named views a card's `on:` may use, besides API kinds."""


_OF_PODS = frozenset(("pod-spec", "volume", "container"))
"""The views that only objects with Pods in them have."""


def is_custom(resource: Resource) -> bool:
    """True for a custom resource that may embed a Pod template; false for built-in kinds, schemas and policies."""
    group = resource.group
    if "." not in group or group.endswith(POLICY_GROUPS):
        return False
    return group.endswith(".x-k8s.io") or not group.endswith(".k8s.io")


def _looks_like_pod_spec(node: Node) -> bool:
    containers = _items(node.get("containers"))
    if any(item.kind == MAPPING and item.get("image") is not None for item in containers):
        return True
    return any(
        volume.kind == MAPPING
        and volume.get("name") is not None
        and any(entry.key in volume_plugins.PLUGINS and entry.node.kind == MAPPING for entry in volume.entries())
        for volume in _items(node.get("volumes"))
    )


def _mappings(resource: Resource) -> Iterator[tuple[Node, str, Node | None]]:
    """All mappings of an object with their field path and parent mapping, in document order."""
    stack: list[tuple[Node, str, Node | None]] = [(resource.node, "", None)]
    budget = SHAPE_BUDGET
    while stack and budget:
        budget -= 1
        node, path, parent = stack.pop()
        if node.kind == MAPPING:
            yield node, path, parent
            found = [
                (entry.node, f"{path}.{entry.key}" if path else entry.key, node)
                for entry in node.entries()
                if entry.node.kind in (MAPPING, SEQUENCE)
            ]
            stack.extend(reversed(found))
        elif node.kind == SEQUENCE:
            children = [(item, f"{path}[{index}]", parent) for index, item in enumerate(node.items())]
            stack.extend(reversed(children))


def _items(node: Node | None) -> list[Node]:
    return node.items() if node is not None else []


def _claim_name(node: Node) -> str:
    name = node.at("metadata", "name")
    return (name.scalar_text() if name is not None else None) or ""
