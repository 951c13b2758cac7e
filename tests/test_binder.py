"""The binder answers as the PersistentVolume controller and the scheduler do."""

import json
from pathlib import Path
from typing import Any

import pytest
from made_facts import claim, ephemeral, template, volume

from kvlint import binder
from kvlint.binder import DYNAMIC, PENDING, STATIC, Cluster, Provisioning, Verdict, bind, by_access_modes, compete
from kvlint.facts import Claim, PersistentVolume

RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"

GRID = [json.loads(line) for line in (Path(__file__).parent / "data" / "binding.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("row", GRID, ids=lambda row: row["case"])
def test_matching_of_the_controller(row: dict[str, Any]) -> None:
    wanted = claim(**row["claim"])
    if wanted.selector is not None and not binder.valid(wanted.selector):
        assert row["match"] is None
        return
    volumes = [volume(**given) for given in row["volumes"]]
    found, rejected = by_access_modes(wanted, wanted.class_name or "", volumes, delayed=row["delayed"])
    assert (found.name if found else None) == row["match"]
    assert len(rejected) == len({rejection.volume.name for rejection in rejected})
    assert row["match"] not in {rejection.volume.name for rejection in rejected}


def steps(wanted: Claim, offered: PersistentVolume, class_name: str = "", **how: Any) -> str | None:
    """The step at which the volume is rejected; None when it is taken."""
    found, rejected = by_access_modes(wanted, class_name, [offered], **how)
    assert (found is None) == bool(rejected)
    return rejected[0].step if rejected else None


MINE = {"claim_ref": ("ns", "c")}


@pytest.mark.parametrize(
    ("wanted", "offered", "step"),
    [
        (claim(), volume(), None),
        (claim(), volume(**MINE), None),
        (claim(), volume(claim_ref=("ns", "other")), binder.RESERVED),
        (claim(), volume(claim_ref=("elsewhere", "c")), binder.RESERVED),
        (claim(), volume(claim_ref=("", "c")), binder.RESERVED),
        (claim(namespace=None), volume(claim_ref=("elsewhere", "c")), None),
        (claim(namespace=None), volume(claim_ref=("", "c")), binder.RESERVED),
        (claim(uid="1"), volume(claim_ref=("ns", "c", "1")), None),
        (claim(uid="1"), volume(claim_ref=("ns", "c", "2")), binder.RESERVED),
        (claim(), volume(claim_ref=("ns", "c", "2")), None),
        (claim(request="1Gi"), volume(capacity="1G"), binder.CAPACITY),
        (claim(request="1G"), volume(capacity="1Gi"), None),
        (claim(request="0.5Gi"), volume(capacity="512Mi"), None),
        (claim(request="1e9"), volume(capacity="1G"), None),
        (claim(request="1500m"), volume(capacity="1"), binder.CAPACITY),
        (claim(request=None), volume(capacity=None), None),
        (claim(), volume(capacity=None), binder.CAPACITY),
        (claim(request="${SIZE}"), volume(), None),
        (claim(), volume(capacity="lots"), None),
        (claim(request="2Gi"), volume(**MINE), binder.CAPACITY),
        (claim(volume_mode="Block"), volume(), binder.VOLUME_MODE),
        (claim(volume_mode="Block"), volume(volume_mode="Block"), None),
        (claim(volume_mode="Block"), volume(**MINE), binder.VOLUME_MODE),
        (claim(attributes_class="gold"), volume(), binder.ATTRIBUTES_CLASS),
        (claim(attributes_class="gold"), volume(attributes_class="gold"), None),
        (claim(), volume(attributes_class="gold", **MINE), binder.ATTRIBUTES_CLASS),
        (claim(), volume(deleting=True), binder.DELETING),
        (claim(), volume(deleting=True, **MINE), binder.DELETING),
        (claim(), volume(phase="Available"), None),
        (claim(), volume(phase="Released"), binder.PHASE),
        (claim(), volume(phase="Released", **MINE), None),
        (claim(), volume(class_field="a"), binder.CLASS),
        (claim(), volume(class_field="a", **MINE), None),
        (claim(), volume(class_annotation="a"), binder.CLASS),
        (claim(), volume(class_annotation="", class_field="a"), None),
        (claim(selector=[("tier", "In", ("gold",))]), volume(), binder.LABELS),
        (claim(selector=[("tier", "In", ("gold",))]), volume(**MINE), None),
        (claim(selector=[("tier", "In", ("gold",))]), volume(labels={"tier": "gold"}), None),
        (claim(selector=[("tier", "NotIn", ("gold",))]), volume(), None),
        (claim(selector=[("tier", "NotIn", ("gold",))]), volume(labels={"tier": "gold"}), binder.LABELS),
        (claim(selector=[("tier", "Exists", ())]), volume(), binder.LABELS),
        (claim(selector=[("tier", "Exists", ())]), volume(labels={"tier": ""}), None),
        (claim(selector=[("tier", "DoesNotExist", ())]), volume(), None),
        (claim(selector=[("tier", "DoesNotExist", ())]), volume(labels={"tier": ""}), binder.LABELS),
        (claim(selector=[]), volume(), None),
        (claim(modes=(RWX,)), volume(), binder.MODES),
        (claim(modes=(RWO,)), volume(modes=(RWO, ROX, RWX)), None),
        (claim(modes=(RWOP,)), volume(modes=(RWO,)), binder.MODES),
        (claim(modes=(RWO,)), volume(modes=(RWOP,)), binder.MODES),
        (claim(modes=()), volume(modes=(RWX,)), None),
        (claim(modes=(RWX,)), volume(**MINE), binder.MODES),
    ],
)
def test_step(wanted: Claim, offered: PersistentVolume, step: str | None) -> None:
    assert steps(wanted, offered) == step


def test_delayed_binding_leaves_free_volumes_to_the_scheduler() -> None:
    assert steps(claim(), volume(), delayed=True) == binder.DELAYED
    assert steps(claim(), volume(**MINE), delayed=True) is None


def test_excluded_volumes_are_skipped() -> None:
    assert steps(claim(), volume(), excluded={"p"}) == binder.TAKEN
    assert steps(claim(), volume(**MINE), excluded={"p"}) == binder.TAKEN


def chosen(wanted: Claim, *volumes: PersistentVolume) -> str | None:
    found, _ = by_access_modes(wanted, "", volumes)
    return found.name if found else None


def test_the_smallest_volume_wins_and_the_first_of_equals() -> None:
    big, small, same = (
        volume("big", capacity="10Gi"),
        volume("small", capacity="2Gi"),
        volume("same", capacity="2048Mi"),
    )
    assert chosen(claim(), big, small, same) == "small"
    assert chosen(claim(), same, big, small) == "same"


def test_close_access_modes_beat_a_close_size() -> None:
    exact = volume("exact", capacity="100Gi")
    wide = volume("wide", modes=(RWO, RWX))
    assert chosen(claim(), wide, exact) == "exact"
    found, _ = binder.find_matching_volume(claim(), "", [wide, exact], delayed=True, scheduler=True)
    assert found is wide


def test_a_reserved_volume_beats_a_smaller_one_of_the_same_modes_only() -> None:
    assert chosen(claim(), volume("free"), volume("mine", capacity="9Gi", **MINE)) == "mine"
    assert chosen(claim(), volume("mine", modes=(RWO, RWX), **MINE), volume("free")) == "free"


def test_a_reserved_volume_that_does_not_fit_is_passed_over() -> None:
    assert chosen(claim(request="2Gi"), volume("mine", **MINE), volume("free", capacity="5Gi")) == "free"


DISK = Provisioning("ebs.csi.aws.com")
LATE = Provisioning("ebs.csi.aws.com", delayed=True)
LOCAL = Provisioning(binder.NO_PROVISIONER, delayed=True)
CLASSES = {"fast": DISK, "late": LATE, "local": LOCAL, "named": Provisioning(None), "hollow": Provisioning("")}


def cluster(*volumes: PersistentVolume, default: str | None = None) -> Cluster:
    return Cluster(volumes, CLASSES, default)


@pytest.mark.parametrize(
    ("wanted", "there", "outcome", "reason"),
    [
        (claim(class_field="fast"), cluster(), DYNAMIC, ""),
        (claim(class_field="named"), cluster(), DYNAMIC, ""),
        (claim(class_field="late"), cluster(), DYNAMIC, ""),
        (claim(class_field="fast"), cluster(volume(class_field="fast")), STATIC, ""),
        (claim(class_field="late"), cluster(volume(class_field="late")), STATIC, ""),
        (claim(class_field="local"), cluster(volume(class_field="local")), STATIC, ""),
        (claim(class_field="local"), cluster(), PENDING, binder.NEVER_PROVISIONS),
        (claim(class_field="hollow"), cluster(), PENDING, binder.NEVER_PROVISIONS),
        (claim(class_field="late"), cluster(volume(class_field="a", **MINE)), STATIC, ""),
        (
            claim(class_field="late", modes=(RWX,)),
            cluster(volume(class_field="late", **MINE)),
            PENDING,
            binder.VOLUME_MISMATCH,
        ),
        (claim(class_field="late", modes=(RWX,)), cluster(volume(class_field="a", **MINE)), DYNAMIC, ""),
        (claim(class_field="manual"), cluster(), PENDING, binder.CLASS_MISSING),
        (claim(class_field="manual"), cluster(volume(class_field="manual")), STATIC, ""),
        (
            claim(class_field="manual", modes=(RWX,)),
            cluster(volume(class_field="manual")),
            PENDING,
            binder.CLASS_MISSING,
        ),
        (claim(class_field="fast", selector=[("a", "Exists", ())]), cluster(), PENDING, binder.SELECTOR),
        (claim(class_field="fast", selector=[]), cluster(), PENDING, binder.SELECTOR),
        (claim(class_field="fast", selector=[("a", "Like", ())]), cluster(), PENDING, binder.INVALID_SELECTOR),
        (claim(class_field="fast", selector=[("a", "In", ())]), cluster(), PENDING, binder.INVALID_SELECTOR),
        (claim(class_field="fast", selector=[("a", "Exists", ("1",))]), cluster(), PENDING, binder.INVALID_SELECTOR),
        (claim(class_field=""), cluster(), PENDING, binder.EMPTY_CLASS),
        (claim(class_field=""), cluster(default="fast"), PENDING, binder.EMPTY_CLASS),
        (claim(class_field=""), cluster(volume()), STATIC, ""),
        (claim(class_field="", class_annotation="fast"), cluster(), DYNAMIC, ""),
        (claim(class_field="fast", class_annotation=""), cluster(), PENDING, binder.EMPTY_CLASS),
        (claim(), cluster(), PENDING, binder.NO_CLASS),
        (claim(), cluster(volume()), STATIC, ""),
        (claim(), cluster(default="fast"), DYNAMIC, ""),
        (claim(), cluster(volume(), default="fast"), DYNAMIC, ""),
        (claim(), cluster(volume(class_field="fast"), default="fast"), STATIC, ""),
        (claim(), cluster(volume(**MINE), default="fast"), STATIC, ""),
        (claim(), cluster(volume(**MINE), default="late"), STATIC, ""),
        (claim(volume_name="p"), cluster(), PENDING, binder.VOLUME_MISSING),
        (claim(volume_name="p"), cluster(volume("q")), PENDING, binder.VOLUME_MISSING),
        (claim(volume_name="p"), cluster(volume()), STATIC, ""),
        (claim(volume_name="p"), cluster(volume(), default="fast"), PENDING, binder.VOLUME_MISMATCH),
        (claim(volume_name="p", class_field=""), cluster(volume(), default="fast"), STATIC, ""),
        (claim(volume_name="p", request="2Gi"), cluster(volume()), PENDING, binder.VOLUME_MISMATCH),
        (claim(volume_name="p", request="1500m"), cluster(volume(capacity="2")), STATIC, ""),
        (claim(volume_name="p", request="2"), cluster(volume(capacity="1500m")), STATIC, ""),
        (claim(volume_name="p", modes=(RWX,)), cluster(volume()), PENDING, binder.VOLUME_MISMATCH),
        (claim(volume_name="p", volume_mode="Block"), cluster(volume()), PENDING, binder.VOLUME_MISMATCH),
        (claim(volume_name="p", class_field="a"), cluster(volume()), PENDING, binder.VOLUME_MISMATCH),
        (claim(volume_name="p"), cluster(volume(deleting=True)), PENDING, binder.VOLUME_MISMATCH),
        (claim(volume_name="p", selector=[("a", "Exists", ())]), cluster(volume()), STATIC, ""),
        (claim(volume_name="p", request="9Gi", class_field="a"), cluster(volume(**MINE)), STATIC, ""),
        (claim(volume_name="p"), cluster(volume(claim_ref=("ns", "other"))), PENDING, binder.VOLUME_RESERVED),
        (claim(volume_name="p"), cluster(volume(claim_ref=("other", "c"))), PENDING, binder.VOLUME_RESERVED),
    ],
)
def test_bind(wanted: Claim, there: Cluster, outcome: str, reason: str) -> None:
    verdict = bind(wanted, there)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert (verdict.volume is not None) == (outcome == STATIC)


def test_rejections_say_why() -> None:
    verdict = bind(
        claim(class_field="local", request="5Gi"),
        cluster(volume("small", class_field="local"), volume("other", capacity="9Gi")),
    )
    assert [(rejection.volume.name, rejection.text) for rejection in verdict.rejected] == [
        ("small", "offers 1Gi while the claim requests 5Gi"),
        ("other", "has no class while the claim has `local`"),
    ]


def outcomes(results: list[tuple[Claim, Verdict]]) -> list[tuple[str, str | None]]:
    return [(verdict.outcome, verdict.volume.name if verdict.volume else None) for _, verdict in results]


def test_a_volume_goes_to_one_claim() -> None:
    there = cluster(volume("one", class_field="manual"))
    claims = [claim("a", class_field="manual"), claim("b", class_field="manual")]
    assert outcomes(compete(claims, there)) == [(STATIC, "one"), (PENDING, None)]
    assert compete(claims, there)[1][1].rejected[0].step == binder.TAKEN


def test_claims_that_name_one_volume_compete_too() -> None:
    claims = [claim("a", volume_name="p"), claim("b", volume_name="p")]
    verdicts = compete(claims, cluster(volume()))
    assert outcomes(verdicts) == [(STATIC, "p"), (PENDING, None)]
    assert verdicts[1][1].reason == binder.VOLUME_RESERVED


def test_each_replica_needs_a_volume() -> None:
    stateful = template("data", "web", class_field="local", replicas=3)
    there = cluster(volume("one", class_field="local"), volume("two", class_field="local"))
    assert outcomes(compete([stateful], there)) == [(STATIC, "one"), (STATIC, "two"), (PENDING, None)]


def test_a_volume_can_be_reserved_for_a_replica() -> None:
    stateful = template("data", "web", class_field="fast", replicas=2, start=3)
    there = cluster(volume("mine", claim_ref=("ns", "data-web-4")))
    assert outcomes(compete([stateful], there)) == [(DYNAMIC, None), (STATIC, "mine")]


def test_a_volume_can_be_reserved_for_a_generic_ephemeral_volume() -> None:
    offered = volume(claim_ref=("ns", "pod-scratch"))
    assert bind(ephemeral("scratch", "Pod", "pod"), cluster(offered)).outcome == STATIC
    assert bind(ephemeral("scratch", "Deployment", "pod"), cluster(offered)).outcome == PENDING
