"""The binder against a second implementation that is written for nothing but being obvious."""

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from made_facts import claim, template, volume

from kvlint.binder import Cluster, Provisioning, bind, compete
from kvlint.facts import Claim, PersistentVolume

BYTES = {
    "0": Fraction(0),
    "500m": Fraction(1, 2),
    "1": Fraction(1),
    "1G": Fraction(10**9),
    "1e9": Fraction(10**9),
    "1Gi": Fraction(2**30),
    "1024Mi": Fraction(2**30),
    "1.5Gi": Fraction(3 * 2**29),
    "2Gi": Fraction(2**31),
}
RWO, ROX, RWX, RWOP = "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"
PROVISIONERS = {"fast": "disk.csi.azure.com", "late": "disk.csi.azure.com", "local": "kubernetes.io/no-provisioner"}
LATE = {"late", "local"}
CLUSTER_CLASSES = {name: Provisioning(provisioner, name in LATE) for name, provisioner in PROVISIONERS.items()}


def rounded_up(amount: Fraction) -> int:
    return int(amount) if amount.denominator == 1 else int(amount) + 1


def read_class(thing: Claim | PersistentVolume) -> str | None:
    return thing.class_annotation if thing.class_annotation is not None else thing.class_field


def is_for(held: PersistentVolume, wanted: Claim) -> bool:
    reference = held.claim_ref
    return (
        reference is not None
        and reference.name == wanted.name
        and reference.namespace == wanted.namespace
        and (not reference.uid or not wanted.uid or reference.uid == wanted.uid)
    )


def term_holds(term: Any, labels: dict[str, str]) -> bool:
    has = term.key in labels
    return {
        "In": has and labels[term.key] in term.values,
        "NotIn": not has or labels[term.key] not in term.values,
        "Exists": has,
        "DoesNotExist": not has,
    }[term.operator]


def fits(wanted: Claim, held: PersistentVolume, taken: set[str]) -> bool:
    """Whether size, volume mode, attributes class and state are right."""
    return (
        held.name not in taken
        and BYTES[held.capacity or "0"] >= BYTES[wanted.request or "0"]
        and held.volume_mode == wanted.volume_mode
        and held.attributes_class == wanted.attributes_class
        and not held.deleting
    )


def possible(wanted: Claim, class_name: str, held: PersistentVolume, taken: set[str]) -> bool:
    """Whether the volume can go to the claim by search at all, reserved for it or free."""
    if not fits(wanted, held, taken) or not all(mode in held.modes for mode in wanted.modes):
        return False
    if held.claim_ref is not None:
        return is_for(held, wanted)
    return (
        held.phase in ("", "Available")
        and all(term_holds(term, dict(held.labels)) for term in wanted.selector or ())
        and (read_class(held) or "") == class_name
    )


def smallest(options: list[PersistentVolume]) -> PersistentVolume:
    return min(options, key=lambda held: BYTES[held.capacity or "0"])


def closest(options: list[PersistentVolume], wanted: Claim, there: Cluster) -> list[PersistentVolume]:
    """The options of the smallest set of access modes; of two equally small sets, the one that was seen first."""
    seen = [set(held.modes) for held in there.volumes if set(wanted.modes) <= set(held.modes)]
    best = min((set(held.modes) for held in options), key=lambda modes: (len(modes), seen.index(modes)))
    return [held for held in options if set(held.modes) == best]


def naive(wanted: Claim, there: Cluster, taken: set[str]) -> tuple[str, str | None]:
    """The outcome and the name of the volume."""
    class_name = read_class(wanted)
    if class_name is None and there.default is not None:
        class_name = there.default
    class_name = class_name or ""
    if wanted.volume_name:
        for held in there.volumes:
            if held.name == wanted.volume_name:
                if is_for(held, wanted):
                    return "static", held.name
                good = (
                    held.claim_ref is None
                    and held.name not in taken
                    and not held.deleting
                    and rounded_up(BYTES[held.capacity or "0"]) >= rounded_up(BYTES[wanted.request or "0"])
                    and (read_class(held) or "") == class_name
                    and held.volume_mode == wanted.volume_mode
                    and all(mode in held.modes for mode in wanted.modes)
                )
                return ("static", held.name) if good else ("pending", None)
        return "pending", None
    options = [held for held in there.volumes if possible(wanted, class_name, held, taken)]
    reserved = [held for held in options if held.claim_ref is not None]
    free = [held for held in options if held.claim_ref is None]
    late = class_name in LATE
    if late and reserved:
        return "static", closest(reserved, wanted, there)[0].name
    if late and any(
        is_for(held, wanted) and fits(wanted, held, taken) and (read_class(held) or "") == class_name
        for held in there.volumes
    ):
        return "pending", None
    if late and free:
        return "static", smallest(free).name
    if options:
        close = closest(options, wanted, there)
        mine = [held for held in close if held.claim_ref is not None]
        return "static", mine[0].name if mine else smallest(close).name
    provisions = PROVISIONERS.get(class_name, "kubernetes.io/no-provisioner") != "kubernetes.io/no-provisioner"
    return ("dynamic", None) if provisions and wanted.selector is None else ("pending", None)


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual value nine times out of ten, so that most claims and volumes differ in one thing at most."""
    return st.sampled_from([usual] * (9 * len(others)) + list(others))


terms = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["In", "NotIn"]), st.just(("1",))),
        st.tuples(st.sampled_from("ab"), st.sampled_from(["Exists", "DoesNotExist"]), st.just(())),
    ),
    max_size=2,
)
sizes = st.sampled_from(sorted(BYTES))
home_classes = st.sampled_from([None, "", "fast", "late", "local", "manual"])


def _only(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def claims_of(home: str | None) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "request": sizes,
            "modes": st.sampled_from([(RWO,), (RWO,), (RWX,), (RWO, ROX), (RWOP,)]),
            "class_field": mostly(home, "fast", "manual"),
            "class_annotation": mostly(None, "", "fast"),
            "volume_mode": mostly("Filesystem", "Block"),
            "volume_name": st.sampled_from(["", "", "", "p0", "p1", "p9"]),
            "selector": st.one_of(st.none(), st.none(), terms),
            "attributes_class": mostly("", "gold"),
            "uid": st.sampled_from(["", "u1", "u2"]),
        }
    ).map(_only)


def volumes_of(home: str | None) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "capacity": sizes,
            "modes": st.sampled_from([(RWO,), (RWO, ROX), (ROX, RWO), (RWO, RWX), (RWO, ROX, RWX), (RWX,), (RWOP,)]),
            "class_field": mostly(home, "fast", "manual"),
            "class_annotation": mostly(None, "", "fast"),
            "volume_mode": mostly("Filesystem", "Block"),
            "claim_ref": mostly(None, ("ns", "c0"), ("ns", "c0", "u1"), ("ns", "c1"), ("no", "c0"), ("", "c0")),
            "labels": st.dictionaries(st.sampled_from("ab"), st.sampled_from("12")),
            "attributes_class": mostly("", "gold"),
            "phase": mostly("", "Available", "Released"),
            "deleting": mostly(False, True),
        }
    ).map(_only)


def situations(most_claims: int) -> st.SearchStrategy[tuple[list[dict[str, Any]], Cluster]]:
    """Claims and a cluster with up to five volumes."""

    def of(home: str | None) -> st.SearchStrategy[tuple[list[dict[str, Any]], Cluster]]:
        there = st.builds(
            lambda held, default: Cluster(
                [volume(f"p{at}", **given) for at, given in enumerate(held)], CLUSTER_CLASSES, default
            ),
            st.lists(volumes_of(home), max_size=5),
            st.sampled_from([None, None, "fast", "late", "local"]),
        )
        return st.tuples(st.lists(claims_of(home), min_size=1, max_size=most_claims), there)

    return home_classes.flatmap(of)


@settings(max_examples=500)
@given(situation=situations(1), taken=st.sampled_from([set(), set(), {"p0"}, {"p0", "p1"}]))
def test_one_claim(situation: tuple[list[dict[str, Any]], Cluster], taken: set[str]) -> None:
    (fields,), there = situation
    wanted = claim("c0", **fields)
    verdict = bind(wanted, there, taken)
    assert (verdict.outcome, verdict.volume.name if verdict.volume else None) == naive(wanted, there, taken)


@settings(max_examples=250)
@given(situation=situations(4))
def test_claims_in_a_row(situation: tuple[list[dict[str, Any]], Cluster]) -> None:
    fields, there = situation
    claims = [claim(f"c{at}", **given) for at, given in enumerate(fields)]
    taken: set[str] = set()
    wanted = []
    for one in claims:
        outcome, name = naive(one, there, taken)
        wanted.append((outcome, name))
        taken |= {name} if name else set()
    got = [(verdict.outcome, verdict.volume.name if verdict.volume else None) for _, verdict in compete(claims, there)]
    assert got == wanted


@settings(max_examples=50)
@given(situation=situations(1), replicas=st.integers(0, 3), start=st.integers(0, 2))
def test_replicas_are_claims_in_a_row(
    situation: tuple[list[dict[str, Any]], Cluster], replicas: int, start: int
) -> None:
    (fields,), there = situation
    stateful = template("c", "s", **fields, replicas=replicas, start=start)
    single = [claim(f"c-s-{start + at}", **fields) for at in range(replicas)]
    assert [verdict for _, verdict in compete([stateful], there)] == [verdict for _, verdict in compete(single, there)]
