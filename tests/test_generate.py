"""The generator: what it accepts, what it writes, and that what is committed is fresh."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
generate: ModuleType = importlib.import_module("generate")
literal: ModuleType = importlib.import_module("literal")

SCHEMA = """
type: object
additionalProperties: false
required: [rows]
properties:
  rows:
    type: array
    x-key: name
    items:
      type: object
      additionalProperties: false
      required: [name, source]
      properties:
        name: {type: string}
        since: {$ref: '#/$defs/version', default: null}
        tags: {type: array, items: {type: string}}
        modes: {type: array, items: {type: string}, default: [rw]}
        limits: {type: object, additionalProperties: {type: string}}
        owner:
          type: object
          additionalProperties: false
          properties:
            team: {type: string}
            mail: {type: string, default: ''}
        wide: {type: boolean}
        source: {$ref: '#/$defs/source'}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one table, `zoo`, of two animals."""
    monkeypatch.setattr(generate, "ARTEFACTS", (generate.knowledge,))
    for folder in ("kvlint/knowledge/data", "kvlint/_generated", "tools/schemas"):
        (tmp_path / folder).mkdir(parents=True)
    common = (ROOT / "tools/schemas/common.yaml").read_text(encoding="utf-8")
    (tmp_path / "tools/schemas/common.yaml").write_text(common, encoding="utf-8")
    (tmp_path / "tools/schemas/zoo.yaml").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "kvlint/_generated/__init__.py").write_text("", encoding="utf-8")
    write(
        tmp_path,
        "rows:\n"
        "  - {name: ape, since: '1.30', tags: [a, b], limits: {cpu: '2'}, owner: {team: red}, source: [a book]}\n"
        "  - {name: bee, wide: true, source: [a book]}\n",
    )
    return tmp_path


def write(project: Path, data: str, name: str = "zoo") -> None:
    (project / f"kvlint/knowledge/data/{name}.yaml").write_text(data, encoding="utf-8")


def compiled(project: Path) -> object:
    namespace: dict[str, object] = {}
    exec((project / "kvlint/_generated/zoo.py").read_text(encoding="utf-8"), namespace)
    return namespace["ROWS"]


def test_committed_files_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "tools/generate.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_rows_become_tuples_in_the_order_of_the_schema(project: Path) -> None:
    assert generate.main([], project) == 0
    assert compiled(project) == (
        ("ape", (1, 30), ("a", "b"), ("rw",), (("cpu", "2"),), ("red", ""), False),
        ("bee", None, (), ("rw",), (), None, True),
    )


def test_check_names_what_is_stale_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"], project) == 1
    assert "kvlint/_generated/zoo.py" in capsys.readouterr().out
    assert not (project / "kvlint/_generated/zoo.py").exists()
    assert generate.main([], project) == 0
    assert generate.main(["--check"], project) == 0
    write(project, "rows:\n  - {name: cow, source: [a book]}\n")
    assert generate.main(["--check"], project) == 1


def test_a_second_run_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate.main([], project)
    before = (project / "kvlint/_generated/zoo.py").stat().st_mtime_ns
    capsys.readouterr()
    assert generate.main([], project) == 0
    assert capsys.readouterr().out == ""
    assert (project / "kvlint/_generated/zoo.py").stat().st_mtime_ns == before


def test_modules_without_data_are_removed(project: Path) -> None:
    orphan = project / "kvlint/_generated/gone.py"
    orphan.write_text("ROWS = ()\n", encoding="utf-8")
    assert generate.main(["--check"], project) == 1
    assert generate.main([], project) == 0
    assert not orphan.exists()
    assert (project / "kvlint/_generated/__init__.py").exists()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("rows:\n  - {name: ape, since: 1.30, source: [a book]}\n", "rows[ape].since"),
        ("rows:\n  - {name: ape, source: []}\n", "rows[ape].source"),
        ("rows:\n  - {name: ape, colour: red, source: [a book]}\n", "colour"),
        (
            "rows:\n  - {name: ape, source: [a book]}\n  - {name: ape, source: [a book]}\n",
            "two rows have the name 'ape'",
        ),
        ("rows: {\n", "zoo.yaml"),
        ("- a list\n", "zoo.yaml"),
        ("rows:\n  - {name: ape, name: bee, source: [a book]}\n", "zoo.yaml"),
    ],
)
def test_wrong_data_is_named(project: Path, capsys: pytest.CaptureFixture[str], data: str, place: str) -> None:
    write(project, data)
    assert generate.main([], project) == 2
    error = capsys.readouterr().err
    assert "kvlint/knowledge/data/zoo.yaml" in error
    assert place in error
    assert not (project / "kvlint/_generated/zoo.py").exists()


def test_one_wrong_table_does_not_stop_the_others(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, "rows: []\n", name="nameless")
    assert generate.main([], project) == 2
    assert "tools/schemas/nameless.yaml" in capsys.readouterr().err
    assert (project / "kvlint/_generated/zoo.py").exists()


def test_unknown_arguments_are_refused(project: Path) -> None:
    assert generate.main(["--chekc"], project) == 2


leaves = st.none() | st.booleans() | st.integers(-9, 99) | st.text(max_size=200)


@given(st.recursive(leaves, lambda inner: st.lists(inner, max_size=6).map(tuple), max_leaves=30))
def test_rendered_literals_read_back_as_the_same_value(value: object) -> None:
    text = literal.render(value)
    assert ast.literal_eval(text) == value
    assert all(len(line) <= literal.WIDTH or '"' in line or "'" in line for line in text.splitlines())
