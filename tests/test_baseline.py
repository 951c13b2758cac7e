"""The baseline: what is accepted, what is new, what has gone."""

import json
import os
from pathlib import Path

import pytest

from kvlint import baseline
from kvlint.baseline import Baseline, BaselineError, Row
from kvlint.finding import Confidence, Finding, Location, Severity, Suppression


def finding(rule: str, fingerprint: str, file: str = "a.yaml") -> Finding:
    place = Location(file, 7, 1, 7, 5)
    return Finding(rule, "inline", Severity.WARNING, Confidence.HIGH, "m", "h", place, None, "", (), fingerprint)


ROWS = (Row("a.yaml", "flexvolume", "f1"), Row("b.yaml", "flexvolume", "f2"), Row("b.yaml", "git-repo-volume", "f3"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_it_survives_a_round_trip_sorted_and_without_lines() -> None:
    data = baseline.render(reversed(ROWS))
    assert data == baseline.render(ROWS)
    assert baseline.parse("x", data).rows == ROWS
    assert data.endswith(b"}\n")
    assert b"line" not in data
    assert json.loads(data)["version"] == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "`x` is no baseline: Expecting"),
        (b"\xff", "`x` is no baseline"),
        (b"[" * 100_000, "`x` is no baseline"),
        (b"[]", "`x` is no baseline: write one with `--write-baseline`"),
        (b'{"findings": {}}', "write one with"),
        (b'{"version": 2, "findings": []}', "a version other than 1"),
        (b'{"version": 1, "findings": [1]}', "each finding needs the texts file, rule, fingerprint"),
        (b'{"version": 1, "findings": [{"file": "a", "rule": 1, "fingerprint": "f"}]}', "each finding needs"),
    ],
)
def test_what_is_no_baseline_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BaselineError) as caught:
        baseline.parse("x", data)
    assert message in str(caught.value)


def test_known_findings_are_marked_and_others_count() -> None:
    comment = Suppression("comment", "r")
    findings = [
        finding("flexvolume", "f1"),
        finding("flexvolume", "new"),
        finding("git-repo-volume", "f2"),
        finding("git-repo-volume", "f3")._replace(suppressed=comment),
    ]
    marked, matched = baseline.mark(findings, Baseline("x", ROWS))
    assert [one.suppressed and one.suppressed.by for one in marked] == ["baseline", None, None, "comment"]
    assert matched == {ROWS[0], ROWS[2]}


def test_stale_is_what_was_judged_and_did_not_match() -> None:
    known = Baseline(".kvlint-baseline.json", ROWS)
    both = ["flexvolume", "git-repo-volume"]
    assert baseline.stale(known, set(), ["a.yaml"], both) == [ROWS[0]], "b.yaml was not read"
    assert baseline.stale(known, set(), ["a.yaml", "b.yaml"], ["flexvolume"]) == [*ROWS[:2]], "one rule was off"
    assert baseline.stale(known, set(ROWS), ["a.yaml", "b.yaml"], both) == []
    live = Baseline("b.json", (Row("cluster:prod/ns/Pod/p", "flexvolume", "f4"), Row("<stdin>", "flexvolume", "f5")))
    assert baseline.stale(live, set(), ["a.yaml"], both) == []
    os.unlink("b.yaml")
    assert baseline.stale(known, set(), [], []) == [*ROWS[1:]], "a file that is gone needs no run"


def test_renewing_keeps_what_was_not_judged() -> None:
    known = Baseline(".kvlint-baseline.json", ROWS)
    comment = Suppression("comment", "r")
    findings = [finding("flexvolume", "new", "c.yaml"), finding("flexvolume", "x")._replace(suppressed=comment)]
    assert baseline.renew(known, findings, [ROWS[0]]) == {*ROWS[1:], Row("c.yaml", "flexvolume", "new")}


def test_files_are_named_from_the_folder_of_the_baseline(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    assert baseline.inside("../a.yaml", "../.kvlint-baseline.json") == "a.yaml"
    assert baseline.inside("x/y.yaml", "../.kvlint-baseline.json") == "sub/x/y.yaml"
    assert baseline.inside("cluster:prod/ns/Pod/p", "b.json") == "cluster:prod/ns/Pod/p"
    assert baseline.inside("<stdin>", "b.json") == "<stdin>"
