# SPDX-License-Identifier: Apache-2.0
"""Writes what was found: a JSON file, Markdown, and the marked section of README.md."""

import json
import os
import platform
from dataclasses import asdict

from . import places

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def machine():
    """What the figures depend on."""
    model = "unknown"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as text:
            model = next(line.split(":", 1)[1].strip() for line in text if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load": [round(value, 2) for value in os.getloadavg()],
    }


def write_json(name, summary, results):
    """The measurements of every run, with the ratios drawn from them."""
    def digits(value):
        if isinstance(value, float):
            return float(f"{value:.5g}")
        if isinstance(value, list):
            return [digits(each) for each in value]
        if isinstance(value, dict):
            return {key: digits(each) for key, each in value.items()}
        return value

    places.RESULTS.mkdir(exist_ok=True)
    path = places.RESULTS / f"{name}.json"
    rows = [json.dumps(digits(asdict(result)), ensure_ascii=False) for result in results]
    head = json.dumps(digits(summary), indent=1, ensure_ascii=False)
    path.write_text(head[:-2] + ',\n "results": [\n  ' + ",\n  ".join(rows) + "\n ]\n}\n", encoding="utf-8")
    return path


def markdown(summary, results, plots):
    """The whole section: machine, goals, a table and a plot for each work, agreement."""
    state = summary["machine"]
    lines = [
        f"{state['processor']}, {state['cores']} cores, kernel {state['kernel']}; load before the run "
        f"{summary['loadBefore'][0]}, after it {state['load'][0]}; {summary['repeat']} runs each after one that does "
        f"not count; {summary['files']:,} files, {summary['bytes'] / 1e6:,.0f} MB.",
        "",
        "Versions: " + "; ".join(f"{name} ({version})" for name, version in summary["versions"].items()) + ".",
        "",
    ]
    if summary["absent"]:
        lines += ["Not to be had here: " + "; ".join(summary["absent"]) + ".", ""]
    lines += _goals(summary["goals"])
    for work, plot in plots.items():
        if plot:
            lines += [f"![{work}]({plot})", ""]
    for work in dict.fromkeys(result.work for result in results):
        lines += _table(work, [result for result in results if result.work == work])
    return "\n".join(lines + _agreement(summary))


def _goals(rows):
    lines = ["### Figures to reach", "", "| work | ours / theirs | goal | wall | processor | |"]
    lines.append("|---|---|---|---|---|---|")
    for row in rows:
        cpu = f"{row['cpu']:.3g}×" if row["cpu"] else "–"
        verdict = "reached" if row["met"] else "**missed**"
        lines.append(f"| {row['work']} | {row['pair']} | {row['goal']} | {row['reached']:.3g}× | {cpu} | {verdict} |")
    return [*lines, ""]


def _table(work, results):
    first = results[0].per_file
    lines = [
        f"### {work[0].upper()}{work[1:]}", "",
        f"| contestant | files | time for one (fastest to slowest run) | files/s | × {results[0].name} | processor "
        "| peak | command |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for result in results:
        low, high = result.spread
        lines.append(
            f"| {result.name} | {result.files:,} | {time(result.per_file)} ({time(low)}–{time(high)}) "
            f"| {1 / result.per_file:,.0f} | {result.per_file / first:.3g} | {time(result.cpu_per_file)} "
            f"| {result.peak_kib / 1024:.0f} MiB | `{result.command.replace('|', chr(92) + '|')}` |")
    return [*lines, ""]


def time(seconds):
    """Seconds in the unit that reads."""
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _agreement(summary):
    lines = ["### Agreement", "", "Sizes, `imgtool probe` against:", ""]
    for row in summary["agreement"]:
        differing = row["disagreements"]
        unread = f" ({row['unread']} it cannot read: {', '.join(row['unreadKinds'])})" if row["unread"] else ""
        count = f"{len(differing)} disagreements" + (":" if differing else ".")
        lines.append(f"- {row['rival']}: {row['files']:,} files{unread}, {count}")
        for each in differing[:5]:
            name, theirs = os.path.basename(each["path"]), each[row["rival"]]
            lines.append(f"  - `{name}`: imgtool {each['imgtool']}, {row['rival']} {theirs}")
    if summary["turned"]:
        worst = max(summary["turned"])
        lines += [
            "", f"Lossless normalisation: over {len(summary['turned'])} files the largest difference of a decoded "
            f"sample from the picture turned after decoding is {worst} of 255."]
    if summary["damage"]:
        keys = dict.fromkeys(key for row in summary["damage"] for key in row)
        names = [key for key in keys if key not in ("format", "harm", "files")]
        lines += ["", "Damaged files rejected:", "", "| | files | " + " | ".join(names) + " |",
                  "|---|--:|" + "--:|" * len(names)]
        for row in summary["damage"]:
            cells = " | ".join(str(row.get(name, "–")) for name in names)
            lines.append(f"| {row['format']}, {row['harm']} | {row['files']} | {cells} |")
    return [*lines, ""]


def rewrite_readme(section):
    """Puts the section between the markers of README.md."""
    text = places.README.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    places.README.write_text(f"{head}{BEGIN}\n\n{section}\n{END}{tail}", encoding="utf-8")
