# SPDX-License-Identifier: Apache-2.0
"""One run of the comparison from installing to README.md."""

import os
import time
from pathlib import Path

from . import building, places, rivals


def run(options):
    """The exit code: 0 also where a figure was missed, because the report says so."""
    absent = [] if options.no_install else rivals.install()
    if options.tool:
        places.TOOL = Path(options.tool)
    absent += building.build(with_library=not options.quick)
    for sentence in absent:
        print("Not to be had:", sentence)

    # These need what was installed just now.
    from . import agreement, corpus, goals, plots, report
    from .lists import Files

    files = Files(corpus.gather(options.corpus) if options.corpus else corpus.make(options.files, options.seed))
    if not files.count:
        print("There are no images.")
        return 1
    scale = 10 if options.quick else 1
    repeat = options.repeat or (2 if options.quick else 5)
    started, load = time.monotonic(), os.getloadavg()
    results = measured(files, scale, repeat, options.only)
    few = files.sample(200 // (2 if options.quick else 1))
    summary = {
        "schemaVersion": 1,
        "repeat": repeat,
        "files": files.count,
        "bytes": files.bytes,
        "seed": None if options.corpus else options.seed,
        "machine": report.machine(),
        "loadBefore": [round(value, 2) for value in load],
        "versions": rivals.versions(),
        "absent": absent,
        "goals": goals.judged(results),
        "agreement": [] if options.only else agreement.sizes(files, few),
        "damage": [] if options.only else agreement.damage(files, options.seed, 50 // (5 if options.quick else 1)),
        "turned": _turned(files) if not options.only or goals.NORMALISE.startswith(options.only) else [],
    }
    path = report.write_json(options.name, summary, results)
    for row in summary["goals"]:
        verdict = "reached" if row["met"] else "MISSED "
        print(f"{verdict}  {row['goal']:>8}  {row['reached']:8.3g}×  {row['work']}: {row['pair']}")
    whole = not options.only and not options.no_readme
    section = report.markdown(summary, results, plots.draw(results) if whole else {})
    if whole:
        report.rewrite_readme(section)
    (places.RESULTS / f"{options.name}.md").write_text(section, encoding="utf-8")
    print(f"{path} after {time.monotonic() - started:.0f} s")
    return 0


def measured(files, scale, repeat, only):
    """Every work in turn; each is a name and the contestants."""
    from . import goals, scaling, works
    from .lists import Files
    from .measuring import compare

    cores = len(os.sched_getaffinity(0))
    mix = files.of(".jpg", ".jpeg", ".png", ".webp", ".gif")
    boxes = files.of(".avif", ".heic", ".heif")
    large = str(places.REAL_JPEG) if places.REAL_JPEG.exists() else max(
        files.camera().paths or mix.paths, key=os.path.getsize)
    plan = [
        (goals.ONE, mix.sample(1), lambda one: works.one_file(one.paths[0]), 4 * repeat),
        (goals.HEADER, mix, lambda mix: works.header(mix, scale), repeat),
        (goals.BOXES, boxes, lambda boxes: works.header_of_boxes(boxes, scale), repeat),
        (goals.JPEG, files.of(".jpg", ".jpeg").sample(600 // scale),
         lambda some: works.structure(some, "jpeg", scale), repeat),
        (goals.PNG, files.of(".png").sample(400 // scale), lambda some: works.structure(some, "png", scale), repeat),
        (goals.WEBP, files.of(".webp").sample(300 // scale),
         lambda some: works.structure(some, "webp", scale), repeat),
        (goals.LARGE, Files([large]), lambda one: works.pixels_of_one(one.paths[0], scale), repeat),
        (goals.PIXELS, files.sample(200 // scale), lambda some: works.pixels(some, cores), max(2, repeat // 2)),
        (goals.NORMALISE, _turned_files(files).sample(20 // min(scale, 4)),
         lambda some: works.normalise(some)[0], max(2, repeat // 2)),
    ]
    results = []
    for name, some, contestants, times in plan:
        if some.count and (not only or name.startswith(only)):
            results += compare(name, contestants(some), times)
    if not only or "probe".startswith(only):
        results += scaling.by_count(mix, [count // scale for count in (1_000, 10_000, 100_000)], repeat, cores)
    if not only or "memory".startswith(only):
        many = (1_000, 10_000, 100_000)
        wanted = {"header": many, "structure": many, "pixels": (1_000, 3_000, 9_000)}
        affordable = {depth: [count // scale for count in counts] for depth, counts in wanted.items()}
        results += scaling.memory(mix, affordable)
    if not _is_quick(scale) and (not only or "size".startswith(only)):
        results += scaling.by_size(max(2, repeat // 2))
    return results


def _is_quick(scale):
    return scale > 1


def _turned_files(files):
    """Camera files whose orientation is not 1, as their EXIF says."""
    from PIL import Image

    from .lists import Files

    def is_turned(path):
        with Image.open(path) as image:
            return image.getexif().get(0x0112, 1) != 1

    return Files([path for path in files.camera().sample(200).paths if is_turned(path)])


def _turned(files):
    from . import agreement, works
    from .measuring import once

    some = _turned_files(files).sample(3)
    if not some.count:
        return []
    contestants, folder = works.normalise(some)
    once(contestants[0])
    return agreement.turned_pixels(some.paths, folder)
