"""The story of the five eras in `examples/`: what is said about each manifest, and how the verdict changes by version.

`KVLINT_UPDATE=1 pytest tests/test_examples.py` rewrites the golden files for review."""

import json
import os
from pathlib import Path

import pytest

from kvlint.cli import main

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "examples"
UPDATE = bool(os.environ.get("KVLINT_UPDATE"))
STORY = ("inline", "deprecated", "engine")


@pytest.mark.parametrize("version", ["1.20", "1.23", "1.27", "1.31", "1.37"])
def test_the_verdicts_by_version(
    version: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    arguments = (
        "--isolated",
        "--no-inventory",
        "--no-cache",
        "--select",
        ",".join(STORY),
        "--output-format",
        "concise",
    )
    main(["check", *arguments, "--kubernetes-version", version, "examples"])
    out = capsys.readouterr().out
    golden = GOLDEN / f"{version}.txt"
    if UPDATE:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(out, encoding="utf-8")
    assert out == golden.read_text(encoding="utf-8")


def test_the_newest_version_is_the_default(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from kvlint.knowledge.version import NEWEST, format_version

    assert (GOLDEN / f"{format_version(NEWEST)}.txt").exists(), "the newest version has its golden file"
    monkeypatch.chdir(ROOT)
    main(["check", "--isolated", "--no-cache", "--output-format", "json", "examples"])
    summary = json.loads(capsys.readouterr().out)["summary"]
    assert summary["kubernetesVersion"] == format_version(NEWEST)


def test_the_last_era_is_silent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["check", "--isolated", "--no-cache", "examples/5-csi"]) == 0
    assert capsys.readouterr().out.startswith("No findings in 3 resources (1 file)")
