"""Fixed files stay what they were to kustomize: the real one builds them before and after."""

import shutil
import subprocess
from pathlib import Path

import pytest

from kvlint.cli import main

pytestmark = pytest.mark.kustomize

KUBECTL = shutil.which("kubectl")
KUSTOMIZE = shutil.which("kustomize")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: nginx:1.29
      volumes:
        - name: pages # the web pages
          nfs:
            server: 192.0.2.4
            path: /exports/pages
"""
CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: kubernetes.io/gce-pd
parameters:
  type: pd-ssd
"""
BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - web.yaml
  - class.yaml
"""
OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop
namePrefix: prod-
resources:
  - ../base
patches:
  - path: patch.yaml
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
"""


def build(folder: Path) -> str:
    command = [KUBECTL, "kustomize"] if KUBECTL else [KUSTOMIZE, "build"]
    return subprocess.run([*map(str, command), str(folder)], check=True, capture_output=True, text=True).stdout


def test_a_kustomization_still_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "base/web.yaml": DEPLOYMENT,
        "base/class.yaml": CLASS,
        "base/kustomization.yaml": BASE,
        "overlay/kustomization.yaml": OVERLAY,
        "overlay/patch.yaml": PATCH,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    assert "nfs:" in build(tmp_path / "overlay")
    main(["check", "--isolated", "--no-cache", "--fix", "--unsafe-fixes", "--with-placeholders", "."])
    built = build(tmp_path / "overlay")
    assert "nfs.csi.k8s.io" in built
    assert "pd.csi.storage.gke.io" in built
    assert "claimName: prod-nfs-192-0-2-4-exports-pages" in built
    assert (
        "kind: PersistentVolumeClaim\nmetadata:\n  name: prod-nfs-192-0-2-4-exports-pages\n  namespace: shop" in built
    )
    assert "volumeName: prod-nfs-192-0-2-4-exports-pages" in built
    assert (tmp_path / "base" / "kustomization.yaml").read_text() == BASE
    assert (tmp_path / "overlay" / "patch.yaml").read_text() == PATCH
