"""What all measurements share: samples of whole processes, taken in turn, and tables of them."""

import compileall
import math
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import kvlint

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(str(kvlint.__file__)).resolve().parent.parent
"""Where kvlint was imported from: the checkout, or what `make compiled` made of it."""
LAUNCH = [sys.executable, "-I", "-S", str(Path(__file__).resolve().with_name("launch.py"))]
KVLINT = [sys.executable, "-c", "import sys; from kvlint.cli import main; sys.exit(main())", "check", "--no-cache"]
LIMIT = 600.0
"""Seconds after which a process is ended."""


class Sample:
    """Wall seconds, CPU seconds and peak mebibytes of the runs of one command; `codes` are its good exit codes."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, codes: Sequence[int] = (0, 1)) -> None:
        self.name = name
        self.command = list(command)
        self.folder = folder
        self.codes = codes
        self.code = 0
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.peak = 0.0

    def run(
        self, environment: dict[str, str], count: bool = True, output: str = os.devnull, limit: float = LIMIT
    ) -> None:
        """Run once; `count` says whether the run is one of the sample."""
        command = [*LAUNCH, str(limit), output, *self.command]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=True)
        code, wall, cpu, peak = done.stdout.split()
        self.code = int(code)
        if self.code not in self.codes:
            said = done.stderr.strip().splitlines()[-1:] or [""]
            raise SystemExit(f"{self.name}: exit code {code} {said[0]}".rstrip())
        if count:
            self.wall.append(float(wall))
            self.cpu.append(float(cpu))
            self.peak = max(self.peak, float(peak))


def in_turn(samples: Sequence[Sample], environment: dict[str, str], rounds: int) -> None:
    """Run all samples in turn: one round that warms up, then `rounds` that count."""
    for number in range(rounds + 1):
        for sample in samples:
            sample.run(environment, count=number > 0)


def row(cells: Iterable[object]) -> str:
    """A row of a table."""
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def about() -> str:
    """What is measured, and where."""
    from kvlint import automaton, node

    build = "pure Python" if str(node.__file__).endswith(".py") else "compiled"
    fast = "with" if automaton.automaton(["a"]) else "without"
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    return f"kvlint: {build}, {fast} `fast`; Python {platform.python_version()}, {machine}"


def head(*titles: str) -> str:
    """The first two rows of a table."""
    return f"{row(titles)}\n|{'---|' * len(titles)}"


def table(title: str, samples: Sequence[Sample]) -> None:
    """Print samples, with ratios to the first."""
    first = samples[0]
    print(f"\n{title}\n")
    print(head("", "wall ms: min", "median", "CPU ms: min", "peak MiB", "ratio of minima", "of medians", "of CPU"))
    for one in samples:
        least, middle, cpu = min(one.wall), statistics.median(one.wall), min(one.cpu)
        ratios = (least / min(first.wall), middle / statistics.median(first.wall), cpu / min(first.cpu))
        times = (f"{seconds * 1e3:.1f}" for seconds in (least, middle, cpu))
        print(row([one.name, *times, f"{one.peak:.0f}", *(f"{ratio:.2f}" for ratio in ratios)]), flush=True)


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """The slope of log figure over log size, by least squares: 1 is linear growth."""
    return statistics.linear_regression([math.log(one) for one in sizes], [math.log(one) for one in figures]).slope


def environment_of(bytecode: Path) -> dict[str, str]:
    """An environment in which kvlint's bytecode is compiled, without touching where it was imported from."""
    made = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    made |= {"PYTHONPATH": str(HOME), "PYTHONPYCACHEPREFIX": str(bytecode), "KVLINT_CACHE_DIR": str(bytecode / "cache")}
    sys.pycache_prefix = str(bytecode)
    compileall.compile_dir(HOME / "kvlint", quiet=1)
    return made
