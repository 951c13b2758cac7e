"""The test that skips documents and checks changes no result, whatever a manifest looks like."""

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint import registry
from kvlint.checks.masks import Part, Secrets, secrets_of
from kvlint.checks.suspicion import in_one_pass, may_hold_credential
from kvlint.engine import ActiveRule, FileFacts, Plan, map_source
from kvlint.facts import Secret
from kvlint.finding import Summary
from kvlint.relevance import FIRST_CHECK, MENTIONS, SEVERAL, Relevance
from kvlint.source import Source
from kvlint.yamltree import Document, YamlError, documents

FIXTURES = Path(__file__).parent / "fixtures"
RULES = registry.rules().values()
ACTIVE = [ActiveRule(rule, None, {name: row.get("default") for name, row in rule.params.items()}) for rule in RULES]
TESTED, UNTESTED = Plan(ACTIVE), Plan(ACTIVE, skip_test=False)
MANY, ONE_PASS = TESTED.for_many(), in_one_pass()
MANIFESTS = [path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(FIXTURES.rglob("*.yaml"))]

SCHEMA = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                containers: {description: a list with command and args, type: array}
                volumes: {description: such as nfs or hostPath}
                volumeClaimTemplates: {description: of PersistentVolumeClaim}
"""
DISGUISES = (
    "kind: Pod\nspec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n",
    '"kind": Pod\nspec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n',
    '? "kind"\n: Pod\n"apiVersion": v1\nspec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n',
    "<<: {kind: Pod, apiVersion: v1, spec: {volumes: [{name: a, nfs: {server: b, path: c}}]}}\n",
    "!!str kind: Pod\n!!str spec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n",
    "&a kind: Pod\n&b spec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n",
    "...\napiVersion: v1\nkind: Pod\nspec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n",
    "--- {apiVersion: v1, kind: Pod, spec: {volumes: [{name: a, nfs: {server: b, path: c}}]}}\n",
    "\rkind: Pod\rspec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n",
    "\u2028kind: Pod\u2028spec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n",
    "# kvlint: ignore[intree-volume] nothing\n",
)


def results(text: str, plan: Plan, name: str = "a.yaml") -> FileFacts:
    """What a file contributes, without what may differ: counts, because a skipped document's objects are counted
    without reading it, and Secrets, which no rule asks for, with the masks they bring."""
    made = map_source(Source(name, text.encode("utf-8", "surrogateescape")), plan)
    facts = tuple(fact for fact in made.facts if not isinstance(fact, Secret))
    return made._replace(summary=Summary(), masks=() if "Secret" in text else made.masks, facts=facts)


@pytest.mark.parametrize("text", MANIFESTS)
def test_fixtures(text: str) -> None:
    assert results(text, TESTED) == results(text, UNTESTED)


def as_json(text: str) -> str:
    """The first readable document as JSON, with slashes escaped as some programs write them."""
    for document in documents(Source("", text.encode("utf-8", "surrogateescape"))):
        try:
            root = document.compose()
            return json.dumps(root.plain() if root is not None else None).replace("/", "\\/")
        except (YamlError, ValueError):
            continue
    return text


def hide(text: str, at: int) -> str:
    """Spell one plain key as a double-quoted scalar with escapes."""
    keys = list(re.finditer(r"(?m)^([ -]*)([A-Za-z.\/-]+):", text))
    if not keys:
        return text
    key = keys[at % len(keys)]
    codes = [(f"\\x{ord(char):02x}", f"\\u{ord(char):04x}") for char in key[2]]
    spelt = "".join(pair[number % 2] for number, pair in enumerate(codes))
    return f'{text[: key.start(2)]}"{spelt}"{text[key.end(2) :]}'


def folded(text: str, at: int) -> str:
    """Break one plain word of a value in two lines of a double-quoted scalar."""
    words = list(re.finditer(r"(?m): ([A-Za-z][\w./-]+)$", text))
    if not words:
        return text
    word = words[at % len(words)]
    middle = len(word[1]) // 2
    return f'{text[: word.start(1)]}"{word[1][:middle]}\\\n      {word[1][middle:]}"{text[word.end(1) :]}'


def without_line(text: str, at: int) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[: at % len(lines)] + lines[at % len(lines) + 1 :]) if lines else text


def below(text: str, at: int) -> str:
    lines = text.splitlines()
    return "apiVersion: v1\nkind: List\nitems:\n- " + "\n  ".join(lines) + "\n" if "---" not in lines else text


MUTATIONS: tuple[Callable[[str, int], str], ...] = (
    hide,
    folded,
    without_line,
    below,
    lambda text, at: as_json(text),
    lambda text, at: SCHEMA + text,
    lambda text, at: SCHEMA + DISGUISES[at % len(DISGUISES)] + text,
    lambda text, at: SCHEMA + "---\n" + text,
    lambda text, at: f"{text}---\n{MANIFESTS[at % len(MANIFESTS)]}",
    lambda text, at: f"{text}...\n{MANIFESTS[at % len(MANIFESTS)]}",
    lambda text, at: text.replace("\n", "\r\n"),
    lambda text, at: text[: at % (len(text) + 1)],
    lambda text, at: text.replace("apiVersion:", "apiVersion: !!str", 1),
    lambda text, at: text.replace("kind: ", "kind: &kind ", 1),
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(MANIFESTS),
    st.lists(st.tuples(st.sampled_from(MUTATIONS), st.integers(0, 10_000)), min_size=1, max_size=4),
)
def test_mutated_fixtures(text: str, mutations: list[tuple[Callable[[str, int], str], int]]) -> None:
    for mutate, at in mutations:
        text = mutate(text, at)
    assert results(text, TESTED) == results(text, UNTESTED)


@pytest.mark.parametrize("more", ["", *DISGUISES])
def test_only_what_certainly_is_a_schema_counts_as_one(more: str) -> None:
    text = SCHEMA + more
    assert bool(TESTED.relevance.of(text)) == bool(more)
    assert results(text, TESTED) == results(text, UNTESTED)


def test_a_schema_that_is_only_quoted_is_none() -> None:
    text = f"apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - {{name: a, nfs: {{}}}}\nquoted: '\n{SCHEMA}'\n"
    assert TESTED.relevance.of(text)


def test_tokens_with_company() -> None:
    one, two = FIRST_CHECK, FIRST_CHECK << 1
    relevance = Relevance([(("alone", ("volumes", "nfs")), one), ((("volumes", "rbd"),), two)])
    for text, checks in (
        ("nfs", 0),
        ("volumes", 0),
        ("volumes nfs", one),
        ("nfs volumes", 0),
        ("&a nfs volumes", one),
        ("volumes rbd", two),
        ("volumes rbd alone", one | two),
        ("volumes nfs rbd", one | two),
        (r"\x61", one | two),
        ("!!binary a", one | two),
        ("nothing", 0),
    ):
        assert relevance.of(text) == checks
        assert relevance.in_one_pass(bool).of(text) == checks


def test_a_check_without_tokens_sees_everything() -> None:
    one, two = FIRST_CHECK, FIRST_CHECK << 1
    relevance = Relevance([((), one), (("token",), two)], everything=one)
    assert (relevance.of("nothing"), relevance.of("token")) == (one, one | two)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*MANIFESTS, "", "é password: x", "\udc80 kind: Pod"]),
    st.lists(st.tuples(st.sampled_from(MUTATIONS), st.integers(0, 10_000)), max_size=4),
)
def test_one_pass_tells_the_same(text: str, mutations: list[tuple[Callable[[str, int], str], int]]) -> None:
    for mutate, at in mutations:
        text = mutate(text, at)
    assert MANY.relevance is not TESTED.relevance
    assert MANY.relevance.seen(text) == TESTED.relevance.seen(text)
    assert MANY.relevance.of(text) == TESTED.relevance.of(text)
    assert ONE_PASS(text) == may_hold_credential(text)


def test_a_large_text_is_searched_word_by_word() -> None:
    text = "kind: Pod\nspec: {volumes: [{name: a, nfs: {server: b, path: c}}]}\n" + "# password\n" * 100_000
    assert MANY.relevance.seen(text) == TESTED.relevance.seen(text) != 0
    assert ONE_PASS(text) == may_hold_credential(text)


def test_without_the_library_each_token_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ahocorasick_rs", None)
    assert in_one_pass() is may_hold_credential
    assert [results(text, TESTED.for_many()) for text in MANIFESTS[:9]] == [results(x, TESTED) for x in MANIFESTS[:9]]


def test_parameters_of_its_own_make_a_check_see_everything() -> None:
    rule = registry.rules()["flexvolume-installer"]
    text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, args: [--my-plugins=/x]}]}\n"
    for flags, count in ((["--my-plugins"], 1), (["--volume-plugin-dir"], 0)):
        params = {name: row["default"] for name, row in rule.params.items()} | {"flags": flags}
        assert len(results(text, Plan([ActiveRule(rule, None, params)])).findings) == count


def test_every_check_has_tokens_and_exists() -> None:
    for name, check in registry.CHECKS.items():
        assert check.tokens, name
        assert callable(check.function), name
    assert {rule.check for rule in RULES} - {None} == set(registry.CHECKS)


@pytest.mark.parametrize("relevance", [TESTED.relevance, MANY.relevance])
def test_what_is_seen_of_a_file(relevance: Relevance) -> None:
    assert relevance.seen("kind: HelmRelease") & MENTIONS
    assert relevance.seen("kind: StorageClass\nname: {{ x }}") & MENTIONS
    assert not relevance.seen("kind: Deployment") & (MENTIONS | SEVERAL)
    assert relevance.seen("a: b\n---\nb: c") == SEVERAL
    assert relevance.seen('a: "\\x41"\n---\nb: c') & SEVERAL


def credentials(text: str) -> list[tuple[Document, Secrets]]:
    """What is masked in each document, looked for in all of them."""
    source = Source("", text.encode("utf-8", "surrogateescape"))
    found = []
    for document in documents(source):
        try:
            roots = [document.compose()]
        except YamlError:
            roots = []
        found.append((document, secrets_of(source.text, [Part(document.start, document.end, roots)])))
    return found


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([text for text in MANIFESTS if "credential" in text]),
    st.lists(st.tuples(st.sampled_from(MUTATIONS), st.integers(0, 10_000)), max_size=2),
)
def test_what_is_masked_passes_the_cheap_test(
    text: str, mutations: list[tuple[Callable[[str, int], str], int]]
) -> None:
    for mutate, at in mutations:
        text = mutate(text, at)
    for document, secrets in credentials(text):
        assert not secrets.spans or (may_hold_credential(document.text) and ONE_PASS(document.text))


def test_most_documents_hold_no_credential() -> None:
    text = "kind: PersistentVolumeClaim\nspec: {storageClassName: fast}\n"
    assert not may_hold_credential(text)
    assert may_hold_credential(text + "# password: x")


@pytest.mark.skipif("KVLINT_CORPUS" not in os.environ, reason="KVLINT_CORPUS names a folder of manifests to try too")
def test_manifests_of_a_folder() -> None:
    for folder, _, names in os.walk(os.environ["KVLINT_CORPUS"]):
        for name in names:
            if name.endswith((".yaml", ".yml", ".json")):
                path = os.path.join(folder, name)
                text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
                assert results(text, TESTED, name) == results(text, UNTESTED, name), path
                assert results(text, MANY, name) == results(text, TESTED, name), path
                for document, secrets in credentials(text):
                    hold = may_hold_credential(document.text)
                    assert ONE_PASS(document.text) == hold, path
                    assert hold or not secrets.spans, (path, secrets.spans)
