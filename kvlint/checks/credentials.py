"""Checks of the category credentials: literals where a reference to a Secret belongs.

No match holds a part of a credential: its node spans exactly the credential, which the output masks."""

from collections.abc import Iterator

from kvlint.checks import places, values
from kvlint.checks.migration import annotation_removed, entry_moved, secret_of
from kvlint.checks.places import Found
from kvlint.checks.pod_literals import PodLiterals
from kvlint.checks.spans import value_span_to_source
from kvlint.rule import Context, Match
from kvlint.views import Metadata, ObjectView, PodSpec, Views, VolumeSource


def pod_env_credential(pod: PodSpec, context: Context) -> Iterator[Match]:
    """A literal value of an environment variable that is a credential by its name or its shape."""
    literals = PodLiterals(pod, context)
    for number, held in enumerate(literals.environment()):
        found, item = held.found, held.item
        variable = item.get("name") if item is not None else None
        yield _match(pod, found, {"container": held.container, "variable": found.name})._replace(
            related=((variable, "this variable"),) if variable is not None else (),
            migration=literals.of_environment(number),
            subject=item,
        )


def pod_command_credential(pod: PodSpec, context: Context) -> Iterator[Match]:
    """A literal credential on a command line of a container: command, args, probes, lifecycle hooks."""
    literals = PodLiterals(pod, context)
    for number, held in enumerate(literals.commands()):
        found = held.found
        option = f" (`{found.name}`)" if found.name != found.verdict.what else ""
        match = _match(pod, found, {"container": held.container, "option": option})
        yield match._replace(migration=literals.of_commands(number))


def volume_credential(source: VolumeSource, context: Context) -> Iterator[Match]:
    """A literal credential in a volume source: FlexVolume options, CSI volumeAttributes, any other field."""
    for found in places.volume_source(source.field, source.node, source.path):
        said = {"volume": source.name, "holder": source.holder, "key": found.name}
        yield _match(source, found, said)._replace(
            related=source.named(),
            migration=secret_of(source, context),
            subject=source.volume.node if source.volume is not None else source.resource.node,
        )


def mount_options_credential(view: ObjectView, context: Context) -> Iterator[Match]:
    """A password among the mount options of a PersistentVolume or StorageClass, or of the old annotation."""
    for found in places.mount_options(view.node):
        match = _match(view, found, {"option": found.name})
        source = next(iter(Views(view.resource).sources()), None)
        yield match._replace(migration=secret_of(source or view.resource, context), subject=view.node)


def storage_class_credential(view: ObjectView, context: Context) -> Iterator[Match]:
    """A literal credential among the parameters of a StorageClass."""
    for found in places.storage_class(view.node):
        match = _match(view, found, {"parameter": found.name})
        yield match._replace(migration=secret_of(view.resource, context), subject=view.node)


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
            migration=annotation_removed(metadata, name, context),
            subject=metadata.node,
        )


def config_map_credential(view: ObjectView, context: Context) -> Iterator[Match]:
    """A ConfigMap, or a Kustomization that generates one, with a storage client's configuration and its password."""
    everything = list(places.config_map(view.node))
    entries = tuple(dict.fromkeys(found.name for found in everything))
    for found in everything:
        migration = entry_moved(view, found.path, found.name, entries, context)
        yield _match(view, found, {"entry": found.name})._replace(migration=migration)


def _match(view: PodSpec | VolumeSource | ObjectView, found: Found, said: dict[str, str]) -> Match:
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
