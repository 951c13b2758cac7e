"""Fixes on whole files: applied and proved, previewed as a diff that git takes, taken back where the proof fails."""

import subprocess
from pathlib import Path

import pytest

from kvlint import fixer, registry
from kvlint.cli import main
from kvlint.fixer import Level, fix
from kvlint.output.diff import unified
from kvlint.plan import ActiveRule, Plan
from kvlint.source import Source
from kvlint.yamltree import documents

ALL = Level(unsafe=True, placeholders=True)
EXAMPLES = Path(__file__).parent.parent / "examples"

NFS_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: shop
spec:
  volumes:
    - name: pages
      nfs:
        server: 192.0.2.4
        path: /exports/pages
"""


def plan() -> Plan:
    return Plan(
        ActiveRule(rule, None, {name: schema["default"] for name, schema in rule.params.items()})
        for rule in registry.rules().values()
        if rule.enabled
    )


def fixed(text: str, level: Level = ALL) -> str:
    return fix(Source("x.yaml", text.encode()), plan(), level).after.decode()


def kinds(text: str) -> list[str]:
    return [one.compose().plain()["kind"] for one in documents(Source("x", text.encode()))]


def test_two_workloads_share_one_pair() -> None:
    text = NFS_POD.format(name="a") + "---\n" + NFS_POD.format(name="b")
    assert sorted(kinds(fixed(text))) == ["PersistentVolume", "PersistentVolumeClaim", "Pod", "Pod"]


def test_two_files_share_one_pair() -> None:
    shared = plan()
    made = [
        fix(Source(f"{name}.yaml", NFS_POD.format(name=name).encode()), shared, ALL).after.decode() for name in "ab"
    ]
    assert [len(kinds(text)) for text in made] == [3, 1]


def test_needs_leave() -> None:
    text = NFS_POD.format(name="a")
    assert fixed(text, Level()) == text
    assert fixed(text, Level(unsafe=True)) == text
    assert fixed(text, Level(placeholders=True)) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"volumes": [{"name": "v", "nfs": '
        '{"server": "s", "path": "/x"}}]}}',
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  volumes:\n    - $patch: delete\n      name: v\n"
        "    - name: w\n      nfs: {server: s, path: /x}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  x: &v {server: s, path: /x}\n  volumes:\n"
        "    - name: w\n      nfs: *v\n",
    ],
    ids=["json", "patch", "alias"],
)
def test_left_to_a_human(text: str) -> None:
    assert fixed(text) == text


def test_suppressed_findings_are_left_alone() -> None:
    from kvlint.suppress import Policy

    policy = Policy(None, frozenset(registry.rules()), frozenset(registry.rules()))
    rules = ("inline-network-volume", "intree-volume")
    text = NFS_POD.format(name="a").replace("nfs:", f"nfs: # kvlint: ignore[{', '.join(rules)}] agreed")
    own = Plan(
        (ActiveRule(rule, None, {}) for rule in registry.rules().values() if rule.id in rules), suppression=policy
    )
    result = fix(Source("x.yaml", text.encode()), own, ALL)
    assert result.after == result.before


def test_a_fix_that_fails_its_proof_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixer, "apply", lambda data, edits: data + b"\n]broken\n")
    source = Source("x.yaml", NFS_POD.format(name="a").encode())
    result = fix(source, plan(), ALL)
    assert result.after == result.before
    assert len(result.refused) == 1
    assert "x.yaml:9" in result.refused[0]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in EXAMPLES.glob("*/*.yaml"):
        target = tmp_path / path.relative_to(EXAMPLES)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "all")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


FLAGS = ("--isolated", "--no-cache", "--unsafe-fixes", "--with-placeholders")


def test_git_applies_the_diff(repository: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["check", *FLAGS, "--diff", "."]) == 1
    patch = capsysbinary.readouterr().out
    (repository / ".git" / "p.patch").write_bytes(patch)
    git(repository, "apply", ".git/p.patch")
    applied = git(repository, "diff")
    git(repository, "checkout", "-q", ".")
    main(["check", *FLAGS, "--fix", "."])
    assert git(repository, "diff") == applied != ""
    main(["check", *FLAGS, "--fix", "."])
    assert git(repository, "diff") == applied
    capsysbinary.readouterr()
    assert main(["check", *FLAGS, "--diff", "."]) == 0
    assert capsysbinary.readouterr().out == b""


def test_standard_input_comes_back_fixed(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    from kvlint.inputs import files

    text = NFS_POD.format(name="a")
    monkeypatch.setattr(files, "read_stdin", text.encode)
    main(["check", *FLAGS, "--fix", "-"])
    assert capsysbinary.readouterr().out.decode() == fixed(text)


def test_a_diff_hides_credentials_and_keeps_the_rest_applicable(tmp_path: Path) -> None:
    lines = [f"line {number}\n" for number in range(40)]
    lines[10] = "password: hunter2-hunter2\n"
    new = [*lines]
    new[11] = "changed near the secret\n"
    new[30] = "changed far away\n"
    before, after = "".join(lines).encode(), "".join(new).encode()
    mask = ((11, 11, 11, 26),)
    text = "".join(unified("a.yaml", before, after, mask, mask))
    assert "hunter2" not in text
    assert "# -line 11" in text
    (tmp_path / "a.yaml").write_bytes(before)
    (tmp_path / "p").write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "apply", "p")
    far = [*lines]
    far[30] = "changed far away\n"
    assert (tmp_path / "a.yaml").read_bytes() == "".join(far).encode()


@pytest.mark.parametrize(("old", "new"), [("a\nb", "a\nc"), ("a\r\nb\r\n", "a\r\nc\r\n"), ("", "x\n"), ("a\n", "a")])
def test_odd_line_ends(old: str, new: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(old.encode())
    (tmp_path / "p").write_bytes("".join(unified("a", old.encode(), new.encode(), (), ())).encode())
    git(tmp_path, "init", "-q")
    git(tmp_path, "apply", "p")
    assert (tmp_path / "a").read_bytes() == new.encode()


DISK_POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: {namespace}
spec:
  volumes:
    - name: disk
      awsElasticBlockStore:
        volumeID: vol-0123456789abcdef0
"""


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_disk_of_several_namespaces_is_left_to_a_human(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, a=DISK_POD.format(namespace="a"), b=DISK_POD.format(namespace="b"))
    main(["check", *FLAGS, "--fix", "."])
    assert (tmp_path / "a.yaml").read_text() == DISK_POD.format(namespace="a")
    capsys.readouterr()
    main(["check", *FLAGS, "."])
    assert "by hand: the same disk is used from several namespaces" in capsys.readouterr().out
    (tmp_path / "b.yaml").unlink()
    main(["check", *FLAGS, "--fix", "."])
    assert "persistentVolumeClaim" in (tmp_path / "a.yaml").read_text()


def test_files_named_as_patches_are_not_edited_and_define_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    patch = NFS_POD.format(name="a")
    write(tmp_path, overlay__patches__pod=patch, overlay__kustomization="patches:\n  - path: patches/pod.yaml\n")
    main(["check", *FLAGS, "--fix", "."])
    assert (tmp_path / "overlay" / "patches" / "pod.yaml").read_text() == patch
    assert "by hand: a kustomize patch is only part of an object" in capsys.readouterr().out


def test_what_an_earlier_run_wrote_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    write(tmp_path, a=NFS_POD.format(name="a"))
    main(["check", *FLAGS, "--fix", "a.yaml"])
    write(tmp_path, b=NFS_POD.format(name="b"))
    main(["check", *FLAGS, "--fix", "b.yaml"])
    assert kinds((tmp_path / "a.yaml").read_text()) == ["Pod", "PersistentVolume", "PersistentVolumeClaim"]
    assert kinds((tmp_path / "b.yaml").read_text()) == ["Pod"]
