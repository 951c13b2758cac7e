"""Comments, annotations and per-file ignores: what they cover and what not, how they are written and removed."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint.annotate import add
from kvlint.finding import MANUAL, SAFE, Confidence, Edit, Finding, Fix, Location, ResourceRef, Severity
from kvlint.ignores import Ignore, annotations, comments
from kvlint.patterns import Patterns
from kvlint.resources import resources
from kvlint.rule import Rule
from kvlint.source import Source
from kvlint.suppress import PerFile, Policy, settle
from kvlint.yamltree import documents

FILE = "pod.yaml"
KNOWN = frozenset({"flexvolume", "intree-volume", "host-path-volume", "unused-ignore"})
CARD = Rule(
    "unused-ignore", "engine", Severity.WARNING, (), None, None, "", "nothing to ignore here for `{rules}`", "unused",
    "remove it", {}, (), True,
)  # fmt: skip
POLICY = Policy(CARD, KNOWN, KNOWN)


def read(text: str) -> list[Ignore]:
    source = Source(FILE, text.encode())
    found: list[Ignore] = []
    chunks = []
    for document in documents(source):
        root = document.compose()
        chunks.append((document, [root], True))
        for resource in resources(document, root):
            found.extend(annotations(source, resource))
    return [*comments(source, chunks), *found]


def finding(rule: str, line: int, *related: int, field: str = "spec", file: str = FILE, last: int = 0) -> Finding:
    return Finding(
        rule, "deprecated", Severity.WARNING, Confidence.HIGH, "m", "h",
        Location(file, line, 3, last or line, 9),
        ResourceRef("v1", "Pod", None, "p"), field,
        tuple(Location(file, number, 1, number, 5) for number in related), f"{rule}{line}",
    )  # fmt: skip


def settled(text: str, *findings: Finding, policy: Policy = POLICY) -> list[Finding]:
    return settle(findings, {FILE: read(text)}, policy)


def apply(text: str, edits: Sequence[Edit]) -> str:
    data = text.encode()
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode()


def unused_of(found: Sequence[Finding]) -> list[Finding]:
    return [one for one in found if one.rule == "unused-ignore"]


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes:
  - name: data
    flexVolume:
      driver: x/y
"""
LINES = POD.splitlines()


def pod(**comment_at: str) -> str:
    """The Pod with comments at the end of lines: l7="# …"."""
    lines = [line + (f"  {comment_at[f'l{n}']}" if f"l{n}" in comment_at else "") for n, line in enumerate(LINES, 1)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "comment",
    [
        "# kvlint: ignore[flexvolume]",
        "# kvlint: ignore[flexvolume] a reason, with [brackets] and: signs",
        "#kvlint:ignore[flexvolume]",
        "#  kvlint:  ignore[ flexvolume ]",
        "# kvlint: ignore[intree-volume, flexvolume] both",
        "# kvlint: ignore[intree-volume,flexvolume]\t",
        "# noqa # kvlint: ignore[flexvolume] after another comment",
        "# kvlint: ignore[flexvolume] before # another comment",
        "# kvlint: ignore[intree-volume] one # kvlint: ignore[flexvolume] two",
    ],
)
def test_spellings_that_suppress(comment: str) -> None:
    found = settled(pod(l7=comment), finding("flexvolume", 7), finding("intree-volume", 7))
    assert found[0].suppressed is not None
    assert found[0].suppressed.by == "comment"


@pytest.mark.parametrize(
    "comment",
    [
        "# kvlint: ignore",
        "# kvlint: ignore[]",
        "# kvlint: ignore[ ]",
        "# kvlint: ignore flexvolume",
        "# kvlint: ignore(flexvolume)",
        "# kvlint: ignore [flexvolume]",
        "# kvlint: ignore: flexvolume",
        "# kvlint: ignore=flexvolume",
        "# kvlint: ignore[flexvolume",
        "# kvlint: ignore flexvolume]",
        "# kvlint: ignore[flexvolume,]",
        "# kvlint: ignore[,flexvolume]",
        "# kvlint: ignore[flexvolume intree-volume]",
        "# kvlint: ignore[flexvolume; intree-volume]",
        "# kvlint: ignore['flexvolume']",
        "# kvlint: ignore[*]",
        "# kvlint: ignore[flex*]",
        "# kvlint: ignore[FlexVolume]",
        "# kvlint: ignore[flexvolume]because",
        "# kvlint: Ignore[flexvolume]",
        "# kvlint ignore[flexvolume]",
        "# kvlint - ignore[flexvolume]",
        "# kvlint: disable=flexvolume",
        "# kvlint: noqa",
        "# kvlint: skip[flexvolume]",
        "# kvlint: off",
        "# kvlint: ignore-file[flexvolume]",
        "# kvlint: ignores[flexvolume]",
    ],
)
def test_malformed_spellings_suppress_nothing_and_are_told(comment: str) -> None:
    found = settled(pod(l7=comment), finding("flexvolume", 7))
    assert found[0].suppressed is None
    told = unused_of(found)
    assert len(told) == 1
    assert "suppresses nothing" in told[0].message
    assert told[0].location.line == 7
    assert told[0].fix is None


@pytest.mark.parametrize(
    "comment",
    ["# see kvlint: ignore[flexvolume]", "# kvlint is great", "# the ignore[flexvolume] form", "# kvlint: todo"],
)
def test_other_comments_are_nobodys_business(comment: str) -> None:
    found = settled(pod(l7=comment), finding("flexvolume", 7))
    assert len(found) == 1
    assert found[0].suppressed is None


@pytest.mark.parametrize(
    "text",
    [
        POD.replace("driver: x/y", "driver: 'x # kvlint: ignore[flexvolume]'"),
        POD.replace("driver: x/y", "driver: x#kvlint:ignore[flexvolume]"),
        POD.replace("driver: x/y", "driver: |\n        # kvlint: ignore[flexvolume]\n        x"),
        POD.replace("driver: x/y", 'driver: "x\n        # kvlint: ignore[flexvolume]\n        y"'),
    ],
)
def test_values_are_no_comments(text: str) -> None:
    found = settled(text, *(finding("flexvolume", line) for line in range(7, 11)))
    assert not any(one.suppressed for one in found)
    assert not unused_of(found)


def test_the_first_line_of_a_block_scalar_may_end_in_a_comment() -> None:
    text = POD.replace("driver: x/y", "driver: |  # kvlint: ignore[flexvolume]\n        x")
    assert settled(text, finding("flexvolume", 8))[0].suppressed


def test_any_line_of_any_span_of_the_file() -> None:
    for line in (5, 6, 7):
        text = pod(**{f"l{line}": "# kvlint: ignore[flexvolume] r"})
        assert settled(text, finding("flexvolume", 7, 6, 5))[0].suppressed, line
    text = pod(l8="# kvlint: ignore[flexvolume] r")
    assert not settled(text, finding("flexvolume", 7, 6))[0].suppressed
    assert settled(text, finding("flexvolume", 7, last=8))[0].suppressed
    ends_before = finding("flexvolume", 7)._replace(location=Location(FILE, 7, 3, 8, 1))
    assert not settled(text, ends_before)[0].suppressed


def test_related_spans_in_other_files_count_for_their_file() -> None:
    ignores = {FILE: read(pod(l7="# kvlint: ignore[flexvolume] r"))}
    across = finding("flexvolume", 3, file="other.yaml")._replace(related=(Location(FILE, 7, 1, 7, 9),))
    assert settle([across], ignores, POLICY)[0].suppressed
    elsewhere = finding("flexvolume", 7, file="other.yaml")
    assert not settle([elsewhere], ignores, POLICY)[0].suppressed


def test_alone_on_its_line_it_is_for_what_starts_below() -> None:
    above = "\n".join([*LINES[:5], "  # kvlint: ignore[flexvolume] why", "", "  # another comment", *LINES[5:]]) + "\n"
    assert settled(above, finding("flexvolume", 10, 9))[0].suppressed, "its name starts on the next line with content"
    assert not settled(above, finding("flexvolume", 10))[0].suppressed
    assert not settled(pod(l6="# kvlint: ignore[flexvolume]"), finding("flexvolume", 7))[0].suppressed


def test_a_comment_is_for_its_rules_only() -> None:
    found = settled(pod(l7="# kvlint: ignore[flexvolume] r"), finding("flexvolume", 7), finding("intree-volume", 7))
    assert [bool(one.suppressed) for one in found] == [True, False]
    assert found[0].suppressed
    assert found[0].suppressed.reason == "r"


# Unused ignores


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1  # kvlint: ignore[flexvolume] r\nb: 2\n", "a: 1\nb: 2\n"),
        ("a: 1\n  # kvlint: ignore[flexvolume]\nb: 2\n", "a: 1\nb: 2\n"),
        ("a: 1\r\n# kvlint: ignore[flexvolume]\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
        ("a: 1 # kvlint: ignore[flexvolume]", "a: 1"),
        ("a: 1\n# kvlint: ignore[flexvolume]", "a: 1\n"),
        ("a: é # kvlint: ignore[flexvolume] ü\nb: 2\n", "a: é\nb: 2\n"),
        ("a: 1  # kvlint: ignore[flexvolume] r # noqa\n", "a: 1  # noqa\n"),
        ("a: 1  # noqa # kvlint: ignore[flexvolume] r\n", "a: 1  # noqa\n"),
        ("# noqa # kvlint: ignore[flexvolume] r\na: 1\n", "# noqa\na: 1\n"),
        ("a: 1  # kvlint: ignore[flexvolume, no-such-rule]\n", "a: 1  # kvlint: ignore[no-such-rule]\n"),
        ("a: 1  # kvlint: ignore[flexvolume, intree-volume]\n", "a: 1\n"),
        ("\ufeffa: 1  # kvlint: ignore[flexvolume]\n", "\ufeffa: 1\n"),
    ],
)
def test_an_unused_comment_can_be_removed_safely(before: str, after: str) -> None:
    fixes = [one.fix for one in unused_of(settled(before)) if one.fix]
    assert [fix.applicability for fix in fixes] == [SAFE]
    assert apply(before, fixes[0].edits) == after


def test_a_used_id_stays_when_another_goes() -> None:
    text = pod(l7="# kvlint: ignore[intree-volume, flexvolume, host-path-volume] r")
    found = settled(text, finding("flexvolume", 7))
    (told,) = unused_of(found)
    assert told.message == "nothing to ignore here for `intree-volume`, `host-path-volume`"
    assert told.fix is not None
    assert "# kvlint: ignore[flexvolume] r" in apply(text, told.fix.edits)


def test_unused_is_said_only_of_rules_that_could_speak() -> None:
    text = pod(l7="# kvlint: ignore[flexvolume] r")
    assert unused_of(settled(text))
    assert not unused_of(settled(text, policy=POLICY._replace(judged=frozenset({"intree-volume"}))))
    assert not unused_of(settled(text, policy=POLICY._replace(card=None)))
    source = Source(FILE, text.encode())
    unread = comments(source, [(document, [], False) for document in documents(source)])
    assert not unused_of(settle([], {FILE: unread}, POLICY))
    assert settle([finding("flexvolume", 7)], {FILE: unread}, POLICY)[0].suppressed


def test_an_unknown_rule_is_told_with_a_guess_and_never_removed() -> None:
    (told,) = unused_of(settled(pod(l7="# kvlint: ignore[flexvolum] r")))
    assert told.message == "there is no rule `flexvolum`, so nothing is ignored"
    assert told.help == "did you mean `flexvolume`?"
    assert told.fix is None


def test_an_unused_ignore_can_itself_be_ignored() -> None:
    text = pod(l7="# kvlint: ignore[flexvolume, unused-ignore] needed for older clusters")
    assert [one.suppressed is not None for one in unused_of(settled(text))] == [True]


def test_the_fingerprint_of_an_unused_ignore_stays_when_lines_move() -> None:
    text = pod(l7="# kvlint: ignore[flexvolume] r")
    (here,), (there,) = unused_of(settled(text)), unused_of(settled("# more\n\n" + text))
    assert here.fingerprint == there.fingerprint
    assert here.location.line != there.location.line


# Annotations

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
  annotations: {OWN}
spec:
  template:
    metadata:
      annotations: {TEMPLATE}
    spec:
      volumes: []
---
apiVersion: v1
kind: Pod
metadata: {name: other}
"""


def deployment(own: str = "{}", template: str = "{}") -> str:
    return DEPLOYMENT.replace("{OWN}", own).replace("{TEMPLATE}", template)


def test_an_annotation_is_for_its_object() -> None:
    text = deployment(own="{kvlint/ignore.flexvolume: old cluster}")
    inside, outside = finding("flexvolume", 11, field="spec.template.spec.volumes[0]"), finding("flexvolume", 14)
    found = settled(text, inside, outside, finding("intree-volume", 11))
    assert [bool(one.suppressed) for one in found] == [True, False, False]
    assert found[0].suppressed == ("annotation", "old cluster")


def test_an_annotation_of_a_template_is_for_the_template() -> None:
    text = deployment(template="{kvlint/ignore.flexvolume: r}")
    inside, outside = finding("flexvolume", 11, field="spec.template.spec.volumes[0]"), finding("flexvolume", 5)
    assert [bool(one.suppressed) for one in settled(text, inside, outside)] == [True, False]


def test_an_annotation_works_without_positions() -> None:
    live = finding("flexvolume", 0, field="spec.template.spec.volumes[0]")
    assert settled(deployment(template="{kvlint/ignore.flexvolume: r}"), live)[0].suppressed


def test_unused_misspelt_and_unknown_annotations_are_told_without_a_fix() -> None:
    (told,) = unused_of(settled(deployment(own="{kvlint/ignore.flexvolume: r}")))
    assert told.location[1:5] == (5, 17, 5, 41)
    assert told.fix == Fix("remove the annotation", MANUAL)
    (told,) = unused_of(settled(deployment(own="{kvlint/ignore: flexvolume}")))
    assert "write `kvlint/ignore.<rule-id>: reason`" in told.help
    (told,) = unused_of(settled(deployment(own="{kvlint/ignore.flex-volume: r}")))
    assert told.help == "did you mean `flexvolume`?"


# Per-file ignores


def test_per_file_ignores_take_patterns_rules_and_categories() -> None:
    rows = (
        PerFile("legacy/**", Patterns(["legacy/**"]), frozenset({"flexvolume"})),
        PerFile("*.test.yaml", Patterns(["*.test.yaml"]), frozenset({"deprecated"})),
    )
    policy = POLICY._replace(per_file=rows, inside=lambda file: file if not file.startswith("/") else None)
    cases = [
        ("flexvolume", "legacy/a.yaml", True),
        ("intree-volume", "legacy/a.yaml", False),
        ("intree-volume", "x/a.test.yaml", True),
        ("flexvolume", "/elsewhere/legacy/a.yaml", False),
    ]
    found = settle([finding(rule, 1, file=file) for rule, file, _ in cases], {}, policy)
    assert [bool(one.suppressed) for one in found] == [expected for _, _, expected in cases]
    assert found[0].suppressed == ("config", "legacy/**")


# Writing ignores


def added(text: str, *findings: Finding, reason: str = "accepted", name: str = FILE) -> str:
    result = add(Source(name, text.encode()), findings, reason)
    assert (result.data == text.encode()) == (result.covered == 0)
    assert result.covered + len(result.left) == len(findings)
    return result.data.decode()


def test_a_comment_is_written_at_the_end_of_the_line() -> None:
    assert added(POD, finding("flexvolume", 7)) == pod(l7="# kvlint: ignore[flexvolume] accepted")
    assert added(POD.replace("\n", "\r\n"), finding("flexvolume", 7)).count("\r\n") == len(LINES)
    assert added(POD.rstrip("\n"), finding("flexvolume", 8)).endswith("x/y  # kvlint: ignore[flexvolume] accepted")
    both = added(POD, finding("flexvolume", 7), finding("intree-volume", 7), finding("flexvolume", 7))
    assert both == pod(l7="# kvlint: ignore[flexvolume, intree-volume] accepted")


def test_a_comment_joins_another() -> None:
    text = added(pod(l7="# noqa "), finding("flexvolume", 7))
    assert "flexVolume:  # noqa  # kvlint: ignore[flexvolume] accepted" in text
    text = added(pod(l7="# kvlint: ignore[intree-volume] first"), finding("flexvolume", 7), reason="second")
    found = settled(text, finding("flexvolume", 7), finding("intree-volume", 7))
    assert [one.suppressed and one.suppressed.reason for one in found] == ["second", "first"]


def test_where_a_line_runs_on_the_comment_goes_above() -> None:
    text = POD.replace("driver: x/y", 'driver: "x\n          y"')
    result = added(text, finding("flexvolume", 8))
    assert '      # kvlint: ignore[flexvolume] accepted\n      driver: "x\n' in result
    assert settled(result, finding("flexvolume", 9))[0].suppressed


def test_another_span_serves_where_the_first_cannot() -> None:
    text = POD.replace("driver: x/y", "driver: |\n        x\n        y")
    result = added(text, finding("flexvolume", 9, 8))
    assert "driver: |  # kvlint: ignore[flexvolume] accepted\n" in result
    assert settled(result, finding("flexvolume", 9, 8))[0].suppressed


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        (POD, 0, FILE),
        (POD, 99, FILE),
        ('{"kind": "Pod"}\n', 1, FILE),
        ('\n{"kind": "Pod"}\n', 2, FILE),
        ("kind: Pod\n", 1, "pod.json"),
        ("kind: Pod\na: [\n", 1, FILE),
        ("kind: Pod\nb: |\n  text\n  more\n", 4, FILE),
    ],
)
def test_where_no_comment_can_stand_nothing_is_written(text: str, line: int, name: str) -> None:
    assert added(text, finding("flexvolume", line, file=name), name=name) == text


def test_a_reason_is_one_line() -> None:
    assert "# kvlint: ignore[flexvolume] one two\n" in added(POD, finding("flexvolume", 7), reason=" one\n\ttwo ")
    assert added(POD, finding("flexvolume", 7), reason="a: 'b' {").splitlines()[6].endswith("a: 'b' {")


SHAPES = st.sampled_from(
    [
        "k: v",
        "k: 'a\n    b'",
        "k: >-\n    a\n\n    b",
        "k: |\n    # not a comment",
        "k: {a: 1, b: [c,\n    d]}",
        "k:\n    v",
        "k: [a, # c\n    b]",
        "k: v # c",
        "k: plain\n    goes on",
        "k: &x v",
        "'k': \"v\"",
        "k: !!str 1",
        'k: "é\U0001f600"',
        "k:",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    shapes=st.lists(SHAPES, min_size=1, max_size=6),
    picks=st.lists(st.integers(1, 16), min_size=1, max_size=4, unique=True),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    final=st.booleans(),
    mark=st.booleans(),
)
def test_written_comments_suppress_change_nothing_and_can_be_removed(
    shapes: list[str], picks: list[int], newline: str, final: bool, mark: bool
) -> None:
    body = "\n".join(f"- {shape}" for shape in shapes) + ("\n" if final else "")
    text = ("\ufeff" if mark else "") + body.replace("\n", newline)
    source = Source(FILE, text.encode())
    count = len(text.splitlines())
    findings = [finding("flexvolume", line) for line in picks if line <= count]
    result = add(source, findings, "why")
    after = Source(FILE, result.data)

    def said(one: Source) -> list[object]:
        return [root.plain() if (root := document.compose()) else None for document in documents(one)]

    assert said(after) == said(source)
    moved = [one for one in findings if one not in result.left]
    # A comment above pushes what follows down by a line.
    kept = [
        n
        for n, line in enumerate(result.data.decode().splitlines(), 1)
        if not line.lstrip("\ufeff ").startswith("# kvlint")
    ]
    shift = dict(enumerate(kept, 1))
    now = [finding("flexvolume", shift[one.location.line]) for one in moved]
    ignores = comments(after, [(document, [document.compose()], True) for document in documents(after)])
    assert all(one.suppressed for one in settle(now, {FILE: ignores}, POLICY._replace(card=None)))
    edits = [edit for one in settle([], {FILE: ignores}, POLICY) if one.fix for edit in one.fix.edits]
    assert said(Source(FILE, apply(result.data.decode(), edits).encode())) == said(source)
    again = add(after, [], "why")
    assert again.data == result.data
