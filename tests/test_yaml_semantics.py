"""kvlint reads YAML as Kubernetes does.

The answers in `data/yaml_semantics.jsonl` come from sigs.k8s.io/yaml v1.4.0 (`YAMLToJSON`), one for each document as
kubectl splits them; `line` is the 1-based line a document starts on."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from kvlint import events, yamltree
from kvlint.source import Source

DATA = Path(__file__).parent / "data" / "yaml_semantics.jsonl"
CASES = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


def same(ours: Any, theirs: Any) -> bool:
    """Equality of JSON values: true is not 1, and a number is a number however it is written."""
    if isinstance(theirs, bool) or not isinstance(theirs, int | float):
        if type(ours) is not type(theirs):
            return False
        if isinstance(theirs, dict):
            return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in theirs)
        if isinstance(theirs, list):
            return len(ours) == len(theirs) and all(map(same, ours, theirs))
        return bool(ours == theirs)
    return isinstance(ours, int | float) and not isinstance(ours, bool) and math.isclose(ours, theirs, rel_tol=0)


def read(text: str) -> list[dict[str, Any]]:
    answers = []
    for document in yamltree.documents(Source("case.yaml", text.encode())):
        answer: dict[str, Any] = {"line": document.line}
        try:
            root = document.compose()
            answer["json"] = None if root is None else root.plain()
        except yamltree.YamlError:
            pass
        answers.append(answer | {"ok": "json" in answer})
    return answers


def check(case: dict[str, Any]) -> None:
    answers = read(case["text"])
    assert [answer["line"] for answer in answers] == [document["line"] for document in case["documents"]]
    assert [answer["ok"] for answer in answers] == [document["ok"] for document in case["documents"]]
    for answer, document in zip(answers, case["documents"], strict=True):
        assert same(answer.get("json"), document.get("json")), (answer, document)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_values_are_those_of_kubernetes(case: dict[str, Any]) -> None:
    check(case)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_pure_reader_differs_only_in_tabs(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "CParser", None)
    if case["name"] in ("JSON with tabs", "tabs after a value"):
        assert not read(case["text"])[0]["ok"]
    else:
        check(case)
