"""What the tests of migrations share: subjects from plain objects, and Kubernetes' own schemas and rules."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import referencing

from kvlint.finding import MANUAL, NEEDS_INPUT, READY, UNSAFE, Migration
from kvlint.knowledge.access_modes import of_driver
from kvlint.knowledge.volume_plugins import PLUGINS
from kvlint.migrate import Inputs, Subject, migrate
from kvlint.migrate.objects import valid_name
from kvlint.migrate.subject import CLASS, INLINE, PLACEHOLDER_PREFIX, PV

DATA = Path(__file__).parent / "data"
PLACEHOLDER = re.compile(re.escape(PLACEHOLDER_PREFIX) + "[^>]*>")

Plain = dict[str, Any]


def inline(
    volume: Plain,
    namespace: str | None = "shop",
    config: Plain | None = None,
    owner: tuple[str, str] = ("Deployment", "web"),
    replicas: int | None = 1,
) -> Subject:
    """A Pod's volume entry."""
    return Subject(INLINE, source_of(volume), volume, namespace, owner, Inputs(config), replicas=replicas)


def volume(object_: Plain, config: Plain | None = None) -> Subject:
    """A whole PersistentVolume."""
    spec = object_["spec"]
    namespace = (spec.get("claimRef") or {}).get("namespace")
    owner = ("PersistentVolume", object_["metadata"]["name"])
    return Subject(PV, source_of(spec), object_, namespace, owner, Inputs(config))


def storage_class(object_: Plain, config: Plain | None = None) -> Subject:
    """A whole StorageClass."""
    owner = ("StorageClass", object_["metadata"]["name"])
    return Subject(CLASS, object_["provisioner"], object_, None, owner, Inputs(config))


def subject(kind: str, object_: Plain, namespace: str | None = None, config: Plain | None = None) -> Subject:
    if kind == INLINE:
        return inline(object_, namespace, config)
    return (volume if kind == PV else storage_class)(object_, config)


def source_of(holder: Mapping[str, Any]) -> str:
    return next(key for key in holder if key in PLUGINS)


def persistent(source: Plain, *, name: str = "volume7", metadata: Plain | None = None, **spec: Any) -> Plain:
    """A PersistentVolume with the source, as a user writes one."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name} | (metadata or {}),
        "spec": {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], **spec, **source},
    }


def class_of(provisioner: str, parameters: Plain | None = None, **rest: Any) -> Plain:
    """A StorageClass, as a user writes one."""
    made = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "class7"},
        "provisioner": provisioner,
        **rest,
    }
    return made | ({"parameters": parameters} if parameters is not None else {})


def made(subject_: Subject) -> tuple[Plain, Plain]:
    """The PersistentVolume and the claim of a Pod's volume."""
    first, second = migrate(subject_).manifests
    return first, second


def notes(migration: Migration) -> str:
    return "\n".join(migration.notes)


@functools.cache
def _validator(kind: str) -> Any:
    version = kubernetes_validate.latest_version()
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{version}-local-strict"
    schema = json.loads((folder / kind).read_text())
    definitions = json.loads((folder / "_definitions.json").read_text())
    registry: Any = referencing.Registry()
    registry = registry.with_resource(
        "_definitions.json", referencing.Resource.from_contents(definitions, referencing.jsonschema.DRAFT202012)
    )
    return jsonschema.Draft202012Validator(schema, registry=registry.crawl())


def schema_errors(object_: Plain) -> list[str]:
    """What the API schema of the newest version that kubernetes-validate has finds wrong, unknown fields included."""
    group, _, version = object_["apiVersion"].rpartition("/")
    kind = f"{object_['kind'].lower()}-{group.partition('.')[0]}{'-' if group else ''}{version}.json"
    return [f"{error.json_path}: {error.message}" for error in _validator(kind).iter_errors(object_)]


def strings(value: Any) -> Iterator[str]:
    """All strings in plain data, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def placeholders(value: Any) -> set[str]:
    return {found for text in strings(value) for found in PLACEHOLDER.findall(text)}


def check(subject_: Subject, migration: Migration) -> None:
    """What is true of every migration: the API's schema, and the API server's and CSI's own rules beside it."""
    known = {item.placeholder for item in migration.inputs}
    assert placeholders([migration.manifests, migration.replacement, migration.steps]) <= known | {"<kvlint:userKey>"}
    assert migration.title
    assert migration.id
    assert migration.status in (READY, NEEDS_INPUT, MANUAL)
    assert all(url.startswith("https://") for url in migration.references)
    if migration.status == MANUAL:
        assert migration.applicability == MANUAL
        assert migration.steps
        assert migration.replacement is None
        return
    assert (migration.status == NEEDS_INPUT) == bool(migration.inputs)
    assert migration.applicability == UNSAFE
    assert migration.replacement is not None
    assert migration.manifests
    for object_ in migration.manifests:
        assert schema_errors(object_) == []
        check_object(object_)
    if subject_.kind == INLINE:
        check_pair(subject_, migration)
    else:
        assert migration.manifests == (migration.replacement,)
        assert migration.replacement["metadata"]["name"] == subject_.name


def check_object(object_: Plain) -> None:
    name = object_["metadata"]["name"]
    assert valid_name(name), name
    if object_["kind"] != "PersistentVolume":
        return
    spec = object_["spec"]
    assert spec["persistentVolumeReclaimPolicy"] == "Retain"
    assert "storageClassName" in spec
    assert list(spec["capacity"]) == ["storage"]
    modes = spec["accessModes"]
    assert len(modes) == 1 or (modes[0] == "ReadWriteMany" and "ReadWriteOncePod" not in modes)
    assert not object_["metadata"].get("finalizers")
    assert set(spec.get("claimRef", {})) <= {"apiVersion", "kind", "namespace", "name"}
    if "csi" in spec:
        csi = spec["csi"]
        assert csi["volumeHandle"]
        assert len(csi["driver"]) <= 63
        assert valid_name(csi["driver"])
        for field, reference in csi.items():
            if field.endswith("SecretRef"):
                assert reference["name"]
                assert reference["namespace"]
        assert all(isinstance(value, str) for value in csi.get("volumeAttributes", {}).values())
        known = of_driver(csi["driver"])
        if known is not None:
            assert set(modes) <= {mode.mode for mode in known.of(spec.get("volumeMode", "Filesystem"))}


def check_pair(subject_: Subject, migration: Migration) -> None:
    """PersistentVolume, claim and volume entry fit together."""
    volume_, claim = migration.manifests
    assert (volume_["kind"], claim["kind"]) == ("PersistentVolume", "PersistentVolumeClaim")
    assert volume_["spec"]["storageClassName"] == claim["spec"]["storageClassName"] == ""
    assert claim["spec"]["volumeName"] == volume_["metadata"]["name"]
    assert claim["spec"]["accessModes"] == volume_["spec"]["accessModes"]
    assert len(claim["spec"]["accessModes"]) == 1
    assert claim["spec"]["resources"]["requests"] == volume_["spec"]["capacity"]
    reference = volume_["spec"].get("claimRef")
    if subject_.namespace is None:
        assert "namespace" in {item.name for item in migration.inputs} or reference
    else:
        assert reference == {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": subject_.namespace,
            "name": claim["metadata"]["name"],
        }
        assert claim["metadata"]["namespace"] == subject_.namespace
    entry = migration.replacement
    assert entry is not None
    assert entry["name"] == subject_.object["name"]
    assert entry["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    read_only = subject_.body.get("readOnly") is True
    assert entry["persistentVolumeClaim"].get("readOnly", False) is read_only
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [], "volumes": [entry]}}
    assert schema_errors(pod) == []
