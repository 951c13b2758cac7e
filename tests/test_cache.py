"""The cache changes no output: cold or warm, alone or with others, damaged, killed half-way, whatever changed since."""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from test_credentials_echo import SHAPES

from kvlint import cache, memory
from kvlint.cli import main
from kvlint.digest import blake2
from kvlint.output import FORMATS

ROOT = Path(__file__).parent.parent
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: %s, namespace: shop}
spec: {storageClassName: %s, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
CLASS = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: ebs.csi.aws.com\n"


def make_tree(folder: Path) -> None:
    """More files than a run needs to look into the cache, with everything the fixtures have."""
    for path in sorted((ROOT / "tests" / "fixtures").rglob("*.yaml")):
        target = folder / path.relative_to(ROOT / "tests" / "fixtures")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for number in range(40):
        (folder / f"claim-{number:02}.yaml").write_text(
            CLAIM % (f"c{number}", ("fast", "quick", "missing")[number % 3])
        )
    (folder / "class.yaml").write_text(CLASS)
    (folder / "values.yaml").write_text("persistence:\n  storageClass: missing\nauth:\n  password: sunflowers\n")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "tree"
    make_tree(folder)
    return folder


@pytest.fixture
def tree(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder. What was written a moment ago counts as old, or nothing would be believed."""
    folder = tmp_path / "tree"
    shutil.copytree(original, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KVLINT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "RACY", 0)
    return folder


def results(tree: Path) -> list[Path]:
    return sorted((tree.parent / "cache" / "results").glob("*"))


def told(*arguments: str) -> dict[str, object]:
    """All outputs of a run in this process, and its exit code."""
    folder = Path(os.environ["KVLINT_CACHE_DIR"]).parent / "out"
    folder.mkdir(exist_ok=True)
    outputs = [f"--output-file={name}:{folder / name}" for name in FORMATS]
    made: dict[str, object] = {"code": main(["check", "--isolated", *outputs, *arguments])}
    return {**made, **{name: (folder / name).read_bytes() for name in FORMATS}}


def cached(capsys: pytest.CaptureFixture[str], *arguments: str) -> int:
    """How many files of a run come from the cache."""
    capsys.readouterr()
    main(["check", "--isolated", "-v", *arguments])
    words = capsys.readouterr().err.split()
    return int(words[words.index("from") - 2]) if "cache;" in words else 0


def count(folder: Path) -> int:
    return len([path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml", ".json")])


def process(*arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "kvlint", "check", "--isolated", "--output-format=json", *arguments]
    made = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=made, start_new_session=True)


def test_cold_warm_serial_and_parallel_are_one(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = told("--no-cache", "--jobs=1")
    assert not results(tree)
    assert told("--jobs=1") == plain
    assert len(results(tree)) == 1
    assert told("--jobs=1") == plain
    assert cached(capsys) == count(tree)
    assert told("--jobs=2") == plain
    shutil.rmtree(tree.parent / "cache")
    assert told("--jobs=2") == plain
    assert told("--jobs=1") == plain
    assert cached(capsys, "--jobs=2") == count(tree)


def test_without_cache_nothing_is_read_or_written(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / ".kvlint.yaml").write_text("platforms: [eks]\n")
    main(["check", "--no-cache"])
    assert not (tree.parent / "cache").exists()
    main(["check"])
    (entry,) = results(tree)
    before = entry.stat().st_mtime_ns, entry.read_bytes()
    main(["check", "--no-cache"])
    assert (entry.stat().st_mtime_ns, entry.read_bytes()) == before


def test_few_files_do_not_look_into_the_cache(tree: Path) -> None:
    told("class.yaml", "--no-inventory")
    assert not results(tree)


def test_whatever_is_damaged_is_read_again(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = told("--no-cache")
    told()
    (entry,) = results(tree)
    whole = entry.read_bytes()
    for at in (0, 8, 30, len(whole) // 2, len(whole) - 2):
        entry.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert cached(capsys) == 0
    for length in (0, 40, len(whole) // 3, len(whole) - 1):
        entry.write_bytes(whole[:length])
        assert cached(capsys) == 0
    entry.write_bytes(whole[: len(whole) // 2])
    assert told() == plain
    assert cached(capsys) == count(tree)


ZEROS = struct.pack(cache._ROW, 0, 0, 0, 0, b"", 0, 0, 0, 0)
SHAPES_OF_FILES: list[tuple[object, bytes]] = [
    *((shape, b"") for shape in ([], {}, 7, None, "x", [[]], [[], []], [[], {}, []], {"a": 1, "b": 2})),
    ([["class.yaml"], {}], b""),
    ([["class.yaml"], {}], ZEROS[:-1]),
    ([["class.yaml"], {}], ZEROS + ZEROS),
    ([[["class.yaml"]], {}], ZEROS),
    ([[7], {}], ZEROS),
    ([["class.yaml"], {"class.yaml": 5}], ZEROS),
]


def parts(path: Path) -> tuple[list[str], dict[str, Any], list[list[Any]]]:
    """Names of files, what some of them tell, and a row of each."""
    said, _, rows = path.read_bytes().partition(b"\n")[2].partition(b"\n")
    return (*json.loads(said), [list(row) for row in struct.iter_unpack(cache._ROW, rows)])


def with_head(data: object, rows: bytes) -> bytes:
    content = json.dumps(data).encode() + b"\n" + rows
    return cache._head(content) + b"\n" + content


@pytest.mark.parametrize("shape", range(len(SHAPES_OF_FILES)))
def test_another_shape_with_a_right_digest_is_read_again(tree: Path, shape: int) -> None:
    plain = told("--no-cache")
    told()
    (entry,) = results(tree)
    entry.write_bytes(with_head(*SHAPES_OF_FILES[shape]))
    assert told() == plain


def test_entries_with_wrong_values_are_read_again(tree: Path) -> None:
    plain = told("--no-cache")
    told()
    (entry,) = results(tree)
    names, told_by, rows = parts(entry)
    assert told_by
    wrong = (None, "x", [], {}, [None] * 5, 1.5, 7)
    for number, said in enumerate(told_by.values()):
        said[number % 2] = wrong[number // 2 % len(wrong)] or 7
    told_by |= {name: wrong[number % len(wrong)] for number, name in enumerate(names) if number % 3 == 0}
    entry.write_bytes(with_head([names, told_by], b"".join(struct.pack(cache._ROW, *row) for row in rows)))
    assert told() == plain


def test_a_run_that_is_killed_harms_nothing(tree: Path) -> None:
    plain = process("--no-cache").communicate()[0]
    for pause in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4):
        run = process("--jobs=2" if pause > 0.2 else "--jobs=1")
        time.sleep(pause)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    assert process().communicate()[0] == plain
    assert process().communicate()[0] == plain


SLOW = """
import os, sys, time
from kvlint import cache, cli
replace = os.replace
def slow(*paths):
    print("writing", flush=True)
    time.sleep(60)
os.replace = slow
sys.exit(cli.main())
"""


def test_a_run_that_is_killed_while_it_writes_harms_nothing(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = told("--no-cache")
    command = [sys.executable, "-c", SLOW, "check", "--isolated", "--output-file=out.txt"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert run.stdout is not None
    assert run.stdout.readline() == b"writing\n"
    run.kill()
    run.communicate()
    (half,) = results(tree)
    assert not half.name.endswith(".rows")
    assert told() == plain
    assert len(results(tree)) == 2
    os.utime(half, (time.time() - 2 * cache.ABANDONED,) * 2)
    shutil.rmtree(tree / "missing-claim")
    (tree / "class.yaml").unlink()
    told("--kubernetes-version=1.20")
    assert half not in results(tree)
    assert len(results(tree)) == 2


def test_runs_at_the_same_time(tree: Path) -> None:
    plain = process("--no-cache").communicate()[0]
    for _ in range(2):
        runs = [process(f"--jobs={1 + number % 2}") for number in range(3)]
        assert [run.communicate()[0] for run in runs] == [plain] * 3
    assert len(results(tree)) == 1


def test_a_change_that_size_and_time_hide(tree: Path) -> None:
    told()
    path = tree / "claim-00.yaml"
    info = path.stat()
    path.write_text(path.read_text().replace("fast", "slow"))
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert path.stat().st_size == info.st_size
    assert told() == told("--no-cache")
    assert b"slow" in told()["full"]  # type: ignore[operator]


def test_what_was_written_a_moment_ago_is_compared(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "RACY", 10**12)
    told()
    names, _, rows = parts(results(tree)[0])
    assert len(names) == len(rows) == count(tree)
    assert all(row[:3] == [0, 0, 0] for row in rows)
    assert cached(capsys) == count(tree)


def test_a_fresh_checkout_is_known_by_its_content(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = told()
    for path in tree.rglob("*.yaml"):
        os.utime(path, (1e9, 1e9))
    assert cached(capsys) == count(tree)
    written = results(tree)[0].stat().st_ino
    assert told() == plain
    assert results(tree)[0].stat().st_ino == written, "the second run needs to write nothing"


def test_what_decides_makes_another_key(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told()
    for flags in (
        ["--kubernetes-version=1.20"],
        ["--namespace=shop"],
        ["--select=binding"],
    ):
        assert cached(capsys, *flags) == 0, flags
        assert told(*flags) == told("--no-cache", *flags)
    for flags in (["--no-ignores"], ["--inventory-complete", "--platform=eks"]):
        assert cached(capsys, *flags) == count(tree), flags
        assert told(*flags) == told("--no-cache", *flags)


CARD = """\
id: large-claim
category: binding
severity: %s
since: 0.1.0
summary: A claim is large
on: claim
when: {properties: {spec: {required: [storageClassName]}}}
message: claim `{name}` names a class
help: none
why: none
references: [https://example.com]
"""


def test_configuration_and_cards(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def outputs(*flags: str) -> str:
        main(["check", "--output-format=concise", *flags])
        return capsys.readouterr().out

    outputs()
    config, cards = tree / ".kvlint.yaml", tree / "cards"
    cards.mkdir()
    for text in (
        "rules: {inline-network-volume: info}\n",
        "rules: {host-path-volume: warning}\n",
        "rules: {missing-claim: off}\n",
        "rules-dirs: [cards]\n",
    ):
        (cards / "large-claim.yaml").write_text(CARD % "warning")
        config.write_text(text)
        assert outputs() == outputs("--no-cache")
        assert outputs() == outputs("--no-cache")
    assert "large-claim" in outputs()
    (cards / "large-claim.yaml").write_text(CARD % "error")
    assert outputs() == outputs("--no-cache")
    (cards / "large-claim.yaml").write_text((CARD % "error").replace("names a class", "has a class"))
    assert "has a class" in outputs()


def test_another_kustomization_makes_a_file_a_patch(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tree / "overlay"
    folder.mkdir()
    (folder / "claim.yaml").write_text(CLAIM % ("patched", "nowhere"))
    before = told()
    (folder / "kustomization.yaml").write_text("patches: [{path: claim.yaml}]\n")
    after = told()
    assert after != before
    assert after == told("--no-cache")
    (folder / "kustomization.yaml").unlink()
    assert told() == before


def test_files_that_come_and_go(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told()
    (tree / "class.yaml").unlink()
    shutil.rmtree(tree / "missing-claim")
    (tree / "new.yaml").write_text(CLAIM % ("new", "elsewhere"))
    assert told() == told("--no-cache")
    for number in range(10):
        (tree / f"more-{number}.yaml").write_text(CLAIM % (f"m{number}", "elsewhere"))
    told()
    names, told_by, _ = parts(results(tree)[0])
    assert "class.yaml" not in {*names, *told_by}
    # A run on a part of the tree leaves the rest known.
    monkeypatch.setattr(cache, "ENTRY_WORTH", 10**6)
    for number in range(110):
        (tree / "missing-claim").mkdir(exist_ok=True)
        (tree / "missing-claim" / f"{number}.yaml").write_text(CLAIM % (f"n{number}", "elsewhere"))
    told("missing-claim")
    assert cached(capsys) == count(tree)


def test_the_repository_around_one_file(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    plain = told("--no-cache", "claim-01.yaml")
    assert told("claim-01.yaml") == plain
    assert told("claim-01.yaml") == plain
    assert cached(capsys, "claim-01.yaml") == count(tree) - 1
    (tree / "claim-01.yaml").write_text(CLAIM % ("c1", "fast"))
    assert told("claim-01.yaml") == told("--no-cache", "claim-01.yaml")
    assert cached(capsys, "claim-02.yaml") == count(tree) - 2


def test_fixes_compare_the_content(tree: Path) -> None:
    told()
    twin = tree.parent / "twin" / "tree"
    shutil.copytree(tree, twin)
    flags = ["check", "--isolated", "--fix", "--unsafe-fixes", "--with-placeholders", "-q"]
    code = main([*flags, "."])
    os.chdir(twin)
    assert main([*flags, "--no-cache", "."]) == code
    for path in twin.rglob("*.yaml"):
        assert path.read_bytes() == (tree / path.relative_to(twin)).read_bytes(), path


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_permissions_and_a_folder_that_cannot_be_written(tree: Path) -> None:
    plain = told()
    folder = tree.parent / "cache" / "results"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert results(tree)[0].stat().st_mode & 0o777 == 0o600
    shutil.rmtree(folder)
    folder.write_text("not a folder")
    assert told() == plain
    folder.unlink()
    if os.geteuid():
        folder.parent.chmod(0o500)
        assert told() == plain
        folder.parent.chmod(0o700)
    folder.mkdir()
    told()
    (entry,) = results(tree)
    entry.unlink()
    os.mkfifo(entry)
    assert told() == plain
    entry.unlink(missing_ok=True)
    entry.mkdir()
    assert told() == plain


def test_the_size_is_bounded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told()
    (first,) = results(tree)
    os.utime(first, (1e9, 1e9))
    told("--namespace=a")
    assert len(results(tree)) == 2
    monkeypatch.setattr(cache, "MOST", int(first.stat().st_size * 2.5))
    told("--namespace=b")
    assert len(results(tree)) == 2
    assert first not in results(tree), "what was not used for longest goes first"
    monkeypatch.setattr(cache, "MOST_OF_ONE", 1000)
    told("--namespace=c")
    assert len(results(tree)) == 2


def test_no_credential_is_kept(tree: Path) -> None:
    lines = []
    for number, (name, value) in enumerate(SHAPES.items()):
        text = json.dumps(value)
        (tree / f"secret-{number}.yaml").write_text(
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    env:\n"
            f"    - name: DB_PASSWORD\n      value: {text}\n  volumes:\n  - name: v\n    persistentVolumeClaim: "
            f"{{claimName: c}}\n---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: a}}\nspec:\n  csi:\n"
            f"    driver: smb.csi.k8s.io\n    volumeHandle: {json.dumps(f'//user:{value}@192.0.2.1/share')}\n"
            f"    volumeAttributes: {{password: {text}}}\n"
        )
        lines.append(f"{name.replace(' ', '-')}:\n  password: {text}\n  name: fast\n")
        (tree / f"values-{number}.yaml").write_text(lines[-1] + f"items:\n- name: TOKEN\n  value: {text}\n")
    (tree / "more-values.yaml").write_text("".join(lines) + "apiTokens:\n- sunflowers\n- minioadmin\n")
    plain = told("--no-cache")
    assert told() == plain
    assert told() == plain
    subprocess.run(["git", "init", "-q"], check=True)
    told("claim-01.yaml")
    main(["survey", "--isolated", "--output-file=survey.txt"])
    assert len(results(tree)) == 3
    kept = b"".join(path.read_bytes() for path in results(tree))
    assert b"missing" in kept
    assert b"fast" in kept
    for value in SHAPES.values():
        for part in value.split("\n"):
            assert part.encode() not in kept, part
            assert json.dumps(part)[1:-1].encode() not in kept, part


def test_survey_and_migrate_are_the_same(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for flags in (["--no-cache"], [], []):
        main(["survey", "--isolated", "--output-format=json", *flags])
        out = tree.parent / f"out-{len(outputs)}"
        main(["migrate", "--isolated", "-q", "-o", str(out), *flags])
        made = {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
        outputs.append((capsys.readouterr().out, made))
    assert outputs[0][1]
    assert outputs[1] == outputs[0]
    assert outputs[2] == outputs[0]


def test_the_command(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told()
    folder = tree.parent / "cache"
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / f"{blake2(b'')}.json").write_text("{}")
    for stranger in (folder / "mine.txt", folder / "results" / "notes.rows", folder / "other" / f"{blake2(b'')}.json"):
        stranger.parent.mkdir(exist_ok=True)
        stranger.write_text("mine")
    capsys.readouterr()
    assert main(["cache", "dir"]) == 0
    assert capsys.readouterr().out == f"{folder}\n"
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.startswith(f"{folder}: ")
    assert main(["cache", "clean"]) == 0
    assert capsys.readouterr().out.endswith(f"MB in 2 files from {folder}\n")
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert left == ["mine.txt", f"other/{blake2(b'')}.json", "results/notes.rows"]
    assert not (folder / "config").exists()
    assert main(["cache", "clean"]) == 0
    assert capsys.readouterr().out == f"removed 0.0 MB in 0 files from {folder}\n"
    assert main(["cache", "cleen"]) == 2
    assert "did you mean `clean`?" in capsys.readouterr().err
    assert memory.contents() == []
