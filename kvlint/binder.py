"""Whether a claim binds, and to what: the PersistentVolume controller and the scheduler, simulated.

Follows `FindMatchingVolume` (k8s.io/component-helpers, storage/volume/pv_helpers.go), the access mode index and
`syncUnboundClaim` of the controller (kubernetes, pkg/controller/volume/persistentvolume), and the scheduler's plugin
VolumeBinding. Everything here answers for a closed world: only the volumes and classes given exist."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from kvlint.facts import Claim, PersistentVolume, Requirement
from kvlint.inventory import claim_names
from kvlint.quantity import Quantity, parse
from kvlint.record import NamedTuple

NO_PROVISIONER = "kubernetes.io/no-provisioner"

STATIC = "static"
DYNAMIC = "dynamic"
PENDING = "pending"

VOLUME_MISSING = "volume-missing"
VOLUME_RESERVED = "volume-reserved"
VOLUME_MISMATCH = "volume-mismatch"
NO_CLASS = "no-class"
EMPTY_CLASS = "empty-class"
CLASS_MISSING = "class-missing"
NEVER_PROVISIONS = "no-provisioner"
SELECTOR = "selector"
INVALID_SELECTOR = "invalid-selector"

TAKEN = "taken"
RESERVED = "claimRef"
CAPACITY = "capacity"
VOLUME_MODE = "volumeMode"
ATTRIBUTES_CLASS = "volumeAttributesClassName"
DELETING = "deleting"
DELAYED = "delayed"
PHASE = "phase"
LABELS = "labels"
CLASS = "storageClassName"
MODES = "accessModes"


class Provisioning(NamedTuple):
    """What binding needs to know of a StorageClass. `provisioner` is None where only the class's name is known: it is
    taken to provision. `delayed`: volumeBindingMode WaitForFirstConsumer."""

    provisioner: str | None
    delayed: bool = False

    @property
    def provisions(self) -> bool:
        """False for a class whose volumes are made by hand."""
        return self.provisioner is None or self.provisioner not in ("", NO_PROVISIONER)


class Cluster(NamedTuple):
    """All there is. `default` is the name of the default class, None if there is none."""

    volumes: Sequence[PersistentVolume] = ()
    classes: Mapping[str, Provisioning] = {}
    default: str | None = None


class Rejection(NamedTuple):
    """Why a claim does not take a volume: the step of the matching that fails, and what to say about it, in words that
    continue "PersistentVolume x …"."""

    volume: PersistentVolume
    step: str
    text: str


class Verdict(NamedTuple):
    """What becomes of a claim. `outcome` is STATIC (takes `volume`), DYNAMIC (its class makes a volume) or PENDING for
    `reason`; `rejected` are the volumes that were looked at and why they were not taken."""

    outcome: str
    reason: str = ""
    volume: PersistentVolume | None = None
    rejected: tuple[Rejection, ...] = ()


def bind(claim: Claim, cluster: Cluster, excluded: Collection[str] = ()) -> Verdict:
    """What becomes of one claim created in a cluster; `excluded` are names of volumes that other claims have taken.

    The admission plugin DefaultStorageClass is on, as it is by default: a claim that names no class gets the default
    one when it is created, even if it names a volume."""
    class_name = claim.class_name if claim.class_name is not None else cluster.default
    wanted = class_name or ""
    if claim.volume_name:
        return _bind_named(claim, wanted, cluster, excluded)
    if claim.selector is not None and not valid(claim.selector):
        return Verdict(PENDING, INVALID_SELECTOR)
    known = cluster.classes.get(wanted)
    delayed = known is not None and known.delayed
    found, rejected = by_access_modes(claim, wanted, cluster.volumes, delayed=delayed, excluded=excluded)
    if found is None and delayed:
        found, rejected = find_matching_volume(
            claim, wanted, cluster.volumes, delayed=True, scheduler=True, excluded=excluded
        )
        if found is not None and not set(claim.modes) <= set(found.modes):
            # The scheduler waits for a reserved volume that the controller, which looks at the modes, never binds.
            return Verdict(PENDING, VOLUME_MISMATCH, rejected=(_modes_differ(claim, found),))
    if found is not None:
        return Verdict(STATIC, volume=found, rejected=tuple(rejected))
    if class_name is None:
        reason = NO_CLASS
    elif not wanted:
        reason = EMPTY_CLASS
    elif known is None:
        reason = CLASS_MISSING
    elif not known.provisions:
        reason = NEVER_PROVISIONS
    elif claim.selector is not None:
        reason = SELECTOR
    else:
        return Verdict(DYNAMIC, rejected=tuple(rejected))
    return Verdict(PENDING, reason, rejected=tuple(rejected))


def compete(claims: Iterable[Claim], cluster: Cluster) -> list[tuple[Claim, Verdict]]:
    """What becomes of claims created one after another: a volume goes to one claim only.

    A StatefulSet's template stands for as many claims as it has replicas; each gets a verdict."""
    taken: set[str] = set()
    results = []
    for claim in claims:
        for single in singles(claim):
            verdict = bind(single, cluster, taken)
            if verdict.volume is not None:
                taken.add(verdict.volume.name)
            results.append((claim, verdict))
    return results


def by_access_modes(
    claim: Claim,
    class_name: str,
    volumes: Iterable[PersistentVolume],
    *,
    delayed: bool = False,
    excluded: Collection[str] = (),
) -> tuple[PersistentVolume | None, list[Rejection]]:
    """The controller's search: volumes in groups of equal access modes, those with the fewest modes first; the first
    group with a match wins, so close modes count more than a close size."""
    groups: dict[frozenset[str], list[PersistentVolume]] = {}
    rejected: list[Rejection] = []
    for volume in volumes:
        if set(claim.modes) <= set(volume.modes):
            groups.setdefault(frozenset(volume.modes), []).append(volume)
        else:
            rejected.append(_modes_differ(claim, volume))
    for modes in sorted(groups, key=len):
        found, more = find_matching_volume(claim, class_name, groups[modes], delayed=delayed, excluded=excluded)
        rejected += more
        if found is not None:
            return found, rejected
    return None, rejected


def find_matching_volume(
    claim: Claim,
    class_name: str,
    volumes: Iterable[PersistentVolume],
    *,
    delayed: bool = False,
    scheduler: bool = False,
    excluded: Collection[str] = (),
) -> tuple[PersistentVolume | None, list[Rejection]]:
    """The volume that `FindMatchingVolume` answers, and why the others were not taken.

    A volume reserved for the claim wins at once if its size and modes fit, whatever its class, labels and phase; else
    the smallest that fits, the first of equals. With `delayed` the controller leaves volumes that are not reserved to
    the scheduler, which looks at volumes of the class only. Node affinity is taken to fit: nodes are not known."""
    rejected: list[Rejection] = []
    best: PersistentVolume | None = None
    best_size: Quantity | None = None
    for volume in volumes:
        if scheduler and volume.class_name != class_name:
            rejected.append(_class_differs(class_name, volume))
            continue
        reserved = reserved_for(volume, claim)
        rejection = _unfit(claim, volume, reserved, excluded)
        if rejection is None and reserved:
            return volume, rejected
        rejection = rejection or _unmatched(claim, class_name, volume, delayed and not scheduler, scheduler)
        if rejection is not None:
            rejected.append(rejection)
            continue
        size = _amount(volume.capacity)
        if best is None or (size is not None and best_size is not None and size < best_size):
            best, best_size = volume, size
    return best, rejected


def reserved_for(volume: PersistentVolume, claim: Claim) -> bool:
    """Whether the volume's claimRef is this claim: name, namespace and, where both are known, uid are the same.

    An unknown namespace of the claim can be any; an absent one in the claimRef is no namespace at all."""
    reference = volume.claim_ref
    if reference is None or reference.name not in claim_names(claim):
        return False
    if reference.uid and claim.uid and reference.uid != claim.uid:
        return False
    return bool(reference.namespace) and claim.namespace in (None, reference.namespace)


def unsatisfied(claim: Claim, class_name: str, volume: PersistentVolume) -> Rejection | None:
    """What keeps a claim from the free volume that it names (`checkVolumeSatisfyClaim`): sizes are compared in whole
    bytes; labels, phase and node affinity do not count."""
    if volume.deleting:
        return _deleting(volume)
    request, capacity = _amount(claim.request), _amount(volume.capacity)
    if request is not None and capacity is not None and capacity.value() < request.value():
        return _too_small(claim, volume)
    if volume.class_name != class_name:
        return _class_differs(class_name, volume)
    if volume.volume_mode != claim.volume_mode:
        return _mode_differs(claim, volume)
    if not set(claim.modes) <= set(volume.modes):
        return _modes_differ(claim, volume)
    return None


def valid(selector: Iterable[Requirement]) -> bool:
    """Whether Kubernetes can read a selector: a known operator, values exactly where it needs some."""
    return all(
        bool(term.values)
        if term.operator in ("In", "NotIn")
        else term.operator in ("Exists", "DoesNotExist") and not term.values
        for term in selector
    )


def selects(selector: Iterable[Requirement], labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy every term; NotIn and DoesNotExist hold for an absent label."""
    return all(_holds(term, labels) for term in selector)


def _holds(term: Requirement, labels: Mapping[str, str]) -> bool:
    if term.operator == "In":
        return labels.get(term.key) in term.values
    if term.operator == "NotIn":
        return labels.get(term.key) not in term.values
    return (term.key in labels) == (term.operator == "Exists")


def _bind_named(claim: Claim, class_name: str, cluster: Cluster, excluded: Collection[str]) -> Verdict:
    volume = next((volume for volume in cluster.volumes if volume.name == claim.volume_name), None)
    if volume is None:
        return Verdict(PENDING, VOLUME_MISSING)
    if reserved_for(volume, claim):
        return Verdict(STATIC, volume=volume)
    if volume.claim_ref is not None:
        return Verdict(PENDING, VOLUME_RESERVED, rejected=(_reserved(volume),))
    if volume.name in excluded:
        return Verdict(PENDING, VOLUME_RESERVED, rejected=(_taken(volume),))
    rejection = unsatisfied(claim, class_name, volume)
    if rejection is not None:
        return Verdict(PENDING, VOLUME_MISMATCH, rejected=(rejection,))
    return Verdict(STATIC, volume=volume)


def _unfit(claim: Claim, volume: PersistentVolume, reserved: bool, excluded: Collection[str]) -> Rejection | None:
    """The steps of the matching that even a volume reserved for the claim must pass."""
    if volume.name in excluded:
        return _taken(volume)
    if volume.claim_ref is not None and not reserved:
        return _reserved(volume)
    request, capacity = _amount(claim.request), _amount(volume.capacity)
    if request is not None and capacity is not None and capacity < request:
        return _too_small(claim, volume)
    if volume.volume_mode != claim.volume_mode:
        return _mode_differs(claim, volume)
    if volume.attributes_class != claim.attributes_class:
        offered = f"`{volume.attributes_class}`" if volume.attributes_class else "none"
        wanted = f"`{claim.attributes_class}`" if claim.attributes_class else "none"
        text = f"has volumeAttributesClassName {offered} while the claim has {wanted}"
        return Rejection(volume, ATTRIBUTES_CLASS, text)
    return _deleting(volume) if volume.deleting else None


def _unmatched(
    claim: Claim, class_name: str, volume: PersistentVolume, delayed: bool, scheduler: bool
) -> Rejection | None:
    """The steps of the matching that only a volume reserved for nobody goes through."""
    if delayed:
        return Rejection(volume, DELAYED, "is chosen when a Pod that uses the claim is scheduled")
    if volume.phase not in ("", "Available"):
        return Rejection(volume, PHASE, f"is {volume.phase}")
    if claim.selector is not None and not selects(claim.selector, dict(volume.labels)):
        return Rejection(volume, LABELS, "does not carry the labels that the claim selects")
    if volume.class_name != class_name:
        return _class_differs(class_name, volume)
    if scheduler and not set(claim.modes) <= set(volume.modes):
        return _modes_differ(claim, volume)
    return None


def singles(claim: Claim) -> list[Claim]:
    """The claims a template stands for, each with the name it will have; any other claim is itself."""
    if claim.origin != "template":
        return [claim]
    return [claim._replace(origin="claim", name=name) for name in claim_names(claim)]


@lru_cache(4096)
def _amount(text: str | None) -> Quantity | None:
    """The quantity, zero for an absent one; None where it cannot be read, which keeps from no volume."""
    try:
        return parse(text) if text is not None else Quantity(0)
    except ValueError:
        return None


def _taken(volume: PersistentVolume) -> Rejection:
    return Rejection(volume, TAKEN, "goes to another claim")


def _deleting(volume: PersistentVolume) -> Rejection:
    return Rejection(volume, DELETING, "is being deleted")


def _reserved(volume: PersistentVolume) -> Rejection:
    reference = volume.claim_ref
    if reference is None or not reference.namespace:
        return Rejection(volume, RESERVED, "has a claimRef without namespace, which no claim can be")
    return Rejection(volume, RESERVED, f"is reserved for claim `{reference.namespace}/{reference.name}`")


def _too_small(claim: Claim, volume: PersistentVolume) -> Rejection:
    offered = f"offers {volume.capacity}" if volume.capacity is not None else "states no capacity"
    return Rejection(volume, CAPACITY, f"{offered} while the claim requests {claim.request}")


def _mode_differs(claim: Claim, volume: PersistentVolume) -> Rejection:
    return Rejection(
        volume, VOLUME_MODE, f"has volumeMode {volume.volume_mode} while the claim has {claim.volume_mode}"
    )


def _modes_differ(claim: Claim, volume: PersistentVolume) -> Rejection:
    lacking = ", ".join(mode for mode in claim.modes if mode not in volume.modes)
    return Rejection(volume, MODES, f"does not offer {lacking}")


def _class_differs(class_name: str, volume: PersistentVolume) -> Rejection:
    text = f"has class `{volume.class_name}`" if volume.class_name else "has no class"
    return Rejection(volume, CLASS, f"{text} while the claim has {f'`{class_name}`' if class_name else 'none'}")
