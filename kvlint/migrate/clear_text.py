"""Credentials in texts that Kubernetes stores for everybody to read: copies of objects in annotations, ConfigMaps."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from kvlint.finding import MANUAL, READY, SAFE, UNSAFE, Migration
from kvlint.migrate.credential import ROTATE
from kvlint.migrate.draft import create_secret
from kvlint.migrate.objects import secret, storage_name
from kvlint.migrate.subject import Inputs

_APPLY = "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/"
_SECRETS = "https://kubernetes.io/docs/concepts/configuration/secret/"
_GENERATORS = "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/kustomization/"

_LITERALS = "Move the literals out of the object itself, or the next `kubectl apply` copies them again."
_ENCRYPTED = "Keep the Secret out of the repository, or encrypt it, and apply it with `kubectl apply --server-side`."

Who = tuple[str, str | None, str]
"""Kind, namespace and name of an object."""


def applied_copy(who: Who, path: str, annotation: str, metadata: Mapping[str, Any], own: bool) -> Migration:
    """The removal of a copy of an object that kubectl keeps in an annotation. `metadata` holds it; `own` is False for
    that of a template.

    `kubectl apply` never reads the annotation of the file: it writes its own (kubectl pkg/util/apply.go)."""
    new: dict[str, Any] = copy.deepcopy(dict(metadata))
    annotations = {key: value for key, value in new.pop("annotations", {}).items() if key != annotation}
    if annotations:
        new = {key: new[key] if key != "annotations" else annotations for key in metadata}
    notes = [
        f"The copy and its history can be read by whoever reads the file: {ROTATE}.",
        "`kubectl apply` ignores the annotation in a file and writes its own, with the literals that are still in the "
        "object; `kubectl apply --server-side` adds none to a new object.",
    ]
    if not own:
        notes.append("The annotation is in a template: the changed template replaces the Pods.")
    return Migration(
        _identity("annotation", who, path, annotation),
        None,
        READY,
        steps=(_ENCRYPTED if who[0] == "Secret" else _LITERALS,),
        notes=tuple(notes),
        references=(_APPLY,),
        title=f"Removal of the annotation `{annotation}`",
        applicability=SAFE if own else UNSAFE,
        replacement=new,
    )


def annotation_by_hand(who: Who, path: str, annotation: str) -> Migration:
    """What to do about an annotation that configures something, its credential included."""
    return Migration(
        _identity("annotation", who, path, annotation),
        None,
        MANUAL,
        steps=(
            f"Find in the documentation of what reads `{annotation}` how it takes the credential from a Secret, and "
            "take it out of the annotation.",
        ),
        notes=(f"Annotations can be read by whoever reads the object: {ROTATE}.",),
        references=(_SECRETS,),
        title="Secret in the place of the annotation's credential",
    )


def config_map(who: Who, entries: Sequence[str], inputs: Inputs) -> Migration:
    """What to do about entries of a ConfigMap that hold credentials: all of one ConfigMap go into one Secret."""
    kind, namespace, name = who
    made = storage_name("credentials", kind.lower(), name)
    target = inputs.given("credentials.secret", made) or made
    create = create_secret(target, namespace, {}, entries)
    listed = ", ".join(f"`{entry}`" for entry in entries)
    return Migration(
        _identity("config", who),
        None,
        MANUAL,
        steps=(
            create,
            f"Where Pods mount the ConfigMap, mount the Secret for these entries (`secret.secretName: {target}`; a "
            "`projected` volume holds entries of both under one path), and use `secretRef` or `secretKeyRef` where "
            "they take variables from it.",
            f"Take {listed} out of the ConfigMap and apply the changed workloads.",
        ),
        notes=(
            f"A ConfigMap is open to whoever reads the namespace, and this one to whoever reads the file: {ROTATE}.",
        ),
        references=(_SECRETS,),
        title=f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'} of the ConfigMap in Secret `{target}`",
        secrets=(secret(target, namespace, {}, entries),),
        preparation=(create,),
    )


def generator(who: Who, path: str, field: str, generated: str, entry: str) -> Migration:
    """What to do about a literal of a Kustomization's generator (`field`) for the object `generated`."""
    steps = [
        f"Write the value of `{entry}` into a file that is not committed, or is encrypted, as with SOPS; or let an "
        "operator make the Secret from a vault.",
        f"Name the file under `envs` or `files` of the secretGenerator for `{generated}`, and take the literal out.",
    ]
    if field == "configMapGenerator":
        steps.append(
            f"Let the workloads read `{entry}` from the Secret: `secretKeyRef` in the place of `configMapKeyRef`."
        )
    return Migration(
        _identity("generator", who, path),
        None,
        MANUAL,
        steps=tuple(steps),
        notes=(f"A literal of a generator is as open as any other text of the repository: {ROTATE}.",),
        references=(_GENERATORS,),
        title="secretGenerator with a file that is not committed",
    )


def _identity(what: str, who: Who, *more: str) -> str:
    kind, namespace, name = who
    return "/".join(("credential", what, namespace or "", kind, name, *more))
