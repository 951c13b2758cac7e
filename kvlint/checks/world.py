"""What checks across files know besides the facts, and what they answer."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from kvlint.binder import Provisioning
from kvlint.facts import Claim, PersistentVolume, Place, StorageClass
from kvlint.finding import Confidence, Fix, Location, Severity
from kvlint.inventory import Inventory
from kvlint.knowledge import platform_classes
from kvlint.record import NamedTuple

_LITERAL = r"[A-Za-z0-9](?:[-A-Za-z0-9._]*[A-Za-z0-9])?"


class World(NamedTuple):
    """What a run knows besides the manifests.

    `closed`: what was not read does not exist. `known` are the classes of the configured platforms and of the
    configuration, by name; `defaults` maps the default classes among them to the platform they come from."""

    closed: bool = False
    known: Mapping[str, Provisioning] = {}
    defaults: Mapping[str, str] = {}

    def provisionings(self, name: str, where: str, inventory: Inventory) -> list[Provisioning]:
        """How the class called `name`, seen from `where`, makes volumes: an answer for each variant that was read, else
        what is known without a manifest, else none."""
        read = inventory.storage_classes(name, where)
        if read:
            return [_provisioning(item.provisioner, item.delayed) for item in read]
        return [self.known[name]] if name in self.known else []

    def default_names(self, where: str, inventory: Inventory) -> list[str]:
        """The names of the default classes seen from `where`; none where no default is known."""
        return list(dict.fromkeys(item.name for item in inventory.default_classes(where))) or sorted(self.defaults)

    def class_names(self, claim: Claim, inventory: Inventory) -> list[str]:
        """The class a claim will have: the one it names, else the default ones that are known."""
        return [claim.class_name] if claim.class_name is not None else self.default_names(claim.place.where, inventory)


def world(platforms: Iterable[str] = (), known_classes: Mapping[str, str] | None = None, closed: bool = False) -> World:
    """The world of a run. `known_classes` maps further class names to their provisioner, the empty string where it is
    not said."""
    platforms = tuple(platforms)
    known = {
        row.name: Provisioning(row.provisioner, row.binding_mode == "WaitForFirstConsumer")
        for row in (platform_classes.classes(platforms) if platforms else ())
    }
    known |= {name: Provisioning(provisioner or None) for name, provisioner in (known_classes or {}).items()}
    return World(closed, known, platform_classes.defaults(platforms) if platforms else {})


@lru_cache(4096)
def _provisioning(provisioner: str, delayed: bool) -> Provisioning:
    return Provisioning(provisioner, delayed)


class Judgement(NamedTuple):
    """A match across files: the rule, the place and the keys its caret points at (the first that was written counts),
    and the values of the card's placeholders. `help`, where given, replaces the card's."""

    rule: str
    place: Place
    keys: tuple[str, ...]
    values: Mapping[str, str]
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    related: tuple[Location, ...] = ()
    label: str = ""
    help: str = ""
    fix: Fix | None = None


@lru_cache(4096)
def literal(name: str) -> bool:
    """Whether a name is one, and not a template or variable that will become one."""
    return re.fullmatch(_LITERAL, name) is not None


def describe(claim: Claim) -> str:
    """How messages call a claim."""
    word = {"claim": "claim", "ephemeral": "generic ephemeral volume"}.get(claim.origin, "claim template")
    return f"{word} `{claim.name}`" if claim.name else word


def volume_location(volume: PersistentVolume, label: str, *keys: str) -> Location:
    """Where a volume is, or the first of `keys` that it says."""
    return volume.place.location(*keys, "metadata.name", label=label)


def class_location(item: StorageClass, label: str = "its class", *keys: str) -> Location:
    """Where a StorageClass is, or the first of `keys` that it says."""
    return item.place.location(*keys, "metadata.name", label=label)
