"""A migration in the making: what a plugin's module has to say, and how that becomes a `Migration`.

`bind` finishes the migration of a Pod's volume, `manual` one that nobody but the reader can do;
`persistent.convert` and `classes.replace` finish those of PersistentVolumes and classes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from kvlint.finding import MANUAL, NEEDS_INPUT, READY, UNSAFE, Migration
from kvlint.knowledge.volume_plugins import PLUGINS, REDIRECTED, by_provisioner
from kvlint.migrate.objects import (
    OPAQUE,
    RWO,
    RWOP,
    Object,
    claim,
    claim_volume,
    persistent_volume,
    secret,
    volume_name,
)
from kvlint.migrate.subject import CLASS, INLINE, Refused, Subject, boolean, mapping, string

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


EXT4 = "ext4"

_VARIABLE = re.compile(r"\$\{?\(?[A-Za-z_]\w*\)?\}?")
_SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DeploymentConfig")


class Draft:
    """What has been found out about one subject so far.

    `driver` is the CSI driver, None for a driver-free volume; `plugin` is what is known of the in-tree plugin. `steps`
    come before the objects are applied, `last` after everything; notes are single sentences. Fields of the source that
    Kubernetes does not know are noted as dropped."""

    __slots__ = (
        "_hints",
        "_unknown",
        "driver",
        "last",
        "notes",
        "plugin",
        "references",
        "secrets",
        "steps",
        "subject",
    )

    def __init__(self, subject: Subject, driver: str | None, *references: str) -> None:
        self.subject = subject
        self.driver = driver
        self.plugin = by_provisioner(subject.source) if subject.kind == CLASS else PLUGINS.get(subject.source)
        self.references = references
        self.notes: list[str] = []
        self.steps: list[str] = []
        self.last: list[str] = []
        self.secrets: list[Object] = []
        self._unknown: dict[str, Any] = {}
        self._hints: set[str] = set()
        if subject.kind != CLASS:
            _only_source(subject)
        if self.plugin and subject.kind != CLASS:
            known = self.plugin.pod_fields if subject.kind == INLINE else self.plugin.pv_fields
            self._unknown = {key: value for key, value in subject.body.items() if key not in known}

    def note(self, text: str) -> None:
        """Add a sentence the reader must know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def namespace(self, why: str) -> str:
        """The namespace of the workload or claim, or a placeholder; `why` as for `Inputs.take`."""
        return self.subject.namespace or self.subject.inputs.take("namespace", why)

    def hint(self, name: str) -> str:
        """What the author wrote in a field that Kubernetes does not know; "" if nothing. Case does not matter."""
        for key, value in (dict(self.subject.hints) | self._unknown).items():
            if key.lower() == name.lower():
                self._hints.add(key)
                self.note(f"Kubernetes ignores `{key}` of {self.subject.source}, but the new volume has what it says.")
                return str(value)
        return ""

    def own_handle(self, name: str, what: str) -> str:
        """A volume handle of the namespace's own for the storage `name`, for drivers that take any unique text.

        A volume binds one claim, so storage used in several namespaces needs as many volumes and as many handles.
        `what` names the storage."""
        return f"{self.namespace(f'every namespace needs a volume handle of its own for the {what}')}.{name}"

    def read_only(self) -> bool:
        """Whether the source says `readOnly: true`, with a note on where that works for a PersistentVolume."""
        read_only = boolean(self.subject.body, "readOnly")
        if read_only and self.subject.kind != INLINE:
            self.note(
                "`readOnly` of a PersistentVolume does not make a mount read-only: set "
                "`persistentVolumeClaim.readOnly: true` in every Pod that must not write."
            )
        return read_only

    def file_system(self, default: str = EXT4) -> str:
        """The source's `fsType`, or the in-tree default, which a CSI volume must write out."""
        fs_type = string(self.subject.body, "fsType")
        if not fs_type:
            self.note(
                f"`fsType: {default}` is the in-tree default, written out because CSI applies fsGroup only to volumes "
                "that name one."
            )
        return fs_type or default

    def secret(
        self,
        name: str,
        namespace: str | None,
        values: Mapping[str, str],
        missing: Sequence[str],
        type_: str = OPAQUE,
    ) -> None:
        """Add a Secret that somebody must fill in, and the command that creates it without showing a value."""
        self.secrets.append(secret(name, namespace, values, missing, type_))
        self.steps.append(create_secret(name, namespace, values, missing, type_))

    def done(
        self,
        title: str,
        manifests: Sequence[Object],
        replacement: Object | None,
        steps: Sequence[str],
        applicability: str = UNSAFE,
    ) -> Migration:
        """The migration: READY, or NEEDS_INPUT where an input was taken that nobody configured."""
        for key in (key for key in self._unknown if key not in self._hints):
            self.note(f"Kubernetes does not know the field `{key}` of {self.subject.source}; it is not carried over.")
        inputs = self.subject.inputs.missing
        return Migration(
            id=identifier(self.subject),
            driver=self.driver,
            status=NEEDS_INPUT if inputs else READY,
            manifests=tuple(manifests),
            inputs=inputs,
            steps=(*steps, *self.last),
            notes=tuple(self.notes),
            references=self.references,
            title=title,
            applicability=applicability,
            replacement=replacement,
            secrets=tuple(self.secrets),
            preparation=tuple(self.steps),
        )


def create_secret(
    name: str, namespace: str | None, values: Mapping[str, str], missing: Sequence[str], type_: str = OPAQUE
) -> str:
    """The step that creates a Secret: `values` are no secret, the values of the keys `missing` come from files."""
    words = [f"kubectl create secret generic {quote(name)}"]
    words += [f"--namespace {quote(namespace)}"] if namespace else []
    words += [f"--type={type_}"] if type_ != OPAQUE else []
    words += [f"--from-literal={key}={quote(value)}" for key, value in values.items()]
    words += [f"--from-file={quote(key)}=FILE" for key in missing]
    what = "the value in a file" if len(missing) == 1 else "each value in a file of its own"
    return f"Create the Secret, with {what}: `{' '.join(words)}`"


def _only_source(subject: Subject) -> None:
    """Refuse a volume with a second source, as Kubernetes does: one of the two would be lost."""
    holder = subject.object if subject.kind == INLINE else mapping(subject.object, "spec")
    others = [key for key in holder if key in PLUGINS and key != subject.source and holder[key] is not None]
    if others:
        raise Refused(f"it has a second source, `{others[0]}`, which Kubernetes rejects; keep one, then migrate it")


def identifier(subject: Subject) -> str:
    """What names the migrated thing in all findings about it, and in no other."""
    words = [subject.kind, subject.name]
    if subject.kind == INLINE:
        words[1:1] = [subject.namespace or "", *subject.owner]
    return "/".join(words)


def quote(word: str) -> str:
    """`word` as one word of a shell command."""
    return shlex.quote(word)


def manual(draft: Draft, title: str, manifests: Sequence[Object] = ()) -> Migration:
    """A migration that only the reader can do: the draft's steps say how, its notes why. `manifests` are offered."""
    return draft.done(title, manifests, None, draft.steps, MANUAL)._replace(status=MANUAL, preparation=())


def install(draft: Draft) -> list[str]:
    """The first step of every migration to a CSI driver."""
    return [f"Install the CSI driver `{draft.driver}` in the cluster."] if draft.driver else []


def note_redirected(draft: Draft, what: str) -> None:
    """Note that Kubernetes hands `what` to the driver by itself, if it does."""
    if draft.plugin and draft.plugin.after_removal == REDIRECTED and draft.plugin.redirected_in:
        since = ".".join(map(str, draft.plugin.redirected_in))
        draft.note(f"Since Kubernetes {since} `{draft.driver}` serves the {what} too, where it is installed.")


def bind(
    draft: Draft,
    name: str,
    source: Mapping[str, Any],
    mode: str,
    read_only: bool,
    *,
    capacity: str = "",
    node_affinity: Mapping[str, Any] | None = None,
    mount_options: Sequence[str] = (),
    annotations: Mapping[str, str] | None = None,
) -> Migration:
    """The migration of a Pod's volume: a PersistentVolume with `source`, a claim of it, and the entry that uses it.

    `name` is the `storage_name` of the storage, so every workload of the namespace that mounts it gets the same pair;
    whatever belongs to one workload only, such as `read_only`, goes into the Pod's volume entry. `capacity` is what
    the source itself says, if it does; `annotations` are those of the PersistentVolume."""
    subject = draft.subject
    if not subject.name:
        raise Refused("the volume has no name, so nothing can mount it; correct it first")
    inputs = subject.inputs
    capacity = (
        inputs.given("capacity", name)
        or capacity
        or inputs.take("capacity", "size of the PersistentVolume and of the claim, which the Pod does not say", name)
    )
    namespace = subject.namespace or inputs.given("namespace")
    if namespace is None:
        inputs.take("namespace", "the PersistentVolume is named after the claim's namespace and bound to it in advance")
    volume = volume_name(namespace, name)
    manifests = (
        persistent_volume(
            volume,
            source,
            capacity=capacity,
            access_mode=mode,
            claim=(namespace, name),
            mount_options=mount_options,
            node_affinity=node_affinity,
            annotations=annotations,
        ),
        claim(name, namespace, volume=volume, capacity=capacity, access_mode=mode),
    )
    note_redirected(draft, "inline volume")
    if mode in (RWO, RWOP):
        _single_node(draft)
    if subject.owner[0] == "StatefulSet":
        draft.note(
            "All replicas share this one volume, so it stays under `volumes`; a volumeClaimTemplate would split it."
        )
    draft.note("Deleting the claim keeps the data: the PersistentVolume is Retain.")
    variable = _variable(subject, namespace)
    if variable:
        draft.note(
            f"`{variable}` is filled in later, but the objects have one name whatever it is. Where it differs from "
            "use to use, write objects of their own by hand, or one use gets the storage of another."
        )
    return draft.done(
        f"PersistentVolume + PersistentVolumeClaim `{name}`",
        manifests,
        claim_volume(subject.name, name, read_only),
        [
            *install(draft),
            *draft.steps,
            *_switch(draft, name, volume, namespace, mode),
        ],
        MANUAL if variable else UNSAFE,
    )


def _variable(subject: Subject, namespace: str | None) -> str:
    """The variable that stands where the namespace, or a field that says which storage it is, should be; or nothing."""
    fields = [text for key, text in subject.body.items() if key not in ("fsType", "options")]
    options = subject.body.get("options")
    given = [namespace, *fields, *(options.values() if isinstance(options, Mapping) else ())]
    return next((text for text in given if isinstance(text, str) and _VARIABLE.fullmatch(text)), "")


def _single_node(draft: Draft) -> None:
    kind = draft.subject.owner[0]
    if kind == "DaemonSet" or (draft.subject.replicas or 0) > 1:
        draft.note(
            f"Every Pod of this {kind} mounts the same disk, which only one node can attach; Pods on other nodes wait, "
            "with CSI as without."
        )
    draft.note("A disk has one PersistentVolume and one claim: it cannot be mounted from a second namespace.")


def _switch(draft: Draft, name: str, volume: str, namespace: str | None, mode: str) -> list[str]:
    kind, owner = draft.subject.owner
    where = f" --namespace {quote(namespace)}" if namespace else ""
    workload = f"{kind.lower()}/{quote(owner)}"
    steps = [
        f"Apply PersistentVolume `{volume}` (this needs cluster-level rights) and claim `{name}`, then wait: "
        f"`kubectl wait{where} --for=jsonpath='{{.status.phase}}'=Bound pvc/{name}`"
    ]
    stopped = mode in (RWO, RWOP) and owner and kind in _SCALED
    if stopped:
        steps.append(f"Stop the Pods that hold the disk: `kubectl scale{where} {workload} --replicas=0`")
    if kind in ("Pod", "Job"):
        command = f": `kubectl delete{where} {workload}`" if owner else ""
        steps.append(
            f"Volumes of a {kind} cannot be changed. Delete it{command}; then apply the manifest with the claim."
        )
    elif stopped and draft.subject.replicas is None:
        again = f"`kubectl scale{where} {workload} --replicas=N`"
        steps.append(
            f"Apply the changed {kind}. It does not say how many Pods it runs, so start them again: {again}, and see "
            "that they start."
        )
    else:
        steps.append(f"Apply the changed {kind} and see that its Pods start.")
    return steps
