"""Access modes that a volume's plugin or driver does not take."""

import re
from collections.abc import Container, Iterator, Sequence

from kvlint import binder
from kvlint.binder import Cluster
from kvlint.checks.world import Judgement, World, class_location, describe
from kvlint.facts import MODES_FIELD, VOLUME_MODE_FIELD, Claim, PersistentVolume
from kvlint.finding import Confidence, Severity
from kvlint.inventory import Inventory
from kvlint.knowledge import access_modes, csi_drivers
from kvlint.knowledge.access_modes import BLOCK, AccessModes

NO_BLOCK = "takes no raw block volumes"

RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"


def unsupported_modes(inventory: Inventory, world: World, files: Container[str]) -> Iterator[Judgement]:
    """PersistentVolumes and dynamically provisioned claims whose access modes their plugin or driver does not take."""
    for volume in inventory.volumes:
        if volume.place.file in files:
            yield from _of_volume(volume)
    for claim in inventory.claims:
        if claim.place.file in files and claim.phase != "Bound":
            yield from _of_claim(claim, inventory, world)


def _of_volume(volume: PersistentVolume) -> Iterator[Judgement]:
    """In-tree plugins do not check modes: the volume works on one node. A CSI driver refuses it when it is attached."""
    if volume.driver:
        known = access_modes.of_driver(volume.driver)
        if known is not None and known.other_handles and re.fullmatch(known.other_handles, volume.handle):
            return
        found = csi_drivers.find(volume.driver)
        collapses = found is not None and found.attach_required is True
        problem = _problem(volume.modes, volume.volume_mode, known, csi=True, collapses=collapses)
        severity, what = Severity.WARNING, f"driver {volume.driver}"
    else:
        known = access_modes.of_source(volume.source)
        problem = _problem(volume.modes, volume.volume_mode, known, csi=False, collapses=False)
        severity, what = Severity.INFO, f"volume source {volume.source}"
    if problem and known is not None:
        yield Judgement(
            "unsupported-access-mode",
            volume.place,
            _keys(problem),
            {"what": f"PersistentVolume `{volume.name}`", "problem": f"{what} {problem}"},
            severity,
            Confidence.HIGH if known.verified else Confidence.MEDIUM,
            help="" if volume.driver else "in-tree plugins do not check access modes: such a volume works on one node",
        )


def _of_claim(claim: Claim, inventory: Inventory, world: World) -> Iterator[Judgement]:
    """A claim whose class makes the volume: the driver gets the claim's modes and refuses to make it."""
    where = claim.place.where
    for name in world.class_names(claim, inventory)[:1] if not claim.volume_name else ():
        answers = world.provisionings(name, where, inventory)
        problems = [
            (provisioning.provisioner, known, problem)
            for provisioning in answers
            if provisioning.provisioner and (known := access_modes.of_driver(provisioning.provisioner))
            if (problem := _problem(claim.modes, claim.volume_mode, known, csi=True, collapses=True))
        ]
        if not answers or len(problems) < len(answers):
            return
        bound = binder.bind(claim, Cluster(inventory.candidates(claim, name), {name: answers[0]}, name))
        if bound.outcome != binder.DYNAMIC:
            return
        provisioner, known, problem = problems[0]
        yield Judgement(
            "unsupported-access-mode",
            claim.place,
            _keys(problem),
            {"what": describe(claim), "problem": f"class `{name}` makes volumes with {provisioner}, which {problem}"},
            Severity.WARNING,
            min(Confidence.HIGH if known.verified else Confidence.MEDIUM, Confidence(claim.place.confidence)),
            tuple(
                class_location(item, "the driver", "provisioner") for item in inventory.storage_classes(name, where)[:1]
            ),
        )


def _keys(problem: str) -> tuple[str, ...]:
    return (VOLUME_MODE_FIELD if problem == NO_BLOCK else MODES_FIELD, "metadata.name")


def _problem(modes: Sequence[str], volume_mode: str, known: AccessModes | None, *, csi: bool, collapses: bool) -> str:
    """What the driver or plugin refuses, in words that continue its name; the empty string if it takes the modes.

    A mode that only some of its volumes take is taken. `collapses`: a CSI sidecar makes one capability of all modes,
    which cannot hold ReadWriteOnce and ReadOnlyMany together (csi-lib-utils, accessmodes)."""
    if known is None:
        return ""
    takes = [mode.mode for mode in known.of(volume_mode)]
    if volume_mode == BLOCK and not takes:
        return NO_BLOCK
    if csi and RWO in takes:
        takes.append(RWOP)
    refused = [mode for mode in modes if mode in (RWO, ROX, RWX, RWOP) and mode not in takes]
    if refused:
        kind = " for raw block volumes" if volume_mode == BLOCK else ""
        return f"does not take {' and '.join(refused)}{kind}"
    if collapses and RWO in modes and ROX in modes and RWX not in modes:
        return f"cannot take {RWO} and {ROX} together"
    return ""
