"""Run kvlint and other linters of manifests on the same files, in turn; print tables. Nothing here passes or fails.

    python benchmarks/peers.py --folder DIR                   install what can be had, run all
    python benchmarks/peers.py --folder DIR --tools checkov   only some
    python benchmarks/peers.py --folder DIR --files 2000      a larger tree

Tools are installed into DIR, each Python tool into a virtual environment of its own, Go tools with `go install`; the
newest that can be had. One that cannot be had, fails, takes too long or reads no file is named with the reason and has
no row. Each runs with the flags its documentation gives for a folder, and with those that keep it off the network; a
proxy that nothing listens at stands in the way of any further attempt. The first run of each warms up and is not
counted."""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import generate
from measure import KVLINT, Sample, about, environment_of, head, row
from run import CLEAN

Output = tuple[str, str]
"""Findings, and what the tool says it looked at."""


class Peer(NamedTuple):
    """One tool: what to install, how to call it, how to read what it prints."""

    name: str
    package: str
    """A Python package, or a Go package with a slash in it."""
    arguments: str
    """Behind the name of the program; FOLDER, FILES and SCHEMAS are filled in."""
    read: Callable[[str], Output]
    does: str
    """In the time measured."""
    codes: tuple[int, ...] = (0, 1)
    """Exit codes of a run that did its work."""
    build: tuple[str, ...] = ()
    """Variables for `go install`."""


def found(pattern: str, seen: str = "", unit: str = "") -> Callable[[str], Output]:
    """Count the lines with a finding, and those that name something looked at."""

    def read(text: str) -> Output:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        number = len(re.findall(pattern, plain, re.MULTILINE))
        return f"{number:,}", f"{len(re.findall(seen, plain, re.MULTILINE)):,} {unit}" if seen else ""

    return read


def read_kvlint(text: str) -> Output:
    """The last lines of the report for people."""
    number = re.search(r"^Found (\d+) finding", text, re.MULTILINE)
    seen = re.search(r"([\d,]+) resources? read", text)
    return f"{int(number[1]) if number else 0:,}", f"{seen[1]} resources" if seen else ""


def read_checkov(text: str) -> Output:
    """Failed checks of the report."""
    report = json.loads(text)
    summary = (report[0] if isinstance(report, list) else report).get("summary", report)
    return f"{summary['failed']:,}", f"{summary['resource_count']:,} resources"


def read_kubeconform(text: str) -> Output:
    """Objects that are not valid, and all that were held against a schema."""
    summary = json.loads(text)["summary"]
    valid, invalid, errors = (summary[key] for key in ("valid", "invalid", "errors"))
    return f"{invalid + errors:,}", f"{valid + invalid:,} objects, {summary['skipped']:,} without schema"


def read_kube_score(text: str) -> Output:
    """Checks below the best grade."""
    objects = json.loads(text)
    bad = [one for entry in objects for one in entry["checks"] if not one["skipped"] and one["grade"] < 10]
    return f"{len(bad):,}", f"{len(objects):,} objects"


def read_trivy(text: str) -> Output:
    """Failed checks of each file."""
    results = json.loads(text).get("Results", [])
    failed = sum(one.get("MisconfSummary", {}).get("Failures", 0) for one in results)
    return f"{failed:,}", f"{len(results):,} files"


def read_list(*keys: str) -> Callable[[str], Output]:
    """The length of a list in a JSON report."""

    def read(text: str) -> Output:
        value: Any = json.loads(text) if text.strip() else {}
        for key in keys:
            value = value.get(key) or {}
        return f"{len(value):,}", ""

    return read


PEERS = (
    Peer(
        "yamllint",
        "yamllint",
        "--format parsable FOLDER",
        found(r"^\S+:\d+:\d+: \["),
        "YAML style; knows nothing of Kubernetes",
    ),
    Peer(
        "kubeconform",
        "github.com/yannh/kubeconform/cmd/kubeconform",
        "-summary -output json -ignore-missing-schemas -schema-location SCHEMAS FOLDER",
        read_kubeconform,
        "schema validation, with a local folder of schemas; no rule about storage",
    ),
    Peer(
        "kubernetes-validate",
        "kubernetes-validate",
        "FILES",
        found("^(?:ERROR|FAIL)", "^INFO .* passed", "objects"),
        "schema validation, with the schemas of its package; no rule about storage",
        (0, 1, 2),
    ),
    Peer(
        "kubectl-validate",
        "sigs.k8s.io/kubectl-validate",
        "FOLDER --version 1.30",
        found(r"\.\.\.ERROR$", r"\.\.\.(?:OK|ERROR)$", "files"),
        "validation by the code of the API server, for 1.30, the newest it has built in; no rule about storage",
    ),
    Peer(
        "kube-score",
        "github.com/zegl/kube-score/cmd/kube-score",
        "score --output-format json FILES",
        read_kube_score,
        "39 checks of workloads, Services and policies; none about volumes or claims",
    ),
    Peer(
        "checkov",
        "checkov",
        "--directory FOLDER --framework kubernetes --skip-download --quiet --compact --output json",
        read_checkov,
        "119 Kubernetes policies of security; of volumes only the Docker socket",
    ),
    Peer(
        "trivy",
        "github.com/aquasecurity/trivy/cmd/trivy",
        "config --misconfig-scanners kubernetes --skip-check-update --skip-version-check --quiet --format json FOLDER",
        read_trivy,
        "Kubernetes checks of security; volume types as Pod Security does",
        build=("GOEXPERIMENT=jsonv2",),
    ),
    Peer(
        "kube-linter",
        "golang.stackrox.io/kube-linter/cmd/kube-linter",
        "lint --format json FOLDER",
        read_list("Reports"),
        "checks of workloads and security; of volumes only mounts of the host",
    ),
    Peer(
        "pluto",
        "github.com/fairwindsops/pluto/v5",
        "detect-files --directory FOLDER --output json",
        read_list("items"),
        "deprecated API versions only",
        (0, 1, 2, 3),
    ),
)
"""From those that do least to those that do most. The calls of the last two are from their documentation, never run."""


class Missing(Exception):
    """A tool that has no row, and why."""


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """What a command prints; `Missing` with its last line if it fails."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )
    if done.returncode:
        raise Missing((done.stderr.strip().splitlines() or ["no message"])[-1].strip())
    return done.stdout


def install(peer: Peer, folder: Path) -> tuple[str, str]:
    """Install a tool, unless it is there; returns its program and its version."""
    if "/" in peer.package:
        program = folder / "go" / peer.name
        if not program.exists():
            if not shutil.which("go"):
                raise Missing("no Go toolchain")
            build = dict(one.split("=") for one in peer.build)
            flags = {"GOBIN": str(program.parent), "GOFLAGS": "-mod=mod"}
            try:
                run("go", "install", f"{peer.package}@latest", environment=flags | build)
            except Missing:
                raise Missing("`go install` of its newest version fails") from None
        version = re.search(r"^\s+mod\s+\S+\s+v(\S+)", run("go", "version", "-m", str(program)), re.MULTILINE)
        return str(program), version[1] if version else "?"
    home = folder / peer.name
    python = home / "bin" / "python"
    if not (home / "bin" / peer.name).exists():
        venv.create(home, with_pip=True)
        run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.package)
    query = f"import importlib.metadata; print(importlib.metadata.version({peer.package!r}))"
    return str(home / "bin" / peer.name), run(str(python), "-c", query).strip()


def schemas(folder: Path) -> str:
    """A folder of one JSON schema for each kind, which needs no other, made of those in the package
    kubernetes-validate; returns it as kubeconform wants it told."""
    made = folder / "schemas"
    if not made.exists():
        install(next(peer for peer in PEERS if peer.name == "kubernetes-validate"), folder)
        places = (folder / "kubernetes-validate").glob("lib/*/site-packages/kubernetes_validate/*/v*-local")
        newest = max(places, key=lambda path: [int(one) for one in re.findall(r"\d+", path.name)])
        definitions = json.loads((newest / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
        made.mkdir()
        for path in newest.glob("[a-z]*.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            if "x-kubernetes-group-version-kind" in schema:
                text = json.dumps(standalone(schema, definitions)).replace('"/api/_definitions.json#', '"#')
                (made / path.name).write_text(text, encoding="utf-8")
    return f"{made}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"


def standalone(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A schema together with all definitions it leads to, and without a name of its own."""
    needed: dict[str, Any] = {}
    texts = [json.dumps(schema)]
    while texts:
        for name in re.findall(r'#/\$defs/([^"]+)"', texts.pop()):
            if name not in needed:
                needed[name] = definitions[name]
                texts.append(json.dumps(definitions[name]))
    return {key: value for key, value in schema.items() if key not in ("$id", "$schema")} | {"$defs": needed}


def untouched(files: Sequence[Path]) -> None:
    """Make files look as if nobody had ever read them."""
    for path in files:
        os.utime(path, (0, path.stat().st_mtime))


def touched(files: Sequence[Path]) -> int:
    """How many files were read since."""
    return sum(path.stat().st_atime > 0 for path in files)


class Entry:
    """A row: a sample with its environment, and what the tool found and saw."""

    def __init__(self, sample: Sample, environment: dict[str, str], read: Callable[[str], Output]) -> None:
        self.sample = sample
        self.environment = environment
        self.read = read
        self.findings = self.said = ""
        self.files = 0

    def warm(self, files: Sequence[Path], output: Path, limit: float, told: bool) -> None:
        """The run that warms up: what was found, and which files were read. `told` says whether the system tells."""
        untouched(files)
        self.sample.run(self.environment, count=False, output=str(output), limit=limit)
        self.files = touched(files) if told else -1
        if self.files == 0:
            raise Missing("read no file")
        try:
            self.findings, self.said = self.read(output.read_text(encoding="utf-8", errors="replace"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Missing(f"its output is not what was expected ({error!r})") from error
        if self.said.startswith("0 "):
            raise Missing(f"says it looked at {self.said}")


TITLES = ("", "wall ms: min", "median", "CPU ms: min", "peak MiB", "ratio of wall", "of CPU", "findings", "exit code")


def cells(entry: Entry, first: Entry, files: int) -> list[str]:
    """One row of a table; ratios are those of minima to `first`."""
    one, other = entry.sample, first.sample
    read = "?" if entry.files < 0 else f"{entry.files:,} of {files:,}"
    return [
        one.name,
        *(f"{seconds * 1e3:,.0f}" for seconds in (min(one.wall), statistics.median(one.wall), min(one.cpu))),
        f"{one.peak:.0f}",
        *(f"{ratio:.1f}" for ratio in (min(one.wall) / min(other.wall), min(one.cpu) / min(other.cpu))),
        entry.findings,
        str(one.code),
        f"{read}; {entry.said}" if entry.said else read,
    ]


def compare(
    title: str, entries: Sequence[Entry], files: Sequence[Path], folder: Path, given: argparse.Namespace
) -> None:
    """Run all entries in turn on the same files, and print a table."""
    probe = folder / "probe"
    probe.write_text("x")
    untouched([probe])
    probe.read_text()
    told = touched([probe]) == 1
    there, missing = [], []
    for entry in entries:
        try:
            entry.warm(files, folder / f"{entry.sample.name.replace(' ', '')}.out", given.limit, told)
            there.append(entry)
        except (Missing, SystemExit) as reason:
            missing.append(f"- {entry.sample.name}: {reason}")
    for _ in range(given.rounds):
        for entry in there:
            entry.sample.run(entry.environment, output=str(folder / "out"), limit=given.limit)
    print(f"\n{title}\n")
    print(head(*TITLES, "files read; what it says of them"))
    for entry in there:
        print(row(cells(entry, there[0], len(files))))
    print("\n".join(["", *missing]), flush=True)


def offline(folder: Path) -> dict[str, str]:
    """An environment with an empty home and no way to the network for what heeds a proxy."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    made = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "KUBE", "XDG_"))}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return made | proxies | {"HOME": str(home)}


def main() -> None:
    """Compare from the command line."""
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where tools and trees are kept")
    parser.add_argument("--tools", nargs="+", choices=names, default=names, metavar="TOOL", help=", ".join(names))
    parser.add_argument("--files", type=int, default=1000, help="files of a tree (default 1000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count (default 3)")
    parser.add_argument("--limit", type=float, default=300, help="seconds for one run (default 300)")
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    single = folder / "one"
    single.mkdir(exist_ok=True)
    (single / "one.yaml").write_text(CLEAN)
    places = {"One file: Deployment, claim, class": single}
    for mix in generate.MIXES:
        tree = folder / f"{mix}-{given.files}"
        size = generate.tree(tree, given.files, mix)
        places[f"{given.files:,} files, {mix}, {size / 1e6:.1f} MB"] = tree
    ours, theirs = environment_of(folder / "bytecode"), offline(folder)

    installed, missing = [], []
    for peer in PEERS:
        if peer.name in given.tools:
            try:
                installed.append((peer, *install(peer, folder)))
            except Missing as reason:
                missing.append(f"- {peer.name}: {reason}")
    print(f"{about()}\n")
    print(head("tool", "version", "what it does in that time", "called as"))
    for peer, _, version in installed:
        print(row([peer.name, version, peer.does, f"`{peer.name} {peer.arguments}`"]))
    print("\n".join(["", "Not to be had:", "", *missing]) if missing else "", flush=True)

    for title, place in places.items():
        files = sorted(place.rglob("*.yaml"))
        entries = []
        for options in (["--jobs=1"], []):
            sample = Sample(" ".join(["kvlint", *options]), [*KVLINT, "--isolated", *options, str(place)], folder)
            entries.append(Entry(sample, ours, read_kvlint))
        for peer, program, _ in installed:
            words = {"FOLDER": [str(place)], "FILES": [str(path) for path in files]}
            if "SCHEMAS" in peer.arguments:
                words["SCHEMAS"] = [schemas(folder)]
            arguments = [part for word in peer.arguments.split() for part in words.get(word, [word])]
            entries.append(Entry(Sample(peer.name, [program, *arguments], folder, peer.codes), theirs, peer.read))
        compare(title, entries, files, folder, given)


if __name__ == "__main__":
    main()
