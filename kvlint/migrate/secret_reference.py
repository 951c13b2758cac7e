"""Credentials of volumes and classes into a Secret that the driver reads, in place of the manifest.

What a driver calls the reference and the keys is data (`knowledge/data/secret_references.yaml`). No value of a
credential is ever read: settings and mount options go by their names."""

import copy
from collections.abc import Mapping
from typing import Any

from kvlint.finding import MANUAL, Migration
from kvlint.knowledge import credential_keys, flexvolume_mappings, provisioners, secret_references
from kvlint.knowledge.credential_keys import MOUNT_TEXTS, Place
from kvlint.knowledge.secret_references import SecretReference
from kvlint.migrate import classes, credential, persistent
from kvlint.migrate.draft import Draft, identifier, manual, quote
from kvlint.migrate.objects import Object, secret_ref, storage_name
from kvlint.migrate.subject import CLASS, INLINE, PV, Inputs, Refused, Subject, mapping, sequence, string, string_map

_MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_DOCS = "https://kubernetes-csi.github.io/docs/secrets-and-credentials.html"
_IN_TREE = "kubernetes.io/"
_HOLDERS = {"csi": "volumeAttributes", "flexVolume": "options"}


def refer(subject: Subject, whole: Migration) -> Migration:
    """The migration of the credentials of `subject`; `whole` is that of the volume or class itself.

    Where a volume moves to CSI its credentials move with it, so `whole` is the answer. Never raises."""
    driver = subject.source
    try:
        if subject.kind != CLASS:
            driver = string(subject.body, "driver")
        row = secret_references.find(driver) if driver else None
        if not _on_its_own(subject, whole, row):
            return rotated(whole)
        if row is None or row.advice:
            return _advise(subject, driver, row)
        return _Move(subject, driver, row).done()
    except Refused as refused:
        return _refusal(subject, driver, str(refused))


def rotated(migration: Migration) -> Migration:
    """`migration` with a note that the credential must be replaced, unless it says so already."""
    if any(credential.ROTATE in text for text in (*migration.notes, *migration.steps)):
        return migration
    return migration._replace(notes=(*migration.notes, _ROTATED))


_ROTATED = f"Whoever can read the file or its history knows the credential in it: {credential.ROTATE}."


def _on_its_own(subject: Subject, whole: Migration, row: SecretReference | None) -> bool:
    """Whether the credentials are moved while the volume or class stays what it is."""
    if subject.kind != CLASS:
        return subject.source == "csi" or (row is not None and whole.status == MANUAL)
    in_tree = subject.source.startswith(_IN_TREE)
    return row is not None or (not in_tree and provisioners.find(subject.source) is None)


class _Move:
    """One object on its way: `new` is a copy of it without the credentials, `moved` the keys of the Secret with what
    held their values."""

    def __init__(self, subject: Subject, driver: str, row: SecretReference) -> None:
        self.draft = Draft(subject, None, *row.references)
        self.subject = subject
        self.driver = driver
        self.row = row
        self.new: Object = copy.deepcopy(dict(subject.object))
        self.moved: dict[str, str] = {}
        self.place = _place(subject, driver)
        self.holder = self.new if subject.kind == CLASS else self._source()
        self.settings = "parameters" if subject.kind == CLASS else _HOLDERS[subject.source]
        self._settings()
        self._mount_options()
        if not self.moved:
            raise Refused(
                "the credential stands inside another value; write that without it, and give the credential to a Secret"
            )

    def done(self) -> Migration:
        """The migration, once the new object names the Secret."""
        draft, kind = self.draft, self.subject.kind
        if not self.subject.name:
            raise Refused("it has no name; correct it first")
        what = {INLINE: "volume", PV: "PersistentVolume", CLASS: "StorageClass"}[kind]
        name = self._name_secret()
        for key, where in self.moved.items():
            draft.note(f"`{where}` moves to the key `{key}` of the Secret.")
        for note in (*self.row.notes, _ROTATED):
            draft.note(note)
        last = self._last()
        made = draft.done(
            f"Secret `{name}` for the credentials of {what} `{self.subject.name}`",
            () if kind == INLINE else (_shown(self.new),),
            self.new,
            [*draft.steps, *last],
        )
        return made._replace(id=f"credential/{identifier(self.subject)}")

    def _source(self) -> Object:
        holder = self.new if self.subject.kind == INLINE else self.new["spec"]
        source: Object = holder[self.subject.source]
        return source

    def _settings(self) -> None:
        """Take the credentials out of the attributes, options or parameters."""
        settings = string_map(self.holder, self.settings)
        for name, value in list(settings.items()):
            if name.lower() in MOUNT_TEXTS:
                kept = self._kept([value], name)
                settings[name] = ",".join(kept)
                if not kept and value:
                    del settings[name]
            elif key := self.row.key(name):
                del settings[name]
                self.moved.setdefault(key, name)
            elif value and (credential.key(name, self.place) or credential.value(value)):
                if not self.row.own_names:
                    raise _unknown(self.driver, name)
                del settings[name]
                self.moved[name] = name
        self._put(self.settings, settings)

    def _mount_options(self) -> None:
        """Take the credentials out of the mount options of a PersistentVolume or class, and of the annotation."""
        if self.subject.kind == INLINE:
            return
        holder = self.holder if self.subject.kind == CLASS else self.new["spec"]
        if sequence(holder, "mountOptions"):
            listed = [option for option in holder["mountOptions"] if isinstance(option, str)]
            kept = self._kept(listed, "mountOptions")
            if kept:
                holder["mountOptions"] = kept
            else:
                del holder["mountOptions"]
        annotations = string_map(mapping(self.new, "metadata"), "annotations")
        if _MOUNT_OPTIONS in annotations:
            kept = self._kept([annotations[_MOUNT_OPTIONS]], _MOUNT_OPTIONS)
            if kept:
                self.new["metadata"]["annotations"][_MOUNT_OPTIONS] = kept[0]
            else:
                del self.new["metadata"]["annotations"][_MOUNT_OPTIONS]

    def _kept(self, options: list[str], where: str) -> list[str]:
        """Mount options without those that the driver reads from the Secret. What follows a password and is no known
        option may be a part of it."""
        found: list[str] = []
        for option in options:
            flags = option.startswith("-")
            parts: list[str] = []
            password = False
            for part in credential.flags(option) if flags else option.split(","):
                name = credential.option_name(part)
                key = self.row.key(name) if "=" in part else ""
                if flags and "," in part and credential.split(part.split(","))[1]:
                    raise Refused(f"the flag `{name}` holds several options; write them one by one first")
                if key:
                    said = name if where == "mountOptions" else f"{name} in {where}"
                    self.moved.setdefault(key, said)
                    if key == "username" and "%" in part:
                        self.moved.setdefault("password", said)
                    password |= key == "password"
                elif password and name.lower() not in flexvolume_mappings.cifs_options():
                    self.draft.note(f"In `{where}` something after the password is no mount option; it is left out.")
                elif credential.split([part])[1]:
                    raise _unknown(self.driver, name)
                elif part:
                    parts.append(part)
            if parts:
                found.append((" " if flags else ",").join(parts))
        return found

    def _name_secret(self) -> str:
        """Name the Secret where the driver looks for it; the name of one that is named already."""
        old, old_namespace = self._named()
        keys = list(dict.fromkeys((*self.row.needs, *self.moved)))
        if old:
            where = f" --namespace {quote(old_namespace)}" if old_namespace else ""
            self.draft.steps.append(
                f"See that the Secret holds {_listed(keys)}: `kubectl describe secret/{quote(old)}{where}`"
            )
            name, namespace = old, old_namespace
        else:
            name = secret_name(self.subject)
            namespace = self._namespace(name)
            self.draft.secret(name, namespace or None, {}, keys, self.row.type)
        self._refer(name, namespace)
        return name

    def _refer(self, name: str, namespace: str) -> None:
        row, kind = self.row, self.subject.kind
        added: dict[str, str] = {}
        if kind == INLINE and row.inline:
            self._name({row.inline: {"name": name}})
        elif kind == PV and row.volume:
            self._name({field: secret_ref(name, namespace) for field in row.volume})
        elif kind == CLASS and row.roles:
            added = classes.secrets(name, namespace, row.roles)
        elif row.settings:
            added = {row.settings.name: name} | ({row.settings.namespace: namespace} if row.settings.namespace else {})
        else:
            raise Refused(f"nothing documents how {self.driver} reads a Secret here; ask its documentation")
        read = self._read()
        known = {key.lower() for key in read}
        self._put(self.settings, read | {key: value for key, value in added.items() if key.lower() not in known})

    def _name(self, references: Object) -> None:
        """Add references to a volume source, before the attributes or options: the text of these changes too."""
        settings = {self.settings: self.holder.pop(self.settings)} if self.settings in self.holder else {}
        for field, reference in references.items():
            self.holder.setdefault(field, reference)
        self.holder |= settings

    def _named(self) -> tuple[str, str]:
        """Name and namespace of the Secret that the object names already; empty where it names none."""
        row, kind = self.row, self.subject.kind
        fields = row.volume if kind == PV else (row.inline,) if row.inline and kind == INLINE else ()
        found = [
            (string(old, "name"), string(old, "namespace")) for old in (mapping(self.holder, one) for one in fields)
        ]
        read = {key.lower(): value for key, value in self._read().items()}
        if kind == CLASS and row.roles:
            names = [tuple(classes.secrets("", "", (role,))) for role in row.roles]
            found += [(read.get(name, ""), read.get(namespace, "")) for name, namespace in names]
        elif row.settings and not fields:
            found.append((read.get(row.settings.name.lower(), ""), read.get(row.settings.namespace.lower(), "")))
        name, namespace = next((one for one in found if one[0]), ("", ""))
        return name, namespace or (self.subject.namespace or "")

    def _namespace(self, name: str) -> str:
        """Where the new Secret is: with the Pod, where the configuration says, with the claim, or nobody knows."""
        subject = self.subject
        if subject.kind == INLINE:
            settings = self.row.settings
            asked = not self.row.inline and settings is not None and settings.namespace
            return subject.namespace or (self.draft.namespace("the Secret is with the Pod") if asked else "")
        why = f"a {'class' if subject.kind == CLASS else 'PersistentVolume'} must say in which namespace its Secret is"
        given = subject.inputs.given("credentials.namespace", name)
        known = subject.namespace if subject.kind == PV else None
        return given or known or subject.inputs.take("credentials.namespace", why, name)

    def _read(self) -> dict[str, str]:
        return string_map(self.holder, self.settings)

    def _put(self, key: str, value: Mapping[str, Any]) -> None:
        if value:
            self.holder[key] = dict(value)
        else:
            self.holder.pop(key, None)

    def _last(self) -> list[str]:
        """The steps that bring the changed object into the cluster."""
        kind, name = self.subject.owner[0], quote(self.subject.name)
        if self.subject.kind == INLINE:
            return [f"Apply the changed {kind} and see that its Pods start."]
        if self.subject.kind == CLASS:
            self.draft.note("A class is immutable, and volumes it has provisioned keep what they were made with.")
            return [f"`kubectl delete storageclass/{name}` and apply the new class at once: claims in between wait."]
        spec = mapping(self.new, "spec")
        if spec.get(self.subject.source) == self.subject.body:
            return ["Apply the changed PersistentVolume: the options take effect with the next mount."]
        reference = dict(mapping(spec, "claimRef"))
        for field in ("uid", "resourceVersion"):
            if reference.pop(field, None) is not None:
                self.new["spec"]["claimRef"] = reference
                self.draft.note(f"`claimRef.{field}` is of the old binding; with it the new volume would be released.")
        self.draft.note("The source of a PersistentVolume is immutable: the new object takes the place of the old one.")
        bound = string(reference, "name") and string(reference, "namespace")
        return persistent.exchange(self.draft, {"claimRef": reference} if bound else {})


def secret_name(subject: Subject) -> str:
    """The name of the Secret for the credentials of a volume or class: configured, or made of who holds them."""
    kind, owner = subject.owner
    made = storage_name("credentials", kind.lower(), owner)
    if subject.kind == INLINE:
        made = storage_name("volume-credentials", kind.lower(), owner, subject.name)
    return subject.inputs.given("credentials.secret", made) or made


def _place(subject: Subject, driver: str) -> Place:
    if subject.kind == CLASS:
        return credential_keys.storage_class(driver)
    return credential_keys.csi(driver) if subject.source == "csi" else credential_keys.flexvolume(driver)


def _shown(value: Object) -> Object:
    from kvlint.migrate.upgrades import shown

    return shown(value)


def _unknown(driver: str, name: str) -> Refused:
    return Refused(
        f"nothing documents under which key of a Secret {driver} reads `{name}`; look for it in the driver's "
        "documentation, and whether it reads that at all"
    )


def _listed(keys: list[str]) -> str:
    return " and ".join(f"`{key}`" for key in keys)


def _advise(subject: Subject, driver: str, row: SecretReference | None) -> Migration:
    """What to do by hand for a driver that reads no Secret for each volume, or of which nothing is known."""
    draft = Draft(_bare(subject), None, *(row.references if row else (_DOCS,)))
    if row is not None:
        draft.steps.append(row.advice)
    else:
        field = "`nodeStageSecretRef` or `nodePublishSecretRef` of the volume"
        if subject.kind == CLASS:
            field = "`csi.storage.k8s.io/provisioner-secret-name`, `node-stage-secret-name` and the like"
        draft.steps += [
            f"Find in the documentation of {driver or 'the driver'} where it reads credentials from a Secret "
            f"({field}) and how it calls the keys.",
            "Create that Secret from files, so that no value is on a command line, name it in the object, and take the "
            "credential out.",
        ]
    return rotated(_by_hand(draft, f"Secret for the credentials of {driver or subject.source}"))


def _refusal(subject: Subject, driver: str, reason: str) -> Migration:
    draft = Draft(_bare(subject), None, _DOCS)
    draft.steps.append(f"{reason[0].upper()}{reason[1:]}.")
    return rotated(_by_hand(draft, f"Secret for the credentials of {driver}"))


def _by_hand(draft: Draft, title: str) -> Migration:
    made = manual(draft, title)
    return made._replace(id=f"credential/{identifier(draft.subject)}")


def _bare(subject: Subject) -> Subject:
    """A subject of which nothing but the name is read: the object may be malformed."""
    name = {"name": subject.name}
    return subject._replace(object=name if subject.kind == INLINE else {"metadata": name}, inputs=Inputs(), hints={})
