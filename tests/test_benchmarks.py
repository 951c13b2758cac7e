"""The benchmarks measure what they say: the parts that need neither matplotlib nor another tool."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
GROWTH = {
    "python": "3.11.7",
    "series": [
        {
            "name": "files",
            "points": [
                {"label": "1,000 files", "bytes": 4_000_000, "cpu": 0.2, "wall": 0.2, "peak": 16.0},
                {"label": "10,000 files", "bytes": 40_000_000, "cpu": 2.0, "wall": 2.1, "peak": 24.0},
            ],
            "exponents": {"cpu": 1.0, "wall": 1.02, "peak": 0.18},
        },
        {"name": "one file", "points": [{"label": "", "bytes": 1_000_000, "cpu": 0.5, "wall": 0.5, "peak": 60.0}]},
    ],
}


@pytest.fixture(autouse=True)
def _benchmarks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_the_lines_of_the_picture() -> None:
    import plot

    files, one = plot.lines(GROWTH, "peak")
    assert files == ("files: exponent 0.18", [4, 40], [16.0, 24.0], [16.0, 160.0])
    assert one == ("one file", [1], [60.0], [60.0])


def test_the_exponent_of_a_square_is_two() -> None:
    import measure

    assert measure.exponent([1, 10, 100], [3, 300, 30_000]) == pytest.approx(2)


def test_a_sample_tells_time_memory_and_exit_code(tmp_path: Path) -> None:
    import measure

    sample = measure.Sample("one", [sys.executable, "-c", "print('said'); raise SystemExit(1)"], tmp_path)
    sample.run(dict(os.environ), output=str(tmp_path / "out"))
    assert (sample.code, (tmp_path / "out").read_text()) == (1, "said\n")
    assert sample.cpu[0] > 0
    assert 0 < sample.wall[0] < 60
    assert 5 < sample.peak < 200


def test_a_command_that_fails_or_takes_too_long_is_no_sample(tmp_path: Path) -> None:
    import measure

    failing = measure.Sample("bad", [sys.executable, "-c", "raise SystemExit('went wrong')"], tmp_path, codes=(0,))
    with pytest.raises(SystemExit, match="bad: exit code 1 went wrong"):
        failing.run(dict(os.environ))
    slow = measure.Sample("slow", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)
    with pytest.raises(SystemExit, match="slow: exit code -9"):
        slow.run(dict(os.environ), limit=0.2)
    assert (failing.wall, slow.wall) == ([], [])


def test_a_row_of_the_comparison(tmp_path: Path) -> None:
    import measure
    import peers

    first, other = (peers.Entry(measure.Sample(name, [], tmp_path), {}, peers.read_kvlint) for name in ("a", "b"))
    for entry, wall in ((first, 0.5), (other, 1.25)):
        entry.sample.wall, entry.sample.cpu, entry.sample.peak = [wall * 2, wall, wall * 3], [wall], 20.4
        entry.findings, entry.said, entry.files = "1,234", "7 objects", 3
    assert peers.cells(other, first, 4) == [
        *("b", "1,250", "2,500", "1,250", "20", "2.5", "2.5"),
        *("1,234", "0", "3 of 4; 7 objects"),
    ]
    assert len(peers.cells(first, first, 4)) == len(peers.TITLES) + 1


@pytest.mark.parametrize(
    ("name", "text", "output"),
    [
        ("yamllint", "a.yaml:1:1: [warning] x (y)\na.yaml:2:81: [error] x (y)\n", ("2", "")),
        ("kubeconform", '{"summary": {"valid": 3, "invalid": 1, "errors": 2, "skipped": 5}}', None),
        ("kubernetes-validate", "INFO a passed for x\nERROR b could not be\n", ("1", "1 objects")),
        ("kubectl-validate", "\n\x1b[1ma\x1b[0m...\x1b[32mOK\x1b[0m\nb...ERROR\n", ("1", "2 files")),
        ("kube-score", '[{"checks": [{"skipped": false, "grade": 1}, {"skipped": true, "grade": 0}]}]', None),
        ("checkov", '{"summary": {"failed": 2000, "resource_count": 3}}', ("2,000", "3 resources")),
        ("checkov", '{"failed": 0, "resource_count": 0}', ("0", "0 resources")),
        ("trivy", '{"Results": [{"MisconfSummary": {"Failures": 4}}, {}]}', ("4", "2 files")),
        ("kube-linter", '{"Reports": [{}, {}]}', ("2", "")),
        ("kube-linter", '{"Reports": null}', ("0", "")),
        ("pluto", "", ("0", "")),
    ],
)
def test_what_a_tool_prints_is_read(name: str, text: str, output: tuple[str, str] | None) -> None:
    import peers

    expected = output or {"kubeconform": ("3", "4 objects, 5 without schema"), "kube-score": ("1", "1 objects")}[name]
    assert next(peer for peer in peers.PEERS if peer.name == name).read(text) == expected


def test_the_report_of_kvlint_is_read(tmp_path: Path) -> None:
    import peers
    import run

    (tmp_path / "one.yaml").write_text(run.FINDINGS)
    command = [sys.executable, "-m", "kvlint", "check", "--isolated", "--no-cache", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    findings, seen = peers.read_kvlint(done.stdout)
    assert int(findings) >= 2
    assert seen == "1 resources"


def test_a_schema_that_needs_no_other() -> None:
    import peers

    definitions: dict[str, Any] = {
        "a": {"items": {"$ref": "#/$defs/b"}},
        "b": {"properties": {"again": {"$ref": "#/$defs/a"}}},
        "c": {},
    }
    made = peers.standalone({"$id": "x", "items": {"$ref": "/api/_definitions.json#/$defs/a"}}, definitions)
    assert set(made) == {"items", "$defs"}
    assert set(made["$defs"]) == {"a", "b"}


def test_files_that_were_read_are_told_from_others(tmp_path: Path) -> None:
    import peers

    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text("x")
    peers.untouched(paths)
    assert peers.touched(paths) == 0


@pytest.mark.parametrize("script", ["run", "peers", "plot", "generate"])
def test_every_script_tells_how_it_is_called(script: str) -> None:
    command = [sys.executable, str(BENCHMARKS / f"{script}.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert re.match(rf"usage: {script}\.py", done.stdout)
