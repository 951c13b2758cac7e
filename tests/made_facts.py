"""Facts made in a line, for tests of binding."""

from typing import Any

from kvlint.facts import (
    CAPACITY_FIELD,
    CLASS_ANNOTATION_FIELD,
    CLASS_FIELD,
    DEFAULT_FIELDS,
    MODES_FIELD,
    NUMBERS,
    SIZE_FIELD,
    VOLUME_FIELD,
    VOLUME_MODE_FIELD,
    Claim,
    ClaimRef,
    Driver,
    Mention,
    PersistentVolume,
    Place,
    Requirement,
    StorageClass,
    Use,
)
from kvlint.finding import Confidence
from kvlint.mentions import Words, words_in
from kvlint.source import Source

FIELDS = {
    "class_field": CLASS_FIELD,
    "class_annotation": CLASS_ANNOTATION_FIELD,
    "volume_name": VOLUME_FIELD,
    "request": SIZE_FIELD,
    "capacity": CAPACITY_FIELD,
    "modes": MODES_FIELD,
    "volume_mode": VOLUME_MODE_FIELD,
    "default": DEFAULT_FIELDS[0],
    "claim_ref": "spec.claimRef",
    "handle": "spec.csi.volumeHandle",
}


def place(
    kind: str,
    name: str,
    namespace: str | None = None,
    file: str = "all.yaml",
    line: int = 1,
    field: str = "",
    fields: tuple[str, ...] = (),
    confidence: int = Confidence.HIGH,
) -> Place:
    spans = {"": line, "spec": line + 1} | {
        FIELDS[key]: line + 2 + at for at, key in enumerate(fields) if key in FIELDS
    }
    version = "storage.k8s.io/v1" if kind in ("StorageClass", "CSIDriver") else "v1"
    return Place(
        file,
        version,
        kind,
        namespace,
        name,
        field,
        tuple(number for key, at in spans.items() for number in (NUMBERS[key], at, 1, at, 9)),
        confidence,
    )


def claim(name: str = "c", namespace: str | None = "ns", file: str = "all.yaml", line: int = 1, **given: Any) -> Claim:
    fields = {"request": "1Gi", "modes": ("ReadWriteOnce",), **given}
    if "selector" in fields and fields["selector"] is not None:
        fields["selector"] = tuple(Requirement(*term) for term in fields["selector"])
    where = place("PersistentVolumeClaim", name, namespace, file, line, fields=tuple(fields))
    return Claim(where, "claim", name, **fields)


def template(
    name: str, owner: str, namespace: str | None = "ns", file: str = "all.yaml", line: int = 1, **given: Any
) -> Claim:
    plain = claim(name, namespace, file, line, **given)
    where = plain.place._replace(kind="StatefulSet", name=owner, field="spec.volumeClaimTemplates[0]")
    return plain._replace(place=where, origin="template")


def ephemeral(name: str, kind: str, owner: str, namespace: str | None = "ns", file: str = "all.yaml") -> Claim:
    plain = claim(name, namespace, file)
    field = "spec.volumes[0].ephemeral.volumeClaimTemplate"
    return plain._replace(place=plain.place._replace(kind=kind, name=owner, field=field), origin="ephemeral")


def volume(name: str = "p", file: str = "all.yaml", line: int = 1, **given: Any) -> PersistentVolume:
    fields = {"capacity": "1Gi", "modes": ("ReadWriteOnce",), "source": "nfs", **given}
    if "claim_ref" in fields:
        fields["claim_ref"] = ClaimRef(*(*fields["claim_ref"], "")[:3])
    if "labels" in fields:
        fields["labels"] = tuple(fields["labels"].items())
    where = place("PersistentVolume", name, None, file, line, fields=tuple(fields))
    return PersistentVolume(where, name, **fields)


def storage_class(
    name: str, provisioner: str = "ebs.csi.aws.com", file: str = "all.yaml", line: int = 1, **given: Any
) -> StorageClass:
    return StorageClass(place("StorageClass", name, None, file, line, fields=tuple(given)), name, provisioner, **given)


def use(name: str, owner: str = "app", namespace: str | None = "ns", file: str = "all.yaml", kind: str = "Pod") -> Use:
    field = "spec.volumes[0].persistentVolumeClaim.claimName"
    return Use(place(kind, owner, namespace, file, field=field), name, "data")


def driver(name: str, modes: tuple[str, ...] = (), file: str = "all.yaml") -> Driver:
    return Driver(place("CSIDriver", name, None, file), name, modes)


def mention(file: str = "release.yaml", kind: str = "HelmRelease") -> Mention:
    return Mention(place(kind, "release", None, file))


def words(**texts: str) -> Words:
    """What tells the names in files of these texts; `__` in their names stands for a slash."""
    sources = {f"{name.replace('__', '/')}.yaml": text for name, text in texts.items()}
    return words_in(lambda file: Source(file, sources[file].encode()) if file in sources else None)
