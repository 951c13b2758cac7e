"""`flexVolume` to the CSI driver that took over from its driver.

What becomes of each driver's options is data (`knowledge/data/flexvolume_mappings.yaml`); this module reads it. Where
options come in several forms, a special function first gives the references that the data uses."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from kvlint.finding import Migration
from kvlint.knowledge import flexvolume_drivers, flexvolume_mappings
from kvlint.knowledge.flexvolume_drivers import FlexDriver
from kvlint.knowledge.flexvolume_mappings import FlexVolumeMapping, SecretNeed
from kvlint.migrate import ceph, flex_azure, flex_clouds, flex_rook, flex_smb, persistent, topology
from kvlint.migrate.draft import Draft, bind, install, manual
from kvlint.migrate.flex_options import Options
from kvlint.migrate.objects import RWO, Object, csi_source, secret_ref, storage_name
from kvlint.migrate.pattern import references
from kvlint.migrate.subject import INLINE, Refused, Subject, mapping, required, string, string_map
from kvlint.record import NamedTuple

DRIVERS_PAGE = "https://kubernetes-csi.github.io/docs/drivers.html"
_SPECIAL: Mapping[str, Callable[[Options], None]] = {
    "alicloud-nas": flex_clouds.alicloud_nas,
    "example-nfs": flex_clouds.example_nfs,
    "oracle": flex_clouds.oracle,
    "pharmer": flex_clouds.pharmer,
    "rook": flex_rook.rook,
    "smb": flex_smb.smb,
}


class _Volume(NamedTuple):
    """What the options have become."""

    handle: str
    attributes: dict[str, str]
    mount_options: list[str]
    fs_type: str
    secrets: dict[str, Object]
    capacity: str


def inline(subject: Subject) -> Migration:
    """A Pod's FlexVolume."""
    found = _find(subject)
    if isinstance(found, Migration):
        return found
    draft, options = found
    plan = options.plan
    if plan.inline:
        return flex_azure.key_vault(options) if plan.special == "key-vault" else _ephemeral(options)
    made = _make(options)
    if made is None:
        return _advise(subject, string(subject.body, "driver"), plan)
    name, volume = made
    mode = plan.access_modes[0]
    if mode != RWO and not plan.shared:
        draft.note(
            "The handle is the storage's own ID, so a cluster has one PersistentVolume for it, bound to one claim; "
            "nothing in a second namespace can use it."
        )
    return bind(
        draft,
        name,
        {"csi": _source(draft, volume)},
        mode,
        draft.read_only(),
        capacity=volume.capacity,
        mount_options=volume.mount_options,
        annotations=plan.annotations,
    )


def persistent_volume(subject: Subject) -> Migration:
    """A PersistentVolume of a FlexVolume."""
    found = _find(subject)
    if isinstance(found, Migration):
        return found
    draft, options = found
    plan = options.plan
    if plan.inline:
        raise Refused(
            f"{plan.driver} mounts volumes of Pods only, so no PersistentVolume of it can exist; put the volume into "
            "the Pods that use it"
        )
    made = _make(options)
    if made is None:
        return _advise(subject, string(subject.body, "driver"), plan)
    volume = made[1]
    draft.read_only()
    zones = topology.label_values(draft, topology.ZONE) if plan.topology_key else []
    keys = {topology.ZONE: plan.topology_key} if plan.topology_key else {}
    return persistent.convert(
        draft,
        _source(draft, volume),
        plan.access_modes,
        node_affinity=topology.node_affinity(draft, keys, {topology.ZONE: zones}),
        used_annotations=options.annotations,
        added_annotations=plan.annotations,
        added_options=volume.mount_options,
    )


def _find(subject: Subject) -> tuple[Draft, Options] | Migration:
    """The draft and the options read by the driver's mapping; a finished manual migration where there is no mapping."""
    driver = required(subject.body, "driver")
    options = string_map(subject.body, "options")
    row = flexvolume_drivers.find(driver, string(subject.body, "fsType"), options)
    if row is None:
        return _unknown(subject, driver)
    plan = flexvolume_mappings.find(row.id)
    if plan is None or not plan.driver or (plan.drivers and driver not in plan.drivers):
        return _advise(subject, driver, plan, row)
    draft = Draft(subject, plan.driver, *plan.references)
    read = Options(draft, plan)
    if plan.special in _SPECIAL:
        _SPECIAL[plan.special](read)
    for note in plan.notes:
        draft.note(note)
    return draft, read


def _make(options: Options) -> tuple[str, _Volume] | None:
    """Name and volume that the options stand for; None if they do not say which storage it is."""
    draft, plan, subject = options.draft, options.plan, options.draft.subject
    draft.driver = options.text(plan.driver)
    patterns = plan.identity or (plan.handle,)
    identity = [options.text(pattern) for pattern in patterns]
    known = [part for part in identity if part]
    if len(known) < len(identity):
        if plan.advice:
            return None
        raise _missing(pattern for pattern, part in zip(patterns, identity, strict=True) if not part)
    options.base = storage_name(plan.name, *known)
    attributes = {
        key: value for key, pattern in plan.attributes.items() if (value := options.text(pattern)) is not None
    }
    lacking = [plan.attributes[key] for key in plan.required if key not in attributes]
    if lacking:
        raise _missing(lacking)
    mount_options = options.mount_options()
    old_secret = mapping(subject.body, "secretRef")
    if plan.shared and (mount_options or old_secret):
        # Volumes that mount the same share in different ways are different volumes.
        variant = [*mount_options, *(f"{key}={value}" for key, value in attributes.items())]
        variant += [f"secretRef={string(old_secret, 'namespace')}/{string(old_secret, 'name')}"]
        options.base = storage_name(plan.name, *known[:-1], "; ".join(variant), known[-1], readable="-".join(known))
    secrets = _secrets(options)
    if plan.shared:
        options.volume = draft.own_handle(options.base, "storage") if subject.kind == INLINE else subject.name
    volume = _Volume(
        options.text(plan.handle) or "",
        attributes,
        mount_options,
        _fs_type(options),
        secrets,
        _capacity(options),
    )
    options.rest()
    return options.base, volume


def _capacity(options: Options) -> str:
    """The size that the options of a Pod's volume name; a configured one comes first."""
    subject, pattern = options.draft.subject, options.plan.capacity
    if not pattern or subject.kind != INLINE or subject.inputs.given("capacity", options.base):
        return ""
    return options.text(pattern) or ""


def _missing(patterns: Iterable[str]) -> Refused:
    """What to say of storage that the options do not name; `patterns` are those that have no value."""
    names = dict.fromkeys(name for pattern in patterns for name in references(pattern))
    return Refused(
        f"the options lack {' or '.join(f'`{name}`' for name in names)}, so nothing says which storage this is; "
        "correct them first"
    )


def _fs_type(options: Options) -> str:
    """The file system of the CSI volume, with a note where it is not the one that was written."""
    draft, plan = options.draft, options.plan
    old = string(draft.subject.body, "fsType")
    new = (options.text(plan.fs_type) or "") if plan.fs_type else ""
    if new and not old and "{@fsType}" in plan.fs_type:
        draft.note(f"`fsType: {new}` is written out, because CSI applies fsGroup only to volumes that name one.")
    elif old and not new:
        draft.note(f"`fsType` is not carried over: {draft.driver} makes no file system.")
    elif old and old != new:
        draft.note(f"`fsType` becomes {new}, as {draft.driver} asks.")
    return new


def _source(draft: Draft, volume: _Volume) -> Object:
    return csi_source(
        str(draft.driver),
        volume.handle,
        fs_type=volume.fs_type,
        attributes=volume.attributes,
        secrets=volume.secrets,
    )


def _secrets(options: Options) -> dict[str, Object]:
    """The reference to the Secret that the CSI driver reads; empty where it needs none."""
    draft, need = options.draft, options.plan.secret
    reference = mapping(draft.subject.body, "secretRef")
    old = string(reference, "name")
    if need is None:
        if reference:
            draft.note(f"`secretRef` is not carried over: {draft.driver} reads no Secret for each volume.")
        return {}
    name = options.text(need.name) if need.name else None
    if name is not None and not options.moved:
        namespace = (options.text(need.namespace) if need.namespace else None) or _namespace(draft, reference)
        draft.note(f"The Secret `{name}` in namespace {namespace} must hold {_listed(need.keys)}.")
    elif old and need.reuse:
        name, namespace = old, _namespace(draft, reference)
        draft.note(f"The Secret `{name}` serves on: {draft.driver} reads the same keys and ignores its type.")
        added = [key for key in options.moved if key not in need.keys]
        if added:
            draft.note(f"Add the key {_listed(added)} to the Secret `{name}`.")
    elif "@no-secret" in options.references and not options.moved:
        return {}
    elif need.required or old or options.moved:
        namespace = (options.text(need.namespace) if need.namespace else None) or _namespace(draft, reference)
        return {need.reference: _new_secret(options, need, namespace, old)}
    else:
        return {}
    return {need.reference: secret_ref(name, namespace)}


def _new_secret(options: Options, need: SecretNeed, namespace: str, old: str) -> Object:
    """A reference to a Secret that does not exist yet, and the step that creates it."""
    draft = options.draft
    if need.input == "ceph.user-secret":
        found = f"Secret `{old}`" if old else "the key that Rook's agent read by itself"
        return ceph.user_secret(draft, options.references["@user"], found, namespace)
    keys = list(dict.fromkeys((*need.keys, *options.moved)))
    why = f"a Secret with the keys {_listed(keys)} in namespace {namespace}, which {draft.driver} reads"
    name = draft.subject.inputs.take(need.input, why, options.base)
    if old:
        draft.note(
            f"The Secret `{old}` has other keys, and the type of a Secret is immutable: {draft.driver} needs a new "
            "Secret, under a new name."
        )
    if draft.subject.inputs.given(need.input, options.base) is None:
        draft.secret(name, namespace, {}, keys)
    return secret_ref(name, namespace)


def _namespace(draft: Draft, reference: Mapping[str, object]) -> str:
    """Where the Secret is: where a PersistentVolume says, else with the workload or claim."""
    return string(reference, "namespace") or draft.namespace(
        "a PersistentVolume must say in which namespace its Secret is"
    )


def _listed(keys: Sequence[str]) -> str:
    return " and ".join(f"`{key}`" for key in keys)


def _ephemeral(options: Options) -> Migration:
    """A volume that the CSI driver makes for each Pod: it stays in the Pod."""
    draft = options.draft
    subject = draft.subject
    if not subject.name:
        raise Refused("the volume has no name, so nothing can mount it; correct it first")
    options.rest()
    for field in ("fsType", "secretRef"):
        if subject.body.get(field):
            draft.note(f"`{field}` is not carried over: {draft.driver} takes none.")
    csi: Object = {"driver": draft.driver} | ({"readOnly": True} if draft.read_only() else {})
    return draft.done(
        f"csi volume of {draft.driver}",
        (),
        {"name": subject.name, "csi": csi},
        [*install(draft), *draft.steps, f"Apply the changed {subject.owner[0]} and see that its Pods start."],
    )


def _advise(subject: Subject, driver: str, plan: FlexVolumeMapping | None, row: FlexDriver | None = None) -> Migration:
    """The manual migration of a volume whose driver is known, but not the way of its volumes to CSI."""
    row = row or flexvolume_drivers.find(driver, string(subject.body, "fsType"), string_map(subject.body, "options"))
    draft = Draft(subject, None, *(plan.references if plan else ()), *(row.references if row else ()))
    draft.references = tuple(dict.fromkeys(draft.references))
    advice = plan.advice if plan and plan.advice else row.advice if row else ""
    draft.steps.append(advice)
    if row:
        draft.note(
            f"The driver `{driver}` is {row.status}." if row.status != "unknown" else f"Nothing proves `{driver}`."
        )
    _leave(draft, plan)
    return manual(draft, f"No CSI volume can be derived for {driver}")


def _unknown(subject: Subject, driver: str) -> Migration:
    """The manual migration of a volume of a driver that nobody has heard of."""
    draft = Draft(subject, None, DRIVERS_PAGE)
    vendor, _, name = driver.partition("/")
    directory = f"{vendor}~{name}/{name}" if name else driver
    draft.steps += [
        f"Find out what `{driver}` mounts: its program is `{directory}` below the kubelet's --volume-plugin-dir on "
        "every node, and what installed it there names the vendor.",
        "Look for the vendor's CSI driver in the list of CSI drivers, and ask how it takes over existing volumes: "
        "mostly by a PersistentVolume with the storage's own ID as volume handle. The data then stays where it is.",
        "Where there is no such driver, claim a volume of another one and copy the data from a Pod that mounts both, "
        "while the nodes still have the old driver.",
    ]
    draft.note(
        "FlexVolume is deprecated since Kubernetes 1.23 but not removed: the volume works as long as every node has "
        "the driver's program, which many platforms no longer allow. Snapshots, resizing and topology need CSI."
    )
    _leave(draft, None)
    return manual(draft, f"FlexVolume driver {driver} is unknown")


def _leave(draft: Draft, plan: FlexVolumeMapping | None) -> None:
    """Say what a manual migration leaves behind: the options by name, the Secret, and credentials that must go."""
    options = Options(draft, plan or flexvolume_mappings.NO_MAPPING)
    names = options.names()
    if names:
        draft.note(f"Options to carry over by hand: {', '.join(f'`{name}`' for name in names)}.")
    name = string(mapping(draft.subject.body, "secretRef"), "name")
    if name:
        draft.note(
            f"The Secret `{name}` is the old driver's; a CSI driver reads other keys, and its type is immutable."
        )
    draft.read_only()
