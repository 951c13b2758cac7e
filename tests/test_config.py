"""Configuration: where it is found, what it says, how its errors look, and which rules take part."""

import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from kvlint import config, datafile, extensions, memory, registry
from kvlint.config import Setting, choose
from kvlint.configschema import schema
from kvlint.finding import Severity
from kvlint.problem import ConfigError, Problem
from kvlint.rule import Check

RULES = registry.rules()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KVLINT_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / ".git").mkdir()
    monkeypatch.chdir(folder)
    return folder


def load(text: str, name: str = ".kvlint.yaml", *, explicit: bool = False) -> config.Config:
    Path(name).write_text(text)
    return config.load(name, explicit, lambda value, root: (RULES, ()))


def problems(text: str, name: str = ".kvlint.yaml") -> list[tuple[str, str, str]]:
    """(text under the caret, message, help) of each problem."""
    with pytest.raises(ConfigError) as caught:
        load(text, name)
    return [_shown(problem) for problem in caught.value.problems]


def _shown(problem: Problem) -> tuple[str, str, str]:
    return problem.source.text[problem.start : problem.end], problem.message, problem.help


# Where


def test_the_nearest_file_upwards_to_the_root_of_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.parent / ".kvlint.yaml").write_text("")
    assert config.find(["."]) == ""
    (here / "pyproject.toml").write_text("[tool.kvlint]\n")
    assert config.find(["."]) == "pyproject.toml"
    (here / ".kvlint.yml").write_text("")
    assert config.find([]) == ".kvlint.yml"
    (here / ".kvlint.yaml").write_text("")
    assert config.find(["a.yaml"]) == ".kvlint.yaml"
    (here / "deep/er").mkdir(parents=True)
    (here / "deep/.kvlint.yaml").write_text("")
    assert config.find(["deep/er/a.yaml"]) == "deep/.kvlint.yaml"
    assert config.find(["deep/er/a.yaml", "b.yaml"]) == ".kvlint.yaml"
    monkeypatch.chdir(here / "deep/er")
    assert config.find(["."]) == "../.kvlint.yaml"
    assert config.find(["-"]) == "../.kvlint.yaml"


def test_a_pyproject_without_our_table_is_passed_by(here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub/pyproject.toml").write_text("[tool.other]\nkvlint = 1\n")
    (here / ".kvlint.yaml").write_text("")
    assert config.find(["sub"]) == ".kvlint.yaml"


def test_files_elsewhere_fall_back_to_the_working_folder(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (here / ".kvlint.yaml").write_text("")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / ".git").mkdir()
    assert config.find([str(elsewhere / "x.yaml")]) == ".kvlint.yaml"


# What


def test_every_key() -> None:
    made = load("""\
kubernetes-version: 1.30
platforms: [eks, rook]
exclude: [vendor/]
inventory: [../cluster]
inventory-complete: true
rules:
  inline: off
  flexvolume: error
  host-path-volume: on
  intree-volume: {severity: info}
known-storage-classes: {gp3: ebs.csi.aws.com}
per-file-ignores: {"legacy/**": [inline, flexvolume]}
plugins: []
rules-dirs: []
migrate: {ceph: {cluster-id: 0815}, capacity: {default: 10Gi}, gce: {project: 123456}}
baseline: base.json
""")
    assert made.kubernetes_version == "1.30", "as written, not the number 1.3"
    assert made.platforms == ("eks", "rook")
    assert made.inventory_complete is True
    assert made.settings == {
        "inline": Setting(False),
        "flexvolume": Setting(True, Severity.ERROR),
        "host-path-volume": Setting(True),
        "intree-volume": Setting(True, Severity.INFO),
    }
    assert made.known_classes == {"gp3": "ebs.csi.aws.com"}
    assert [(row.pattern, row.names) for row in made.per_file] == [("legacy/**", {"inline", "flexvolume"})]
    assert made.migrate == {
        "ceph": {"cluster-id": "0815"},
        "capacity": {"default": "10Gi"},
        "gce": {"project": "123456"},
    }
    assert made.below(made.baseline) == "base.json"


def test_the_same_in_toml() -> None:
    made = load(
        """\
[project]
name = "x"
[tool.kvlint]
kubernetes-version = "1.30"
known-storage-classes = ["gp3"]
[tool.kvlint.rules]
flexvolume = "off"
intree-volume = {severity = "error"}
""",
        "pyproject.toml",
    )
    assert made.kubernetes_version == "1.30"
    assert made.known_classes == {"gp3": ""}
    assert made.settings == {"flexvolume": Setting(False), "intree-volume": Setting(True, Severity.ERROR)}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "exclude:\nrules:\n", "null\n"])
def test_nothing_is_a_configuration_too(text: str) -> None:
    assert load(text)._replace(path="", root="") == config.Config()


def test_paths_are_relative_to_the_file_or_if_it_was_named_to_the_working_folder(here: Path) -> None:
    (here / "deep").mkdir()
    assert load("baseline: b.json\n", "deep/.kvlint.yaml").below("b.json") == "deep/b.json"
    assert load("baseline: b.json\n", "deep/.kvlint.yaml", explicit=True).below("b.json") == "b.json"


# Errors

WORDS = "one of: off, info, warning, error, on"


@pytest.mark.parametrize(
    ("text", "caret", "message", "help"),
    [
        ("platform: [a]\n", "platform", "unknown key `platform`", "did you mean `platforms`?"),
        ("rules: {flexvolum: off}\n", "flexvolum", "unknown rule `flexvolum`", "did you mean `flexvolume`?"),
        ("rules: {inlin: off}\n", "inlin", "unknown rule `inlin`", "did you mean `inline`?"),
        ("rules:\n  flexvolume: eror\n", "eror", "unknown severity `eror`", "did you mean `error`?"),
        ("rules: {flexvolume: {severity: x}}\n", "x", "unknown severity `x`", WORDS),
        ("rules: {flexvolume: {known: 1}}\n", "known", "unknown parameter `known`", "known: severity"),
        ("rules: {inline: {severity: off}}\n", "inline", "a mapping does not fit here", WORDS),
        ("rules: {flexvolume: 3}\n", "3", "a whole number does not fit here", WORDS),
        ("per-file-ignores: {a: [inlin]}\n", "inlin", "unknown rule or category `inlin`", "did you mean `inline`?"),
        ("exclude: vendor\n", "vendor", "expected a list, found text", ""),
        ("exclude: [{a: b}]\n", "a", "expected text, found a mapping", ""),
        ("inventory-complete: maybe\n", "maybe", "expected true or false, found text", ""),
        ("migrate: {gce: {zones: x}}\n", "zones", "unknown migration input `zones`", "did you mean `zone`?"),
        ("exclude: [a]\nexclude: [b]\n", "exclude", "`exclude` is said twice", "remove one of the two"),
        ("- a\n", "-", "expected `key: value` lines", ""),
        ("a: 1\n---\nb: 2\n", "b", "a second document is not read", ""),
    ],
)
def test_errors_point_at_the_place(text: str, caret: str, message: str, help: str) -> None:
    assert problems(text) == [(caret, message, help)]


def test_every_error_is_told_at_once() -> None:
    assert [caret for caret, _, _ in problems("excludes: []\nrules: {a: off, flexvolume: loud}\n")] == [
        "excludes",
        "a",
        "loud",
    ]


def test_yaml_that_cannot_be_read() -> None:
    ((_, message, _),) = problems("rules: {\n")
    assert message
    ((caret, _, _),) = problems("kubernetes-version: *x\n")
    assert caret == "*"


def test_a_pattern_shows_its_meaning() -> None:
    ((caret, message, help),) = problems("migrate: {capacity: lots}\n")
    assert caret == "lots"
    assert message.startswith("`lots` does not match")
    assert help.startswith("Size written into")


@pytest.mark.parametrize(
    ("text", "caret", "message"),
    [
        ("[tool.kvlint]\nexcludes = []\n", "excludes", "unknown key `excludes`"),
        ("[tool.x]\nrules = 1\n[tool.kvlint]\nrules = 1\n", "rules", "expected a mapping, found a whole number"),
        ("[tool.kvlint.rules]\nflexvolum = 'off'\n", "flexvolum", "unknown rule `flexvolum`"),
        ("[tool.kvlint]\nrules = {flexvolum = 'off'}\n", "flexvolum", "unknown rule `flexvolum`"),
        ("[tool.kvlint]\nkubernetes-version = 1.30\n", "kubernetes-version", "expected text, found a number"),
        ("[tool.kvlint.rules.flexvolume]\nknown = 1\n", "known", "unknown parameter `known`"),
    ],
)
def test_errors_in_toml(text: str, caret: str, message: str) -> None:
    assert [found[:2] for found in problems(text, "pyproject.toml")] == [(caret, message)]


def test_broken_toml_and_wrong_tables() -> None:
    ((caret, message, _),) = problems("[tool.kvlint]\na = \n", "pyproject.toml")
    assert (caret, message) == ("\n", "invalid value")
    with pytest.raises(ConfigError, match=r"no table \[tool.kvlint\]"):
        load("a = 1\n", "other.toml", explicit=True)
    assert load("a = 1\n", "other.toml") == config.Config()
    with pytest.raises(ConfigError, match=r"cannot read the configuration `no\.yaml`"):
        config.load("no.yaml", True, lambda value, root: (RULES, ()))


# Validated once


def test_a_configuration_is_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    real = datafile.validate
    monkeypatch.setattr(datafile, "validate", lambda *args: calls.append(args) or real(*args))
    text = "exclude: [a]\nkubernetes-version: 1.30\nrules: {flexvolume: off, inline: error}\n"
    first, *others = [load(text) for _ in range(3)]
    assert len(calls) == 1
    assert [one._replace(per_file=()) for one in others] == [first, first]
    load("exclude: [b]\n")
    assert len(calls) == 2
    for _ in range(2):
        problems("excludes: [a]\n")
    assert len(calls) == 4, "only what is valid is remembered"
    foreign = RULES["flexvolume"]._replace(id="mine", params={"x": {"type": "string"}})
    Path(".kvlint.yaml").write_text("exclude: [a]\n")
    for number, params in ((5, foreign.params), (5, foreign.params), (6, {})):
        rules = {**RULES, "mine": foreign._replace(params=params)}
        config.load(".kvlint.yaml", False, lambda value, root, rules=rules: (rules, ["mine"]))
        assert len(calls) == number, "other rules are another schema"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[1, 2]", b'[{"exclude": ["z"]}]', b"\xff", b"[" * 100_000])
def test_a_broken_memory_is_no_memory(tmp_path: Path, content: bytes) -> None:
    made = load("exclude: [a]\n")
    (kept,) = (tmp_path / "cache/config").iterdir()
    kept.write_bytes(content)
    assert load("exclude: [a]\n") == made
    assert json.loads(kept.read_bytes()) == [{"exclude": ["a"]}, ""]


def test_the_memory_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "KEPT", 4)
    for number in range(9):
        load(f"exclude: [a{number}]\n")
    assert 0 < len(list((tmp_path / "cache/config").iterdir())) <= 4


def test_a_memory_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KVLINT_CACHE_DIR", str(tmp_path / "file"))
    assert load("exclude: [a]\n").exclude == ("a",)


def test_the_cache_folder_is_the_one_of_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdirs import user_cache_dir

    monkeypatch.delenv("KVLINT_CACHE_DIR")
    for value in ("/somewhere/cache", ""):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert memory.cache_folder() == user_cache_dir("kvlint", appauthor=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the specification: such a path is ignored
    assert Path(memory.cache_folder()).is_absolute()


# Which rules take part


def chosen(settings: dict[str, Setting], select: list[str] = [], ignore: list[str] = []) -> set[str]:  # noqa: B006
    return {one.rule.id for one in choose(RULES.values(), settings, select, ignore)}


def test_off_by_default_needs_its_name() -> None:
    default = {rule.id for rule in RULES.values() if rule.enabled}
    assert "host-path-volume" not in default
    assert chosen({}) == default
    assert chosen({"inline": Setting(True, Severity.ERROR)}) == default
    assert chosen({"host-path-volume": Setting(True)}) == default | {"host-path-volume"}
    assert "host-path-volume" not in chosen({}, ["inline"])
    assert "host-path-volume" in chosen({}, ["host-path-volume"])
    assert "host-path-volume" in chosen({"host-path-volume": Setting(True)}, ["inline"])


def test_the_command_line_beats_the_file_and_the_rule_its_category() -> None:
    off = {"flexvolume": Setting(False), "inline": Setting(False), "git-repo-volume": Setting(True)}
    assert "flexvolume" not in chosen(off)
    assert "inline-network-volume" not in chosen(off)
    assert "git-repo-volume" in chosen(off)
    assert "flexvolume" in chosen(off, ["flexvolume"])
    assert "flexvolume" not in chosen(off, ["deprecated"])
    assert "flexvolume" not in chosen({}, ["deprecated"], ["flexvolume"])
    assert not {rule for rule in chosen({}, [], ["deprecated"]) if RULES[rule].category == "deprecated"}


def test_select_keeps_what_says_that_a_file_was_not_judged() -> None:
    assert chosen({}, ["flexvolume"]) == {"flexvolume", *config.ALWAYS}
    assert "invalid-yaml" not in chosen({}, ["flexvolume"], ["invalid-yaml"])
    assert set(RULES) >= config.ALWAYS


def test_severity_and_parameters() -> None:
    rule = RULES["flexvolume"]._replace(params={"a": {"default": 1}, "b": {"default": 2}})
    settings = {"deprecated": Setting(True, Severity.INFO), "flexvolume": Setting(True, None, {"b": 3})}
    (one,) = choose([rule], settings)
    assert (one.severity, one.params) == (Severity.INFO, {"a": 1, "b": 3})
    settings["flexvolume"] = Setting(True, Severity.ERROR)
    assert choose([rule], settings)[0].severity == Severity.ERROR


def test_unknown_names() -> None:
    assert config.unknown_names(["inline", "flexvolume"], RULES) == []
    assert config.unknown_names(["flexvolum", "zzz"], RULES) == [
        ("flexvolum", "did you mean `flexvolume`?"),
        ("zzz", ""),
    ]


# The published schema


def test_the_schema_is_valid_and_closed() -> None:
    made = schema(RULES, ["eks"])
    Draft7Validator.check_schema(made)
    assert json.loads(json.dumps(made)) == made
    validator = Draft7Validator(made)
    assert validator.is_valid({"rules": {"flexvolume": "off", "inline": "error"}, "platforms": ["eks"]})
    assert validator.is_valid(
        {"rules": {"flexvolume": {"severity": "warning"}}, "migrate": {"ceph": {"cluster-id": "x"}}}
    )
    for wrong in (
        {"x": 1},
        {"rules": {"x": "off"}},
        {"platforms": ["moon"]},
        {"migrate": {"x": 1}},
        {"rules": {"inline": {}}},
    ):
        assert not validator.is_valid(wrong), wrong


# Cards of one's own, and plugins

CARD = """\
id: no-glusterfs
summary: GlusterFS is not allowed here
severity: error
category: inline
since: 1.0.0
on: volume-source
when: {required: [endpoints]}
message: GlusterFS again
why: We left it.
help: use NFS
references: [https://example.org/]
"""


WHEN = "{required: [endpoints]}"
OUTSIDE = "`$ref` may only point into the same schema (`#/…`)"


def cards(folder: str = "mine") -> extensions.Extensions:
    return extensions.load([], [folder], RULES, registry.CHECKS)


def put_card(text: str, name: str = "no-glusterfs.yaml") -> None:
    Path("mine").mkdir(exist_ok=True)
    (Path("mine") / name).write_text(text)


def test_cards_from_a_folder() -> None:
    put_card(CARD)
    put_card("ignored", "README.md")
    found = cards()
    rule = found.rules["no-glusterfs"]
    assert (rule.severity, rule.on, rule.when, rule.enabled) == (
        Severity.ERROR,
        ("volume-source",),
        {"required": ["endpoints"]},
        True,
    )
    assert found.texts["no-glusterfs"].since == "1.0.0"


@pytest.mark.parametrize(
    ("change", "caret", "message"),
    [
        (("severity: error", "severity: fatal"), "fatal", "unknown word `fatal`"),
        (("help: use NFS\n", ""), "id", "`help` is missing"),
        (("help: use NFS\n", "help: use NFS\nfix: csi\n"), "fix", "unknown key `fix`"),
        (("no-glusterfs", "other"), "other", "the card is named `other`, its file `no-glusterfs`"),
        ((WHEN, "{$ref: 'http://example.org/x'}"), "'http://example.org/x'", OUTSIDE),
        ((WHEN, "{properties: {a: {$ref: other.json}}}"), "other.json", OUTSIDE),
        ((WHEN, "{required: endpoints}"), "endpoints", "not a JSON Schema (draft-07): type"),
        ((f"when: {WHEN}", "check: intree-volum"), "intree-volum", "there is no check `intree-volum`"),
    ],
)
def test_wrong_cards_are_told(change: tuple[str, str], caret: str, message: str) -> None:
    put_card(CARD.replace(*change))
    with pytest.raises(ConfigError, match=r"`mine/no-glusterfs.yaml` is not a valid rule card") as caught:
        cards()
    assert [_shown(problem)[:2] for problem in caught.value.problems] == [(caret, message)]


def test_an_id_can_be_taken_and_a_folder_missing() -> None:
    put_card(CARD.replace("no-glusterfs", "flexvolume"), "flexvolume.yaml")
    with pytest.raises(ConfigError) as caught:
        cards()
    assert caught.value.problems[0].message == "there is already a rule `flexvolume`"
    with pytest.raises(ConfigError, match="cannot read the rules in `nowhere`"):
        cards("nowhere")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


CHECK = "from kvlint.rule import Check\nCHECKS = {{'{}': Check(lambda view, context: iter(()), ('x',))}}\n"


def install(site: Path, name: str, code: str) -> None:
    module = f"kvlint_{name}_plugin"
    (site / f"{module}.py").write_text(code)
    info = site / f"kvlint_{name}-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kvlint-{name}\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text(f"[kvlint.plugins]\n{name} = {module}\n")
    sys.modules.pop(module, None)


def test_a_plugin_brings_rules_and_checks(site: Path) -> None:
    put_card(CARD.replace("when: {required: [endpoints]}", "check: my-check"))
    folder = str(Path("mine").absolute())
    install(site, "good", f"{CHECK.format('my-check')}RULES = {folder!r}\nMIGRATIONS = {{'a': print}}\n")
    found = extensions.load(["good"], [], RULES, registry.CHECKS)
    assert found.rules["no-glusterfs"].check == "my-check"
    assert isinstance(found.checks["my-check"], Check)
    assert found.migrations == {"a": print}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("raise RuntimeError('boom')\n", "RuntimeError: boom"),
        ("CHECKS = {'a': 1}\n", "check `a` is no kvlint.rule.Check"),
        ("MIGRATIONS = {'a': 1}\n", "migration `a` is no function"),
        ("RULES = 3\n", "RULES is no path"),
        ("RULES = '/nowhere'\n", "cannot read the rules in `/nowhere`"),
        (CHECK.format("flexvolume"), "there is already a check `flexvolume`"),
    ],
)
def test_a_plugin_that_fails_to_load_is_named_with_package_and_version(site: Path, code: str, reason: str) -> None:
    install(site, "bad", code)
    with pytest.raises(ConfigError) as caught:
        extensions.load(["bad"], [], RULES, registry.CHECKS)
    assert str(caught.value).startswith("plugin `bad` of kvlint-bad 2.1 fails to load: ")
    assert reason in str(caught.value)


def test_a_plugin_that_is_not_installed(site: Path) -> None:
    install(site, "company", "")
    with pytest.raises(ConfigError, match="there is no plugin `compani`") as caught:
        extensions.load(["compani"], [], RULES, registry.CHECKS)
    assert caught.value.help == "did you mean `company`?"
