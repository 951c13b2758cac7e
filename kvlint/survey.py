"""The survey: which storage belongs to which era, by driver and namespace, and what changes from one minor to the next.

`survey_of` counts the facts of a run that was planned with `kvlint.plan.surveying`. Dates are those of the knowledge
tables; the eras are the story of `docs/upgrade.md`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kvlint.checks.world import World
from kvlint.engine import FileFacts
from kvlint.facts import Claim, Holding, PersistentVolume, Place
from kvlint.inventory import Inventory, same_namespace
from kvlint.knowledge import api_lifecycle, csi_drivers, flexvolume_drivers, provisioners
from kvlint.knowledge.version import AS_OF, NEWEST, Version, format_version
from kvlint.knowledge.volume_plugins import DISABLED, FAILS, PLUGINS, VolumePlugin, by_provisioner
from kvlint.record import NamedTuple

INLINE, STATIC, CLASS, EXTERNAL, FLEX, CSI, UNKNOWN = (
    "inline",
    "static",
    "class",
    "external",
    "flexvolume",
    "csi",
    "unknown",
)
ERAS = {
    INLINE: "inline volumes",
    STATIC: "static volumes",
    CLASS: "in-tree classes",
    EXTERNAL: "external provisioners",
    FLEX: "FlexVolume",
    CSI: "CSI",
    UNKNOWN: "not known",
}
"""Every era with its name for people, from the oldest to the newest."""

VOLUME, PV, STORAGE_CLASS, CLAIM, TEMPLATE = "volume", "persistent-volume", "storage-class", "claim", "claim-template"
KINDS = {
    VOLUME: "Pod volumes",
    PV: "PersistentVolumes",
    STORAGE_CLASS: "StorageClasses",
    CLAIM: "claims",
    TEMPLATE: "claim templates",
}
"""Every kind of thing that is counted, with its name for people."""

DEPRECATED, NEEDS_DRIVER, STOPS, UNSERVED = "deprecated", "needs-driver", "stops-working", "not-served"
CHANGES = (STOPS, UNSERVED, NEEDS_DRIVER, DEPRECATED)
"""What can happen to a thing in a minor, gravest first."""

EXAMPLES = 3
IN_TREE_PREFIX = "kubernetes.io/"
NO_PROVISIONER = "kubernetes.io/no-provisioner"


class Count(NamedTuple):
    """How many things of one `kind` belong to an era and driver in a namespace (None: of the cluster, or not said)."""

    era: str
    driver: str
    kind: str
    namespace: str | None
    number: int


class Driver(NamedTuple):
    """One driver, plugin or provisioner in use: how it stands at the target version, and what to move to ("" where
    nothing has to be done or nothing is known)."""

    era: str
    driver: str
    state: str
    successor: str


class Change(NamedTuple):
    """Something in use changes.

    `version` is the minor in which the reader meets it, `since` the one it began with; both are equal unless it
    began before the target version. Both are empty for custom resources, which follow the releases of their project;
    `words` says which. `change` is a member of CHANGES, `subject` a driver or an API version and kind, `driver` the
    CSI driver that takes over ("" where none is known). `storage` counts volumes, PersistentVolumes, classes and API
    objects, `claims` the claims and claim templates behind them. `examples` are the first few places."""

    version: str
    since: str
    change: str
    subject: str
    driver: str
    words: str
    storage: int
    claims: int
    examples: tuple[Place, ...]


class Survey(NamedTuple):
    """What `kvlint survey` found. `target` and `newest` are the minors between which `changes` are told."""

    target: str
    newest: str
    as_of: str
    files: int
    resources: int
    counts: tuple[Count, ...]
    drivers: tuple[Driver, ...]
    changes: tuple[Change, ...]


class _Item(NamedTuple):
    """One thing that is counted, the era and driver it belongs to, and the in-tree plugin it stands or falls with."""

    era: str
    driver: str
    plugin: VolumePlugin | None
    kind: str
    namespace: str | None
    place: Place


_Origin = tuple[str, str, VolumePlugin | None]


def survey_of(facts: Iterable[FileFacts], target: Version, world: World | None = None) -> Survey:
    """Count what `facts` tell of, judged for the Kubernetes version `target`.

    `world` knows the classes that no manifest defines."""
    facts = tuple(facts)
    inventory = Inventory(fact for one in facts for fact in one.facts)
    target = min(target, NEWEST)
    items = sorted(_items(inventory, world or World()), key=lambda item: _position(item.place))
    counts = Counter((item.era, item.driver, item.kind, item.namespace) for item in items)
    order = [*ERAS], [*KINDS]
    return Survey(
        format_version(target),
        format_version(NEWEST),
        AS_OF,
        sum(one.summary.files for one in facts),
        sum(one.summary.resources for one in facts),
        tuple(
            Count(*key, counts[key])
            for key in sorted(
                counts, key=lambda key: (order[0].index(key[0]), key[1], order[1].index(key[2]), key[3] or "")
            )
        ),
        tuple(_drivers(items, target)),
        tuple(
            sorted(
                (*_plugin_changes(items, target), *_api_changes(inventory.holdings, target)),
                key=lambda change: (
                    not change.version,
                    tuple(map(int, change.version.split("."))) if change.version else (),
                    CHANGES.index(change.change),
                    change.subject,
                ),
            )
        ),
    )


def placeless(facts: FileFacts) -> FileFacts:
    """The facts of a file without lines and columns."""
    return facts._replace(facts=tuple(fact._replace(place=fact.place.nowhere()) for fact in facts.facts))


def _items(inventory: Inventory, world: World) -> Iterator[_Item]:
    held: dict[tuple[str, str], _Origin] = {}
    for holding in inventory.holdings:
        place = holding.place
        if not holding.source:
            continue
        origin = _origin(holding)
        if place.kind == "PersistentVolume":
            held[place.file, place.name] = origin
            yield _Item(*origin, PV, None, place)
        else:
            yield _Item(*origin, VOLUME, place.namespace, place)
    for item in inventory.classes:
        yield _Item(*_class_origin(item.provisioner, inventory), STORAGE_CLASS, None, item.place)
    claims = _Claims(inventory, world, held)
    for claim in inventory.claims:
        kind = CLAIM if claim.origin == "claim" else TEMPLATE
        yield _Item(*claims.origin(claim), kind, claim.namespace, claim.place)


def _origin(holding: Holding) -> _Origin:
    """The era of a volume or PersistentVolume."""
    plugin = PLUGINS[holding.source]
    if holding.source == "csi":
        return CSI, holding.driver, None
    if holding.source == "flexVolume":
        return FLEX, holding.driver, plugin
    name = plugin.name or plugin.field
    if holding.place.kind != "PersistentVolume":
        return INLINE, name, plugin
    if not holding.maker:
        return STATIC, name, plugin
    if holding.maker.startswith(IN_TREE_PREFIX) or csi_drivers.find(holding.maker) is not None:
        return CLASS, name, plugin
    return EXTERNAL, holding.maker, plugin


def _class_origin(provisioner: str, inventory: Inventory) -> _Origin:
    """The era of a class, and of the volumes it provisions."""
    if provisioner == NO_PROVISIONER:
        return STATIC, provisioner, None
    if provisioner.startswith(IN_TREE_PREFIX):
        return CLASS, provisioner, by_provisioner(provisioner)
    if csi_drivers.find(provisioner) is not None or any(one.name == provisioner for one in inventory.drivers):
        return CSI, provisioner, None
    known = provisioners.find(provisioner)
    if known is not None:
        return EXTERNAL, provisioner, PLUGINS.get(known.pv_source)
    return UNKNOWN, provisioner, None


class _Claims:
    """Finds the era of claims. What the claims of one class in one folder have in common is found once."""

    def __init__(self, inventory: Inventory, world: World, held: dict[tuple[str, str], _Origin]) -> None:
        self._inventory = inventory
        self._world = world
        self._held = held
        self._of_class: dict[tuple[str, str], _Origin] = {}

    def origin(self, claim: Claim) -> _Origin:
        """The era of the volume that is meant for a claim; else of its class; else of the volumes of that class."""
        volumes = self._inventory.persistent_volumes(claim.volume_name, claim.place.where) if claim.volume_name else []
        volumes = volumes or [
            volume
            for volume in self._inventory.reserved(claim)
            if volume.claim_ref is not None and same_namespace(claim.namespace, volume.claim_ref.namespace)
        ]
        if volumes:
            return self._common(volumes)
        names = self._world.class_names(claim, self._inventory)
        if not names:
            return UNKNOWN, "", None
        key = names[0], claim.place.where.rpartition("/")[0]
        if key not in self._of_class:
            self._of_class[key] = self._class(claim, names[0])
        return self._of_class[key]

    def _class(self, claim: Claim, name: str) -> _Origin:
        if not name:
            return STATIC, "", None
        provisionings = self._world.provisionings(name, claim.place.where, self._inventory)
        provisioner = provisionings[0].provisioner if provisionings else None
        if provisioner and provisioner != NO_PROVISIONER:
            return _class_origin(provisioner, self._inventory)
        volumes = self._inventory.candidates(claim, name)
        if volumes:
            return self._common(volumes)
        return (STATIC if provisioner else UNKNOWN), "", None

    def _common(self, volumes: Sequence[PersistentVolume]) -> _Origin:
        origins = [self._held.get((volume.place.file, volume.name), (STATIC, "", None)) for volume in volumes]
        same = all(origin[:2] == origins[0][:2] for origin in origins)
        return origins[0] if same else (STATIC, "", None)


def _drivers(items: Sequence[_Item], target: Version) -> Iterator[Driver]:
    eras = [*ERAS]
    found = {(item.era, item.driver): item.plugin for item in items}
    for (era, driver), plugin in sorted(found.items(), key=lambda pair: (eras.index(pair[0][0]), pair[0][1])):
        if driver:
            yield Driver(era, driver, *_state(era, driver, plugin, target))


def _state(era: str, driver: str, plugin: VolumePlugin | None, target: Version) -> tuple[str, str]:
    """How a driver stands at the target version, and its successor."""
    successor = plugin.successor or "" if plugin is not None else ""
    standing = ""
    for version, change in _events(plugin) if plugin is not None else ():
        if version <= target:
            standing = f"{_WORDS[change].format(driver=successor)} since {format_version(version)}"
    if era == FLEX:
        known = flexvolume_drivers.find(driver)
        return standing or "works", known.successors[0].driver if known is not None and known.successors else ""
    if era == CLASS and plugin is None:
        return "no such provisioner", ""
    if era == EXTERNAL:
        row = provisioners.find(driver)
        if row is not None and row.retired:
            goal = row.successors[0].provisioner if row.successors else ""
            return (f"{row.status}; volumes: {standing}" if standing else row.status), goal
    if era == CSI:
        known_driver = csi_drivers.find(driver)
        if known_driver is not None and known_driver.retired:
            return known_driver.status, known_driver.renamed_to
    if era == UNKNOWN:
        return "not known", ""
    ends = plugin is not None and plugin.deprecated_in is not None
    return standing or "works", successor if ends else ""


_WORDS = {
    DEPRECATED: "deprecated",
    NEEDS_DRIVER: "needs driver {driver}",
    STOPS: "does not work",
}


def _events(plugin: VolumePlugin) -> Iterator[tuple[Version, str]]:
    """The minors in which something changes for users of an in-tree plugin, in their order.

    When a redirected plugin's code is removed nothing changes: its driver has served the volumes before."""
    if plugin.deprecated_in is not None:
        yield plugin.deprecated_in, DEPRECATED
    if plugin.redirected_in is not None:
        yield plugin.redirected_in, NEEDS_DRIVER
    if plugin.removed_in is not None and plugin.after_removal in (FAILS, DISABLED):
        yield plugin.removed_in, STOPS


def _met(events: Iterable[tuple[Version, str]], target: Version) -> Iterator[tuple[Version, Version, str]]:
    """Of events, what is met from the target on: the last one before it or in it, and all later ones."""
    events = [event for event in events if event[0] <= NEWEST]
    past = [event for event in events if event[0] <= target]
    for since, change in past[-1:]:
        yield target, since, change
    for since, change in events[len(past) :]:
        yield since, since, change


def _plugin_changes(items: Sequence[_Item], target: Version) -> Iterator[Change]:
    groups: dict[tuple[str, str], list[_Item]] = {}
    for item in items:
        if item.plugin is not None:
            groups.setdefault((item.plugin.field, _subject(item, item.plugin)), []).append(item)
    for (field, subject), group in groups.items():
        plugin = PLUGINS[field]
        flex = flexvolume_drivers.find(subject) if field == "flexVolume" else None
        successor = plugin.successor or (flex.successors[0].driver if flex is not None and flex.successors else "")
        claims = [item for item in group if item.kind in (CLAIM, TEMPLATE)]
        storage = [item for item in group if item.kind not in (CLAIM, TEMPLATE)]
        places = tuple(item.place for item in (storage or claims)[:EXAMPLES])
        for version, since, change in _met(_events(plugin), target):
            met = format_version(version), format_version(since), change
            yield Change(*met, subject, successor, "", len(storage), len(claims), places)


def _subject(item: _Item, plugin: VolumePlugin) -> str:
    if plugin.field == "flexVolume":
        return item.driver if item.era == FLEX else "FlexVolume"
    return plugin.name or plugin.field


def _api_changes(holdings: Sequence[Holding], target: Version) -> Iterator[Change]:
    groups: dict[tuple[str, str], list[Place]] = {}
    for holding in holdings:
        if not holding.source:
            groups.setdefault((holding.place.api_version, holding.place.kind), []).append(holding.place)
    for (version, kind), places in groups.items():
        api = api_lifecycle.find(version, kind)
        if api is None:
            continue
        subject, found = f"{version} {kind}", (len(places), 0, tuple(sorted(places, key=_position)[:EXAMPLES]))
        if api.scheme == api_lifecycle.KUBERNETES:
            dates = ((api.deprecated, DEPRECATED), (api.removed, UNSERVED))
            for met, since, change in _met(((date, change) for date, change in dates if date is not None), target):
                yield Change(format_version(met), format_version(since), change, subject, "", "", *found)
        elif api.removed_release:
            yield Change("", "", UNSERVED, subject, "", api.removed_release, *found)
        elif api.deprecated_release:
            yield Change("", "", DEPRECATED, subject, "", api.deprecated_release, *found)


def _position(place: Place) -> tuple[str, int, int, str]:
    return (place.file, *place.start, place.field)
