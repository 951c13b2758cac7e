"""Checks of the category credentials: literals where a reference to a Secret belongs.

No match holds a part of a credential: its node spans exactly the credential, which the output masks."""

from collections.abc import Callable, Iterator

from kvlint.checks import places, values
from kvlint.checks.migration import class_migration, migration_of
from kvlint.checks.places import Found
from kvlint.checks.spans import value_span_to_source
from kvlint.finding import Migration
from kvlint.rule import Context, Match
from kvlint.views import Container, Metadata, ObjectView, Views, VolumeSource


def pod_env_credential(container: Container, context: Context) -> Iterator[Match]:
    """A literal value of an environment variable that is a credential by its name or its shape."""
    for found, variable in places.environment(container.node, container.path):
        said = {"container": container.name, "variable": found.name}
        yield _match(container, found, said)._replace(related=((variable, "this variable"),))


def pod_command_credential(container: Container, context: Context) -> Iterator[Match]:
    """A literal credential on a command line of a container: command, args, probes, lifecycle hooks."""
    for found in places.command_lines(container.node, container.path):
        option = f" (`{found.name}`)" if found.name != found.verdict.what else ""
        yield _match(container, found, {"container": container.name, "option": option})


def volume_credential(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A literal credential in a volume source: FlexVolume options, CSI volumeAttributes, any other field."""
    for found in places.volume_source(source.field, source.node, source.path):
        said = {"volume": source.name, "holder": source.holder, "key": found.name}
        yield _match(source, found, said)._replace(
            related=source.named(),
            migration=migration_of(source, context),
            subject=source.volume.node if source.volume is not None else None,
        )


def mount_options_credential(view: ObjectView, context: Context) -> Iterator[Match]:
    """A password among the mount options of a PersistentVolume or StorageClass, or of the old annotation."""
    for found in places.mount_options(view.node):
        match = _match(view, found, {"option": found.name})
        yield match._replace(migration=_migration(view, context))


def storage_class_credential(view: ObjectView, context: Context) -> Iterator[Match]:
    """A literal credential among the parameters of a StorageClass."""
    for found in places.storage_class(view.node):
        match = _match(view, found, {"parameter": found.name})
        yield match._replace(migration=class_migration(view.resource, context))


def annotation_credential(metadata: Metadata, context: Context) -> Iterator[Match]:
    """A copy of an object in an annotation that repeats its credentials; one match for the annotation."""
    for node, name, found in places.annotations(metadata.node):
        literal = [one.verdict for one in found if one.verdict.kind == values.CREDENTIAL]
        if not literal:
            continue
        gravest = max(literal, key=lambda verdict: (verdict.severity, verdict.confidence))
        yield Match(
            node,
            f"{metadata.path}.annotations[{name}]",
            {"annotation": name, "holds": f"repeats a literal {gravest.what}", "what": gravest.what},
            severity=gravest.severity,
            confidence=min(gravest.confidence, metadata.confidence),
        )


def config_map_credential(view: ObjectView, context: Context) -> Iterator[Match]:
    """A ConfigMap, or a Kustomization that generates one, with a storage client's configuration and its password."""
    for found in places.config_map(view.node):
        yield _match(view, found, {"entry": found.name})


def _match(view: Container | VolumeSource | ObjectView, found: Found, said: dict[str, str]) -> Match:
    """The match of a credential or placeholder; `{holds}` in the card is "holds a literal password" or the like."""
    verdict = found.verdict
    literal = verdict.kind == values.CREDENTIAL
    holds = f"holds a literal {verdict.what}" if literal else "holds a placeholder where a Secret belongs"
    return Match(
        found.node,
        found.path,
        {**said, "holds": holds, "what": verdict.what},
        severity=verdict.severity,
        confidence=min(verdict.confidence, view.confidence),
        label="" if literal else "still to be filled in",
        help="" if literal else "refer to a Secret here, and keep the value out of this file when it is known",
        span=value_span_to_source(found.node, view.resource.document.source.text, verdict.start, verdict.end),
        capped=not literal,
    )


def _migration(view: ObjectView, context: Context) -> Callable[[], Migration] | None:
    if view.resource.kind == "StorageClass":
        return class_migration(view.resource, context)
    source = next(iter(Views(view.resource)["volume-source"]), None)
    return migration_of(source, context) if isinstance(source, VolumeSource) else None
