"""The hooks, run by the real pre-commit in real Git repositories, as a user has them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.precommit

CHECKOUT = Path(__file__).parent.parent
PRE_COMMIT = Path(sys.executable).parent / "pre-commit"
SECONDS = 600

OLD_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: web
      image: nginx
  volumes:
    - name: data
      rbd:
        monitors: [10.0.0.1:6789]
        pool: kube
        image: web
"""
NEW_POD = OLD_POD.partition("      rbd:")[0] + "      persistentVolumeClaim:\n        claimName: web-data\n"
CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast-in-another-file
provisioner: rbd.csi.ceph.com
volumeBindingMode: Immediate
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: web-data
  namespace: shop
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: fast-in-another-file
  resources:
    requests:
      storage: 1Gi
"""
UNUSED_IGNORE = CLASS.replace("  name: fast", "  # kvlint: ignore[intree-provisioner] gone\n  name: second-fast")


class Repository:
    """A Git repository with pre-commit installed."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir(parents=True)
        self.folder, self.environment = folder, environment
        self.must("git", "init", "-q", ".")

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )

    def must(self, *command: str | Path) -> str:
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self) -> tuple[bool, str]:
        self.must("git", "add", "-A")
        done = self.run("git", "commit", "-q", "-m", "change")
        return done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The process' environment, with Git and pre-commit as on a machine of their own."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    names = {f"GIT_{who}_{what}": "kvlint@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    path = f"{PRE_COMMIT.parent}{os.pathsep}{os.environ['PATH']}"
    yield kept | names | isolated | {"PRE_COMMIT_HOME": str(home / "pre-commit"), "PATH": path, "NO_COLOR": "1"}
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> tuple[Path, str]:
    """The checkout as it is, committed: what a tag would hold. Its folder and commit."""
    repository = Repository(tmp_path_factory.mktemp("released") / "kvlint", environment)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (repository.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, repository.folder / name)
    repository.must("git", "add", "-A", "-f")
    repository.must("git", "commit", "-q", "-m", "release")
    return repository.folder, repository.must("git", "rev-parse", "HEAD").strip()


def configure(repository: Repository, released: tuple[Path, str], hook: str) -> None:
    folder, commit = released
    config = f"repos:\n  - repo: {folder}\n    rev: {commit}\n    hooks:\n      - {hook}\n"
    repository.write(".pre-commit-config.yaml", config)
    repository.must("pre-commit", "install")


def test_try_repo_against_the_checkout_blocks_the_file(tmp_path: Path, environment: dict[str, str]) -> None:
    repository = Repository(tmp_path / "app", environment)
    repository.write("deploy/pod.yaml", OLD_POD)
    repository.write("mkdocs.yml", "site_name: x\nnav: [!!python/name:a.b , 'rbd: {']\n")
    repository.must("git", "add", "-A")
    done = repository.run("pre-commit", "try-repo", CHECKOUT, "kvlint", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error[intree-volume]" in done.stdout
    assert "deploy/pod.yaml:12:7" in done.stdout
    assert "mkdocs.yml" not in done.stdout


def test_a_commit_is_blocked_until_it_is_fixed(
    tmp_path: Path, environment: dict[str, str], released: tuple[Path, str]
) -> None:
    repository = Repository(tmp_path / "app", environment)
    configure(repository, released, "id: kvlint")

    repository.write("deploy/pod.yaml", OLD_POD)
    done, told = repository.commit()
    assert not done
    assert "kvlint....." in told
    assert "Failed" in told
    assert "error[intree-volume]" in told
    assert repository.run("git", "rev-parse", "--verify", "-q", "HEAD").returncode != 0

    repository.write("deploy/pod.yaml", NEW_POD)
    repository.write("deploy/claim.yaml", CLAIM.replace("fast-in-another-file", '""') + "  volumeName: web\n")
    done, told = repository.commit()
    assert done, told
    assert "Passed" in told

    repository.write("README.md", "No manifest\n")
    done, told = repository.commit()
    assert done, told
    assert "Skipped" in told


def test_a_class_in_an_unchanged_file_is_found(
    tmp_path: Path, environment: dict[str, str], released: tuple[Path, str]
) -> None:
    repository = Repository(tmp_path / "app", environment)
    configure(repository, released, "id: kvlint")
    repository.write("clusters/class.yaml", CLASS)
    done, told = repository.commit()
    assert done, told

    repository.write("deploy/claim.yaml", CLAIM)
    done, told = repository.commit()
    assert done, told
    assert "Passed" in told

    repository.write("deploy/claim.yaml", CLAIM.replace("fast-in-another-file", "fast-in-no-file"))
    done, told = repository.commit()
    assert not done
    assert "[unknown-storage-class]" in told


def test_fixes_of_the_hook_are_left_to_be_reviewed(
    tmp_path: Path, environment: dict[str, str], released: tuple[Path, str]
) -> None:
    repository = Repository(tmp_path / "app", environment)
    configure(repository, released, "{id: kvlint, args: [--fix]}")
    repository.write("class.yaml", UNUSED_IGNORE)
    done, told = repository.commit()
    assert not done
    assert "files were modified by this hook" in told
    assert "kvlint: ignore" not in (repository.folder / "class.yaml").read_text()
    done, told = repository.commit()
    assert done, told


def test_the_repository_hook_judges_unchanged_files_too(
    tmp_path: Path, environment: dict[str, str], released: tuple[Path, str]
) -> None:
    repository = Repository(tmp_path / "app", environment)
    repository.write("deploy/pod.yaml", OLD_POD)
    done, told = repository.commit()
    assert done, told

    configure(repository, released, "id: kvlint-repo")
    repository.write("README.md", "No manifest\n")
    done, told = repository.commit()
    assert not done
    assert "deploy/pod.yaml:12:7" in told
