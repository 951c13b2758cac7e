"""StorageClasses of retired external provisioners to the CSI driver that took over.

What each parameter becomes is data (`provisioners.yaml` and `provisioner_mappings.yaml` of the knowledge tables); the
functions here are for parameters that are more than renamed."""

import re
from collections.abc import Callable, Mapping

from kvlint.finding import Migration
from kvlint.knowledge import credential_keys, provisioner_mappings, provisioners
from kvlint.knowledge.inputs import INPUTS
from kvlint.knowledge.provisioner_mappings import ProvisionerMapping
from kvlint.knowledge.provisioners import Provisioner
from kvlint.migrate import ceph, classes, credential, rbd, topology
from kvlint.migrate.draft import Draft, manual
from kvlint.migrate.pattern import fill
from kvlint.migrate.subject import Refused, Subject, string_map, strings

DRIVERS_PAGE = "https://kubernetes-csi.github.io/docs/drivers.html"
_OLD_VARIABLE = re.compile(r"\$\{\.PVC\.([^}]*)\}")
_NEW_VARIABLES = {"namespace": "${pvc.metadata.namespace}", "name": "${pvc.metadata.name}"}
_DIRECTORY = "${pvc.metadata.namespace}-${pvc.metadata.name}-${pv.metadata.name}"
_MANILA = {"NFS": "nfs.manila.csi.openstack.org", "CEPHFS": "cephfs.manila.csi.openstack.org"}
_EXT4 = "ext4"


class _Class:
    """The class in the making: its old parameters, taken one by one, and the new ones."""

    __slots__ = ("draft", "new", "old", "plan", "row")

    def __init__(self, draft: Draft, row: Provisioner, plan: ProvisionerMapping) -> None:
        self.draft = draft
        self.row = row
        self.plan = plan
        self.old = classes.Parameters(draft.subject.object)
        self.new: dict[str, str] = {}

    def safe(self, name: str) -> str | None:
        """The value of the old parameter `name`, which is then done with; None when absent, empty or a credential."""
        value = self.old.take(name)
        if value and _is_secret(self.draft.subject.source, name, value):
            _note_secret(self.draft, name)
            return None
        if value == "":
            self.draft.note(f"The parameter `{name}` is empty and left out.")
        return value or None

    def reference(self, name: str) -> str | None:
        """The value of a reference in a pattern."""
        if name.startswith("@input "):
            field = name.removeprefix("@input ")
            return self.draft.subject.inputs.take(field, INPUTS[field].description, self.draft.subject.name)
        return self.safe(name)


def storage_class(subject: Subject) -> Migration:
    """The class of an external provisioner."""
    row = provisioners.find(subject.source)
    if row is None:
        return _unknown(subject)
    plan = provisioner_mappings.find(row.name)
    if plan is None or not row.retired:
        return _advise(subject, row)
    if plan.special == "ceph-rbd":
        return rbd.storage_class(subject)
    draft = Draft(subject, plan.driver, *(plan.references or row.references))
    made = _Class(draft, row, plan)
    if plan.special:
        _SPECIAL[plan.special](made)
    for key, pattern in plan.set.items():
        value = fill(pattern, made.reference)
        if value is not None:
            made.new.setdefault(key, value)
    if plan.block:
        made.new |= _file_system(made)
    _mount_options(draft, made.old)
    _rename(made)
    for note in plan.notes:
        draft.note(note)
    topologies = topology.allowed_topologies(draft, plan.topology_key or topology.ZONE, [])
    if row.pv_source:
        draft.note(f"Volumes that exist are {row.pv_source} ones and do not change; they are migrated on their own.")
    migration = classes.replace(draft, made.new, topologies)
    if plan.offer:
        draft.note("The parameters were matched by their names in two tables of the vendor; check each before use.")
        draft.steps = [*migration.steps]
        return manual(draft, migration.title, migration.manifests)
    return migration


def _rename(made: _Class) -> None:
    """Carry the parameters over that are left: under the successor's name, or not, which is said."""
    known = {parameter.key.lower(): parameter for parameter in made.row.parameters}
    copied = {name.lower() for name in made.plan.copy}
    for key in made.old.rest():
        value = made.safe(key)
        if value is None:
            continue
        parameter = known.get(key.lower())
        if made.plan.copy_all or key.lower() in copied:
            made.new.setdefault(key, value)
        elif parameter is not None and parameter.maps_to:
            if made.new.setdefault(parameter.maps_to, value) != value:
                made.draft.note(f"The parameter `{key}` is dropped: `{parameter.maps_to}` has another value already.")
        elif parameter is not None and parameter.note:
            made.draft.note(f"The parameter `{key}` is dropped. {parameter.note}")
        else:
            made.draft.note(
                f"The parameter `{key}` is dropped: nothing documents a counterpart in {made.draft.driver}."
            )


def _file_system(made: _Class) -> dict[str, str]:
    old, new = made.safe("fstype"), made.safe(classes.FS_TYPE)
    if old and new and old != new:
        raise Refused(f"`fstype` and `{classes.FS_TYPE}` contradict; keep one, then migrate it")
    value = old or new
    if not value:
        made.draft.note(
            f"`{classes.FS_TYPE}: {_EXT4}` is written out, because fsGroup works for named file systems only."
        )
    return {classes.FS_TYPE: value or _EXT4}


def _mount_options(draft: Draft, parameters: classes.Parameters) -> None:
    """Move the mount options of the old parameter `mountOptions` to the list of the class."""
    subject = draft.subject
    text = parameters.take("mountOptions")
    if text:
        options = [
            *strings(subject.object, "mountOptions"),
            *(item.strip() for item in text.split(",") if item.strip()),
        ]
        draft.subject = subject._replace(object={**subject.object, "mountOptions": options})
        draft.note("The parameter `mountOptions` moves to the list `mountOptions` of the class.")


def _nfs_subdir(made: _Class) -> None:
    """What nfs-client-provisioner did with its directories (external-storage nfs-client provisioner.go).

    It named them after namespace, claim and volume, and renamed them to `archived-…` unless told not to."""
    archive, on_delete, pattern = made.safe("archiveOnDelete"), made.safe("onDelete"), made.safe("pathPattern")
    if on_delete:
        made.new["onDelete"] = on_delete
    else:
        made.new["onDelete"] = "delete" if (archive or "").lower() in ("false", "f", "0") else "archive"
    if not pattern:
        made.new["subDir"] = _DIRECTORY
        made.draft.note("`subDir` keeps the names of the directories: namespace, claim, volume.")
        return
    unknown = [name for name in _OLD_VARIABLE.findall(pattern) if name not in _NEW_VARIABLES]
    if unknown:
        raise Refused(
            f"its `pathPattern` uses `{unknown[0]}` of the claim, for which nfs.csi.k8s.io has no counterpart; choose "
            "a path of namespace and name, or use k8s-sigs.io/nfs-subdir-external-provisioner"
        )
    made.new["subDir"] = _OLD_VARIABLE.sub(lambda match: _NEW_VARIABLES[match[1]], pattern)


def _cephfs(made: _Class) -> None:
    """Cluster and Secrets of ceph-csi; the old provisioner had one user, the new driver mounts with it too."""
    draft = made.draft
    draft.driver = draft.subject.inputs.given("ceph.cephfs-driver") or draft.driver
    monitors = [part.strip() for part in (made.safe("monitors") or "").split(",") if part.strip()]
    made.new["clusterID"] = ceph.cluster(draft, monitors)
    user = made.safe("adminId") or ceph.ADMIN
    name, namespace = made.safe("adminSecretName"), made.safe("adminSecretNamespace") or "default"
    old = f"Secret `{name}` with its key `key`" if name else "the Secret with the key `key`"
    reference = ceph.user_secret(draft, user, old, namespace)
    roles = ("provisioner", "controller-expand", "node-stage")
    made.new |= classes.secrets(reference["name"], reference["namespace"], roles)


def _rook(made: _Class) -> None:
    """Cluster, pools and Secrets as Rook's operator keeps them."""
    draft = made.draft
    namespace = made.safe("clusterNamespace") or made.safe("clusterName")
    cluster = namespace or draft.subject.inputs.take(
        "ceph.cluster-id", "the namespace of the CephCluster, which the class does not name"
    )
    given = draft.subject.inputs.given("ceph.rbd-driver")
    draft.driver = given or (f"{namespace}.rbd.csi.ceph.com" if namespace else draft.driver)
    pool = made.safe("blockPool") or made.safe("pool")
    if pool is None:
        raise Refused("the parameter `blockPool` is missing, so nothing says where volumes are made; correct it first")
    made.new |= {"clusterID": cluster, "pool": pool}
    made.new |= classes.secrets("rook-csi-rbd-provisioner", cluster, ("provisioner", "controller-expand"))
    made.new |= classes.secrets("rook-csi-rbd-node", cluster, ("node-stage",))


def _oci_fss(made: _Class) -> None:
    """The mount target, or the subnet in which the driver makes one (oci-volume-provisioner fss.go)."""
    target, subnet = made.safe("mntTargetId"), made.safe("subnetId")
    if target:
        made.new["mountTargetOcid"] = target
    elif subnet:
        made.new["mountTargetSubnetOcid"] = subnet
    else:
        inputs, name = made.draft.subject.inputs, made.draft.subject.name
        made.new["mountTargetOcid"] = inputs.take("oci.mount-target", INPUTS["oci.mount-target"].description, name)
    if target and subnet:
        made.draft.note("The parameter `subnetId` is dropped: the mount target is in its subnet already.")


def _manila(made: _Class) -> None:
    """The driver follows from the protocol; the Secret with OpenStack's credentials serves all operations."""
    protocol = made.safe("protocol")
    driver = _MANILA.get((protocol or "").upper())
    if driver is None:
        raise Refused("its `protocol` is neither NFS nor CEPHFS, so nothing says which Manila driver it is; correct it")
    if made.safe("osShareID") or made.safe("osShareName"):
        raise Refused(
            "it mounts one share that exists, which is no task of a class any more; write a PersistentVolume with "
            f"driver {driver} and volumeAttributes shareID and shareAccessID, and a claim of it"
        )
    made.draft.driver = driver
    zones = [zone.strip() for zone in (made.safe("zones") or "").split(",") if zone.strip()]
    if zones:
        made.new["availability"] = zones[0]
        made.draft.note("The parameter `zones` becomes `availability`, which takes the first zone only.")
    name, namespace = made.safe("osSecretName"), made.safe("osSecretNamespace") or "default"
    if name is None:
        raise Refused("the parameter `osSecretName` is missing, so nothing opens OpenStack; correct it first")
    roles = ("provisioner", "controller-expand", "node-stage", "node-publish")
    made.new |= classes.secrets(name, namespace, roles)
    made.draft.note(f"The Secret `{name}` serves on: the CSI driver reads the same keys (os-authURL, os-region …).")
    made.draft.note("The driver hands mounting to another CSI driver of the protocol, which must be installed too.")


_SPECIAL: Mapping[str, Callable[[_Class], None]] = {
    "cephfs": _cephfs,
    "manila": _manila,
    "nfs-subdir": _nfs_subdir,
    "oci-fss": _oci_fss,
    "rook": _rook,
}


def _advise(subject: Subject, row: Provisioner) -> Migration:
    """The manual migration of a class whose successor needs more than the class says."""
    draft = Draft(subject, None, *row.references)
    draft.steps.append(row.advice)
    if not row.retired:
        draft.note(f"The provisioner `{subject.source}` is maintained; the class can stay.")
    else:
        draft.note(f"The provisioner `{subject.source}` ({row.project}) is {row.status}.")
        for successor in row.successors:
            draft.steps.append(f"Write a class of `{successor.provisioner}`. {successor.note}".rstrip())
        if row.pv_source:
            draft.note(
                f"Volumes that exist are {row.pv_source} ones and do not change; they are migrated on their own."
            )
    _leave(draft)
    return manual(draft, f"No class can be derived for {subject.source}")


def _unknown(subject: Subject) -> Migration:
    draft = Draft(subject, None, DRIVERS_PAGE)
    draft.steps += [
        f"Find the workload that provisions for `{subject.source}`: its name is mostly in PROVISIONER_NAME or in an "
        "argument of a Deployment.",
        "Ask its maker for a CSI driver, and write a class of it beside this one; volumes that exist do not change.",
    ]
    _leave(draft)
    return manual(draft, f"Provisioner {subject.source} is unknown")


def _leave(draft: Draft) -> None:
    """Say which parameters there are to carry over by hand, and which hold a credential."""
    source = draft.subject.source
    names = []
    for key, value in string_map(draft.subject.object, "parameters").items():
        if value and _is_secret(source, key, value):
            _note_secret(draft, key)
        else:
            names.append(key)
    if names:
        draft.note(f"Parameters to carry over by hand: {', '.join(f'`{name}`' for name in names)}.")


def _is_secret(provisioner: str, name: str, value: str) -> bool:
    return credential.key(name, credential_keys.storage_class(provisioner)) or credential.value(value)


def _note_secret(draft: Draft, name: str) -> None:
    draft.note(
        f"The parameter `{name}` holds a credential and is left out; it belongs into a Secret, and {credential.ROTATE}."
    )
