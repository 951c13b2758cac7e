"""Results come in the order of the parts, whoever made them and whatever becomes of the helpers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint.workers import shared

ROOT = Path(__file__).parent.parent


def own(part: int) -> tuple[int, int, int]:
    return part, part * part, os.getpid()


def helping(sent: bytes) -> Callable[[int], tuple[int, int, int]]:
    """Sent is what goes wrong: `fail 3` at the third part of a helper, `die 3`, `never`, `slow`, or nothing."""
    what, _, number = sent.decode().partition(" ")
    if what == "never":
        raise ValueError("no helper")
    done = 0

    def help(part: int) -> tuple[int, int, int]:
        nonlocal done
        done += 1
        if number and done == int(number):
            if what == "die":
                os._exit(1)
            raise ValueError(f"part {part}")
        if what == "slow":
            time.sleep(0.02)
        return own(part)

    return help


def all_end() -> bool:
    """Whether no helper is left, in a while."""
    until = time.monotonic() + 10
    while active_children() and time.monotonic() < until:
        time.sleep(0.01)
    return not active_children()


WRONG = ["", "slow", "never", "die 1", "die 2", "die 5", "fail 1", "fail 3"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 3), st.sampled_from(WRONG))
def test_every_part_once_and_in_order(count: int, helpers: int, wrong: str) -> None:
    results = list(shared(range(count), own, helpers, helping, wrong.encode()))
    assert [result[:2] for result in results] == [(part, part * part) for part in range(count)]
    assert all_end()


def test_helpers_do_their_share() -> None:
    def slowly(part: int) -> tuple[int, int, int]:
        time.sleep(0.02)
        return own(part)

    makers = [result[2] for result in shared(range(60), slowly, 2, helping, b"slow")]
    shares = sorted(makers.count(maker) for maker in set(makers))
    assert len(shares) == 3
    assert shares[0] > 10


def test_what_fails_here_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    def failing(part: int) -> tuple[int, int, int]:
        raise ValueError(f"part {part}")

    with pytest.raises(ValueError, match="part"):
        list(shared(range(20), failing, 2, helping, b"fail 1"))
    assert not active_children()
    assert capfd.readouterr() == ("", "")


def test_helpers_end_when_nobody_takes_the_rest() -> None:
    results = shared(range(1000), own, 2, helping, b"slow")
    assert next(results)[:2] == (0, 0)
    assert len(active_children()) == 2
    results.close()  # type: ignore[attr-defined]
    assert not active_children()


def large(sent: bytes) -> Callable[[str], bytes]:
    return lambda part: part.encode() * 2


def test_no_end_waits_for_the_other() -> None:
    parts = [f"{number}" + "x" * 400_000 for number in range(12)]
    assert list(shared(parts, large(b""), 2, large, b"")) == [part.encode() * 2 for part in parts]


def test_where_no_more_processes_are_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    start = BaseProcess.start
    started: list[BaseProcess] = []

    def limited(process: BaseProcess) -> None:
        if started:
            raise BlockingIOError("no more")
        started.append(process)
        start(process)

    monkeypatch.setattr(BaseProcess, "start", limited)
    results = list(shared(range(50), own, 3, helping, b"slow"))
    assert [result[0] for result in results] == list(range(50))
    assert started
    assert all_end()


KILLED = """
import os, sys, time
sys.path[:0] = sys.argv[1:]
from test_workers import helping, own
from kvlint.workers import shared
results = shared(range(1000), own, 2, helping, b"slow")
next(results)
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
print(*(child.pid for child in active_children()), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes as Linux shows them")
def test_helpers_end_when_this_process_is_killed() -> None:
    command = [sys.executable, "-c", KILLED, str(ROOT), str(ROOT / "tests")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        helpers = [Path("/proc", pid) for pid in run.stdout.readline().split()]
        assert [helper.is_dir() for helper in helpers] == [True, True]
        run.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while any(map(_lives, helpers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(_lives, helpers))


def _lives(process: Path) -> bool:
    try:
        return process.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
