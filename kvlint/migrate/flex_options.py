"""The options of a FlexVolume and the patterns that are filled from them.

Nothing that may be a credential ever leaves this module: such options give no value, and such mount options are taken
out. `moved` remembers under which key of a Secret they belong."""

from collections.abc import Iterable

from kvlint.knowledge import credential_keys
from kvlint.knowledge.flexvolume_mappings import FlexVolumeMapping
from kvlint.knowledge.inputs import INPUTS
from kvlint.migrate import credential
from kvlint.migrate.credential import ROTATE, flags
from kvlint.migrate.draft import Draft
from kvlint.migrate.pattern import fill
from kvlint.migrate.subject import INLINE, Refused, mapping, string, string_map

_RUNTIME = "kubernetes.io/"


class Options:
    """The options of one FlexVolume, read one by one; keys are compared without case, as the drivers do.

    `references` are values that a special function found; the base of names, once known, is `base`, the name of the new
    PersistentVolume `volume`. `moved` maps the keys of the Secret to the options whose value belongs there;
    `annotations` are the keys of the annotations that were read."""

    __slots__ = ("_hidden", "_read", "_values", "annotations", "base", "draft", "moved", "plan", "references", "volume")

    def __init__(self, draft: Draft, plan: FlexVolumeMapping) -> None:
        self.draft = draft
        self.plan = plan
        self.references: dict[str, str] = {}
        self.moved: dict[str, str] = {}
        self.annotations: list[str] = []
        self.base = ""
        self.volume = ""
        self._read: set[str] = set()
        self._hidden: set[str] = set()
        self._values: dict[str, tuple[str, str]] = {}
        for key, value in string_map(draft.subject.body, "options").items():
            if key.lower() in self._values:
                raise Refused(f"the option `{key}` is there twice in different spellings; keep one, then migrate it")
            self._values[key.lower()] = (key, value)
        place = credential_keys.flexvolume(string(draft.subject.body, "driver"))
        for name, key in plan.moved.items():
            written, value = self._values.get(name.lower(), (name, ""))
            if value:
                self._hidden.add(name.lower())
                self.move(written, key)
        for lower, (key, value) in self._values.items():
            if lower not in self._hidden and value and (credential.key(key, place) or credential.value(value)):
                self._hidden.add(lower)
                self.note_secret(f"The option `{key}`")

    def move(self, option: str, key: str) -> None:
        """Remember that the value of `option` belongs under `key` of a Secret, and say so."""
        self.moved.setdefault(key, option)
        self.note_secret(f"The option `{option}`", key)

    def note_secret(self, what: str, key: str = "") -> None:
        """Say that `what` holds a credential and is left out."""
        where = f"; it belongs under the key `{key}` of a Secret" if key else "; it belongs into a Secret"
        self.draft.note(f"{what} holds a credential and is left out{where}, and {ROTATE}.")

    def raw(self, name: str) -> str:
        """The value of the option `name` as written, which may hold a credential; empty when absent or nothing else."""
        lower = name.lower()
        self._read.add(lower)
        return "" if lower in self._hidden else self._values.get(lower, ("", ""))[1]

    def hidden(self, name: str) -> bool:
        """Whether the option `name` holds a credential, so that its value is nobody's to read."""
        return name.lower() in self._hidden

    def written(self, name: str) -> str:
        """The option `name` in the manifest's spelling."""
        return self._values.get(name.lower(), (name, ""))[0]

    def replace(self, name: str, value: str) -> None:
        """Put `value`, which holds no credential, in the place of the option `name`."""
        self._values[name.lower()] = (self.written(name), value)

    def value(self, name: str) -> str | None:
        """The value of the option `name`, spelled as the CSI driver spells it; None when absent or empty.

        Flags in it that hold a credential are taken out."""
        value = self.raw(name).strip()
        if " " in value or "=" in value:
            value = " ".join(self.without_secrets(flags(value), name))
        for option, old, new in self.plan.values:
            if option == name and value.lower() == old:
                self.draft.note(f"`{value}` of the option `{self.written(name)}` is {new} for the CSI driver.")
                return new
        return value or None

    def without_secrets(self, items: Iterable[str], name: str) -> list[str]:
        """Mount options or flags without those that hold a credential, each of which is said by its name only.

        `name` is the option they come from."""
        kept, secrets = credential.split(items)
        for secret in secrets:
            self.note_secret(f"`{secret}` in the option `{self.written(name)}`")
        return kept

    def text(self, pattern: str) -> str | None:
        """`pattern` filled in: the first of its alternatives whose references all have a value, else None."""
        return fill(pattern, self._reference)

    def _reference(self, name: str) -> str | None:
        if not name.startswith("@"):
            return self.value(name)
        subject = self.draft.subject
        if name == "@pv":
            return self.volume
        if name == "@volume":
            return subject.name
        if name == "@fsType":
            return string(subject.body, "fsType") or None
        kind, _, rest = name.partition(" ")
        if kind == "@input":
            return subject.inputs.take(rest, INPUTS[rest].description, self.base)
        if kind == "@annotation":
            if subject.kind == INLINE:
                return None
            self.annotations.append(rest)
            return string(mapping(mapping(subject.object, "metadata"), "annotations"), rest) or None
        return self.references.get(name)

    def mount_options(self) -> list[str]:
        """The mount options that the mapping finds, in its order."""
        found: list[str] = []
        for source in self.plan.mount_options:
            if source.add:
                found.append(source.add)
            elif source.split:
                text = self.raw(source.option)
                items = flags(text) if source.split == "flags" else [item.strip() for item in text.split(",")]
                found += [item for item in self.without_secrets(items, source.option) if item]
            elif (value := self.value(source.option)) is not None:
                found.append(source.prefix + value)
        return list(dict.fromkeys(found))

    def rest(self) -> None:
        """Say of every option that was not carried over that it was not, and why."""
        dropped = {name.lower(): reason for name, reason in self.plan.dropped.items()}
        empty: list[str] = []
        for lower, (key, value) in self._values.items():
            if lower in self._read or lower in self._hidden:
                continue
            if not value:
                empty.append(key)
            elif lower in dropped:
                self.draft.note(f"The option `{key}` is not carried over: {dropped[lower]}.")
            elif lower.startswith(_RUNTIME):
                self.draft.note(f"The option `{key}` is one that the kubelet adds itself; it is not carried over.")
            else:
                self.draft.note(
                    f"The option `{key}` is not carried over: nothing documents a counterpart in {self.draft.driver}."
                )
        if empty:
            self.draft.note(f"Empty options are left out: {', '.join(f'`{key}`' for key in empty)}.")

    def names(self) -> list[str]:
        """The names of the options that hold no credential, as written."""
        return [key for lower, (key, _) in self._values.items() if lower not in self._hidden]
