"""Tests that need a tool run where it is installed. Elsewhere they are left out, and the report says how many."""

import os
import shutil
import sys
from pathlib import Path

import pytest

TOOLS = {
    "kubectl": ("kubectl",),
    "helm": ("helm",),
    "kustomize": ("kubectl", "kustomize"),
    "precommit": ("pre-commit",),
}
"""Each marker of pyproject.toml with the programs of which one must be there: on PATH, or beside this Python."""

LEAVE_OUT = frozenset(os.environ.get("KVLINT_LEAVE_OUT", "").split())
"""Markers whose program is there, but cannot do what the tests need, such as a kustomize that is too old."""

_left_out: dict[str, int] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = LEAVE_OUT | {marker for marker, programs in TOOLS.items() if not any(map(_is_there, programs))}
    kept, left = [], []
    for item in items:
        needed = missing & {mark.name for mark in item.iter_markers()}
        (left if needed else kept).append(item)
        for marker in needed:
            _left_out[marker] = _left_out.get(marker, 0) + 1
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    _told(config)


def _is_there(program: str) -> bool:
    return shutil.which(program) is not None or (Path(sys.executable).parent / program).exists()


def _told(config: pytest.Config) -> None:
    """With pytest-xdist the workers collect; the first one tells."""
    if _left_out and getattr(config, "workerinput", {}).get("workerid", "gw0") == "gw0":
        config.stash[_KEY] = dict(_left_out)
        output = getattr(config, "workeroutput", None)
        if output is not None:
            output["left_out"] = dict(_left_out)


_KEY = pytest.StashKey[dict[str, int]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    left_out = getattr(node, "workeroutput", {}).get("left_out")
    if left_out:
        node.config.stash[_KEY] = left_out


def pytest_terminal_summary(terminalreporter, exitstatus: int, config: pytest.Config) -> None:
    for marker, count in sorted(config.stash.get(_KEY, {}).items()):
        programs = " or ".join(TOOLS[marker])
        terminalreporter.write_line(f"not run: {count} tests that need {programs}, which cannot be had")
