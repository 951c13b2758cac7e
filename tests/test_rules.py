"""Every rule's fixtures: the marked lines are found and nothing else, the terminal output is the golden one, and what a
fix leaves behind is clean.

`KVLINT_UPDATE=1 pytest tests/test_rules.py` rewrites the golden files for review."""

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from kvlint import registry
from kvlint.cli import main

FIXTURES = Path(__file__).parent / "fixtures"
UPDATE = bool(os.environ.get("KVLINT_UPDATE"))
MARK = re.compile(r"# expect: ([a-z0-9, -]+)$")
ARGS = re.compile(r"^# args: (.+)$", re.MULTILINE)

CASES = sorted(
    path
    for path in FIXTURES.glob("*/*.yaml")
    if path.stem.partition("-")[0] in ("good", "bad") and not path.name.endswith(".fixed.yaml")
)


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = main(["check", "--isolated", "--no-inventory", "--no-cache", "--color", "never", *args])
    return code, capsys.readouterr().out


def arguments(path: Path) -> list[str]:
    """What the fixture asks for in its first comment, and its own rule alone."""
    found = ARGS.search(path.read_text(encoding="utf-8"))
    return ["--select", path.parent.name, *(shlex.split(found[1]) if found else ())]


def marks(path: Path) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = MARK.search(line)
        if match:
            found += [(number, rule.strip()) for rule in match[1].split(",")]
    return sorted(found)


def findings(capsys: pytest.CaptureFixture[str], path: Path, *more: str) -> list[dict]:
    _, out = run(capsys, *arguments(path), *more, "--output-format", "json", path.name)
    return [finding for finding in json.loads(out)["findings"] if finding["suppressed"] is None]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_marks(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    found = sorted((finding["line"], finding["rule"]) for finding in findings(capsys, path))
    assert found == marks(path)
    if path.name.startswith("good"):
        assert not found


@pytest.mark.parametrize(
    "path", [path for path in CASES if path.name.startswith("bad")], ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_terminal_output(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    _, out = run(capsys, *arguments(path), path.name)
    golden = path.with_suffix(".txt")
    if UPDATE:
        golden.write_text(out, encoding="utf-8")
    assert out == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_fixed_twin(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The fixed text is the golden twin, offers no fix any more, and a second run changes nothing."""
    copy = tmp_path / path.name
    shutil.copy(path, copy)
    monkeypatch.chdir(tmp_path)
    offered = [
        finding
        for finding in findings(capsys, path)
        if finding["fix"] is not None and finding["fix"]["applicability"] != "manual"
    ]
    twin = path.with_suffix(".fixed.yaml")
    if not offered:
        assert not twin.exists()
        return
    fix = (*arguments(path), "--fix", "--unsafe-fixes", "--with-placeholders")
    run(capsys, *fix, copy.name)
    fixed = copy.read_bytes()
    if UPDATE:
        twin.write_bytes(fixed)
    assert fixed == twin.read_bytes()
    left = [finding["fix"] for finding in findings(capsys, path) if finding["fix"] is not None]
    assert all(fix["applicability"] == "manual" for fix in left)
    run(capsys, *fix, copy.name)
    assert copy.read_bytes() == fixed


NO_MANIFEST = {"internal-error"}
"""Rules that no manifest can bring about: `test_engine.py` makes a check fail for this one."""


@pytest.mark.parametrize("rule", sorted(registry.rules()))
def test_every_rule_has_fixtures_and_a_page(rule: str) -> None:
    folder = FIXTURES / rule
    names = {path.name.partition("-")[0].partition(".")[0] for path in folder.glob("*.yaml")}
    if rule not in NO_MANIFEST:
        assert {"good", "bad"} <= names, f"{rule} needs good*.yaml and bad*.yaml in tests/fixtures/{rule}"
    assert (FIXTURES.parent.parent / "docs" / "rules" / f"{rule}.md").exists()


def test_no_fixture_without_rule() -> None:
    assert {path.name for path in FIXTURES.iterdir() if path.is_dir()} <= set(registry.rules())
