"""Plugins as users have them: a package with metadata on the path, named by the configuration, run by the command line.

The package of `examples/plugin` is put there as an installer would: its modules, and the metadata and entry point that
its pyproject.toml declares."""

import json
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvlint.cli import main

EXAMPLE = Path(__file__).parent.parent / "examples" / "plugin"
PROJECT = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]

CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: lake
  namespace: shop
spec:
  storageClassName: fast
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 2Ti
"""
TEMPLATE = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
  namespace: shop
spec:
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        storageClassName: fast
        resources:
          requests:
            storage: 600Gi
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, the working folder beside it; what was imported from it is forgotten again."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("KVLINT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]


def install(site: Path, name: str, version: str, entry_points: dict[str, str]) -> None:
    """Write the metadata of an installed package."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"{key} = {value}\n" for key, value in entry_points.items()]
    (info / "entry_points.txt").write_text("[kvlint.plugins]\n" + "".join(lines))


def install_example(site: Path) -> None:
    packages = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for package in packages["packages"]:
        shutil.copytree(EXAMPLE / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    install(site, PROJECT["name"], PROJECT["version"], PROJECT["entry-points"]["kvlint.plugins"])


def findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, str, str]]:
    main(["check", "--no-inventory", "--output-format", "json", *arguments])
    return [(one["rule"], one["field"], one["message"]) for one in json.loads(capsys.readouterr().out)["findings"]]


def test_the_example_finds_what_its_card_says(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install_example(site)
    Path("claim.yaml").write_text(CLAIM)
    Path("db.yaml").write_text(TEMPLATE)
    Path(".kvlint.yaml").write_text("plugins: [acme]\n")
    only = ("--select", "acme-oversized-claim", ".")
    big = (
        "acme-oversized-claim",
        "spec.resources.requests.storage",
        "claim `lake` asks for 2Ti, more than 1Ti",
    )
    assert findings(capsys, *only) == [big]
    Path(".kvlint.yaml").write_text("plugins: [acme]\nrules: {acme-oversized-claim: {limit: 500Gi}}\n")
    field = "spec.volumeClaimTemplates[0].spec.resources.requests.storage"
    assert [(rule, where) for rule, where, _ in findings(capsys, *only)] == [
        (big[0], big[1]),
        ("acme-oversized-claim", field),
    ]


def test_the_example_is_explained_listed_and_suppressed_like_any_rule(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install_example(site)
    Path(".kvlint.yaml").write_text("plugins: [acme]\n")
    assert main(["explain", "acme-oversized-claim"]) == 0
    assert "The quota of a namespace refuses such a claim" in capsys.readouterr().out
    assert main(["rules"]) == 0
    assert "acme-oversized-claim" in capsys.readouterr().out
    ignored = CLAIM.replace("storage: 2Ti", "storage: 2Ti # kvlint: ignore[acme-oversized-claim] approved")
    Path("claim.yaml").write_text(ignored)
    assert main(["check", "--no-inventory", "--select", "acme-oversized-claim", "claim.yaml"]) == 0
    assert "1 ignored" in capsys.readouterr().out


MIGRATION = """\
from kvlint.finding import READY, UNSAFE, Migration


def scratch(subject):
    name = subject.body["options"]["disk"]
    return Migration(
        id=f"acme/{name}",
        driver="csi.acme.example",
        status=READY,
        title=f"claim `{name}`",
        applicability=UNSAFE,
        replacement={"name": subject.name, "persistentVolumeClaim": {"claimName": name}},
    )


MIGRATIONS = {"acme/disk": scratch}
"""
FLEX = """\
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
      flexVolume: # the old disks
        driver: acme/disk
        options:
          disk: lake
"""


def test_a_plugin_migrates_a_flexvolume_driver_of_its_own(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "kvlint_disk.py").write_text(MIGRATION)
    install(site, "kvlint-disk", "2.0", {"disk": "kvlint_disk"})
    Path("pod.yaml").write_text(FLEX)
    check = ("check", "--no-inventory", "--select", "flexvolume", "pod.yaml")
    assert main([*check, "--output-format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["migration"]["status"] == "manual"
    Path(".kvlint.yaml").write_text("plugins: [disk]\n")
    assert main([*check, "--output-format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["migration"]["driver"] == "csi.acme.example"
    assert main([*check, "--fix", "--unsafe-fixes"]) == 0
    fixed = "    - name: data\n      persistentVolumeClaim: # the old disks\n        claimName: lake\n"
    assert Path("pod.yaml").read_text().endswith(fixed)


def test_a_migration_of_a_plugin_that_fails_hides_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "kvlint_disk.py").write_text(MIGRATION)
    install(site, "kvlint-disk", "2.0", {"disk": "kvlint_disk"})
    Path(".kvlint.yaml").write_text("plugins: [disk]\n")
    Path("pod.yaml").write_text(FLEX.replace("disk: lake", "other: lake") + "---\n" + CLAIM)
    assert main(["check", "--no-inventory", "--output-format", "json", "pod.yaml"]) == 2
    rules = {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert {"internal-error", "unknown-storage-class"} <= rules


def test_an_installed_plugin_that_nobody_names_does_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install_example(site)
    (site / "kvlint_acme" / "__init__.py").write_text("raise SystemError('imported')\n")
    Path("claim.yaml").write_text(CLAIM)
    assert all(rule != "acme-oversized-claim" for rule, _, _ in findings(capsys, "claim.yaml"))
    assert "kvlint_acme" not in sys.modules


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise OSError('no licence server')\n", "OSError: no licence server"),
        ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("CHECKS = {'mine': print}\n", "check `mine` is no kvlint.rule.Check"),
    ],
)
def test_a_plugin_that_fails_to_load_ends_the_run(
    site: Path, capsys: pytest.CaptureFixture[str], code: str, reason: str
) -> None:
    (site / "kvlint_broken.py").write_text(code)
    install(site, "kvlint-broken", "0.3.1", {"broken": "kvlint_broken"})
    Path(".kvlint.yaml").write_text("plugins: [broken]\n")
    Path("claim.yaml").write_text(CLAIM)
    assert main(["check", "claim.yaml"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert f"plugin `broken` of kvlint-broken 0.3.1 fails to load: {reason}" in told.err


def test_a_wrong_card_of_a_plugin_is_framed_and_ends_the_run(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install_example(site)
    card = site / "kvlint_acme" / "rules" / "acme-oversized-claim.yaml"
    card.write_text(card.read_text().replace("severity: error", "severity: fatal"))
    Path(".kvlint.yaml").write_text("plugins: [acme]\n")
    assert main(["check", "."]) == 2
    told = capsys.readouterr().err
    assert "plugin `acme` of kvlint-acme 1.0.0 fails to load" in told
    assert "severity: fatal" in told


def test_a_check_of_a_plugin_that_fails_hides_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install_example(site)
    module = site / "kvlint_acme" / "__init__.py"
    module.write_text(module.read_text().replace("limit: str = context", "limit: str = 1 / 0 or context"))
    Path(".kvlint.yaml").write_text("plugins: [acme]\n")
    Path("claim.yaml").write_text(CLAIM)
    assert main(["check", "--no-inventory", "--output-format", "json", "claim.yaml"]) == 2
    rules = {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert rules == {"internal-error", "unknown-storage-class"}
