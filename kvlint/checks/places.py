"""Where credentials stand in one object: environment, command lines, volume sources, parameters, annotations, files.

These finders are pure on nodes: the checks make matches of what they find, the masks hide it."""

from collections.abc import Iterator

from kvlint.checks import commands, config_files, values
from kvlint.checks.spans import value_span_to_source
from kvlint.checks.values import Verdict
from kvlint.finding import Confidence, Severity
from kvlint.knowledge import credential_keys as keys
from kvlint.knowledge.credential_keys import Place
from kvlint.node import MAPPING, SCALAR, SEQUENCE, Entry, Node, YamlError
from kvlint.record import NamedTuple
from kvlint.views import Views

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MOUNT_OPTIONS_ANNOTATION = "volume.beta.kubernetes.io/mount-options"
OPENEBS_ANNOTATION = "cas.openebs.io/config"

_PROBES = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)
_WITHOUT_FIELDS = frozenset(
    ("secret", "configMap", "projected", "downwardAPI", "emptyDir", "persistentVolumeClaim", "ephemeral")
)


class Found(NamedTuple):
    """A credential or placeholder: the scalar that holds it, the verdict (its span is in the scalar's value), the field
    path of the scalar and the name the value has."""

    node: Node
    verdict: Verdict
    path: str
    name: str


def every_place(views: Views) -> Iterator[Found]:
    """What all these checks find in one object, its annotations excepted."""
    for container in views["container"]:
        yield from (found for found, _ in environment(container.node, container.path))
        yield from command_lines(container.node, container.path)
    for source in views.sources():
        yield from volume_source(source.field, source.node, source.path)
    node = views.resource.node
    if views.resource.kind in ("PersistentVolume", "StorageClass"):
        yield from mount_options(node)
    if views.resource.kind == "StorageClass":
        yield from storage_class(node)
    if views.resource.kind in ("ConfigMap", "Kustomization"):
        yield from config_map(node)


def environment(container: Node, path: str) -> Iterator[tuple[Found, Node]]:
    """The credentials in a container's `env`, each with the item of the list that it stands in."""
    for index, item in enumerate(_items(container.get("env"))):
        node = item.get("value")
        name, value = _text(item.get("name")), _text(node)
        if node is None or not name or not value:
            continue
        where = f"{path}.env[{index}].value"
        for verdict in _spoken(environment_value(name, value)):
            yield Found(node, verdict, where, name), item


def command_lines(container: Node, path: str) -> Iterator[Found]:
    """The credentials in the command lines and HTTP headers of a container."""
    yield from _command_line([(container.get("command"), f"{path}.command"), (container.get("args"), f"{path}.args")])
    for steps in _PROBES:
        where = ".".join((path, *steps))
        holder = container.at(*steps)
        if holder is None:
            continue
        yield from _command_line([(holder.at("exec", "command"), f"{where}.exec.command")])
        for index, header in enumerate(_items(holder.at("httpGet", "httpHeaders"))):
            name, node = _text(header.get("name")), header.get("value")
            value = _text(node)
            if node is None or not name or not value:
                continue
            prefix = len(name) + 2
            for hit in commands.find([f"{name}: {value}"]):
                start, end = hit.verdict.start - prefix, hit.verdict.end - prefix
                if start >= 0:
                    verdict = hit.verdict._replace(start=start, end=end)
                    yield Found(node, verdict, f"{where}.httpGet.httpHeaders[{index}].value", name)


def _command_line(parts: list[tuple[Node | None, str]]) -> Iterator[Found]:
    nodes: list[tuple[Node, str, str]] = []
    for node, path in parts:
        for index, item in enumerate(_items(node)):
            text = _text(item)
            if text is not None:
                nodes.append((item, f"{path}[{index}]", text))
    for hit in commands.find([text for _, _, text in nodes]):
        node, path, _ = nodes[hit.at]
        yield Found(node, hit.verdict, path, hit.name)


def volume_source(field: str, node: Node, path: str) -> Iterator[Found]:
    """The credentials in a volume source. References are exempt by path: they name a Secret and hold none."""
    if field in _WITHOUT_FIELDS or node.kind != MAPPING:
        return
    driver = _text(node.get("driver")) or ""
    for entry in _entries(node):
        where = f"{path}.{entry.key}"
        if (field, entry.key) == ("flexVolume", "options"):
            yield from _keyed(entry.node, where, keys.flexvolume(driver))
        elif (field, entry.key) == ("csi", "volumeAttributes"):
            yield from _keyed(entry.node, where, keys.csi(driver))
        elif entry.node.kind == SCALAR and not entry.key.endswith("Name"):
            yield from _scalar(entry.key, entry.node, where, Place(keys.STORAGE))


def mount_options(node: Node) -> Iterator[Found]:
    """The credentials in `mountOptions` and in the annotation that came before it."""
    path = "mountOptions" if node.get("mountOptions") is not None else "spec.mountOptions"
    listed = node.get("mountOptions") or node.at("spec", "mountOptions")
    for index, item in enumerate(_items(listed)):
        yield from _mount_text(item, f"{path}[{index}]")
    annotation = node.at("metadata", "annotations", MOUNT_OPTIONS_ANNOTATION)
    if annotation is not None:
        yield from _mount_text(annotation, f"metadata.annotations[{MOUNT_OPTIONS_ANNOTATION}]")


def storage_class(node: Node) -> Iterator[Found]:
    """The credentials in a StorageClass's `parameters`; `csi.storage.k8s.io/*` ones name Secrets."""
    place = keys.storage_class(_text(node.get("provisioner")) or "")
    parameters = node.get("parameters")
    if parameters is not None:
        yield from _keyed(parameters, "parameters", place)


def annotations(metadata: Node) -> Iterator[tuple[Node, str, list[Found]]]:
    """The annotations that hold whole objects or settings: the node of the annotation's key, its name, and what its
    value gives away."""
    holder = metadata.get("annotations")
    for entry in _entries(holder) if holder is not None else ():
        text = _text(entry.node)
        if not text:
            continue
        if entry.key == LAST_APPLIED:
            yield entry.key_node, entry.key, list(applied(entry.node, text))
        elif entry.key == OPENEBS_ANNOTATION:
            place = Place(keys.STORAGE)
            yield (
                entry.key_node,
                entry.key,
                [Found(entry.node, verdict, "", name) for name, verdict in config_files.pairs(text, place)],
            )


def config_map(node: Node) -> Iterator[Found]:
    """The credentials in a ConfigMap's `data` and `binaryData`, or in the literals of a Kustomization's generators."""
    for field in ("data", "binaryData"):
        holder = node.get(field)
        for entry in _entries(holder) if holder is not None else ():
            text = _text(entry.node)
            if text:
                found = _binary(entry, text) if field == "binaryData" else _file(entry, text)
                yield from (one._replace(path=f"{field}[{entry.key}]") for one in found)
    for field in ("configMapGenerator", "secretGenerator"):
        for number, generator in enumerate(_items(node.get(field))):
            for index, item in enumerate(_items(generator.get("literals"))):
                name, equals, value = (_text(item) or "").partition("=")
                if not equals or (field == "configMapGenerator" and keys.strength(name) < keys.Strength.STORAGE):
                    continue
                for verdict in _spoken(values.verdicts(name, value, keys.ENVIRONMENT)):
                    moved = verdict._replace(start=verdict.start + len(name) + 1, end=verdict.end + len(name) + 1)
                    yield Found(item, moved, f"{field}[{number}].literals[{index}]", name)


def _file(entry: Entry, text: str) -> Iterator[Found]:
    """One entry of a ConfigMap: a storage client's file by its name or content, or a storage environment variable."""
    found = list(config_files.find(entry.key, text))
    variable = entry.key.isupper() and any(mark in entry.key for mark in keys.VARIABLE_MARKS)
    if not found and variable and keys.strength(entry.key) == keys.Strength.STORAGE:
        found = [
            config_files.Found(entry.key, verdict)
            for verdict in _spoken(values.verdicts(entry.key, text, keys.ENVIRONMENT))
        ]
    for one in found:
        yield Found(entry.node, one.verdict, "", entry.key)


def _binary(entry: Entry, text: str) -> Iterator[Found]:
    if config_files.known(entry.key) is None:
        return
    from base64 import b64decode

    try:
        decoded = b64decode(text).decode()
    except ValueError:
        return
    for one in _file(entry, decoded):
        yield one._replace(verdict=one.verdict._replace(start=0, end=len(text)))


def applied(node: Node, text: str) -> Iterator[Found]:
    """What a copy of an object gives away: the copy is read as any manifest and judged by the same rules."""
    from kvlint.resources import resources
    from kvlint.source import Source
    from kvlint.yamltree import documents

    source = Source("", text.encode("utf-8", "surrogatepass"))
    for document in documents(source):
        try:
            found = resources(document, document.compose())
        except YamlError:
            return
        for resource in found:
            for one in every_place(Views(resource)):
                verdict = one.verdict
                start, end = value_span_to_source(one.node, source.text, verdict.start, verdict.end)
                yield one._replace(node=node, verdict=verdict._replace(start=start, end=end))
            if resource.kind == "Secret":
                for field in ("data", "stringData"):
                    holder = resource.node.get(field)
                    for entry in _entries(holder) if holder is not None else ():
                        verdict = Verdict(
                            values.CREDENTIAL,
                            Severity.WARNING,
                            Confidence.HIGH,
                            entry.node.start,
                            entry.node.end,
                            "Secret",
                        )
                        if _text(entry.node):
                            yield Found(node, verdict, "", entry.key)


def environment_value(name: str, value: str) -> list[Verdict]:
    """The verdicts on an environment variable; one that holds a program's options is read as a command line too."""
    found = values.verdicts(name, value, keys.ENVIRONMENT)
    if not found and ("-" in value or "=" in value) and " " in value.strip():
        return [hit.verdict for hit in commands.find([value])]
    return found


def _keyed(node: Node, path: str, place: Place) -> Iterator[Found]:
    """The credentials among the options, attributes or parameters of a driver."""
    entries = _entries(node)
    texts = {entry.key: _text(entry.node) or "" for entry in entries}
    paired = any(
        values.classify(key, text, place).kind == values.CREDENTIAL
        for key, text in texts.items()
        if key.lower() in place.literal
    )
    for entry in entries:
        where = f"{path}.{entry.key}"
        if entry.key.lower() in keys.MOUNT_TEXTS:
            yield from _mount_text(entry.node, where, entry.key)
        elif entry.key.lower() in place.files:
            for one in config_files.find("rclone.conf", texts[entry.key]):
                yield Found(entry.node, one.verdict, where, entry.key)
        else:
            yield from _scalar(entry.key, entry.node, where, place, paired)


def _scalar(name: str, node: Node, path: str, place: Place, paired: bool = False) -> Iterator[Found]:
    text = _text(node)
    if text:
        for verdict in _spoken(values.verdicts(name, text, place, paired=paired)):
            yield Found(node, verdict, path, name)


def _mount_text(node: Node, path: str, name: str = "") -> Iterator[Found]:
    text = _text(node)
    if text:
        for one in config_files.without_overlaps(list(commands.mount_options(text))):
            yield Found(node, one.verdict, path, name or one.name)


def _spoken(found: list[Verdict]) -> Iterator[Verdict]:
    return (verdict for verdict in found if verdict.kind in (values.CREDENTIAL, values.PLACEHOLDER))


def _items(node: Node | None) -> list[Node]:
    return node.items() if node is not None and node.kind == SEQUENCE else []


def _text(node: Node | None) -> str | None:
    return node.scalar_text() if node is not None else None


def _entries(node: Node) -> list[Entry]:
    try:
        return node.entries()
    except YamlError:
        return []
