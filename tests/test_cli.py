"""The command line as a user meets it: real processes, real files, exit codes, streams."""

import errno
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kvlint import __version__, options
from kvlint.cli import main
from kvlint.inputs import files
from kvlint.options import CHECK, Arguments, parse
from kvlint.problem import UsageError

BAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  volumes:
  - name: data
    gitRepo:
      repository: https://example.org/a.git
"""
FLEX = BAD.replace("gitRepo:\n      repository: https://example.org/a.git", "flexVolume:\n      driver: example.org/x")
CLEAN = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {volumes: [{name: scratch, emptyDir: {}}]}
"""


class Result:
    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
        assert "Traceback" not in self.err

    @property
    def findings(self) -> list[dict]:
        return json.loads(self.out)["findings"]

    @property
    def rules(self) -> list[str]:
        return [finding["rule"] for finding in self.findings]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("KVLINT_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("NO_COLOR", "FORCE_COLOR", "KVLINT_TRACEBACK", "GIT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return folder


def kvlint(*arguments: str, stdin: str = "", **environment: str) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "kvlint", *arguments],
        input=stdin.encode(),
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )
    return Result(done)


def put(name: str, text: str) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, newline="")


def as_json(*arguments: str, **more: str) -> Result:
    return kvlint("check", "--output-format", "json", *arguments, **more)


# Running


def test_check_is_the_default_and_the_folder_too() -> None:
    put("deep/bad.yaml", BAD)
    put("clean.yaml", CLEAN)
    assert kvlint().code == 1
    result = as_json()
    assert result.code == 1
    assert "git-repo-volume" in result.rules
    assert {finding["file"] for finding in result.findings} == {"deep/bad.yaml"}
    assert kvlint("clean.yaml").code == 0
    assert kvlint("check", "./deep").out == kvlint("deep").out
    assert kvlint("--select", "flexvolume", "deep/bad.yaml").code == 0


def test_findings_go_to_stdout_and_notices_to_stderr() -> None:
    put("bad.yaml", BAD)
    result = kvlint("check", "--kubernetes-version", "1.999", "bad.yaml")
    assert re.match(r"(error|warning)\[[a-z-]+\]: ", result.out)
    assert result.err.startswith("notice: Kubernetes 1.999 is newer than what kvlint knows: judged for 1.")
    quiet = kvlint("check", "--kubernetes-version", "1.999", "-q", "bad.yaml")
    assert quiet.err == ""
    assert "Found" in result.out
    assert "Found" not in quiet.out
    assert result.out.startswith(quiet.out.rstrip("\n"))
    assert "1 files, 1 documents" in kvlint("check", "-v", "bad.yaml").err


def test_version_and_help() -> None:
    assert kvlint("--version").out == f"kvlint {__version__}\n"
    for words in (("--help",), ("-h",), ("help",)):
        result = kvlint(*words)
        assert result.code == 0
        assert "Exit codes" in result.out
    for command in options.COMMANDS.values():
        shown = kvlint(command.name, "--help")
        assert shown.code == 0
        assert all(f"--{option.name}" in shown.out for option in command.options())
        assert max(map(len, shown.out.splitlines())) <= 110


def test_standard_input() -> None:
    assert as_json("-", stdin=BAD).findings[0]["file"] == "<stdin>"
    named = as_json("-", "--stdin-filename", "app/pod.yaml", stdin=BAD)
    assert named.findings[0]["file"] == "app/pod.yaml"
    put("bad.yaml", BAD)
    both = as_json("-", "bad.yaml", stdin=BAD)
    assert {finding["file"] for finding in both.findings} == {"<stdin>", "bad.yaml"}
    put(".kvlint.yaml", "exclude: [app/]\nper-file-ignores: {lib/: [git-repo-volume]}\n")
    assert as_json("-", "--stdin-filename", "app/pod.yaml", stdin=BAD).code == 1
    assert as_json("-", "--stdin-filename", "app/pod.yaml", "--force-exclude", stdin=BAD).findings == []
    ignored = as_json("-", "--stdin-filename", "lib/pod.yaml", stdin=BAD).findings
    assert {finding["suppressed"]["by"] for finding in ignored if finding["rule"] == "git-repo-volume"} == {"config"}


def test_what_cannot_be_read_ends_with_2_and_the_rest_is_linted() -> None:
    put("bad.yaml", BAD)
    result = as_json("bad.yaml", "missing.yaml")
    assert result.code == 2
    assert result.err == "error: cannot read `missing.yaml`: no such file or directory\n"
    assert "git-repo-volume" in result.rules
    assert json.loads(result.out)["summary"]["failed"] is True
    assert as_json("missing.yaml", "--exit-zero").code == 2


def test_a_file_without_permission(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    put("secret.yaml", BAD)
    put("open.yaml", BAD)
    real = files.read

    def read(path: str) -> bytes:
        if path == "secret.yaml":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path)

    monkeypatch.setattr(files, "read", read)
    assert main(["check", "--output-format", "concise"]) == 2
    out, err = capsys.readouterr()
    assert err == "error: cannot read `secret.yaml`: permission denied\n"
    assert "open.yaml:8:5: " in out


# Exit codes


def test_exit_codes() -> None:
    put("clean.yaml", CLEAN)
    put("flex.yaml", FLEX)
    assert kvlint("check", "clean.yaml").code == 0
    assert kvlint("check", "flex.yaml").code == 1
    assert kvlint("check", "flex.yaml", "--exit-zero").code == 0
    assert kvlint("check", "flex.yaml", "--nonsense").code == 2
    for name in options.FORMATS:
        assert kvlint("check", "flex.yaml", "--output-format", name).code == 1
        assert kvlint("check", "clean.yaml", "--output-format", name).code == 0


def test_the_failing_severity() -> None:
    put("flex.yaml", FLEX)
    put(".kvlint.yaml", "rules: {inline: info, deprecated: info}\n")
    assert {finding["severity"] for finding in as_json("flex.yaml").findings} == {"info"}
    assert kvlint("check", "flex.yaml").code == 0
    assert kvlint("check", "flex.yaml", "--min-severity", "info").code == 1
    assert as_json("flex.yaml", "--min-severity", "warning").findings == []
    put(".kvlint.yaml", "rules: {inline: warning, deprecated: warning}\n")
    assert kvlint("check", "flex.yaml", "--min-severity", "error").code == 0


FLEXVOLUME = "did you mean `flexvolume`?"
VERSION = "--kubernetes-version: not a Kubernetes version: 'new' (write it like 1.31 or v1.31.2)"


@pytest.mark.parametrize(
    ("arguments", "message", "help"),
    [
        (["chek"], "`chek` is neither a command nor a file", "did you mean `check`?"),
        (["explian", "flexvolume"], "`explian` is neither a command nor a file", "did you mean `explain`?"),
        (["check", "--selct", "x"], "unknown option `--selct`", "did you mean `--select`?"),
        (["check", "-x"], "unknown option `-x`", "see `kvlint check --help`"),
        (["check", "--select"], "`--select` needs a value: --select=RULES", ""),
        (["check", "--select", "--fix"], "`--select` needs a value: --select=RULES", ""),
        (["check", "--color="], "`--color` does not take ``", "one of: auto, always, never"),
        (["check", "--fix=yes"], "`--fix` takes no value", ""),
        (["check", "--output-format", "jsn"], "`--output-format` does not take `jsn`", "did you mean `json`?"),
        (["check", "--select", "flexvolum"], "--select: there is no rule or category `flexvolum`", FLEXVOLUME),
        (["check", "--ignore", "inlin"], "--ignore: there is no rule or category `inlin`", "did you mean `inline`?"),
        (["check", "--output-file", "sarf:x"], "`--output-file`: there is no format `sarf`", "did you mean `sarif`?"),
        (["check", "--output-file", "json:"], "`--output-file` needs a file: --output-file=[FORMAT:]FILE", ""),
        (["check", "--jobs", "0"], "`--jobs` needs a number above 0, not `0`", ""),
        (["check", "--kubernetes-version", "new"], VERSION, ""),
        (["explain"], "`kvlint explain` needs one rule", "see `kvlint rules`"),
        (["explain", "flexvolum"], "there is no rule `flexvolum`", FLEXVOLUME),
        (["rules", "x"], "`kvlint rules` takes no arguments", "see `kvlint explain RULE`"),
        (["check", "-", "--add-ignores=x"], "`--add-ignores` changes files, so it cannot take standard input", ""),
        (["check", "--config", "no.yaml"], "cannot read the configuration `no.yaml`: No such file or directory", ""),
        (["check", "--baseline", "no.json"], "cannot read the baseline `no.json`: no such file or directory", ""),
    ],
)  # fmt: skip
def test_usage_errors(arguments: list[str], message: str, help: str) -> None:
    result = kvlint(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: {message}\n" + (f"  = help: {help}\n" if help else "")


# The parser


def read(*words: str) -> Arguments:
    return parse(CHECK, words)


def test_the_parser() -> None:
    made = read("a", "--select", "x,y", "--select=z", "-qv", "-", "--fix", "--", "--b", "-q")
    assert made.operands == ["a", "-", "--b", "-q"]
    assert made.words("select") == ["x", "y", "z"]
    assert made.on("fix")
    assert made.on("quiet")
    assert made.on("verbose")
    assert not made.on("diff")
    assert read("--color=always", "--color", "never").last("color") == "never"
    assert read().last("color", "auto") == "auto"
    assert read("--add-ignores=a=b --c").last("add-ignores") == "a=b --c"
    assert read("--add-ignores", "-").last("add-ignores") == "-"
    with pytest.raises(UsageError):
        read("--col=always")


def test_flags_have_one_meaning() -> None:
    for command in options.COMMANDS.values():
        names = [option.name for option in command.options()]
        assert len(names) == len(set(names))
        shorts = [option.short for option in command.options() if option.short]
        assert len(shorts) == len(set(shorts))
        kubectl = "nAlfs" if command is options.MIGRATE else "nAlfos"
        assert not set(shorts) & set(kubectl), "these belong to kubectl"


# Outputs


def test_several_outputs_in_one_run() -> None:
    put("bad.yaml", BAD)
    result = kvlint("check", "bad.yaml", "--output-file", "json:a.json", "--output-file=concise:b.txt")
    assert result.out == kvlint("check", "bad.yaml").out
    assert json.loads(Path("a.json").read_text())["findings"]
    assert Path("b.txt").read_text() == kvlint("check", "bad.yaml", "--output-format", "concise").out
    alone = kvlint("check", "bad.yaml", "--output-format", "json", "--output-file", "c.json")
    assert (alone.code, alone.out) == (1, "")
    assert Path("c.json").read_text() == Path("a.json").read_text()
    assert "\x1b" not in Path("a.json").read_text()
    failed = kvlint("check", "bad.yaml", "--output-file", "no/such/folder.json")
    assert (failed.code, failed.err) == (2, "error: cannot write `no/such/folder.json`: no such file or directory\n")


def test_statistics() -> None:
    put("bad.yaml", BAD)
    put("more.yaml", BAD)
    assert re.search(r"^2  git-repo-volume", kvlint("check", "--statistics").out, re.MULTILINE)
    machine = as_json("--statistics")
    assert machine.findings
    assert re.search(r"^2  git-repo-volume", machine.err, re.MULTILINE)


def test_color_precedence() -> None:
    put("bad.yaml", BAD)

    def colored(*arguments: str, **environment: str) -> bool:
        return "\x1b[" in kvlint("check", "bad.yaml", *arguments, **environment).out

    assert not colored()
    assert colored("--color=always")
    assert colored("--color", "always", NO_COLOR="1")
    assert colored(FORCE_COLOR="1")
    assert not colored(FORCE_COLOR="1", NO_COLOR="1")
    assert not colored("--color=never", FORCE_COLOR="1")
    assert not colored("--color=auto", FORCE_COLOR="")


def test_output_is_the_same_whatever_the_locale() -> None:
    put("bäd.yaml", BAD.replace("name: data", "name: dätä"))
    assert kvlint("check", LC_ALL="C", PYTHONIOENCODING="ascii").out == kvlint("check").out


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems refuse such names")
def test_names_that_are_no_text(here: Path) -> None:
    (here / os.fsdecode(b"b\xffd.yaml")).write_text(BAD)
    result = as_json()
    assert result.code == 1
    assert result.findings


# Ends


def test_a_reader_that_leaves_early() -> None:
    put("bad.yaml", "---\n".join(BAD.replace("web", f"web{n}") for n in range(2000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "kvlint", "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), error) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk() -> None:
    put("bad.yaml", BAD)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kvlint", "check"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"error: cannot write to standard output: No space left on device\n"


def test_control_c_ends_without_a_traceback() -> None:
    code = "import sys\nfrom kvlint.cli import main\nprint('up', flush=True)\nsys.exit(main(['check', '-']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_bug_is_told_in_one_line_without_what_was_read() -> None:
    code = (
        "import sys\nfrom kvlint import cli, run\n"
        "def broken(arguments): raise KeyError('hunter2')\n"
        "run.check = broken\nsys.exit(cli.main(['check']))"
    )
    for trace in ("", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, env={**os.environ, "KVLINT_TRACEBACK": trace}, check=False,
        )  # fmt: skip
        error = done.stderr.decode()
        assert done.returncode == 2
        assert re.match(r"error: internal error: KeyError at cli\.py:\d+ in kvlint ", error)
        assert "hunter2" not in error
        assert ("in broken" in error) == bool(trace)


def test_a_terminal_gets_color_and_a_long_run_a_bar() -> None:
    for number in range(400):
        put(f"m/{number}.yaml", BAD * 3)
    code = (
        "import sys, time\nfrom kvlint import cli, parallel\nreal = parallel._source\n"
        "def slow(*a):\n    time.sleep(0.004)\n    return real(*a)\n"
        "parallel._source = slow\nsys.exit(cli.main(['check', '--output-format', 'concise', 'm']))"
    )
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=follower, env={**os.environ, "TERM": "xterm"}
    )
    os.close(follower)
    shown = b""
    assert process.stdout is not None
    reading = [leader, process.stdout.fileno()]
    while reading:
        for descriptor in select.select(reading, [], [], 60)[0]:
            try:
                chunk = os.read(descriptor, 65536)
            except OSError:
                chunk = b""
            if not chunk:
                reading.remove(descriptor)
            elif descriptor == leader:
                shown += chunk
    assert process.wait(60) == 1
    process.stdout.close()
    os.close(leader)
    assert b"Linting" in shown


def test_a_clean_run_loads_nothing_it_does_not_need() -> None:
    put("clean.yaml", CLEAN)
    put("flex.yaml", FLEX)
    put(".kvlint.yaml", "exclude: [vendor/]\nper-file-ignores: {a: [inline]}\nrules: {flexvolume: off}\n")
    heavy = (
        "argparse dataclasses difflib hashlib importlib.metadata inspect jsonschema logging multiprocessing pathlib "
        "pathspec platformdirs rich ruamel subprocess tomllib yaml kvlint.datafile kvlint.baseline kvlint.extensions"
    )
    code = (
        "import sys\nfrom kvlint.cli import main\ncode = main(['check', *sys.argv[1:], 'clean.yaml'])\n"
        f"print(*[name for name in '{heavy}'.split() if name in sys.modules], file=sys.stderr)\nsys.exit(code)"
    )
    kvlint("check", "clean.yaml")  # validates the configuration
    for arguments in ([], ["--isolated"]):
        done = subprocess.run(
            [sys.executable, "-S", "-c", f"import sys\nsys.path[:] = {sys.path!r}\n{code}", *arguments],
            capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"\n"), arguments


# Configuration


def test_a_broken_configuration_is_framed() -> None:
    put(".kvlint.yaml", "rules:\n  flexvolum: off\n")
    result = kvlint()
    assert (result.code, result.out) == (2, "")
    assert (
        result.err
        == """\
error[invalid-config]: unknown rule `flexvolum`
  --> .kvlint.yaml:2:3
   |
 2 |   flexvolum: off
   |   ^^^^^^^^^
   |
   = help: did you mean `flexvolume`?

error: `.kvlint.yaml` is not a valid configuration
"""
    )
    assert kvlint("check", "--isolated").code == 0
    assert "\x1b[" in kvlint("check", "--color=always").err


def test_configuration_by_folder_flag_and_not_at_all() -> None:
    put("flex.yaml", FLEX)
    put(".kvlint.yaml", "rules: {inline: off, deprecated: off}\n")
    put("strict.yaml", "rules: {flexvolume: error}\n")
    assert kvlint("check", "flex.yaml").code == 0
    assert kvlint("check", "--isolated", "flex.yaml").code == 1
    strict = as_json("--config", "strict.yaml", "flex.yaml").findings
    assert {finding["severity"] for finding in strict if finding["rule"] == "flexvolume"} == {"error"}
    assert as_json("--select", "flexvolume", "flex.yaml").rules == ["flexvolume"]


def test_the_target_version_from_file_and_flag() -> None:
    put("flex.yaml", FLEX)

    def target(*arguments: str) -> str:
        return json.loads(as_json(*arguments, "flex.yaml").out)["summary"]["kubernetesVersion"]

    put(".kvlint.yaml", "kubernetes-version: 1.30\n")
    assert target() == "1.30"
    assert target("--kubernetes-version", "v1.27.3") == "1.27"
    put(".kvlint.yaml", "kubernetes-version: latest\n")
    assert kvlint().code == 2


def test_exclude_and_force_exclude() -> None:
    put("vendor/bad.yaml", BAD)
    put(".kvlint.yaml", "exclude: [vendor/]\n")
    assert kvlint("check").code == 0
    assert kvlint("check", "vendor/bad.yaml").code == 1
    forced = kvlint("check", "--force-exclude", "vendor/bad.yaml")
    assert forced.code == 0
    assert forced.err == "notice: all files of `vendor/bad.yaml` are excluded by the configuration\n"


def test_a_rule_of_ones_own_is_found_explained_and_ignored() -> None:
    put(
        "rules/no-git.yaml",
        """\
id: no-git
summary: No volume from Git
severity: error
category: inline
since: 1.0.0
on: volume-source
when: {required: [repository]}
at: repository
message: no Git here
why: We said so.
help: use an image
references: [https://example.org/]
""",
    )
    put(".kvlint.yaml", "rules-dirs: [rules]\nrules: {git-repo-volume: off, no-git: warning}\n")
    put("bad.yaml", BAD)
    (found,) = [finding for finding in as_json("bad.yaml").findings if finding["rule"] == "no-git"]
    assert (found["severity"], found["line"], found["column"]) == ("warning", 9, 7)
    assert "We said so." in kvlint("explain", "no-git").out
    assert re.search(r"^no-git +inline +error +No volume from Git$", kvlint("rules").out, re.MULTILINE)
    put("bad.yaml", BAD.rstrip("\n") + "  # kvlint: ignore[no-git] r\n")
    assert [finding["suppressed"] for finding in as_json("bad.yaml").findings if finding["rule"] == "no-git"] == [
        {"by": "comment", "reason": "r"}
    ]


def test_a_plugin_is_used_when_it_is_named(tmp_path: Path) -> None:
    site, info = tmp_path / "site", tmp_path / "site/kvlint_house-0.3.dist-info"
    search = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    put(str(info / "METADATA"), "Metadata-Version: 2.1\nName: kvlint-house\nVersion: 0.3\n")
    put(str(info / "entry_points.txt"), "[kvlint.plugins]\nhouse = kvlint_house\n")
    put(
        str(site / "kvlint_house/__init__.py"),
        """\
import os
from kvlint.rule import Check, Match

def short_name(view, context):
    node = view.node.get("name")
    if node is not None and len(node.value) < context.params["length"]:
        yield Match(node, f"{view.path}.name", {"volume": node.value})

RULES = os.path.join(os.path.dirname(__file__), "rules")
CHECKS = {"short-volume-name": Check(short_name, ("volumes",))}
""",
    )
    put(
        str(site / "kvlint_house/rules/short-volume-name.yaml"),
        """\
id: short-volume-name
summary: A volume has a short name
severity: info
category: inline
since: 0.3.0
on: volume
check: short-volume-name
params: {length: {description: Names shorter than this are reported, type: integer, default: 3}}
message: volume `{volume}` has a short name
why: Short names say little.
help: find a longer one
references: [https://example.org/]
""",
    )
    put("bad.yaml", BAD)
    assert "short-volume-name" not in as_json("bad.yaml", PYTHONPATH=search).rules
    put(".kvlint.yaml", "plugins: [house]\nrules: {short-volume-name: {severity: error, length: 5}}\n")
    found = [one for one in as_json("bad.yaml", PYTHONPATH=search).findings if one["rule"] == "short-volume-name"]
    assert [(one["severity"], one["line"], one["message"]) for one in found] == [
        ("error", 7, "volume `data` has a short name")
    ]
    put(".kvlint.yaml", "plugins: [house]\nrules: {short-volume-name: {lenght: 5}}\n")
    assert "did you mean `length`?" in kvlint(PYTHONPATH=search).err
    put(str(site / "kvlint_house/__init__.py"), "raise OSError('no licence')\n")
    broken = kvlint(PYTHONPATH=search)
    assert broken.code == 2
    assert broken.err == "error: plugin `house` of kvlint-house 0.3 fails to load: OSError: no licence\n"
    put(".kvlint.yaml", "plugins: [hose]\n")
    assert kvlint(PYTHONPATH=search).err.startswith("error: there is no plugin `hose` in this environment\n")


# Suppression


def test_ignores_count_and_can_be_switched_off() -> None:
    put("bad.yaml", BAD.replace("gitRepo:", "gitRepo:  # kvlint: ignore[git-repo-volume] legacy"))
    first = as_json("--select", "git-repo-volume", "bad.yaml")
    assert first.code == 0
    assert first.findings[0]["suppressed"] == {"by": "comment", "reason": "legacy"}
    assert "1 ignored" in kvlint("check", "--select", "git-repo-volume", "bad.yaml").out
    shown = as_json("--select", "git-repo-volume", "--no-ignores", "bad.yaml")
    assert (shown.code, shown.findings[0]["suppressed"]) == (1, None)


def test_an_unused_ignore_is_a_finding() -> None:
    put("clean.yaml", CLEAN.replace("name: a}", "name: a}  # kvlint: ignore[flexvolume] old"))
    (found,) = as_json("clean.yaml").findings
    assert (found["rule"], found["line"], found["fix"]["applicability"]) == ("unused-ignore", 3, "safe")
    assert as_json("--no-ignores", "clean.yaml").findings == []
    assert as_json("--ignore", "flexvolume", "clean.yaml").findings == []
    assert as_json("--ignore", "unused-ignore", "clean.yaml").findings == []
    put("other.yaml", "theme: dark  # kvlint: ignore[flexvolume] not ours\n")
    assert as_json("other.yaml").findings == []


@pytest.mark.parametrize("select", ["credentials,unused-ignore", "flexvolume,unused-ignore"])
def test_a_reason_that_quotes_a_credential_is_not_shown(select: str) -> None:
    reason = "hunter2xyzQ is but a demo"
    put(
        "pod.yaml",
        f"""\
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    kvlint/ignore.flexvolume: {reason}
spec:
  containers:
  - name: a
    image: b
    env:
    - {{name: PASSWORD, value: hunter2xyzQ}}  # kvlint: ignore[pod-env-credential, flexvolume] {reason}
""",
    )
    for name in options.FORMATS:
        shown = kvlint("check", "--select", select, "--output-format", name, "pod.yaml")
        assert "hunter2" not in shown.out + shown.err, name
        assert name != "json" or shown.findings
    kvlint("check", "--select", select, "--write-baseline", "pod.yaml")
    assert "hunter2" not in Path(".kvlint-baseline.json").read_text()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_add_ignores(newline: str) -> None:
    put("bad.yaml", BAD.replace("\n", newline))
    put("one.json", json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"},
                                "spec": {"volumes": [{"name": "a", "gitRepo": {"repository": "x"}}]}}))  # fmt: skip
    result = kvlint("check", "--add-ignores=not yet")
    assert result.code == 1, "JSON takes no comments"
    assert re.search(r"notice: wrote ignore comments for \d findings? in 1 file$", result.err, re.MULTILINE)
    assert "notice: no comment can stand in one.json for `git-repo-volume`: use an annotation" in result.err
    written = Path("bad.yaml").read_bytes().decode()
    assert re.search(r"gitRepo:  # kvlint: ignore\[[a-z, -]*git-repo-volume[a-z, -]*\] not yet", written)
    assert written.count(newline) == BAD.count("\n")
    assert written.count("\n") == BAD.count("\n")
    assert kvlint("check", "bad.yaml").code == 0
    again = kvlint("check", "--add-ignores=again", "bad.yaml")
    assert (again.code, Path("bad.yaml").read_bytes().decode()) == (0, written)


# Baseline


def test_baseline() -> None:
    put("bad.yaml", BAD)
    put("flex.yaml", FLEX)
    wrote = kvlint("check", "--write-baseline")
    assert wrote.code == 0
    assert re.match(
        r"notice: `\.kvlint-baseline\.json` holds \d+ accepted findings \(\d+ added, 0 dropped\)", wrote.err
    )
    rows = json.loads(Path(".kvlint-baseline.json").read_text())["findings"]
    assert {row["file"] for row in rows} == {"bad.yaml", "flex.yaml"}
    assert kvlint("check").code == 0
    assert kvlint("check", "--isolated").code == 1
    assert {finding["suppressed"]["by"] for finding in as_json().findings} == {"baseline"}
    put("bad.yaml", "# moved\n\n" + BAD)
    assert kvlint("check").code == 0, "lines do not matter"
    put("new.yaml", BAD)
    assert {finding["file"] for finding in as_json().findings if finding["suppressed"] is None} == {"new.yaml"}
    put("bad.yaml", CLEAN)
    os.unlink("new.yaml")
    stale = kvlint("check")
    assert stale.code == 0
    assert re.search(r"notice: \d+ of \d+ entries of `.kvlint-baseline.json` match nothing any more", stale.err)
    assert "match nothing" not in kvlint("check", "flex.yaml").err, "bad.yaml was not read"
    kvlint("check", "--write-baseline")
    rows = json.loads(Path(".kvlint-baseline.json").read_text())["findings"]
    assert {row["file"] for row in rows} == {"flex.yaml"}


def test_the_baseline_is_the_same_from_every_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".git").mkdir()
    put("app/bad.yaml", BAD)
    put(".kvlint.yaml", "baseline: known.json\n")
    kvlint("check", "--write-baseline")
    written = Path("known.json").read_text()
    assert kvlint("check").code == 0
    monkeypatch.chdir("app")
    assert kvlint("check").code == 0
    assert kvlint("check", "bad.yaml", "--write-baseline").code == 0
    assert Path("../known.json").read_text() == written
    put("../known.json", "{}")
    broken = kvlint("check")
    assert (broken.code, broken.err) == (
        2, "error: `../known.json` is no baseline: write one with `--write-baseline`\n"
    )  # fmt: skip


# Explaining


def test_explain_and_rules() -> None:
    shown = kvlint("explain", "host-path-volume")
    assert shown.code == 0
    assert shown.out.startswith("host-path-volume: ")
    assert "off unless the configuration switches it on" in shown.out
    assert "# kvlint: ignore[host-path-volume] reason" in shown.out
    listed = json.loads(kvlint("rules", "--output-format", "json").out)["rules"]
    table = kvlint("rules").out.splitlines()
    assert [line.split()[0] for line in table[1:]] == [rule["id"] for rule in listed]
    for rule in listed:
        assert {"id", "summary", "category", "severity", "enabled", "why", "help", "references"} <= rule.keys()
