# SPDX-License-Identifier: Apache-2.0
"""The figures the tool must reach, each a ratio of two results of one run."""

from dataclasses import dataclass

HEADER, BOXES, ONE = "header, many files", "header, AVIF and HEIC", "header, one file"
JPEG, PNG, WEBP = "structure, JPEG", "structure, PNG", "structure, WebP"
LARGE, PIXELS, NORMALISE = "pixels, one large JPEG", "pixels, mixed folder", "normalise, turned JPEGs"
LIBRARY = "Probe.facts(ofFile:) (library)"


@dataclass(frozen=True)
class Goal:
    """`upper` limits our time as a multiple of theirs; otherwise we have to be `ratio` times as fast."""

    work: str
    ours: str
    theirs: str
    ratio: float
    upper: bool = False


GOALS = [
    Goal(ONE, "imgtool probe", "vipsheader", 0.4, upper=True),
    Goal(HEADER, LIBRARY, "floor: open, fstat, pread, close", 1.5, upper=True),
    Goal(HEADER, LIBRARY, "libvips (C)", 30),
    Goal(HEADER, LIBRARY, "Pillow open().size", 10),
    Goal(HEADER, LIBRARY, "imagesize", 3),
    Goal(HEADER, LIBRARY, "exiftool -fast2", 800),
    Goal(BOXES, LIBRARY, "libvips (C)", 60),
    Goal(HEADER, "imgtool probe", "floor: open, fstat, pread, close", 1.5, upper=True),
    Goal(HEADER, "imgtool probe", "libvips (C)", 30),
    Goal(HEADER, "imgtool probe", "Pillow open().size", 10),
    Goal(HEADER, "imgtool probe", "imagesize", 3),
    Goal(HEADER, "imgtool probe", "exiftool -fast2", 800),
    Goal(BOXES, "imgtool probe", "libvips (C)", 60),
    Goal(JPEG, "imgtool check structure", "cat", 2.5, upper=True),
    Goal(PNG, "imgtool check structure", "cat", 2.5, upper=True),
    Goal(PNG, "imgtool check structure", "pngcheck -q", 3),
    Goal(PNG, "imgtool check structure", "Pillow verify()", 3),
    Goal(LARGE, "imgtool check pixels", "libvips decode, fail_on (C)", 2.8),
    Goal(PIXELS, "imgtool check pixels (2 jobs)", "vips avg (C)", 1.8),
    Goal(NORMALISE, "imgtool normalize (lossless)", "libvips autorot, save Q=90 (C)", 4),
]


def judged(results):
    """A row for each goal whose two contestants ran: the ratio of wall times, of processor times, the verdict."""
    by_name = {(result.work, result.name): result for result in results}
    rows = []
    for goal in GOALS:
        ours, theirs = by_name.get((goal.work, goal.ours)), by_name.get((goal.work, goal.theirs))
        if not ours or not theirs:
            continue
        pairs = [(ours.per_file, theirs.per_file), (ours.cpu_per_file, theirs.cpu_per_file)]
        wall, cpu = [a / b if goal.upper else b / max(a, 1e-12) for a, b in pairs]
        rows.append(_row(goal.work, f"{goal.ours} / {goal.theirs}", goal.ratio, goal.upper, wall, cpu))
    return rows + _cores(results) + _memory(results)


def _row(work, pair, goal, upper, wall, cpu=None):
    met = wall <= goal if upper else wall >= goal
    sign = "≤" if upper else "≥"
    return {"work": work, "pair": pair, "goal": f"{sign} {goal}×", "reached": wall, "cpu": cpu, "met": met}


def _cores(results):
    """All cores against one, at the largest number of files."""
    found = [result for result in results if result.work.startswith("probe, ")]
    if len(found) < 2 or found[-1].cores == 1:
        return []
    one, all_cores = found[-2], found[-1]
    return [_row(one.work, f"{one.cores} core / {all_cores.cores} cores", 1.7, False,
                 one.per_file / all_cores.per_file)]


def _memory(results):
    """The largest number of files against the one before, for each depth."""
    rows = []
    for depth in ("header", "structure", "pixels"):
        found = [result for result in results if result.work.startswith(f"memory, {depth}, ")]
        if len(found) > 1:
            before, last = found[-2:]
            rows.append(_row(
                f"memory, {depth}", f"{last.files:,} files / {before.files:,} files", 1.1, True,
                last.peak_kib / before.peak_kib))
    return rows
