"""Several processes find what one finds, in the same order."""

import json
import os
from pathlib import Path
from pickle import dumps, loads

import pytest

from kvlint import parallel, registry
from kvlint.cli import main
from kvlint.engine import ActiveRule, FileFacts
from kvlint.inputs import files
from kvlint.inputs.folders import Roots
from kvlint.parallel import Mapped, Unread, processes
from kvlint.plan import Plan
from kvlint.rule import Check, Context

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {volumes: [{name: v, nfs: {server: s, path: /p}}]}\n"
CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {storageClassName: %s, "
    "resources: {requests: {storage: 1Gi}}}\n"
)


def map_files(names: list[str], plan: Plan, roots: Roots, jobs: int) -> list[Mapped]:
    return list(parallel._each(parallel._map, names, plan, roots, jobs))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parallel, "SHARE", 4)
    for number in range(40):
        folder = tmp_path / f"app-{number % 5}"
        folder.mkdir(exist_ok=True)
        text = (POD, CLAIM % "fast", CLAIM % "slow", "a: [\n", "{}")[number % 5]
        (folder / f"{number:02}.yaml").write_text(text)
    return files.find(["."]).files


def plan(**checks: Check) -> Plan:
    rules = [one for one in registry.rules().values() if one.enabled]
    active = [ActiveRule(one, None, {name: row["default"] for name, row in one.params.items()}) for one in rules]
    return Plan(active, checks={**registry.CHECKS, **checks})


def test_the_facts_are_the_same(tree: list[str]) -> None:
    alone = list(map_files(tree, plan(), Roots(), 1))
    assert [one.file for one in alone] == tree
    assert any(isinstance(one, FileFacts) and one.findings for one in alone)
    assert list(map_files(tree, plan(), Roots(), 2)) == alone


@pytest.mark.parametrize("format", ["json", "full"])
def test_the_outputs_are_the_same(tree: list[str], capsysbinary: pytest.CaptureFixture[bytes], format: str) -> None:
    outputs = []
    for jobs in ("1", "2", "3"):
        main(["check", "--isolated", "--jobs", jobs, f"--output-format={format}"])
        outputs.append(capsysbinary.readouterr().out)
    assert outputs[0] == outputs[1] == outputs[2]
    assert b"nfs" in outputs[0]


def test_a_plan_can_be_sent() -> None:
    made, text = plan(), "volumes: {nfs: x}"
    assert loads(dumps(made.to_send())).relevance.of(text) == made.relevance.of(text) != 0


def test_what_cannot_be_read_is_told(tree: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    gone = [*tree, "app-0/gone.yaml"]
    for jobs in (1, 2):
        *_, last = map_files(gone, plan(), Roots(), jobs)
        assert isinstance(last, Unread)
        assert (last.file, last.missing) == ("app-0/gone.yaml", True)


def test_a_check_that_cannot_be_sent_runs_in_this_process(tree: list[str]) -> None:
    here: list[int] = []

    def note(view: object, context: Context) -> tuple[()]:
        here.append(os.getpid())
        return ()

    made = plan(**{"intree-volume": Check(note, ("nfs",))})  # type: ignore[arg-type]
    assert len(list(map_files(tree, made, Roots(), 2))) == len(tree)
    assert set(here) == {os.getpid()}


def test_a_process_that_dies_loses_nothing(tree: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    alone = list(map_files(tree, plan(), Roots(), 1))
    monkeypatch.setattr(parallel, "_helper", _dying)
    assert list(map_files(tree, plan(), Roots(), 2)) == alone


def _dying(sent: bytes) -> None:
    os._exit(1)


def test_how_many_processes() -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert processes("", 10, 1000) == 1
    assert processes("", 100_000, 1000) == cores
    assert processes("", 640, 50_000_000) == min(cores, 10)
    assert processes("", 1, 50_000_000) == 1
    assert processes("3", 1000, 0) == 3
    assert processes("1", 100_000, 10**9) == 1
    assert processes("8", 10, 0) == 1


def test_jobs_must_be_a_number(tree: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--isolated", "--jobs", "many"]) == 2
    assert "--jobs" in capsys.readouterr().err


def test_statistics_do_not_depend_on_jobs(tree: list[str], capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    summaries = []
    for jobs in ("1", "2"):
        main(["check", "--isolated", "--jobs", jobs, "--output-format=json"])
        summaries.append(json.loads(capsysbinary.readouterr().out)["summary"])
    assert summaries[0] == summaries[1]
