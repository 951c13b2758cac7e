"""What a run imports: start-up is most of what a hook on one file costs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kvlint import node

FORBIDDEN = {
    *("argparse", "dataclasses", "importlib.metadata", "json", "jsonschema", "logging", "multiprocessing", "pathlib"),
    *("pathspec", "platformdirs", "rich", "ruamel", "ruamel.yaml", "sqlite3", "subprocess", "tomllib", "hashlib"),
    *("concurrent.futures", "difflib", "shutil", "tempfile", "inspect"),
}
if sys.version_info < (3, 14) and str(node.__file__).endswith(".py"):
    # kvlint.record needs it from there on, and so do the named tuples that mypyc compiles.
    FORBIDDEN |= {"typing", "contextlib"}

COLD = """
kvlint kvlint._generated kvlint._generated.cards kvlint._generated.tokens kvlint._generated.versions kvlint.accept
kvlint.cli kvlint.config kvlint.digest kvlint.engine kvlint.finding kvlint.fingerprint kvlint.ignores kvlint.inputs
kvlint.inputs.files kvlint.inputs.folders kvlint.inputs.patches kvlint.knowledge kvlint.knowledge.version
kvlint.memory kvlint.options kvlint.output kvlint.output.full kvlint.output.summary kvlint.output.text kvlint.parallel
kvlint.patterns kvlint.plan kvlint.problem kvlint.record kvlint.registry kvlint.relevance kvlint.rule kvlint.run
kvlint.source kvlint.suppress
"""

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 80}]\n"
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: web}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: fast
  resources: {requests: {storage: 1Gi}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: registry.example.com/web
          args: [--token-file=/run/token]
"""
VOLUME = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes:
    - name: data
      awsElasticBlockStore: {volumeID: vol-0a1b2c3d}
"""


def imported(folder: Path, text: str, *flags: str) -> set[str]:
    """The modules that a run on a file with this text imports, beside those of the interpreter itself."""
    (folder / "a.yaml").write_text(text)
    code = (
        "import sys; before = set(sys.modules); from kvlint.cli import main; "
        "code = main(sys.argv[1:]); print(*sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)"
    )
    environment = {**os.environ, "KVLINT_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-c", code, "check", *flags, "a.yaml"]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


def test_a_file_without_storage(tmp_path: Path) -> None:
    modules = imported(tmp_path, SERVICE, "--isolated")
    assert {name for name in modules if name.startswith("kvlint")} == set(COLD.split())
    assert not modules & (FORBIDDEN | {"yaml"})


@pytest.mark.parametrize("text", [SERVICE, CLAIM, DEPLOYMENT])
def test_no_clean_file_needs_more_than_it_uses(tmp_path: Path, text: str) -> None:
    modules = imported(tmp_path, text, "--isolated")
    assert not modules & (FORBIDDEN | {"yaml"})
    unused = ("kvlint.migrate", "kvlint.edits", "kvlint.emit", "kvlint.fix", "kvlint.extensions", "kvlint.output.frame")
    assert not [name for name in modules if name.startswith(unused)]


def test_a_configuration_is_validated_once(tmp_path: Path) -> None:
    (tmp_path / ".kvlint.yaml").write_text("kubernetes-version: '1.30'\n")
    assert "jsonschema" in imported(tmp_path, SERVICE)
    modules = imported(tmp_path, SERVICE)
    assert not modules & (FORBIDDEN - {"json"} | {"yaml"})


def test_credential_checks_load_with_words_that_need_them(tmp_path: Path) -> None:
    assert "kvlint.checks.credentials" in imported(tmp_path, DEPLOYMENT, "--isolated")
    assert "kvlint.checks.credentials" not in imported(tmp_path, CLAIM, "--isolated")


def test_a_migration_loads_what_it_needs(tmp_path: Path) -> None:
    modules = imported(tmp_path, VOLUME, "--isolated", "--exit-zero")
    assert not modules & (FORBIDDEN | {"yaml"})
    assert "kvlint.migrate.aws_ebs" in modules
    others = ("azure_disk", "flexvolume", "gce_pd", "nfs", "provisioners", "rbd")
    assert not modules & {f"kvlint.migrate.{name}" for name in others}
