"""The documentation is true: every output shown is what the command prints, every flag exists, every link leads on.

A block of language `console` holds a command after `$ ` and its output; it is run in a folder that holds `examples/`.
A line `…` stands for lines that are left out.
`KVLINT_UPDATE=1 pytest tests/test_docs.py` rewrites the outputs for review."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from kvlint import configschema, datafile, extensions, kubectl, options, registry
from kvlint.cli import main
from kvlint.knowledge.platform_classes import platforms
from kvlint.problem import UsageError
from kvlint.source import Source

ROOT = Path(__file__).parent.parent
UPDATE = bool(os.environ.get("KVLINT_UPDATE"))
GUIDES = sorted(path for path in (ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *GUIDES]
BLOCK = re.compile(r"^( *)```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
ELISION = "…"
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


def blocks(*languages: str) -> list[Any]:
    """Every block of these languages on every page, as parameters."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            if match[2] in languages:
                line = text.count("\n", 0, match.start()) + 1
                found.append(pytest.param(page, match, id=f"{page.name}:{line}"))
    return found


@pytest.fixture
def work(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder with the examples, and an environment whose PATH leads to this kvlint."""
    shutil.copytree(ROOT / "examples", tmp_path / "work" / "examples")
    shim = tmp_path / "bin" / "kvlint"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m kvlint "$@"\n')
    shim.chmod(0o755)
    environment = {
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "KVLINT_CACHE_DIR": str(tmp_path / "cache"),
        "NO_COLOR": "1",
    }
    return tmp_path / "work", environment


@pytest.mark.parametrize(("page", "match"), blocks("console"))
def test_every_output_shown_is_real(page: Path, match: re.Match[str], work: tuple[Path, dict[str, str]]) -> None:
    folder, environment = work
    command, _, shown = match[4].partition("\n")
    assert command.startswith("$ ")
    done = subprocess.run(
        ["sh", "-c", command[2:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    output = done.stdout.rstrip("\n") + "\n"
    if ELISION in shown.splitlines():
        parts = [re.escape(part) for part in re.split(rf"^{ELISION}$\n", shown, flags=re.MULTILINE)]
        assert re.fullmatch("(?:.*\n)*".join(parts), output)
        return
    if UPDATE and output != shown:
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(match[0], match[0].replace(match[4], f"{command}\n{output}")), encoding="utf-8")
        shown = output
    assert shown == output


def commands() -> list[Any]:
    """Every kvlint command in every shell block."""
    found = []
    for block in blocks("sh", "console", "shell", "bash"):
        match = block.values[1]
        for line in match[4].splitlines():
            code = line.partition("  #")[0].removeprefix("$ ")
            for part in re.split(r"[|;]|&&", code):
                words = part.split(" < ")[0].split(" > ")[0].strip()
                if words.startswith(("kvlint ", "kubectl kvlint")):
                    found.append(pytest.param(words, id=f"{block.id}: {words[:60]}"))
    return found


@pytest.mark.parametrize("line", commands())
def test_every_command_is_spelt_as_kvlint_reads_it(line: str) -> None:
    program, *words = shlex.split(line)
    try:
        if program == "kubectl":
            words = words[1:] if words[1:2] and words[1] in kubectl.COMMANDS else ["", *words[1:]]
        commands = kubectl.COMMANDS if program == "kubectl" else options.COMMANDS
        options.parse(commands[words[0]], words[1:])
    except UsageError as error:
        pytest.fail(f"{line}: {error}")


@pytest.mark.parametrize(
    ("run", "command"),
    [*((main, one) for one in options.COMMANDS.values()), *((kubectl.main, one) for one in kubectl.COMMANDS.values())],
    ids=lambda one: one.call if isinstance(one, options.Command) else "",
)
def test_every_flag_has_its_place(
    run: Callable[[list[str]], int], command: options.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command.name.split(), "--help"]) == 0
    flags = re.findall(r"^  (?:-\w, |    )(--[a-z][a-z-]+)", capsys.readouterr().out, re.MULTILINE)
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    section = page.partition(f"## {command.call}\n")[2].partition("\n## ")[0]
    assert "--help" in flags
    assert not [flag for flag in flags if f"`{flag}" not in section]


def test_every_key_of_the_configuration_has_its_place() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    keys = configschema.schema(registry.rules())["properties"]
    assert [key for key in keys if f"| `{key}` |" not in text] == []


@pytest.mark.parametrize(
    ("page", "match"),
    [block for block in blocks("yaml", "toml") if block.values[1][3] in (".kvlint.yaml", "pyproject.toml")],
)
def test_every_configuration_shown_is_valid(page: Path, match: re.Match[str]) -> None:
    card = ROOT / "examples" / "plugin" / "kvlint_acme" / "rules" / "acme-oversized-claim.yaml"
    plugin = extensions.card(datafile.read_yaml(Source(card.as_posix(), card.read_bytes()), "since".__eq__))[0]
    schema = configschema.schema({**registry.rules(), plugin.id: plugin}, platforms())
    if match[2] == "toml":
        value = tomllib.loads(match[4])["tool"]["kvlint"]
    else:
        value = datafile.read_yaml(Source(match[3], match[4].encode()), "rules".__ne__).value
    assert value
    assert [error.message for error in Draft7Validator(schema).iter_errors(value)] == []


@pytest.mark.parametrize(
    ("page", "match"), [block for block in blocks("yaml") if str(block.values[1][3]).startswith(("rules/", "lint/"))]
)
def test_every_card_shown_works(
    page: Path,
    match: re.Match[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / match[3]
    path.parent.mkdir()
    path.write_text(match[4], encoding="utf-8")
    (tmp_path / ".kvlint.yaml").write_text(f"rules-dirs: [{path.parent.name}]\n")
    (tmp_path / "bad.yaml").write_text(MATCHING[path.stem])
    (tmp_path / "good.yaml").write_text(MATCHING[path.stem].replace("scratch", "gold") + WAITING)
    monkeypatch.chdir(tmp_path)
    main(["check", "--select", path.stem, "--output-format", "concise"])
    found = capsys.readouterr().out
    assert f"[{path.stem}]" in found.splitlines()[0]
    assert "in 1 file " in found


MATCHING = {
    "early-local-class": "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: local}\n"
    "provisioner: kubernetes.io/no-provisioner\n",
    "no-scratch-class": "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
    "spec: {storageClassName: scratch}\n",
}
WAITING = "volumeBindingMode: WaitForFirstConsumer\n"


def test_the_code_shown_of_the_example_plugin_is_its_code() -> None:
    code = (ROOT / "examples" / "plugin" / "kvlint_acme" / "__init__.py").read_text(encoding="utf-8")
    shown = [match[4] for page, match in (block.values for block in blocks("python")) if "plugin" in str(match[3])]
    assert shown
    assert all(part.strip() in code for part in shown)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as mkdocs and GitHub make them."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_guide_is_in_the_navigation() -> None:
    import yaml

    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named: set[str] = set()
    stack: list[Any] = [yaml.safe_load(text)["nav"]]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            named.add(item)
        else:
            stack.extend(item.values() if isinstance(item, dict) else item)
    assert named == {path.name for path in GUIDES} | {"rules/index.md"}


def test_every_module_is_in_the_table_of_layers() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("\n## Layers\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+)/?`", table))
    modules = {
        path.stem for path in (ROOT / "kvlint").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert modules - {"__init__", "__main__"} <= named


def test_the_changelog_has_this_version() -> None:
    from kvlint import __version__

    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
