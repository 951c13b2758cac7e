"""Which files a run reads: named ones, those in folders, what git and patterns leave out; and writing one back."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kvlint import parallel
from kvlint.cli import main
from kvlint.inputs import files
from kvlint.inputs.files import Exclusion, find
from kvlint.inputs.folders import Folders, Roots
from kvlint.inputs.patches import Patches
from kvlint.patterns import Patterns

GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="git is not installed")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return tmp_path


def put(*names: str, text: str = "a: 1\n") -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def test_folders_give_yaml_and_json_and_named_files_are_always_taken(here: Path) -> None:
    put("b.yaml", "a.yml", "c.JSON", "notes.txt", "deep/er/x.yaml")
    assert find(["."]).files == ["a.yml", "b.yaml", "c.JSON", "deep/er/x.yaml"]
    assert find(["notes.txt", "deep"]).files == ["notes.txt", "deep/er/x.yaml"]
    assert find(["./deep//er/../er/x.yaml"]).files == ["deep/er/x.yaml"]
    assert find([str(here / "a.yml")]).files == [str(here / "a.yml")]


def test_a_file_named_twice_or_found_again_is_read_once(here: Path) -> None:
    put("d/a.yaml", "d/b.yaml")
    assert find(["d/b.yaml", "d", "./d/b.yaml"]).files == ["d/b.yaml", "d/a.yaml"]


def test_what_cannot_be_read_is_told_and_the_rest_is_found(here: Path) -> None:
    put("a.yaml")
    found = find(["missing.yaml", "a.yaml", "bad\0name"])
    assert found.files == ["a.yaml"]
    assert found.errors[0] == "cannot read `missing.yaml`: no such file or directory"
    assert len(found.errors) == 2


def test_ignored_files_without_git(here: Path) -> None:
    put("a.yaml", "build/b.yaml", "keep/c.tmp.yaml", "keep/d.tmp.yaml", "node_modules/m/p.json", ".git-not/e.yaml")
    Path(".gitignore").write_text("/build/\n*.tmp.yaml\n")
    Path("keep/.gitignore").write_text("!c.tmp.yaml\n")
    assert find(["."]).files == [".git-not/e.yaml", "a.yaml", "keep/c.tmp.yaml"]
    assert find(["build/b.yaml"]).files == ["build/b.yaml"]


@needs_git
def test_git_tells_what_is_ignored(here: Path) -> None:
    git("init", "-q")
    put("tracked.yaml", "untracked.yaml", "ignored.yaml", "gone.yaml", "out/made.yaml", "sub/x.yaml", "é/ü.yaml")
    git("add", "tracked.yaml", "gone.yaml", "sub")
    Path(".gitignore").write_text("ignored.yaml\nout/\n")
    os.unlink("gone.yaml")
    assert find(["."]).files == ["sub/x.yaml", "tracked.yaml", "untracked.yaml", "é/ü.yaml"]
    assert find(["sub"]).files == ["sub/x.yaml"]
    assert find(["out"]).files == ["out/made.yaml"], "a folder named on the command line is meant, even if ignored"


@needs_git
def test_repositories_within_a_repository(here: Path) -> None:
    git("init", "-q")
    put("a.yaml", "nested/n.yaml", "nested/ignored.yaml")
    git("init", "-q", "nested")
    Path("nested/.gitignore").write_text("ignored.yaml\n")
    assert find(["."]).files == ["a.yaml", "nested/n.yaml"]


@needs_git
def test_git_environment_of_a_hook_does_not_mislead(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "one")
    git("init", "-q", "two")
    put("one/a.yaml", "two/b.yaml")
    monkeypatch.setenv("GIT_DIR", str(here / "one/.git"))
    assert find(["two"]).files == ["two/b.yaml"]


@needs_git
def test_no_program_that_a_repository_configures_is_run(here: Path) -> None:
    git("init", "-q")
    put("a.yaml")
    git("add", ".")
    script = here / "monitor.sh"
    script.write_text(f"#!/bin/sh\ntouch {here}/ran\n")
    script.chmod(0o755)
    git("config", "core.fsmonitor", str(script))
    assert find(["."]).files == ["a.yaml"]
    assert not (here / "ran").exists()


@needs_git
def test_without_git_the_ignore_files_above_still_count(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q")
    put("app/a.yaml", "app/b.yaml")
    Path(".gitignore").write_text("/app/b.yaml\n")
    monkeypatch.setenv("PATH", "")
    assert find(["app"]).files == ["app/a.yaml"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_links_are_safe(here: Path) -> None:
    put("real/a.yaml", "outside.txt")
    os.symlink("..", "real/loop")
    os.symlink("a.yaml", "real/b.yaml")
    os.symlink("../outside.txt", "real/z.yaml")
    os.symlink("nowhere", "real/broken.yaml")
    assert find(["real"]).files == ["real/a.yaml", "real/z.yaml"]
    assert find(["real/b.yaml"]).files == ["real/b.yaml"]
    os.symlink("real", "door")
    assert find(["door"]).files == ["door/a.yaml", "door/z.yaml"]


def test_exclude_is_for_folders_unless_forced(here: Path) -> None:
    put("vendor/v.yaml", "app/a.yaml", "app/gen.yaml")
    exclude = Exclusion(["vendor/", "gen.yaml"])
    found = find(["."], exclude)
    assert (found.files, found.excluded) == (["app/a.yaml"], 2)
    assert find(["vendor/v.yaml", "app/gen.yaml"], exclude).files == ["vendor/v.yaml", "app/gen.yaml"]
    assert find(["vendor/v.yaml", "app/a.yaml"], exclude, force_exclude=True).files == ["app/a.yaml"]


def test_exclude_is_relative_to_its_root(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("repo/app/x/a.yaml")
    monkeypatch.chdir(here / "repo/app")
    assert find(["."], Exclusion(["/app/x/"], "..")).files == []
    assert find(["."], Exclusion(["/x/"], "..")).files == ["x/a.yaml"]
    assert find(["."], Exclusion(["x/"], "../../elsewhere")).files == ["x/a.yaml"]


@needs_git
def test_identity_is_the_path_in_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "repo")
    put("repo/a/b.yaml", "loose.yaml")
    assert Roots().identity("repo/a/b.yaml") == "a/b.yaml"
    assert Roots().identity("loose.yaml") == "loose.yaml"
    monkeypatch.chdir(here / "repo/a")
    assert Roots().identity("b.yaml") == "a/b.yaml"


def test_read_takes_pipes(here: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x" * 5000)
    os.close(writer)
    try:
        assert files.read(f"/dev/fd/{reader}") == b"x" * 5000
    finally:
        os.close(reader)


def test_write_replaces_as_a_whole_and_keeps_mode_and_link(here: Path) -> None:
    put("a.yaml")
    os.chmod("a.yaml", 0o640)
    os.symlink("a.yaml", "link.yaml")
    files.write("link.yaml", b"b: 2\r\n")
    assert Path("a.yaml").read_bytes() == b"b: 2\r\n"
    assert os.path.islink("link.yaml")
    assert os.stat("a.yaml").st_mode & 0o777 == 0o640
    assert sorted(os.listdir(".")) == ["a.yaml", "link.yaml"]
    with pytest.raises(OSError):  # noqa: PT011 - any
        files.write("no/such/folder.yaml", b"")


# Patterns

NAMES = st.sampled_from(["a", "b", "ab", "a.yaml", "b.yaml", "a b", "*", "[a]", "!a"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PIECES = st.sampled_from(["a", "b", "*", "**", "?", "/", "/", "[ab]", "[!a]", "\\a", ".yaml", "[a-c]", " ", "!", "\\*"])
LINES = st.lists(PIECES, min_size=1, max_size=6).map("".join)


@needs_git
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, min_size=1, max_size=4), paths=st.lists(PATHS, min_size=1, max_size=20, unique=True))
@example(lines=["?/**/"], paths=["a/a", "a/b/a", "b"])
@example(lines=["a/**/**/"], paths=["a/a", "a/b/a"])
def test_patterns_mean_what_git_means(
    lines: list[str], paths: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("repo")
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / ".gitignore").write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        ["git", "-C", folder, "check-ignore", "--no-index", "-z", "--stdin", "-v", "-n"],
        input="\0".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    fields = done.stdout.split("\0")
    answers = {
        fields[at + 3]: bool(fields[at + 2]) and not fields[at + 2].startswith("!")
        for at in range(0, len(fields) - 3, 4)
    }
    assert answers.keys() == set(paths)
    patterns = Patterns(lines)
    assert {path: patterns.matches(path) for path in paths} == answers


def test_many_stars_do_not_take_for_ever() -> None:
    assert not Patterns(["**/" * 30 + "x"]).matches("a/" * 40 + "y")


def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        files.write(str(pipe), b"text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]


KUSTOMIZATION = "patches:\n  - path: {}\n"


@needs_git
@pytest.mark.parametrize("repository", [True, False])
@pytest.mark.parametrize(
    "given", [["."], ["app"], ["app/inner", "app"], ["app/../lib", "deep/er"], ["{here}/app"], [".."]]
)
def test_what_a_listing_tells_of_folders_is_what_the_file_system_tells(
    here: Path, monkeypatch: pytest.MonkeyPatch, repository: bool, given: list[str]
) -> None:
    if repository:
        git("init", "-q")
    put("top.yaml", "app/a.yaml", "app/inner/b.yaml", "app/inner/patches/p.yaml", "lib/l.yaml", "lib/.hidden/h.yaml")
    put(
        "deep/er/still/x.yaml",
        "deep/er/only.txt",
        "deep/er/q.yaml",
        "...odd/o.yaml",
        "app/nested/n.yaml",
        "app/nested/m.yaml",
    )
    git("init", "-q", "app/nested")
    Path("app/inner/kustomization.yaml").write_text(KUSTOMIZATION.format("patches/p.yaml"))
    Path("app/nested/Kustomization").write_text(KUSTOMIZATION.format("n.yaml"))
    Path("deep/kustomization.yml").write_text(KUSTOMIZATION.format("er/still/x.yaml"))
    Path("kustomization.yaml").write_text(KUSTOMIZATION.format("./app/../lib/l.yaml"))
    if given == [".."]:
        monkeypatch.chdir(here / "lib")
    folders = Folders()
    paths = [one.format(here=here) for one in given]
    found = find(paths, folders=folders).files
    assert {name for path in paths for name in files.seen_from(path, map(os.path.abspath, found))} >= set(found)
    seen, asked = (Roots(folders), Patches(folders)), (Roots(), Patches())
    assert found
    for name in found:
        assert (seen[0].identity(name), name in seen[1]) == (asked[0].identity(name), name in asked[1]), name
    if given == ["."]:
        monkeypatch.setattr(os, "access", lambda *_: pytest.fail("the listing told it"))
        assert sorted(name for name in found if name in Patches(folders)) == [
            "app/inner/patches/p.yaml",
            "app/nested/n.yaml",
            "deep/er/still/x.yaml",
            "lib/l.yaml",
        ]


@needs_git
@pytest.mark.parametrize("repository", [True, False])
def test_of_many_files_no_more_is_asked_than_somebody_needs(
    here: Path, monkeypatch: pytest.MonkeyPatch, repository: bool
) -> None:
    monkeypatch.setattr(files, "SIZES_WORTH", 20)
    if repository:
        git("init", "-q")
    put(*(f"app-{number % 5}/{number}.yaml" for number in range(40)), "real.txt", "gone.yaml", "vendor/v.yaml")
    os.symlink("../real.txt", "app-0/link.yaml")
    os.symlink("0.yaml", "app-0/twin.yaml")
    os.symlink("nowhere", "app-1/broken.yaml")
    os.mkfifo("app-2/pipe.yaml")
    if repository:
        git("add", ".")
    Path("gone.yaml").unlink()
    exclude = Exclusion(["vendor/"])
    every, few = find(["."], exclude), find(["."], exclude, stats=False)
    assert few.files == every.files
    assert len(every.files) == 41
    assert "app-0/link.yaml" in every.files
    assert len(every.stats) == 40
    assert few.stats == (every.stats if repository else {})
    assert find(["app-0"], exclude, stats=False) == find(["app-0"], exclude)
    assert find([".", "app-0"], exclude, stats=False) == find([".", "app-0"], exclude)
    assert parallel.FILES_WORTH <= SIZES_WORTH


SIZES_WORTH = files.SIZES_WORTH


@needs_git
def test_a_file_beside_folders_is_seen_as_if_alone(here: Path) -> None:
    git("init", "-q")
    put("a.yaml", "ign/sub/p.yaml", "../other/q.yaml")
    Path(".gitignore").write_text("ign/\n")
    git("init", "-q", "ign/sub")
    Path("ign/sub/kustomization.yaml").write_text(KUSTOMIZATION.format("p.yaml"))
    for paths in (["ign/sub/p.yaml"], [".", "ign/sub/p.yaml"], ["ign/sub/p.yaml", "."], [".", "ign/sub"]):
        folders = Folders()
        assert "ign/sub/p.yaml" in find(paths, folders=folders).files
        assert Roots(folders).identity("ign/sub/p.yaml") == "p.yaml"
        assert "ign/sub/p.yaml" in Patches(folders)


def test_what_is_above_a_listed_folder_is_not_listed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("one/two/a.yaml", "next/p.yaml")
    Path("next/kustomization.yaml").write_text(KUSTOMIZATION.format("p.yaml"))
    monkeypatch.chdir(here / "one/two")
    folders = Folders()
    find([".."], folders=folders)
    assert "../../next/p.yaml" in Patches(folders)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no device without end")
def test_a_kustomization_that_is_no_file_names_nothing(here: Path) -> None:
    put("a/p.yaml", "b/p.yaml", "c/p.yaml")
    os.mkfifo("a/kustomization.yaml")
    os.symlink("/dev/zero", "b/kustomization.yaml")
    Path("c/Kustomization").mkdir()
    assert not [name for name in find(["."]).files if name in Patches()]


@needs_git
@pytest.mark.parametrize("path", [True, False])
def test_a_kustomization_that_git_ignores_is_not_listed(
    here: Path, monkeypatch: pytest.MonkeyPatch, path: bool
) -> None:
    git("init", "-q")
    put("base/p.yaml")
    Path(".gitignore").write_text("kustomization.yaml\n")
    Path("base/kustomization.yaml").write_text(KUSTOMIZATION.format("p.yaml"))
    if not path:
        monkeypatch.setenv("PATH", "")
    folders = Folders()
    assert find(["."], folders=folders).files == ["base/p.yaml"]
    assert "base/p.yaml" not in Patches(folders)


PATCH = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: data}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: fast
  awsElasticBlockStore: {volumeID: vol-1, fsType: ext4}
"""


@needs_git
@pytest.mark.parametrize("repository", [True, False])
@pytest.mark.parametrize("given", [["ign/p.yaml"], ["ign/p.yaml", "."], [".", "link/p.yaml"], [".", "ign"]])
def test_a_patch_that_was_named_is_never_migrated(here: Path, repository: bool, given: list[str]) -> None:
    if repository:
        git("init", "-q")
    put("ign/p.yaml", "a.yaml")
    Path(".gitignore").write_text("ign/\n")
    Path("ign/kustomization.yaml").write_text(KUSTOMIZATION.format("p.yaml"))
    Path("ign/p.yaml").write_text(PATCH)
    Path("a.yaml").write_text(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {storageClassName: x}\n"
    )
    os.symlink("ign", "link")
    main(["check", "--isolated", "--no-cache", "--fix", "--unsafe-fixes", "--with-placeholders", *given])
    assert Path("ign/p.yaml").read_text() == PATCH
