"""Draw how time and memory grow, from the figures that `benchmarks/run.py growth --data FILE` kept.

    python benchmarks/plot.py FILE docs/images/growth.svg

Two panels, time and peak memory, both axes logarithmic. A dashed line is linear growth from the first point on. The
same figures make the same bytes. Needs matplotlib: the dependency group `bench`."""

import argparse
import json
from pathlib import Path
from typing import Any

COLOURS = ("#0f9d8f", "#d9731a")
INK = "#7b828c"
"""Read on white as well as on a dark page; the picture itself has no background."""


def lines(data: dict[str, Any], figure: str) -> list[tuple[str, list[float], list[float], list[float]]]:
    """Of each series its label, its megabytes, its figures, and what these were in linear growth from the first."""
    drawn = []
    for series in data["series"]:
        points = series["points"]
        sizes = [point["bytes"] / 1e6 for point in points]
        values = [point[figure] for point in points]
        slope = series.get("exponents", {}).get(figure)
        label = series["name"] if slope is None else f"{series['name']}: exponent {slope:.2f}"
        drawn.append((label, sizes, values, [values[0] * size / sizes[0] for size in sizes]))
    return drawn


def draw(data: dict[str, Any], path: Path) -> None:
    """Write the picture."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "growth", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 11}
    )
    mpl.rcParams.update(dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "grid.color"), INK))
    mpl.rcParams.update(dict.fromkeys(("xtick.color", "ytick.color"), INK))
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    plain = FuncFormatter(lambda value, _: f"{value:,g}")
    figure, panels = pyplot.subplots(1, 2, figsize=(10, 5), layout="constrained")
    for panel, (key, title) in zip(panels, (("cpu", "CPU seconds"), ("peak", "peak memory, MiB")), strict=True):
        for at, (label, sizes, values, linear) in enumerate(lines(data, key)):
            panel.plot(sizes, values, "o-", color=COLOURS[at], label=label, linewidth=2)
            panel.plot(sizes, linear, "--", color=COLOURS[at], linewidth=1, alpha=0.7)
            for size, value, point in zip(sizes, values, data["series"][at]["points"], strict=True):
                place = {"textcoords": "offset points", "xytext": (14, -15), "ha": "center", "fontsize": 9}
                panel.annotate(point["label"], (size, value), color=COLOURS[at], **place)
        panel.plot([], [], "--", color=INK, linewidth=1, label="linear growth")
        panel.set(title=title, xlabel="megabytes", xscale="log", yscale="log")
        panel.margins(0.15)
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter(plain)
            axis.set_minor_formatter(NullFormatter())
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, fontsize=10, loc="upper center", bbox_to_anchor=(0.5, -0.16))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = path.read_text(encoding="utf-8")
    path.write_text("".join(f"{line.rstrip()}\n" for line in text.splitlines()), encoding="utf-8")


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    draw(json.loads(given.data.read_text(encoding="utf-8")), given.picture)


if __name__ == "__main__":
    main()
