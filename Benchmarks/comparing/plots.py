# SPDX-License-Identifier: Apache-2.0
"""Bar charts with the spread of the runs, and lines for what grows."""

from . import goals, places
from .report import time


def draw(results):
    """Draws every chart there are results for; returns the paths by title."""
    try:
        import matplotlib

        matplotlib.use("Agg")
    except ImportError:
        return {}
    places.PLOTS.mkdir(parents=True, exist_ok=True)
    by_work = {}
    for result in results:
        by_work.setdefault(result.work, []).append(result)
    made = {}
    charts = {
        "header": [goals.HEADER, goals.BOXES],
        "structure": [goals.JPEG, goals.PNG, goals.WEBP],
        "pixels": [goals.LARGE, goals.PIXELS, goals.NORMALISE],
    }
    for name, works in charts.items():
        present = [work for work in works if work in by_work]
        if present:
            path = places.PLOTS / f"{name}.png"
            _bars(path, [(work, by_work[work]) for work in present])
            made["Time for one file: " + name] = path
    if any(work.startswith("size, ") for work in by_work):
        path = places.PLOTS / "growth.png"
        _growth(path, by_work)
        made["How cost and memory grow"] = path
    return made


def _bars(path, groups):
    from matplotlib import pyplot

    heights = [len(results) for _, results in groups]
    figure, axes = pyplot.subplots(
        len(groups), 1, figsize=(9, 0.36 * sum(heights) + 0.9 * len(groups)), height_ratios=heights, squeeze=False)
    for axis, (work, results) in zip(axes[:, 0], groups):
        places_ = range(len(results))
        values = [result.per_file * 1e6 for result in results]
        low = [value - result.spread[0] * 1e6 for value, result in zip(values, results)]
        high = [result.spread[1] * 1e6 - value for value, result in zip(values, results)]
        colours = ["#999999" if result.name.startswith(("floor", "cat")) else "#c44e52"
                   if result.name.startswith(("imgtool", "Probe")) else "#4c72b0" for result in results]
        axis.barh(places_, values, xerr=[low, high], color=colours, capsize=3, error_kw={"linewidth": 1})
        axis.set_yticks(places_, [result.name for result in results], fontsize=8)
        axis.invert_yaxis()
        axis.set_xscale("log")
        axis.set_xlim(min(values) / 2, max(values) * 4)
        for place, value in zip(places_, values):
            axis.annotate(time(value / 1e6), (max(value, 0) * 1.15 + high[place], place), fontsize=7, va="center")
        axis.set_title(work + ": µs a file, median, fastest and slowest run", fontsize=9, loc="left")
        axis.tick_params(axis="x", labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def _growth(path, by_work):
    from matplotlib import pyplot

    figure, (sizes, counts, memory) = pyplot.subplots(1, 3, figsize=(13, 3.8))
    lines = {}
    for work, results in by_work.items():
        if work.startswith("size, "):
            _, kind, _, kilobytes, _ = work.replace(",", "", 1).split(" ")
            for result in results:
                depth = result.name.split(" ")[2]
                point = (int(kilobytes.replace(",", "")), result.per_file * 1e6)
                lines.setdefault(f"{kind}, {depth}", []).append(point)
    _lines(sizes, lines, "size of the file, kB", "µs a file")
    lines = {}
    for work, results in by_work.items():
        if work.startswith("probe, "):
            for result in results:
                lines.setdefault(f"{result.cores} at once", []).append((result.files, 1 / result.per_file))
    _lines(counts, lines, "files", "probes a second")
    lines = {}
    for work, results in by_work.items():
        if work.startswith("memory, ") and results:
            lines.setdefault(work.split(", ")[1], []).append((results[0].files, results[0].peak_kib / 1024))
    _lines(memory, lines, "files", "peak resident set, MiB", logarithmic=False)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def _lines(axis, lines, across, up, logarithmic=True):
    for name, points in lines.items():
        points.sort()
        axis.plot([x for x, _ in points], [y for _, y in points], marker="o", markersize=3, label=name)
    axis.set_xscale("log")
    if logarithmic:
        axis.set_yscale("log")
    axis.set_ylim(bottom=None if logarithmic else 0)
    axis.set_xlabel(across, fontsize=8)
    axis.set_ylabel(up, fontsize=8)
    axis.tick_params(labelsize=7)
    if lines:
        axis.legend(fontsize=7)
