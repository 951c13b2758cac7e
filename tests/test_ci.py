"""What people copy into their CI, run as their CI would run it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
OLD_CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: slow
provisioner: kubernetes.io/rbd
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "deploy here").mkdir(parents=True)
    (folder / "deploy here/class.yaml").write_text(OLD_CLASS)
    (folder / "clean").mkdir()
    return folder


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CHECKOUT / name).read_text())
    return loaded


def action(project: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's script as GitHub's runner does, but with a kvlint that is installed already."""
    temporary = project.parent / "runner"
    (temporary / "kvlint/bin").mkdir(parents=True, exist_ok=True)
    link = temporary / "kvlint/bin/kvlint"
    if not link.exists():
        link.symlink_to(BIN / "kvlint")
    (step,) = load("action.yml")["runs"]["steps"]
    given = {name: value["default"] for name, value in load("action.yml")["inputs"].items()} | inputs
    environment = {
        name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()
    }
    runner = {"RUNNER_TEMP": str(temporary), "GITHUB_ACTION_PATH": str(CHECKOUT)}
    runner["GITHUB_OUTPUT"] = str(temporary / "output")
    return subprocess.run(
        ["bash", "-c", step["run"]],
        cwd=project,
        env=os.environ | environment | runner,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_action_annotates_and_reports(project: Path) -> None:
    done = action(project, paths="deploy here\n", sarif="kvlint.sarif", args="--isolated\n  --select  deprecated")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=deploy here/class.yaml,line=5,")
    assert (project.parent / "runner/output").read_text() == "sarif=kvlint.sarif\n"
    assert len(json.loads((project / "kvlint.sarif").read_text())["runs"][0]["results"]) == 1


def test_the_action_passes_a_clean_project(project: Path) -> None:
    done = action(project, paths="clean", args="--isolated")
    assert (done.returncode, done.stdout) == (0, "")
    assert not (project.parent / "runner/output").exists()


@pytest.mark.parametrize(
    "inputs",
    [
        {"paths": "$(touch hacked)\n`touch hacked`\n; touch hacked"},
        {"args": '--select "$(touch hacked)"'},
        {"args": "; touch hacked"},
        {"sarif": "$(touch hacked).sarif"},
        {"paths": "--fix"},
    ],
)
def test_nothing_of_the_inputs_is_evaluated(project: Path, inputs: dict[str, str]) -> None:
    action(project, **inputs)
    assert not [path for path in project.rglob("*") if path.name == "hacked"]
    assert (project / "deploy here/class.yaml").read_text() == OLD_CLASS


def test_inputs_reach_the_action_by_the_environment_alone() -> None:
    described = load("action.yml")
    (step,) = described["runs"]["steps"]
    assert "${{" not in step["run"]
    assert {f"${{{{ inputs.{name} }}}}" for name in described["inputs"]} == set(step["env"].values())


def gitlab(project: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script of the GitLab job as its runner does."""
    job = load("ci/gitlab/kvlint.yml")["kvlint"]
    environment = os.environ | job["variables"] | variables | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(job["script"])],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_gitlab_job_writes_its_artifacts(project: Path) -> None:
    done = gitlab(project, KVLINT_ARGS="--isolated --select deprecated")
    assert done.returncode == 1
    assert "error[intree-provisioner]" in done.stdout
    reports = load("ci/gitlab/kvlint.yml")["kvlint"]["artifacts"]["reports"]
    (issue,) = json.loads((project / reports["codequality"]).read_text())
    assert issue["location"]["path"] == "deploy here/class.yaml"
    assert "kvlint.intree-provisioner" in (project / reports["junit"]).read_text()


def test_the_gitlab_job_says_what_it_lacks(project: Path) -> None:
    (command,) = load("ci/gitlab/kvlint.yml")["kvlint"]["before_script"]
    environment = {name: value for name, value in os.environ.items() if name != "KVLINT_SOURCE"}
    done = subprocess.run(["bash", "-c", command], cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "say where kvlint comes from" in done.stderr


def test_hooks_keep_the_flags_that_must_not_be_lost() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"kvlint", "kvlint-repo"}
    for hook in hooks.values():
        assert hook["require_serial"] is True
        assert hook["types_or"] == ["yaml", "json"]
        assert "args" not in hook
    assert hooks["kvlint"]["entry"] == "kvlint check --force-exclude"
    assert hooks["kvlint-repo"]["pass_filenames"] is False
