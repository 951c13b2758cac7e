"""Which function migrates what: one table for each kind of subject."""

from collections.abc import Callable, Mapping

from kvlint.finding import Migration
from kvlint.knowledge.volume_plugins import STILL_IN_TREE
from kvlint.migrate.draft import Draft, manual
from kvlint.migrate.subject import CLASS, INLINE, PV, Inputs, Refused, Subject, string

Function = Callable[[Subject], Migration]


def advice(subject: Subject) -> Migration:
    """A manual migration: what is known about storage for which no CSI objects can be written."""
    draft = _bare(subject)
    if draft.plugin:
        draft.steps.append(draft.plugin.advice)
        draft.driver = draft.plugin.successor
        draft.references = draft.plugin.references
        if subject.kind == PV and draft.plugin.after_removal == STILL_IN_TREE and not draft.plugin.deprecated_in:
            draft.note("Nothing has to be done: Kubernetes keeps this volume source.")
    else:
        draft.steps.append("Ask the maker of this storage for its CSI driver and how existing volumes are taken over.")
    return manual(draft, f"No automatic migration of {subject.source}")


# Functions as `module:name` below `kvlint.migrate`: most runs need one module of these, or none.
INLINE_SOURCES: Mapping[str, str] = {
    "awsElasticBlockStore": "aws_ebs:inline",
    "azureDisk": "azure_disk:inline",
    "azureFile": "azure_file:inline",
    "cephfs": "cephfs:inline",
    "cinder": "openstack_cinder:inline",
    "csi": "csi:inline",
    "fc": "block:fc",
    "flexVolume": "flexvolume:inline",
    "gcePersistentDisk": "gce_pd:inline",
    "gitRepo": "git_repo:inline",
    "iscsi": "block:iscsi",
    "nfs": "nfs:inline",
    "portworxVolume": "portworx:inline",
    "rbd": "rbd:inline",
    "vsphereVolume": "vsphere_volume:inline",
}
VOLUME_SOURCES: Mapping[str, str] = {
    "awsElasticBlockStore": "aws_ebs:persistent_volume",
    "azureDisk": "azure_disk:persistent_volume",
    "azureFile": "azure_file:persistent_volume",
    "cephfs": "cephfs:persistent_volume",
    "cinder": "openstack_cinder:persistent_volume",
    "flexVolume": "flexvolume:persistent_volume",
    "gcePersistentDisk": "gce_pd:persistent_volume",
    "nfs": "nfs:persistent_volume",
    "portworxVolume": "portworx:persistent_volume",
    "rbd": "rbd:persistent_volume",
    "vsphereVolume": "vsphere_volume:persistent_volume",
}
PROVISIONERS: Mapping[str, str] = {
    "kubernetes.io/aws-ebs": "aws_ebs:storage_class",
    "kubernetes.io/azure-disk": "azure_disk:storage_class",
    "kubernetes.io/azure-file": "azure_file:storage_class",
    "kubernetes.io/cinder": "openstack_cinder:storage_class",
    "kubernetes.io/gce-pd": "gce_pd:storage_class",
    "kubernetes.io/portworx-volume": "portworx:storage_class",
    "kubernetes.io/rbd": "rbd:storage_class",
    "kubernetes.io/vsphere-volume": "vsphere_volume:storage_class",
}
_IN_TREE = "kubernetes.io/"
_TABLES = {INLINE: INLINE_SOURCES, PV: VOLUME_SOURCES, CLASS: PROVISIONERS}


def migration(subject: Subject, foreign: Mapping[str, Function]) -> Migration:
    """The migration of `subject`, from the function of its source; manual for every other source and when refused."""
    try:
        function = foreign.get(_name(subject)) if foreign else None
        return (function or _function(subject))(subject)
    except Refused as refused:
        return _refusal(subject, str(refused))


def _function(subject: Subject) -> Function:
    place = _TABLES[subject.kind].get(subject.source)
    if subject.kind == CLASS and not subject.source.startswith(_IN_TREE):
        place = "provisioners:storage_class"
    if place is None:
        return advice
    from importlib import import_module

    module, name = place.split(":")
    function: Function = getattr(import_module(f"kvlint.migrate.{module}"), name)
    return function


def _name(subject: Subject) -> str:
    """What plugins name their migrations by: the FlexVolume driver or provisioner; else the volume source."""
    return string(subject.body, "driver") if subject.source == "flexVolume" else subject.source


def _refusal(subject: Subject, reason: str) -> Migration:
    draft = _bare(subject)
    draft.steps.append(reason[0].upper() + reason[1:] + ".")
    if draft.plugin:
        draft.driver = draft.plugin.successor
        draft.references = draft.plugin.references
    return manual(draft, f"{subject.source} cannot be migrated as it is")


def _bare(subject: Subject) -> Draft:
    """A draft that reads and asks for nothing: the object may be malformed."""
    name = {"name": subject.name}
    bare = subject._replace(object=name if subject.kind == INLINE else {"metadata": name}, inputs=Inputs(), hints={})
    return Draft(bare, None)
