"""What the binder's answers about one claim are worth as findings.

Severity follows the evidence. In a closed world (a live cluster, or files said to be complete) what was not read does
not exist. In an open world a contradiction between two objects that were both read is an error; what was merely not
found may be elsewhere."""

from collections.abc import Iterator, Sequence

from kvlint import binder
from kvlint.binder import Cluster, Provisioning, Rejection, Verdict
from kvlint.checks.world import Judgement, World, class_location, describe, literal, volume_location
from kvlint.facts import CLASS_FIELD, TEMPLATE, VALUES, VOLUME_FIELD, Claim, Mention, PersistentVolume
from kvlint.finding import MANUAL, UNSAFE, Confidence, Edit, Fix, Location, Severity
from kvlint.inventory import Inventory
from kvlint.knowledge import platform_classes
from kvlint.nearness import ByFolder, in_line

MAX_SHOWN = 3
"""So many volumes are named in one message."""

MANY_USERS = 3
"""In so many files claims have to name an undefined class to be believed."""

DECLARE_STATIC = 'write `storageClassName: ""`: then no default class comes between the claim and its volume'

SPEAKING_STEPS = (
    binder.CAPACITY,
    binder.VOLUME_MODE,
    binder.MODES,
    binder.CLASS,
    binder.LABELS,
    binder.ATTRIBUTES_CLASS,
)
"""What two manifests say differently. The other steps depend on the state of a cluster or on other claims."""


def judge_claim(claim: Claim, inventory: Inventory, world: World) -> Iterator[Judgement]:
    """What is to say about how one claim binds. Names that are still templates say nothing."""
    wanted, volume = claim.class_name, claim.volume_name
    if claim.phase == "Bound" or (wanted and not literal(wanted)) or (volume and not literal(volume)):
        return
    reserved = [volume for volume in inventory.reserved(claim) if binder.reserved_for(volume, claim)]
    if volume:
        yield from _named(claim, inventory, world)
    elif reserved:
        yield from _reserved(claim, reserved, world)
    elif wanted is None:
        yield from _unclassed(claim, inventory, world)
    else:
        yield from _classed(claim, wanted, inventory, world)


def leaves_open(inventory: Inventory, world: World) -> bool:
    """Whether other files could change what is to say about these: something that was not read is referred to, or a
    class, volume or driver was read that others may refer to."""
    if inventory.classes or inventory.volumes or inventory.drivers:
        return True
    if any(not inventory.claims_named(use.claim, use.place.namespace, use.place.where) for use in inventory.uses):
        return True
    for claim in inventory.claims:
        names = world.class_names(claim, inventory)
        known = [one for name in names for one in world.provisionings(name, claim.place.where, inventory)]
        if claim.volume_name or claim.selector is not None or not any(one.provisions for one in known):
            return True
    return False


def _named(claim: Claim, inventory: Inventory, world: World) -> Iterator[Judgement]:
    """A claim that names its volume: it binds if it satisfies the volume, or if the volume is reserved for it."""
    volumes = inventory.persistent_volumes(claim.volume_name, claim.place.where)
    unclassed = claim.class_name is None
    defaults = world.default_names(claim.place.where, inventory) if unclassed else []
    if not volumes:
        if world.closed:
            evidence = f"names PersistentVolume `{claim.volume_name}`, which does not exist"
            yield _unbindable(claim, evidence, Severity.ERROR, keys=(VOLUME_FIELD,))
        elif unclassed and not defaults:
            yield _no_default(claim, inventory, world, help=DECLARE_STATIC)
        return
    created_with: list[str | None] = [*defaults] or [None]
    verdicts = [binder.bind(claim, Cluster([volume], {}, name)) for volume in volumes for name in created_with]
    bound = [verdict.volume for verdict in verdicts if verdict.volume is not None]
    if unclassed and not defaults and not world.closed:
        lost = next((volume for volume in bound if not binder.reserved_for(volume, claim)), None)
        if lost is not None:
            yield _no_default(claim, inventory, world, lost, DECLARE_STATIC)
    if bound:
        return
    rejection = verdicts[0].rejected[0]
    volume = rejection.volume
    related: tuple[Location, ...] = (_shown(rejection),)
    near = world.closed or in_line(volume.place.where, claim.place.where)
    severity, confidence = (Severity.ERROR, Confidence.HIGH) if near else (Severity.WARNING, Confidence.MEDIUM)
    evidence, help = f"names PersistentVolume `{volume.name}`, which {rejection.text}", ""
    if unclassed and rejection.step == binder.CLASS:
        if not defaults and not world.closed:
            help = f"write `storageClassName: {volume.class_name}`, the class of the volume"
            yield _no_default(claim, inventory, world, volume, help)
            return
        if defaults:
            offered = f"has class `{volume.class_name}`" if volume.class_name else "has no class"
            evidence = (
                f"gets the default class `{defaults[0]}` when it is created, "
                f"but names PersistentVolume `{volume.name}`, which {offered}"
            )
            help = DECLARE_STATIC if not volume.class_name else ""
            severity = Severity.ERROR if world.closed else Severity.WARNING
            found = inventory.default_classes(claim.place.where)
            related += tuple(class_location(item, "the default class") for item in found)
    fix = _declared(claim) if help == DECLARE_STATIC else None
    yield _unbindable(claim, evidence, severity, confidence, related, (VOLUME_FIELD,), help, fix)


def _reserved(claim: Claim, volumes: Sequence[PersistentVolume], world: World) -> Iterator[Judgement]:
    """A claim that volumes are reserved for by claimRef. A claim of an unknown namespace may be another one."""
    found, rejected = binder.by_access_modes(claim, "", volumes)
    for rejection in rejected if found is None else ():
        near = world.closed or in_line(rejection.volume.place.where, claim.place.where)
        if near or claim.namespace is not None:
            name = rejection.volume.name
            yield _unbindable(
                claim,
                f"does not get PersistentVolume `{name}`: the volume is reserved for it but {rejection.text}",
                Severity.ERROR if near else Severity.WARNING,
                Confidence.HIGH if near else Confidence.MEDIUM,
                (_shown(rejection), volume_location(rejection.volume, "reserved here", "spec.claimRef")),
                ("metadata.name",),
            )
            return


def _unclassed(claim: Claim, inventory: Inventory, world: World) -> Iterator[Judgement]:
    """A claim that names no class: it gets the default one, or waits for a volume without class."""
    defaults = world.default_names(claim.place.where, inventory)
    if defaults:
        found = [list(_classed(claim, name, inventory, world)) for name in defaults]
        yield from found[0] if all(found) else ()
        return
    answer = _answer(claim, "", None, inventory)
    if not world.closed:
        volume = answer.volume
        near = volume is not None and in_line(volume.place.where, claim.place.where)
        yield _no_default(claim, inventory, world, volume if near else None, DECLARE_STATIC if near else "")
    elif answer.reason:
        yield _no_default(claim, inventory, world)


def _classed(claim: Claim, name: str, inventory: Inventory, world: World) -> Iterator[Judgement]:
    """A claim of the class `name`: the one it names, the empty one, or the default one."""
    where = claim.place.where
    known = world.provisionings(name, where, inventory)
    if claim.selector is None and any(one.provisions for one in known):
        return  # a volume is made where none fits; most claims end here, so no volumes are compared
    answer = _answer(claim, name, tuple(known), inventory)
    if not answer.reason:
        return
    telling, near = _telling(claim, name, answer, inventory)
    reason = answer.reason
    if (
        reason == binder.CLASS_MISSING
        and (not near or _may_exist(claim, name, inventory))
        and not (world.closed and telling)
    ):
        yield _unknown(claim, name, inventory, world)
    elif world.closed or telling:
        found = inventory.storage_classes(name, where)
        yield _unbindable(
            claim,
            _why(name, reason, telling),
            Severity.ERROR if world.closed else Severity.WARNING,
            Confidence.HIGH if world.closed else Confidence.MEDIUM if near else Confidence.LOW,
            (*map(_shown, telling[:MAX_SHOWN]), *(class_location(item) for item in found[:1])),
            ("spec.selector",) if reason == binder.SELECTOR else claim.class_key(),
        )


def _may_exist(claim: Claim, name: str, inventory: Inventory) -> bool:
    """Whether a class that was not read comes with some platform, or from something that was not rendered."""
    return name in platform_classes.shipped() or bool(inventory.mentions_of(name, claim.place.where))


class _Answer:
    """What the binder says about claims of a class: the volume they get, or why they stay pending (empty: they do not)
    and the volumes whose failing speaks."""

    __slots__ = ("_folders", "_names", "reason", "speaking", "volume")

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        self.volume = verdicts[0].volume
        pending = all(verdict.outcome == binder.PENDING for verdict in verdicts)
        self.reason = verdicts[0].reason if pending else ""
        self.speaking = [item for item in verdicts[0].rejected if pending and item.step in SPEAKING_STEPS]
        self._folders: ByFolder | None = None
        self._names: dict[str, list[int]] = {}

    def folders(self) -> ByFolder:
        """The folders of the volumes that speak; made for an answer that many claims get."""
        if self._folders is None:
            self._folders = ByFolder(item.volume.place.where for item in self.speaking)
        return self._folders

    def near(self, where: str) -> bool:
        """Whether one of the volumes that speak is near to a claim."""
        return bool(self.speaking) and self.folders().any_in_line(where)

    def beside(self, where: str, name: str) -> list[Rejection]:
        """Those that are in the folder of a claim, or have its name."""
        if not self.speaking:
            return []
        if not self._names:
            for number, item in enumerate(self.speaking):
                self._names.setdefault(item.volume.name, []).append(number)
        numbers = {*self.folders().beside(where), *self._names.get(name, ())}
        return [self.speaking[number] for number in sorted(numbers)]


def _answer(claim: Claim, name: str, known: tuple[Provisioning, ...] | None, inventory: Inventory) -> _Answer:
    """The answer to a claim of the class `name`, of which the provisionings are `known`; None for a claim that gets no
    class. Claims that differ only in name and place get the same answer, made once: a repository may have thousands of
    them, and of volumes."""
    key = (name, known, claim.modes, claim.request, claim.volume_mode, claim.attributes_class, claim.selector)
    alike = inventory.alike(claim, name)
    answer: _Answer | None = inventory.derived.get(key) if alike else None
    if answer is None:
        volumes, default = inventory.candidates(claim, name), None if known is None else name
        clusters = [Cluster(volumes, {name: one}, default) for one in known or ()] or [Cluster(volumes, {}, default)]
        answer = _Answer([binder.bind(claim, cluster) for cluster in clusters])
        if alike:
            inventory.derived[key] = answer
    return answer


def _telling(claim: Claim, name: str, answer: _Answer, inventory: Inventory) -> tuple[Sequence[Rejection], bool]:
    """The volumes whose failing says something about this claim, those of its class, of its own name, or beside it, and
    whether one of them is near.

    The many volumes without class elsewhere say nothing about a claim without class."""
    where = claim.place.where
    if name:
        seen, near = answer.speaking, answer.near(where)
    else:
        seen = answer.beside(where, claim.name)
        near = any(in_line(item.volume.place.where, where) for item in seen)
    if seen or claim.origin != "claim":
        return seen, near
    namesakes = [
        volume for volume in inventory.persistent_volumes(claim.name, where) if in_line(volume.place.where, where)
    ]
    _, rejected = binder.by_access_modes(claim, name, namesakes)
    spoken = [rejection for rejection in rejected if rejection.step in SPEAKING_STEPS]
    return spoken, bool(spoken)


def _why(name: str, reason: str, rejected: Sequence[Rejection]) -> str:
    """Why a claim of a class stays pending, in words that continue "claim x"."""
    start = {
        binder.EMPTY_CLASS: "wants a volume without class",
        binder.SELECTOR: f"has a selector, and class `{name}` provisions no volume for such a claim",
        binder.INVALID_SELECTOR: "has a selector that Kubernetes cannot read",
        binder.NEVER_PROVISIONS: f"names class `{name}`, which provisions no volumes",
        binder.CLASS_MISSING: f"names class `{name}`, which is not defined",
    }[reason]
    if not rejected:
        return f"{start}; there is no PersistentVolume for it"
    shown = ", ".join(f"`{item.volume.name}` {item.text}" for item in rejected[:MAX_SHOWN])
    more = f", and {len(rejected) - MAX_SHOWN} more" if len(rejected) > MAX_SHOWN else ""
    return f"{start}; PersistentVolume {shown}{more}"


def _unbindable(
    claim: Claim,
    evidence: str,
    severity: Severity,
    confidence: Confidence = Confidence.HIGH,
    related: tuple[Location, ...] = (),
    keys: tuple[str, ...] = (),
    help: str = "",
    fix: Fix | None = None,
) -> Judgement:
    return Judgement(
        "unbindable-claim",
        claim.place,
        keys,
        {"claim": describe(claim), "evidence": evidence},
        severity,
        min(confidence, Confidence(claim.place.confidence)),
        related,
        help=help,
        fix=fix,
    )


def _declared(claim: Claim) -> Fix:
    """The fix that writes the empty class. The class of a live claim cannot be changed."""
    title = 'write `storageClassName: ""`'
    if claim.declare is None:
        return Fix(title, MANUAL)
    offset, text = claim.declare
    return Fix(title, UNSAFE, (Edit(claim.place.file, offset, offset, text),))


def _no_default(
    claim: Claim, inventory: Inventory, world: World, volume: PersistentVolume | None = None, help: str = ""
) -> Judgement:
    """A claim without class where no default class is known."""
    if world.closed:
        evidence = "there is no default class and no volume without class that fits"
    elif volume is None:
        evidence = f"no default class is defined in {inventory.searched()}"
    elif volume.class_name:
        evidence = f"it gets PersistentVolume `{volume.name}` only where `{volume.class_name}` is the default class"
    else:
        evidence = f"it gets PersistentVolume `{volume.name}` only in a cluster without default class"
    return Judgement(
        "no-default-storage-class",
        claim.place,
        ("spec",),
        {"claim": describe(claim), "evidence": evidence},
        Severity.ERROR if world.closed else Severity.INFO,
        Confidence(claim.place.confidence),
        (volume_location(volume, "the volume it is meant for"),) if volume is not None else (),
        help=help,
        fix=_declared(claim) if help == DECLARE_STATIC else None,
    )


def _unknown(claim: Claim, name: str, inventory: Inventory, world: World) -> Judgement:
    """A claim names a class that nothing read defines. Who else could define it decides how much that is worth.

    A class that many claims agree on is no slip: the cluster has it from elsewhere. What a custom resource calls a
    claim template goes through an operator first: nothing is certain there."""
    searched = inventory.searched()
    platforms = platform_classes.shipped().get(name, ())
    mentions = inventory.mentions_of(name, claim.place.where)
    meant = _close(name, inventory, world)
    related: tuple[Location, ...] = ()
    severity, confidence = Severity.INFO, Confidence.LOW
    evidence, help = f"is not defined in {searched}", ""
    if world.closed:
        severity, confidence = Severity.ERROR, Confidence.HIGH
        evidence = f"does not exist ({searched} read)"
    elif platforms:
        titles = [platform_classes.platforms()[platform].title for platform in platforms[:MAX_SHOWN]]
        evidence += f"; a class of this name comes with {' or '.join(titles)}"
        help = f"if this is for {titles[0]}, say so in the configuration: `platforms: [{platforms[0]}]`"
    elif mentions:
        evidence += f"; {_name(mentions[0])} and may define it"
        related = (mentions[0].place.location(label="mentioned here"),)
    elif (users := len(inventory.users_of_class(name))) >= MANY_USERS:
        evidence += f"; claims in {users} files name it"
    elif (meant or inventory.classes) and claim.origin != "custom":
        severity = Severity.WARNING
    fix = None
    if meant and severity != Severity.INFO:
        help = f"did you mean `{meant}`? " + (help or f"If not, list it: `known-storage-classes: [{name}]`")
        fix = Fix(f"name class `{meant}`", MANUAL)
        related += tuple(
            class_location(item, "defined here") for item in inventory.storage_classes(meant, claim.place.where)[:1]
        )
    return Judgement(
        "unknown-storage-class",
        claim.place,
        claim.class_key(),
        {"claim": describe(claim), "class": name, "evidence": evidence},
        severity,
        min(confidence, Confidence(claim.place.confidence)),
        related,
        help=help,
        fix=fix,
    )


def _name(mention: Mention) -> str:
    kind, file = mention.place.kind, f"`{mention.place.file}`"
    if kind == TEMPLATE:
        return f"{file} is a template of a StorageClass"
    return f"{file} mentions it" if kind == VALUES else f"{kind} in {file} mentions it"


def _close(name: str, inventory: Inventory, world: World) -> str:
    """The known class that `name` may be a slip of; the empty string if none is close."""
    known = {item.name for item in inventory.classes} | set(world.known)
    if not known:
        return ""
    if ("close", name) not in inventory.derived:
        from difflib import get_close_matches

        inventory.derived["close", name] = next(iter(get_close_matches(name, sorted(known), 1, 0.8)), "")
    close: str = inventory.derived["close", name]
    return close


def _shown(rejection: Rejection) -> Location:
    """The volume of a rejection, at the field that keeps it from the claim."""
    keys = {
        binder.CAPACITY: "spec.capacity.storage",
        binder.VOLUME_MODE: "spec.volumeMode",
        binder.MODES: "spec.accessModes",
        binder.CLASS: CLASS_FIELD,
        binder.LABELS: "metadata.labels",
        binder.RESERVED: "spec.claimRef",
    }
    return volume_location(rejection.volume, rejection.text, keys.get(rejection.step, "metadata.name"))
