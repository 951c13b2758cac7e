"""What binding rules say, for every kind of evidence, in an open and in a closed world."""

from collections.abc import Iterator
from typing import Any

import pytest
from made_facts import claim, driver, ephemeral, mention, storage_class, template, use, volume, words

from kvlint.checks.across import Across
from kvlint.checks.binding import leaves_open
from kvlint.checks.sharing import judge
from kvlint.checks.world import Judgement, World, literal, world
from kvlint.facts import Fact
from kvlint.finding import MANUAL, UNSAFE, Severity
from kvlint.inventory import Inventory

RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"
LOCAL = "kubernetes.io/no-provisioner"
OPEN, CLOSED = World(), World(closed=True)
K3S, KNOWN = world(["k3s"]), world(known_classes={"fast": ""})


def said(*facts: Fact, known: World = OPEN, linted: set[str] | None = None) -> list[Judgement]:
    across = Across(Inventory(facts, words=words(release="class: quick\n")), known, linted)
    return list(across._judge())


def shown(judgements: list[Judgement]) -> str:
    return " ".join(sorted(f"{one.rule}:{one.severity.label}" for one in judgements))


ROWS: list[tuple[str, list[Fact], str, str]] = [
    # a class that is named
    ("class and provisioner read", [claim(class_field="fast"), storage_class("fast")], "", ""),
    ("class named by annotation", [claim(class_annotation="fast", class_field="x"), storage_class("fast")], "", ""),
    (
        "class that binds late",
        [claim(class_field="fast"), storage_class("fast", delayed=True)],
        "",
        "",
    ),
    (
        "class of a platform",
        [claim(class_field="gp2")],
        "unknown-storage-class:info",
        "unknown-storage-class:error",
    ),
    (
        "class that only volumes have",
        [claim(class_field="manual"), volume(class_field="manual")],
        "",
        "",
    ),
    (
        "volume of an undefined class that does not fit",
        [claim(class_field="manual", request="5Gi"), volume(class_field="manual")],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "volume of an undefined class that does not fit, in another folder",
        [claim(class_field="manual", request="5Gi", file="a/c.yaml"), volume(class_field="manual", file="b/v.yaml")],
        "unknown-storage-class:info",
        "unbindable-claim:error",
    ),
    ("class nobody defines", [claim(class_field="quick")], "unknown-storage-class:info", "unknown-storage-class:error"),
    (
        "class nobody defines beside one that is",
        [claim(class_field="quick"), storage_class("slow")],
        "unknown-storage-class:warning",
        "unknown-storage-class:error",
    ),
    (
        "class that claims of many files name",
        [storage_class("slow"), *(claim(f"c{at}", class_field="quick", file=f"{at}.yaml") for at in range(3))],
        "unknown-storage-class:info unknown-storage-class:info unknown-storage-class:info",
        "unknown-storage-class:error unknown-storage-class:error unknown-storage-class:error",
    ),
    (
        "class of a custom resource",
        [claim(class_field="quick")._replace(origin="custom"), storage_class("slow")],
        "unknown-storage-class:info",
        "unknown-storage-class:error",
    ),
    (
        "class of a platform beside one that is read",
        [claim(class_field="gp2"), storage_class("slow")],
        "unknown-storage-class:info",
        "unknown-storage-class:error",
    ),
    (
        "class that a release mentions",
        [claim(class_field="quick"), storage_class("slow"), mention()],
        "unknown-storage-class:info",
        "unknown-storage-class:error",
    ),
    (
        "class that a template may define",
        [claim(class_field="quick"), storage_class("slow"), mention(kind="template")],
        "unknown-storage-class:info",
        "unknown-storage-class:error",
    ),
    (
        "volume of a platform's class that does not fit",
        [claim(class_field="longhorn", volume_mode="Block"), volume(class_field="longhorn")],
        "unknown-storage-class:info",
        "unbindable-claim:error",
    ),
    ("class that is still a variable", [claim(class_field="${CLASS}"), storage_class("slow")], "", ""),
    ("class of a live claim that is bound", [claim(class_field="gone", phase="Bound")], "", ""),
    # no class, the empty class
    ("no class", [claim()], "no-default-storage-class:info", "no-default-storage-class:error"),
    ("no class, one default", [claim(), storage_class("fast", default=True)], "", ""),
    (
        "no class, class that is no default",
        [claim(), storage_class("fast")],
        "no-default-storage-class:info",
        "no-default-storage-class:error",
    ),
    ("no class, a volume without class", [claim(), volume()], "no-default-storage-class:info", ""),
    ("no class, a default and a volume", [claim(), volume(), storage_class("fast", default=True)], "", ""),
    (
        "no class, a default that provisions nothing",
        [claim(request="5Gi"), storage_class("local", LOCAL, default=True), volume(class_field="local")],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "no class, two defaults of which one provisions",
        [
            claim(request="5Gi", file="x/c.yaml"),
            storage_class("local", LOCAL, default=True, file="a/c.yaml"),
            storage_class("fast", default=True, file="b/c.yaml"),
            volume(class_field="local"),
        ],
        "",
        "",
    ),
    ("empty class, volume fits", [claim(class_field=""), volume()], "", ""),
    ("empty class, no volume", [claim(class_field="")], "", "unbindable-claim:error"),
    (
        "empty class, a default",
        [claim(class_field=""), storage_class("fast", default=True)],
        "",
        "unbindable-claim:error",
    ),
    (
        "empty class, volume beside it does not fit",
        [claim(class_field="", request="5Gi"), volume()],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "empty class, volume elsewhere does not fit",
        [claim(class_field="", request="5Gi", file="a/c.yaml"), volume(file="b/v.yaml")],
        "",
        "unbindable-claim:error",
    ),
    (
        "empty class, volume of its name has a class",
        [claim("data", class_field="", file="a/c.yaml"), volume("data", class_field="x", file="v.yaml")],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "empty class, the volume is reserved for another claim",
        [claim(class_field=""), volume(claim_ref=("ns", "other"))],
        "",
        "unbindable-claim:error",
    ),
    # classes that make no volumes
    (
        "no provisioner, volume fits",
        [claim(class_field="l"), storage_class("l", LOCAL), volume(class_field="l")],
        "",
        "",
    ),
    ("no provisioner, no volume", [claim(class_field="l"), storage_class("l", LOCAL)], "", "unbindable-claim:error"),
    (
        "no provisioner, volume too small",
        [claim(class_field="l", request="5Gi"), storage_class("l", LOCAL), volume(class_field="l")],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "no provisioner, late, volume too small",
        [claim(class_field="l", request="5Gi"), storage_class("l", LOCAL, delayed=True), volume(class_field="l")],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "selector and a class that provisions",
        [claim(class_field="fast", selector=[("a", "Exists", ())]), storage_class("fast")],
        "",
        "unbindable-claim:error",
    ),
    (
        "selector that a volume of the class satisfies",
        [
            claim(class_field="fast", selector=[("a", "Exists", ())]),
            storage_class("fast"),
            volume(class_field="fast", labels={"a": ""}),
        ],
        "",
        "",
    ),
    (
        "selector that no volume of the class satisfies",
        [claim(class_field="fast", selector=[("a", "Exists", ())]), storage_class("fast"), volume(class_field="fast")],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    # a volume that is named
    ("named volume fits", [claim(class_field="", volume_name="p"), volume()], "", ""),
    ("named volume not read", [claim(class_field="", volume_name="p")], "", "unbindable-claim:error"),
    (
        "named volume of a class nobody defines not read",
        [claim(class_field="x", volume_name="p")],
        "",
        "unbindable-claim:error",
    ),
    (
        "named volume too small",
        [claim(class_field="", volume_name="p", request="5Gi"), volume()],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "named volume too small, in a sibling folder",
        [claim(class_field="", volume_name="p", request="5Gi", file="a/c.yaml"), volume(file="b/v.yaml")],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "named volume lacks a mode",
        [claim(class_field="", volume_name="p", modes=(RWX,)), volume()],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "named volume has another volume mode",
        [claim(class_field="", volume_name="p", volume_mode="Block"), volume()],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "named volume has another class",
        [claim(class_field="a", volume_name="p"), volume(class_field="b")],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "named volume fits but for its labels",
        [claim(class_field="", volume_name="p", selector=[("a", "Exists", ())]), volume()],
        "",
        "",
    ),
    (
        "named volume is reserved for another claim",
        [claim(class_field="", volume_name="p"), volume(claim_ref=("ns", "other"))],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "named volume is reserved for this name elsewhere",
        [claim(class_field="", volume_name="p"), volume(claim_ref=("other", "c"))],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "named volume is reserved without namespace",
        [claim(namespace=None, class_field="", volume_name="p"), volume(claim_ref=("", "c"))],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "named volume is reserved for this claim, nothing else fits",
        [claim(class_field="a", volume_name="p", request="5Gi", modes=(RWX,)), volume(claim_ref=("ns", "c"))],
        "",
        "",
    ),
    (
        "named volume, and one variant of it fits",
        [
            claim(class_field="", volume_name="p", request="5Gi", file="c.yaml"),
            volume(file="a/v.yaml"),
            volume(capacity="5Gi", file="b/v.yaml"),
        ],
        "",
        "",
    ),
    (
        "named volume without class, no default known",
        [claim(volume_name="p"), volume()],
        "no-default-storage-class:info",
        "",
    ),
    (
        "named volume without class, a default class",
        [claim(volume_name="p"), volume(), storage_class("fast", default=True)],
        "unbindable-claim:warning",
        "unbindable-claim:error",
    ),
    (
        "named volume without class is reserved, a default class",
        [claim(volume_name="p"), volume(claim_ref=("ns", "c")), storage_class("fast", default=True)],
        "",
        "",
    ),
    (
        "named volume of a class, the claim names none",
        [claim(volume_name="p"), volume(class_field="fast")],
        "no-default-storage-class:info",
        "unbindable-claim:error",
    ),
    (
        "named volume of the default class",
        [claim(volume_name="p"), volume(class_field="fast"), storage_class("fast", default=True)],
        "",
        "",
    ),
    (
        "named volume not read, no class",
        [claim(volume_name="p")],
        "no-default-storage-class:info",
        "unbindable-claim:error",
    ),
    # a volume that is reserved
    ("reserved volume fits", [claim(class_field="a"), volume(claim_ref=("ns", "c"))], "", ""),
    (
        "reserved volume too small",
        [claim(class_field="a", request="5Gi"), volume(claim_ref=("ns", "c"))],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "reserved volume lacks a mode",
        [claim(class_field="a", modes=(RWX,)), volume(claim_ref=("ns", "c"))],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "reserved volume too small, namespace unknown, elsewhere",
        [
            claim(class_field="gp2", namespace=None, request="5Gi", file="a/c.yaml"),
            volume(claim_ref=("ns", "c"), file="b/v.yaml"),
        ],
        "",
        "unbindable-claim:error",
    ),
    (
        "reserved for a claim of another namespace",
        [claim(class_field="fast"), storage_class("fast"), volume(claim_ref=("other", "c"))],
        "",
        "",
    ),
    # claims that meet
    (
        "two claims name one volume",
        [
            claim("a", class_field="", volume_name="p", line=1),
            claim("b", class_field="", volume_name="p", line=20),
            volume(),
        ],
        "contested-volume:error",
        "contested-volume:error",
    ),
    (
        "two claims name one volume that was not read",
        [claim("a", class_field="", volume_name="p", line=1), claim("b", class_field="", volume_name="p", line=20)],
        "contested-volume:error",
        "contested-volume:error unbindable-claim:error unbindable-claim:error",
    ),
    (
        "one claim written twice",
        [
            claim(class_field="", volume_name="p", file="c.yaml"),
            claim(class_field="", volume_name="p", file="x/c.yaml"),
            volume(),
        ],
        "",
        "",
    ),
    (
        "one claim written twice, without namespace in the base",
        [
            claim(class_field="", namespace=None, volume_name="p", file="c.yaml"),
            claim(class_field="", volume_name="p", file="x/c.yaml"),
            volume(),
        ],
        "",
        "",
    ),
    (
        "claims of sibling folders name one volume",
        [
            claim("a", class_field="", volume_name="p", file="dev/c.yaml"),
            claim("b", class_field="", volume_name="p", file="prod/c.yaml"),
            volume(),
        ],
        "",
        "",
    ),
    (
        "two claims name a variable",
        [
            claim("a", class_field="", volume_name="${PV}", line=1),
            claim("b", class_field="", volume_name="${PV}", line=20),
        ],
        "",
        "",
    ),
    (
        "claims of sibling folders and one volume that fits both",
        [
            claim("a", class_field="m", file="dev/c.yaml"),
            claim("b", class_field="m", file="prod/c.yaml"),
            volume(class_field="m"),
        ],
        "",
        "",
    ),
    (
        "the volume two claims name is reserved for the second",
        [
            claim("a", class_field="", volume_name="p", line=1),
            claim("b", class_field="", volume_name="p", line=20),
            volume(claim_ref=("ns", "b")),
        ],
        "unbindable-claim:error",
        "unbindable-claim:error",
    ),
    (
        "replicas name one volume",
        [template("data", "web", class_field="", volume_name="p", replicas=3), volume()],
        "contested-volume:error",
        "contested-volume:error",
    ),
    ("one replica names a volume", [template("data", "web", class_field="", volume_name="p"), volume()], "", ""),
    (
        "two claims and one volume that fits both",
        [claim("a", class_field="m", line=1), claim("b", class_field="m", line=20), volume(class_field="m")],
        "",
        "contested-volume:error",
    ),
    (
        "two claims and two volumes",
        [
            claim("a", class_field="m", line=1),
            claim("b", class_field="m", line=20),
            volume("p", class_field="m"),
            volume("q", class_field="m", capacity="2Gi"),
        ],
        "",
        "",
    ),
    (
        "three replicas and two volumes",
        [
            template("data", "web", class_field="l", replicas=3),
            storage_class("l", LOCAL, delayed=True),
            volume("p", class_field="l"),
            volume("q", class_field="l"),
        ],
        "",
        "contested-volume:error",
    ),
    (
        "two claims, one volume, and a class that makes more",
        [
            claim("a", class_field="f", line=1),
            claim("b", class_field="f", line=20),
            volume(class_field="f"),
            storage_class("f"),
        ],
        "",
        "",
    ),
    (
        "the volume that would fit is named by another claim",
        [
            claim("a", class_field="m", line=1),
            claim("b", class_field="m", volume_name="p", line=20),
            volume(class_field="m"),
        ],
        "",
        "contested-volume:error",
    ),
    # claims that Pods name
    ("claim of a Pod", [use("c"), claim(class_field="gp2", phase="Bound")], "", ""),
    ("claim of a Pod nobody defines", [use("c")], "missing-claim:info", "missing-claim:error"),
    (
        "claim of a Pod in another namespace",
        [use("c", namespace="shop"), claim(phase="Bound")],
        "missing-claim:info",
        "missing-claim:error",
    ),
    ("claim of a Pod without namespace", [use("c", namespace=None), claim(phase="Bound")], "", ""),
    ("claim of a Pod that is a variable", [use("${APP}")], "", ""),
    ("claim that a StatefulSet brings", [use("data-web-0"), template("data", "web", phase="Bound")], "", ""),
    (
        "claim that a Pod brings",
        [use("pod-scratch"), ephemeral("scratch", "Pod", "pod")._replace(phase="Bound")],
        "",
        "",
    ),
    # classes that meet
    (
        "two default classes in one file",
        [storage_class("a", default=True, line=1), storage_class("b", default=True, line=20)],
        "ambiguous-default-storage-class:warning",
        "ambiguous-default-storage-class:warning",
    ),
    (
        "two default classes in one folder",
        [storage_class("a", default=True), storage_class("b", default=True, file="b.yaml")],
        "ambiguous-default-storage-class:info",
        "ambiguous-default-storage-class:warning",
    ),
    (
        "two default classes in sibling folders",
        [storage_class("a", default=True, file="dev/c.yaml"), storage_class("b", default=True, file="prod/c.yaml")],
        "",
        "",
    ),
    (
        "one default class written twice",
        [storage_class("a", default=True), storage_class("a", default=True, file="x/a.yaml")],
        "",
        "",
    ),
    # volumes that meet
    (
        "two volumes with one handle",
        [
            volume("p", source="csi", driver="smb.csi.k8s.io", handle="share", modes=(RWX,), line=1),
            volume("q", source="csi", driver="smb.csi.k8s.io", handle="share", modes=(RWX,), line=20),
        ],
        "duplicate-volume-handle:warning",
        "duplicate-volume-handle:warning",
    ),
    (
        "one handle, two drivers",
        [
            volume("p", source="csi", driver="smb.csi.k8s.io", handle="share", line=1),
            volume("q", source="csi", driver="nfs.csi.k8s.io", handle="share", line=20),
        ],
        "",
        "",
    ),
    (
        "one volume written twice",
        [
            volume("p", source="csi", driver="smb.csi.k8s.io", handle="share"),
            volume("p", source="csi", driver="smb.csi.k8s.io", handle="share", file="x/p.yaml"),
        ],
        "",
        "",
    ),
    (
        "one handle in sibling folders",
        [
            volume("p", source="csi", driver="smb.csi.k8s.io", handle="share", file="dev/p.yaml"),
            volume("q", source="csi", driver="smb.csi.k8s.io", handle="share", file="prod/p.yaml"),
        ],
        "",
        "",
    ),
    (
        "handles that are still variables",
        [
            volume("p", source="csi", driver="smb.csi.k8s.io", handle="${ID}", line=1),
            volume("q", source="csi", driver="smb.csi.k8s.io", handle="${ID}", line=20),
        ],
        "",
        "",
    ),
    # access modes
    (
        "disk for many nodes, claimed",
        [claim(class_field="fast", modes=(RWX,)), storage_class("fast")],
        "unsupported-access-mode:warning",
        "unsupported-access-mode:warning",
    ),
    (
        "disk for many nodes, raw",
        [claim(class_field="fast", modes=(RWX,), volume_mode="Block"), storage_class("fast")],
        "",
        "",
    ),
    ("disk for one Pod, claimed", [claim(class_field="fast", modes=(RWOP,)), storage_class("fast")], "", ""),
    (
        "shares for many nodes, claimed",
        [claim(class_field="nfs", modes=(RWX,)), storage_class("nfs", "nfs.csi.k8s.io")],
        "",
        "",
    ),
    (
        "shares as raw volumes, claimed",
        [claim(class_field="nfs", volume_mode="Block"), storage_class("nfs", "nfs.csi.k8s.io")],
        "unsupported-access-mode:warning",
        "unsupported-access-mode:warning",
    ),
    (
        "reading and writing at once, claimed",
        [claim(class_field="nfs", modes=(RWO, ROX)), storage_class("nfs", "nfs.csi.k8s.io")],
        "unsupported-access-mode:warning",
        "unsupported-access-mode:warning",
    ),
    (
        "disk for many nodes that a volume offers",
        [claim(class_field="fast", modes=(RWX,)), storage_class("fast"), volume(class_field="fast", modes=(RWX,))],
        "",
        "",
    ),
    (
        "raw disk for many nodes, driver not read",
        [volume(source="csi", driver="csi.hetzner.cloud", handle="1", modes=(RWX,), volume_mode="Block")],
        "",
        "",
    ),
    (
        "disk for many nodes, driver not read",
        [volume(source="csi", driver="csi.hetzner.cloud", handle="1", modes=(RWX,))],
        "unsupported-access-mode:warning",
        "unsupported-access-mode:warning",
    ),
    (
        "disk of a node for many nodes",
        [volume(source="csi", driver="ebs.csi.aws.com", handle="local-ebs://dev/xvdb", modes=(RWX,))],
        "",
        "",
    ),
    (
        "folder of a node for many nodes, claimed",
        [claim(class_field="local", modes=(RWX,)), storage_class("local", "rancher.io/local-path")],
        "unsupported-access-mode:info",
        "unsupported-access-mode:info",
    ),
    (
        "driver nobody knows",
        [claim(class_field="fast", modes=(RWX,)), storage_class("fast", "csi.example.com")],
        "",
        "",
    ),
    (
        "disk for many nodes, as a volume",
        [volume(source="csi", driver="ebs.csi.aws.com", handle="vol-1", modes=(RWX,))],
        "unsupported-access-mode:warning",
        "unsupported-access-mode:warning",
    ),
    (
        "disk for one node, as a volume",
        [volume(source="csi", driver="ebs.csi.aws.com", handle="vol-1")],
        "",
        "",
    ),
    (
        "folder of a node for many nodes",
        [volume(source="hostPath", modes=(RWX,))],
        "unsupported-access-mode:info",
        "unsupported-access-mode:info",
    ),
    ("share for many nodes", [volume(source="nfs", modes=(RWX,))], "", ""),
]


@pytest.mark.parametrize(("facts", "wanted"), [row[1:3] for row in ROWS], ids=[row[0] for row in ROWS])
def test_open_world(facts: list[Fact], wanted: str) -> None:
    assert shown(said(*facts)) == wanted


@pytest.mark.parametrize(("facts", "wanted"), [(row[1], row[3]) for row in ROWS], ids=[row[0] for row in ROWS])
def test_closed_world(facts: list[Fact], wanted: str) -> None:
    assert shown(said(*facts, known=CLOSED)) == wanted


@pytest.mark.parametrize(
    ("facts", "known", "wanted"),
    [
        ([claim(class_field="local-path")], K3S, ""),
        ([claim()], K3S, ""),
        ([claim(volume_name="p"), volume()], K3S, "unbindable-claim:warning"),
        ([claim(class_field="gp2")], K3S, "unknown-storage-class:info"),
        ([claim(class_field="fast")], KNOWN, ""),
        ([claim(class_field="fats")], KNOWN, "unknown-storage-class:info"),
        ([claim(class_field="fast-ssd")], world(known_classes={"fast-ssds": "x"}), "unknown-storage-class:warning"),
        ([claim(class_field="gp2")], world(["eks"]), ""),
        ([claim()], world(["eks"]), "no-default-storage-class:info"),
        ([claim()], world(["eks", "longhorn"]), ""),
        ([claim(class_field="rook-ceph-block")], world(["eks", "rook"]), ""),
        ([claim(class_field="gp3-csi")], world(["openshift"]), ""),
        ([claim(class_field="gone")], world(["eks"], closed=True), "unknown-storage-class:error"),
        ([claim(class_field="gp2")], world(["eks"], closed=True), ""),
        ([claim(class_field="local-path", modes=(RWX,))], K3S, "unsupported-access-mode:info"),
        ([storage_class("mine", default=True)], K3S, "ambiguous-default-storage-class:info"),
        ([storage_class("local-path", default=True)], K3S, ""),
    ],
)
def test_what_is_known_without_manifests(facts: list[Fact], known: World, wanted: str) -> None:
    assert shown(said(*facts, known=known)) == wanted


def only(judgements: list[Judgement]) -> Judgement:
    (judgement,) = judgements
    return judgement


def test_a_slip_of_the_pen() -> None:
    judgement = only(said(claim(class_field="fast-sdd"), storage_class("fast-ssd", line=30)))
    assert judgement.severity == Severity.WARNING
    assert judgement.help.startswith("did you mean `fast-ssd`?")
    assert "`known-storage-classes: [fast-sdd]`" in judgement.help
    assert judgement.fix is not None
    assert (judgement.fix.applicability, judgement.fix.edits) == (MANUAL, ())
    assert [place.line for place in judgement.related] == [30]


def test_the_platform_of_a_class_is_a_hint() -> None:
    judgement = only(said(claim(class_field="managed-csi")))
    assert "Azure AKS" in judgement.values["evidence"]
    assert "`platforms: [aks]`" in judgement.help


def test_what_was_searched_is_said() -> None:
    across = Across(Inventory([claim(class_field="quick")], 41, 12), OPEN)
    assert (
        across.judgements("unknown-storage-class")[0].values["evidence"] == "is not defined in 41 resources of 12 files"
    )


def test_both_sides_are_shown() -> None:
    wanted = claim("c", class_field="", volume_name="p", request="5Gi", file="app/c.yaml")
    judgement = only(said(wanted, volume("p", file="v.yaml", line=9)))
    assert judgement.place.file == "app/c.yaml"
    assert judgement.place.path(*judgement.keys) == "spec.volumeName"
    assert [(place.file, place.label) for place in judgement.related] == [
        ("v.yaml", "offers 1Gi while the claim requests 5Gi")
    ]
    assert judgement.values["evidence"] == "names PersistentVolume `p`, which offers 1Gi while the claim requests 5Gi"


def test_the_empty_class_is_the_fix_for_a_static_claim() -> None:
    wanted = claim(volume_name="p")._replace(declare=(40, 'storageClassName: ""\n  '))
    fix = only(said(wanted, volume())).fix
    assert fix is not None
    assert fix.applicability == UNSAFE
    assert fix.edits == (("all.yaml", 40, 40, 'storageClassName: ""\n  '),)
    fix = only(said(wanted._replace(declare=None), volume())).fix
    assert fix is not None
    assert fix.applicability == MANUAL


@pytest.mark.parametrize(("linted", "line"), [(None, 20), ({"b.yaml"}, 20), ({"a.yaml"}, 1), (set(), 0)])
def test_of_two_claims_the_linted_one_is_judged(linted: set[str] | None, line: int) -> None:
    earlier = claim("a", class_field="", volume_name="p", file="a.yaml", line=1)
    later = claim("b", class_field="", volume_name="p", file="b.yaml", line=20)
    judgements = said(earlier, later, volume(), linted=linted)
    assert [judgement.place.location().line for judgement in judgements] == ([line] if line else [])


def test_files_of_the_inventory_are_not_judged() -> None:
    facts = [
        claim("a", class_field="quick", file="a.yaml"),
        use("gone", file="b.yaml"),
        volume(source="hostPath", modes=(RWX,)),
    ]
    assert shown(said(*facts, linted={"a.yaml"})) == "unknown-storage-class:info"


@pytest.mark.parametrize(
    ("facts", "known", "wanted"),
    [
        ([], OPEN, False),
        ([claim(class_field="gone")], OPEN, True),
        ([claim(class_field="local-path")], K3S, False),
        ([claim()], OPEN, True),
        ([claim()], K3S, False),
        ([claim(volume_name="p")], K3S, True),
        ([claim(class_field="local-path", selector=[])], K3S, True),
        ([claim(class_field="")], K3S, True),
        ([claim(class_field="fast")], KNOWN, False),
        ([claim(class_field="l")], world(known_classes={"l": LOCAL}), True),
        ([use("c")], K3S, True),
        ([use("c"), claim()], K3S, False),
        ([storage_class("fast")], OPEN, True),
        ([volume()], OPEN, True),
        ([driver("nfs.csi.k8s.io")], OPEN, True),
        ([mention()], OPEN, False),
    ],
)
def test_when_other_files_matter(facts: list[Fact], known: World, wanted: bool) -> None:
    assert leaves_open(Inventory(facts), known) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("fast", True), ("fast-ssd.v2", True), ("Fast", True), ("7", True)]
    + [(text, False) for text in ("$(X)", "${X}", "{{ x }}", "<name>", "%X%", "a b", "-a", "a-", "")],
)
def test_literal_names(name: str, wanted: bool) -> None:
    assert literal(name) == wanted


def test_every_judgement_points_into_its_file() -> None:
    for _, facts, _, _ in ROWS:
        for judgement in _judged(facts):
            where = judgement.place.location(*judgement.keys)
            assert where.line > 0
            assert {place.line > 0 for place in judgement.related} <= {True}


def _judged(facts: list[Fact]) -> Iterator[Judgement]:
    for known in (OPEN, CLOSED):
        yield from judge(Inventory(facts), known)


def test_namespaces_keep_claims_apart() -> None:
    given: dict[str, Any] = {"class_field": "", "volume_name": "p"}
    facts = [claim(namespace="a", line=1, **given), claim(namespace="b", line=20, **given), volume()]
    assert shown(said(*facts)) == "contested-volume:error"
