"""What one file says that other files need to know: its claims, classes, volumes, drivers, Secrets and who uses claims.

Facts are tuples of strings, numbers and tuples. They survive JSON (`kvlint.codec`), hold no nodes and no text of the
file beyond the fields that binding reads, and never data of a Secret."""

from __future__ import annotations

from kvlint.finding import Confidence, Location, ResourceRef
from kvlint.record import NamedTuple

FACTS_VERSION = 3
"""Changes whenever a fact changes its fields or their meaning: cached facts of another version are not read."""

CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
DEFAULT_ANNOTATIONS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)

CLASS_FIELD = "spec.storageClassName"
CLASS_ANNOTATION_FIELD = f"metadata.annotations[{CLASS_ANNOTATION}]"
VOLUME_FIELD = "spec.volumeName"
SIZE_FIELD = "spec.resources.requests.storage"
CAPACITY_FIELD = "spec.capacity.storage"
MODES_FIELD = "spec.accessModes"
VOLUME_MODE_FIELD = "spec.volumeMode"
DEFAULT_FIELDS = tuple(f"metadata.annotations[{key}]" for key in DEFAULT_ANNOTATIONS)

FIELDS = (
    "",
    "metadata.name",
    "spec",
    CLASS_FIELD,
    CLASS_ANNOTATION_FIELD,
    VOLUME_FIELD,
    SIZE_FIELD,
    CAPACITY_FIELD,
    MODES_FIELD,
    VOLUME_MODE_FIELD,
    "spec.selector",
    "spec.claimRef",
    "spec.csi.volumeHandle",
    "metadata.labels",
    "provisioner",
    *DEFAULT_FIELDS,
)
"""The field paths, relative to a thing, whose places are known where they were written; the empty one is the thing."""
NUMBERS = {field: number for number, field in enumerate(FIELDS)}

Span = tuple[int, int, int, int]
"""Line, column, end line and end column: 1-based, end exclusive."""


class Place(NamedTuple):
    """Where a thing was read, and whose it is.

    `identity` is the file's path within its repository. `field` is the path of the thing inside its object, the empty
    string for the object itself; `item` names the list item it leads into. `spans` holds five numbers for the thing as
    a whole and for each of its fields that was written: which of `FIELDS`, and its `Span`. A repository has places by
    the thousand, so they are not objects. `confidence` is LOW for a thing found by shape inside a custom resource."""

    file: str
    api_version: str
    kind: str
    namespace: str | None
    name: str
    field: str
    spans: tuple[int, ...]
    confidence: int = Confidence.HIGH
    identity: str = ""
    item: str = ""

    @property
    def where(self) -> str:
        """The path that tells which files are near to each other: that within the repository, if there is one."""
        return self.identity or self.file

    def key(self, *keys: str) -> str:
        """The first of `keys` that was written in the file; the empty string if none was."""
        written = self.spans[::5]
        return next((key for key in keys if NUMBERS.get(key) in written), "")

    @property
    def start(self) -> tuple[int, int]:
        """The line and column where the thing begins."""
        return self.spans[1], self.spans[2]

    def location(self, *keys: str, label: str = "") -> Location:
        """Where the first of `keys` that was written is; where the thing is, if none was."""
        at = 5 * self.spans[::5].index(NUMBERS[self.key(*keys)])
        line, column, end_line, end_column = self.spans[at + 1 : at + 5]
        return Location(self.file, line, column, end_line, end_column, label)

    def nowhere(self) -> Place:
        """The same without lines and columns."""
        return self._replace(spans=tuple([0 if at % 5 else number for at, number in enumerate(self.spans)]))

    def path(self, *keys: str) -> str:
        """The field path inside the object of what `location(*keys)` points at."""
        key = self.key(*keys)
        if self.field.endswith("Spec"):
            key = key.removeprefix("spec").removeprefix(".")
        return ".".join(part for part in (self.field, key) if part)

    def ref(self) -> ResourceRef:
        """The object as findings name it."""
        return ResourceRef(self.api_version, self.kind, self.namespace, self.name)


class Requirement(NamedTuple):
    """One term of a label selector. `matchLabels` entries are requirements with the operator In and one value."""

    key: str
    operator: str
    values: tuple[str, ...]


class Claim(NamedTuple):
    """A PersistentVolumeClaim or a template of one. `origin` as in `views.Claim`.

    `class_field` and `class_annotation` are None where absent (or null), which is not the same as empty. `request` is
    the quantity as written, None where absent. `selector` is None where absent. `phase` comes from live objects. A
    template belongs to an object whose `replicas` claims are numbered from `start`. `declare` is the edit that writes
    an empty class into the manifest: a byte offset and the text to insert; None where the class is there or the text
    leaves no plain place for it."""

    place: Place
    origin: str
    name: str
    class_field: str | None = None
    class_annotation: str | None = None
    modes: tuple[str, ...] = ()
    request: str | None = None
    volume_mode: str = "Filesystem"
    volume_name: str = ""
    selector: tuple[Requirement, ...] | None = None
    attributes_class: str = ""
    uid: str = ""
    phase: str = ""
    replicas: int = 1
    start: int = 0
    declare: tuple[int, str] | None = None

    @property
    def namespace(self) -> str | None:
        """The namespace of the object that brings the claim; None where it says none."""
        return self.place.namespace

    @property
    def class_name(self) -> str | None:
        """The class Kubernetes reads: the annotation beats the field, even an empty one. None: the claim names none."""
        return self.class_field if self.class_annotation is None else self.class_annotation

    def class_key(self) -> tuple[str, ...]:
        """What a finding about the class points at, best first."""
        return (CLASS_FIELD if self.class_annotation is None else CLASS_ANNOTATION_FIELD, "spec")


class ClaimRef(NamedTuple):
    """The claim a PersistentVolume is reserved for. An empty namespace is none: there is none to inherit."""

    namespace: str
    name: str
    uid: str


class PersistentVolume(NamedTuple):
    """A PersistentVolume. `source` is the field of its volume source; a `csi` source has a `driver` and a `handle`.

    `phase` is empty where the manifest has no status. `secrets` are CSI secret references: field, namespace, name."""

    place: Place
    name: str
    class_field: str | None = None
    class_annotation: str | None = None
    modes: tuple[str, ...] = ()
    capacity: str | None = None
    volume_mode: str = "Filesystem"
    claim_ref: ClaimRef | None = None
    labels: tuple[tuple[str, str], ...] = ()
    attributes_class: str = ""
    phase: str = ""
    deleting: bool = False
    source: str = ""
    driver: str = ""
    handle: str = ""
    secrets: tuple[tuple[str, str, str], ...] = ()

    @property
    def class_name(self) -> str:
        """The class Kubernetes compares: the annotation beats the field, and none is the empty class."""
        return (self.class_field if self.class_annotation is None else self.class_annotation) or ""


class StorageClass(NamedTuple):
    """A StorageClass. `default` is True if one of the two marks says exactly "true"."""

    place: Place
    name: str
    provisioner: str
    delayed: bool = False
    default: bool = False


class Driver(NamedTuple):
    """A CSIDriver object. `modes` are its volumeLifecycleModes."""

    place: Place
    name: str
    modes: tuple[str, ...]


class Secret(NamedTuple):
    """That a Secret of this name exists; nothing of what it holds."""

    place: Place
    name: str


class Use(NamedTuple):
    """An object's Pod names a claim: the volume called `volume` mounts `claim`."""

    place: Place
    claim: str
    volume: str


class Holding(NamedTuple):
    """Storage that an object itself names: a Pod's volume or a PersistentVolume. Only a survey needs it.

    `source` is the field of the volume source, `driver` that of a FlexVolume or CSI source, `maker` the provisioner
    that a PersistentVolume's annotation names; each the empty string where there is none. An object of a storage API
    has neither: it counts for its API version."""

    place: Place
    source: str = ""
    driver: str = ""
    maker: str = ""


VALUES = "values"
TEMPLATE = "template"


class Mention(NamedTuple):
    """A source that may bring objects kvlint does not see (`kvlint.mentions` tells which names it holds).

    The kind of its place is that of the object (HelmRelease, Application …), VALUES for the values of a chart, or
    TEMPLATE for an unrendered StorageClass, which may get any name."""

    place: Place


Fact = Claim | PersistentVolume | StorageClass | Driver | Secret | Use | Holding | Mention

RELATED = (Claim, PersistentVolume, StorageClass)
"""The facts that findings about other files point at."""
