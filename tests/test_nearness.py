"""What is found by folders is what a look at every file finds, and claims that get one answer would get it alone."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from made_facts import claim, ephemeral, storage_class, template, use, volume

from kvlint.checks.sharing import judge
from kvlint.checks.world import World
from kvlint.facts import Claim, Fact
from kvlint.inventory import Inventory, same_namespace
from kvlint.nearness import ByFolder, closeness, in_line, nearest, same_folder

NAMES = st.sampled_from(["a", "b", "base", "cluster:x"])
FILES = st.builds(str.__add__, st.sampled_from(["", "", "/"]), st.lists(NAMES, min_size=1, max_size=4).map("/".join))


def parts(where: str) -> list[str]:
    """The folders that a file lies in, as the rules count them."""
    return where.split("/")[:1] if where.startswith("cluster:") else where.split("/")[:-1]


@settings(max_examples=400)
@given(st.lists(FILES, max_size=8), FILES)
def test_folders_tell_what_every_file_tells(files: list[str], where: str) -> None:
    grouped = ByFolder(files)
    assert grouped.any_in_line(where) == any(in_line(file, where) for file in files)
    assert grouped.beside(where) == [number for number, file in enumerate(files) if same_folder(file, where)]
    for file in files:
        shared = list(takewhile(lambda pair: pair[0] == pair[1], zip(parts(file), parts(where), strict=False)))
        assert closeness(file, where) == (where.count("/") + 1 if file == where else len(shared))
        shorter, longer = sorted((parts(file), parts(where)), key=len)
        assert in_line(file, where) == (longer[: len(shorter)] == shorter)
        assert same_folder(file, where) == (shorter == longer)
    best = max((closeness(file, where) for file in files), default=0)
    assert grouped.nearest(where) == [number for number, file in enumerate(files) if closeness(file, where) == best]


FOLDERS = st.sampled_from(["base/all.yaml", "base/more.yaml", "base/over/x.yaml", "other/all.yaml", "all.yaml"])
MODES = st.sampled_from([("ReadWriteOnce",), ("ReadWriteMany",), ("ReadWriteOnce", "ReadWriteMany")])
SIZES = st.sampled_from(["1Gi", "2Gi", "bad"])
CLASSES = st.sampled_from([None, "", "fast", "fats", "slow"])
SHORT = st.sampled_from(["p", "q", "r"])
NAMESPACES = st.sampled_from([None, "ns", "other"])
SELECTORS = st.sampled_from([None, (("app", "In", ("x",)),)])


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    found: list[Fact] = []
    for number in range(draw(st.integers(2, 9))):
        place: dict[str, Any] = {"file": draw(FOLDERS), "line": 10 * number + 1}
        kind = draw(st.integers(0, 7))
        own: dict[str, Any] = {"modes": draw(MODES), "class_field": draw(CLASSES)}
        if kind < 3:
            own |= {"request": draw(SIZES), "selector": draw(SELECTORS)}
            found.append(claim(draw(SHORT), draw(NAMESPACES), **place, **own))
        elif kind < 5:
            reserved = draw(st.sampled_from([None, ("ns", "p"), ("ns", "elsewhere")]))
            own |= {"capacity": draw(SIZES), "labels": draw(st.sampled_from([{}, {"app": "x"}]))}
            found.append(volume(draw(SHORT), **place, **own, **({"claim_ref": reserved} if reserved else {})))
        elif kind == 5:
            maker = draw(st.sampled_from(["ebs.csi.aws.com", "kubernetes.io/no-provisioner"]))
            name = draw(st.sampled_from(["fast", "slow"]))
            found.append(storage_class(name, maker, **place, **draw(st.sampled_from([{}, {"default": True}]))))
        elif kind == 6:
            found.append(template(draw(SHORT), "db", draw(NAMESPACES), **place, **own))
        else:
            found.append(use(draw(SHORT), "app", draw(NAMESPACES), place["file"]))
            found.append(ephemeral(draw(SHORT), "Pod", "app", draw(NAMESPACES), place["file"]))
    return found


class Alone(Inventory):
    """No claim gets the answer of another."""

    def alike(self, claim: Claim, class_name: str) -> bool:
        return False


@settings(max_examples=500, deadline=None)
@given(facts(), st.booleans())
def test_claims_that_are_alike_are_judged_as_if_alone(given: list[Fact], closed: bool) -> None:
    assert list(judge(Inventory(given), World(closed))) == list(judge(Alone(given), World(closed)))


@settings(max_examples=300)
@given(facts(), SHORT, NAMESPACES, FOLDERS)
def test_claims_are_found_by_name_and_namespace(
    given: list[Fact], name: str, namespace: str | None, where: str
) -> None:
    inventory = Inventory(given)
    named = [one for one in inventory.claims_anywhere(name) if same_namespace(one.namespace, namespace)]
    found = inventory.claims_named(name, namespace, where)
    assert {id(one) for one in found} == {id(one) for one in nearest(named, where)}
    assert inventory.storage_classes("fast", where) == nearest(named_so(inventory.classes, "fast"), where)
    assert inventory.persistent_volumes(name, where) == nearest(named_so(inventory.volumes, name), where)


def named_so(facts: Sequence[Any], name: str) -> list[Any]:
    return [fact for fact in facts if fact.name == name]
