"""Access modes that a volume's plugin or driver does not take."""

import re
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache

from kvlint import binder
from kvlint.binder import Cluster
from kvlint.checks.world import Judgement, World, class_location, describe
from kvlint.facts import MODES_FIELD, VOLUME_MODE_FIELD, Claim, PersistentVolume
from kvlint.finding import Confidence, Severity
from kvlint.inventory import Inventory
from kvlint.knowledge import access_modes, csi_drivers
from kvlint.knowledge.access_modes import BLOCK, AccessModes
from kvlint.record import NamedTuple

RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"

UNCHECKED = "in-tree plugins do not check access modes: such a volume works on one node"


class Problem(NamedTuple):
    """What a driver or plugin does not take, in words that continue its name, and what that is worth."""

    text: str
    key: str
    severity: Severity
    confidence: Confidence
    help: str = ""


def unsupported_modes(inventory: Inventory, world: World, files: Container[str]) -> Iterator[Judgement]:
    """PersistentVolumes and dynamically provisioned claims whose access modes their plugin or driver does not take."""
    for volume in inventory.volumes:
        if volume.place.file in files:
            yield from _of_volume(volume)
    for claim in inventory.claims:
        if claim.place.file in files and claim.phase != "Bound" and not claim.volume_name:
            yield from _of_claim(claim, inventory, world)


def _of_volume(volume: PersistentVolume) -> Iterator[Judgement]:
    """In-tree plugins do not check modes: the volume works on one node. A CSI driver refuses it when it is attached."""
    if volume.driver:
        found = csi_drivers.find(volume.driver)
        attached = found is not None and found.attach_required is True
        known = access_modes.of_driver(volume.driver)
        if known is not None and known.other_handles and re.fullmatch(known.other_handles, volume.handle):
            return
        problem = _of_driver(volume.driver, volume.modes, volume.volume_mode, attached)
        what = f"driver {volume.driver}"
    else:
        problem = _of_source(volume.source, volume.modes, volume.volume_mode)
        what = f"volume source {volume.source}"
    if problem is not None:
        yield Judgement(
            "unsupported-access-mode",
            volume.place,
            (problem.key, "metadata.name"),
            {"what": f"PersistentVolume `{volume.name}`", "problem": f"{what} {problem.text}"},
            problem.severity,
            problem.confidence,
            help=problem.help,
        )


def _of_claim(claim: Claim, inventory: Inventory, world: World) -> Iterator[Judgement]:
    """A claim whose class makes the volume: the driver gets the claim's modes and refuses to make it."""
    where = claim.place.where
    name = next(iter(world.class_names(claim, inventory)), "")
    answers = world.provisionings(name, where, inventory)
    problems = [_of_driver(one.provisioner or "", claim.modes, claim.volume_mode, True) for one in answers]
    problem = problems[0] if problems else None
    if problem is None or not all(problems):
        return
    bound = binder.bind(claim, Cluster(inventory.candidates(claim, name), {name: answers[0]}, name))
    if bound.outcome == binder.DYNAMIC:
        maker = f"class `{name}` makes volumes with {answers[0].provisioner}"
        yield Judgement(
            "unsupported-access-mode",
            claim.place,
            (problem.key, "metadata.name"),
            {"what": describe(claim), "problem": f"{maker}, which {problem.text}"},
            problem.severity,
            min(problem.confidence, Confidence(claim.place.confidence)),
            tuple(
                class_location(item, "the driver", "provisioner") for item in inventory.storage_classes(name, where)[:1]
            ),
            help=problem.help,
        )


def _of_source(source: str, modes: Sequence[str], volume_mode: str) -> Problem | None:
    known = access_modes.of_source(source)
    text = _refused(known, modes, volume_mode, ()) if known is not None else ""
    return Problem(text, MODES_FIELD, Severity.INFO, Confidence.MEDIUM, UNCHECKED) if text else None


@lru_cache(4096)
def _of_driver(name: str, modes: tuple[str, ...], volume_mode: str, collapses: bool) -> Problem | None:
    """What the driver or provisioner `name` does not take.

    `collapses`: a CSI sidecar makes one capability of all modes, which cannot hold ReadWriteOnce and ReadOnlyMany
    together (csi-lib-utils, accessmodes). About raw block volumes only drivers whose code was read are believed: many
    disks can be attached to several nodes. Provisioners that are no CSI drivers make the volume whatever the mode."""
    known = access_modes.of_driver(name)
    if known is None:
        return None
    csi = csi_drivers.find(name) is not None
    if volume_mode == BLOCK and not (csi and known.verified):
        return None
    severity, confidence = Severity.WARNING, Confidence.HIGH if known.verified else Confidence.MEDIUM
    if not csi:
        severity, collapses = Severity.INFO, False
    if volume_mode == BLOCK and not known.block:
        return Problem("takes no raw block volumes", VOLUME_MODE_FIELD, severity, confidence)
    text = _refused(known, modes, volume_mode, (RWOP,) if csi else ())
    if not text and collapses and RWO in modes and ROX in modes and RWX not in modes:
        text = f"cannot take {RWO} and {ROX} together"
    return Problem(text, MODES_FIELD, severity, confidence, "" if csi else known.note) if text else None


def _refused(known: AccessModes, modes: Sequence[str], volume_mode: str, besides: Sequence[str]) -> str:
    """The modes that `known` does not take, in words; a mode that only some of its volumes take is taken."""
    takes = {*(mode.mode for mode in known.of(volume_mode)), *besides}
    refused = [mode for mode in modes if mode in (RWO, ROX, RWX, RWOP) and mode not in takes]
    kind = " for raw block volumes" if volume_mode == BLOCK else ""
    return f"does not take {' and '.join(refused)}{kind}" if refused else ""
