"""Measure kvlint against what it cannot be faster than; print ratios. Nothing here passes or fails.

    python benchmarks/run.py                      start-up and throughput, small trees
    python benchmarks/run.py --files 20000        the size of the budgets (docs/performance.md)
    python benchmarks/run.py warm --files 20000   the cache: an unchanged tree, one changed file in a repository
    python benchmarks/run.py growth               1k to 100k files; one file of 1, 10 and 100 MB
    python benchmarks/run.py growth --data FILE   the same, kept for benchmarks/plot.py
    python benchmarks/run.py jobs                 from which size on two processes win

Whatever is compared runs in turn, A B A B …, in this one call: the machine may be busy, so only ratios count. Of each
the minimum (what the work costs) and the median are told. Processes are measured from outside, by the operating system
(wall time, CPU time and peak memory of the finished process). Python's bytecode is compiled before, as an installer
does it."""

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import generate
from measure import KVLINT, Sample, about, environment_of, exponent, head, in_turn, row, table

CACHED = [*KVLINT[:-1], "--isolated", "--jobs=1"]
WALK = """
import os
for folder, folders, files in os.walk("."):
    if ".git" in folders:
        folders.remove(".git")
    for name in files:
        os.stat(os.path.join(folder, name))
"""
FIND = "from kvlint.inputs.files import find; find(['.'])"

NOTHING = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n"
CLEAN = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.2
          env:
            - {name: LOG_LEVEL, value: info}
          volumeMounts:
            - {name: data, mountPath: /data}
      volumes:
        - name: data
          persistentVolumeClaim: {claimName: web}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: web
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: fast
  resources: {requests: {storage: 1Gi}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
"""
FINDINGS = """apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
    - name: web
      image: registry.example.com/web:1.2
  volumes:
    - name: data
      rbd: {monitors: ["192.0.2.1:6789"], pool: kube, image: data, user: kube}
    - name: disk
      awsElasticBlockStore: {volumeID: vol-0a1b2c3d, fsType: ext4}
"""
CONFIG = "kubernetes-version: '1.30'\nrules:\n  host-path-volume: warning\n"


def startup(folder: Path, environment: dict[str, str], rounds: int) -> None:
    """A cold process for one file, against the interpreter that does nothing."""
    for name, text in (("nothing", NOTHING), ("clean", CLEAN), ("findings", FINDINGS)):
        (folder / f"{name}.yaml").write_text(text)
    configured = folder / "configured"
    configured.mkdir(exist_ok=True)
    (configured / ".kvlint.yaml").write_text(CONFIG)
    (configured / "clean.yaml").write_text(CLEAN)
    isolated = [*KVLINT, "--isolated"]
    samples = [
        Sample("python -c pass", [sys.executable, "-c", "pass"], folder),
        Sample("python -c 'import yaml'", [sys.executable, "-c", "import yaml"], folder),
        Sample("a file without storage", [*isolated, "nothing.yaml"], folder),
        Sample("a clean file: Deployment, claim, class", [*isolated, "clean.yaml"], folder),
        Sample("the same, with a configuration validated before", [*KVLINT[:-1], "clean.yaml"], configured),
        Sample("a file with findings and migrations", [*isolated, "findings.yaml"], folder),
    ]
    in_turn(samples, environment, rounds)
    table("Start-up: one cold process for one file", samples)


def in_process(tree: Path, rounds: int) -> None:
    """Child process: lint the files of a tree in memory, against libyaml's parser on the same bytes."""
    from yaml._yaml import CParser

    from kvlint import registry
    from kvlint.engine import ActiveRule, Plan, map_sources, reduce
    from kvlint.source import Source

    gc.disable()
    files = [(str(path), path.read_bytes()) for path in sorted(tree.rglob("*.yaml"))]
    rules = [one for one in registry.rules().values() if one.enabled]
    plan = Plan([ActiveRule(one, None, {k: row.get("default") for k, row in one.params.items()}) for one in rules])
    plan = plan.for_many()

    def parse() -> None:
        for _, data in files:
            CParser(data).raw_parse()

    found: list[int] = []

    def lint() -> None:
        mapped = map_sources((Source(name, data) for name, data in files), plan)
        report = reduce([made for _, made in mapped if made is not None], plan)
        found[:] = [len(report.findings)]

    times: dict[Callable[[], None], list[float]] = {parse: [], lint: []}
    for number in range(rounds + 1):
        for work, seconds in times.items():
            start = time.process_time()
            work()
            if number:
                seconds.append(time.process_time() - start)
    size = sum(len(data) for _, data in files)
    parsed, linted = min(times[parse]), min(times[lint])
    middle = statistics.median(times[lint]) / statistics.median(times[parse])
    print(
        f"| {tree.name} | {len(files)} | {size / 1e6:.1f} | {found[0]} | {parsed * 1e3:.0f} | {linted * 1e3:.0f} "
        f"| {size / 1e6 / linted:.0f} | {linted / parsed:.2f} | {middle:.2f} |",
        flush=True,
    )


def throughput(folder: Path, environment: dict[str, str], files: int, rounds: int) -> None:
    """Trees of both mixes: in memory against libyaml, and as whole processes."""
    trees = {mix: folder / f"{mix}-{files}" for mix in generate.MIXES}
    for mix, tree in trees.items():
        generate.tree(tree, files, mix)
    print(f"\nThroughput: {files} files in one process, CPU time, against `CParser.raw_parse()` of the same bytes\n")
    print("| tree | files | MB | findings | raw_parse ms | kvlint ms | MB/s | ratio of minima | of medians |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for tree in trees.values():
        command = [sys.executable, str(Path(__file__).resolve()), "in-process", str(tree), "--rounds", str(rounds)]
        pid = os.posix_spawn(sys.executable, command, environment)
        os.waitpid(pid, 0)
    samples: list[list[Sample]] = []
    for mix, tree in trees.items():
        size = sum(path.stat().st_size for path in tree.rglob("*.yaml")) / 1e6
        command = [*KVLINT, "--isolated", str(tree)]
        pair = [Sample(f"{mix}, {size:.1f} MB: {n} process(es)", [*command, f"--jobs={n}"], folder) for n in (1, 2)]
        samples.append(pair)
    for pair in samples:
        in_turn(pair, environment, max(rounds // 2, 1))
        table("The same tree, whole process: walk, read, lint, report", pair)


def warm(folder: Path, environment: dict[str, str], files: int, rounds: int) -> None:
    """The cache: an unchanged tree, and one changed file in a repository whose other files it knows."""
    tree = folder / f"repository-{files}"
    generate.tree(tree, files, "realistic")
    if not (tree / ".git").exists():
        subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
        subprocess.run(["git", "add", "."], cwd=tree, check=True)
    time.sleep(2.1)  # what was written a moment ago is not believed
    pair = [
        Sample("without cache", [*CACHED, "--no-cache", "."], tree),
        Sample("warm", [*CACHED, "."], tree),
    ]
    in_turn(pair, environment, max(rounds // 2, 1))
    table(f"Cache: an unchanged tree of {files} files", pair)
    changed = next(path for path in sorted(tree.rglob("storage-*.yaml")) if "kind: StorageClass" in path.read_text())
    changed.write_text(changed.read_text() + "# changed\n")
    name = str(changed.relative_to(tree))
    single = [
        Sample("walk and stat the tree (os.walk, os.stat)", [sys.executable, "-c", WALK], tree),
        Sample("find its files (git ls-files, os.lstat)", [sys.executable, "-c", FIND], tree),
        Sample("lint the file alone (--no-inventory)", [*CACHED, "--no-cache", "--no-inventory", name], tree),
        Sample("lint it in its repository, warm", [*CACHED, name], tree),
        Sample("the same without cache", [*CACHED, "--no-cache", name], tree),
    ]
    in_turn(single, environment, rounds)
    table("Cache: one changed file whose references lead into the repository", single)
    walk, find, alone, known = (min(one.cpu) for one in single[:4])
    print(
        f"\nCPU of minima: {known / (walk + alone):.2f} of walk + alone, {known / (find + alone):.2f} of find + alone"
    )


def growth(folder: Path, environment: dict[str, str], most: int, largest: int, rounds: int, data: Path | None) -> None:
    """Trees of growing size, and one growing file of many documents; `data` keeps the figures for plot.py."""
    trees, singles = [], []
    count = 1000
    while count <= most:
        tree = folder / f"realistic-{count}"
        size = generate.tree(tree, count, "realistic")
        command = [*KVLINT, "--isolated", "--jobs=1", str(tree)]
        trees.append((f"{count:,} files", size, Sample(f"realistic, {count:,} files", command, folder)))
        count *= 10
    megabytes = 1
    while megabytes <= largest:
        path = folder / f"many-{megabytes}.yaml"
        size = generate.single(path, megabytes * 1_000_000)
        sample = Sample(f"storage, one file of {megabytes} MB", [*KVLINT, "--isolated", str(path)], folder)
        singles.append(("", size, sample))
        megabytes *= 10
    in_turn([sample for _, _, sample in (*trees, *singles)], environment, rounds)
    print("\nGrowth: one process\n")
    print(head("", "MB", "CPU s: min", "wall s: min", "median", "peak MiB", "MB/s of CPU"))
    kept: list[dict[str, Any]] = []
    for name, points in (("tree of files, realistic", trees), ("one file, storage", singles)):
        figures = []
        for label, size, one in points:
            times = (min(one.cpu), min(one.wall), statistics.median(one.wall))
            shown = [f"{seconds:.2f}" for seconds in times]
            print(row([one.name, f"{size / 1e6:.1f}", *shown, f"{one.peak:.0f}", f"{size / 1e6 / times[0]:.1f}"]))
            cpu, wall = (round(seconds, 4) for seconds in times[:2])
            figures.append({"label": label, "bytes": size, "cpu": cpu, "wall": wall, "peak": round(one.peak, 1)})
        kept.append({"name": name, "points": figures})
    print("\nExponents, the slope of log figure over log size (1 is linear growth):\n")
    for one_series in kept:
        figures = one_series["points"]
        if len(figures) > 1:
            sizes = [point["bytes"] for point in figures]
            slopes = {key: exponent(sizes, [point[key] for point in figures]) for key in ("cpu", "wall", "peak")}
            one_series["exponents"] = {key: round(slope, 3) for key, slope in slopes.items()}
            print(f"- {one_series['name']}: " + ", ".join(f"{key} {slope:.2f}" for key, slope in slopes.items()))
    if data:
        text = json.dumps({"python": platform.python_version(), "series": kept}, indent=1)
        data.write_text(text + "\n", encoding="utf-8")


JOBS = (100, 200, 400, 800, 1600, 3200, 10_000)
"""Sizes of trees, in files, at which one process is compared with two."""


def jobs(folder: Path, environment: dict[str, str], most: int, rounds: int) -> None:
    """From which size on two processes are done sooner than one. A second process wins only while a second processor is
    free, so all sizes take turns: a busy minute then spoils one round of each, and no minimum."""
    counts = [count for count in JOBS if count <= most]
    trees: dict[str, list[tuple[int, int, Sample, Sample]]] = {}
    for mix in generate.MIXES:
        trees[mix] = []
        for count in counts:
            tree = folder / f"{mix}-{count}"
            size = generate.tree(tree, count, mix)
            command = [*KVLINT, "--isolated", str(tree)]
            one, two = (Sample(f"{mix}-{count}", [*command, f"--jobs={number}"], folder) for number in (1, 2))
            trees[mix].append((count, size, one, two))
    in_turn([sample for pairs in trees.values() for pair in pairs for sample in pair[2:]], environment, rounds)
    verdicts = []
    for mix, pairs in trees.items():
        print(f"\nOne process against two, {mix}, wall time\n")
        times = ("1: ms min", "median", "2: ms min", "median")
        print(head("files", "MB", *times, "1/2 of minima", "of medians", "CPU 2/1"))
        ratios = []
        for count, size, one, two in pairs:
            ratios.append(min(one.wall) / min(two.wall))
            middle = statistics.median(one.wall) / statistics.median(two.wall)
            shown = [f"{value(x.wall) * 1e3:.0f}" for x in (one, two) for value in (min, statistics.median)]
            shown += [f"{ratio:.2f}" for ratio in (ratios[-1], middle, min(two.cpu) / min(one.cpu))]
            print(row([f"{count:,}", f"{size / 1e6:.2f}", *shown]))
        first = next((at for at in range(len(pairs)) if min(ratios[at:]) > 1), None)
        if first is None:
            verdicts.append(f"- {mix}: two processes do not win up to {counts[-1]:,} files")
        else:
            count, size = pairs[first][:2]
            verdicts.append(f"- {mix}: two processes win from {count:,} files, {size:,} bytes, on")
            verdicts.append(f"- {mix}: at {counts[-1]:,} files they are {ratios[-1]:.2f} times as fast")
    print("\nA tree of fewer than 128 files is read by one process whatever is asked for.\n")
    print("\n".join(verdicts))


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = ("all", "startup", "throughput", "warm", "growth", "jobs", "in-process")
    parser.add_argument("what", nargs="?", default="all", choices=what)
    parser.add_argument("tree", nargs="?", type=Path, help="for in-process: the tree")
    parser.add_argument("--files", type=int, default=2000, help="files of a tree (default 2000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count (default 7)")
    parser.add_argument("--most", type=int, default=100_000, help="growth, jobs: files of the largest tree")
    parser.add_argument("--largest", type=int, default=100, help="growth: megabytes of the largest file")
    parser.add_argument("--data", type=Path, help="growth: where to write the figures, as JSON")
    parser.add_argument("--folder", type=Path, help="where trees are kept (default: a temporary folder)")
    given = parser.parse_args()
    if given.what == "in-process":
        in_process(given.tree, given.rounds)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        environment = environment_of(Path(temporary) / "bytecode")
        print(about())
        if given.what in ("all", "startup"):
            startup(folder, environment, given.rounds * 3)
        if given.what in ("all", "throughput"):
            throughput(folder, environment, given.files, given.rounds)
        if given.what in ("all", "warm"):
            warm(folder, environment, given.files, given.rounds)
        if given.what == "growth":
            growth(folder, environment, given.most, given.largest, max(given.rounds // 3, 1), given.data)
        if given.what == "jobs":
            jobs(folder, environment, given.most, given.rounds)


if __name__ == "__main__":
    main()
