# SPDX-License-Identifier: Apache-2.0
"""How cost grows: with the number of files, with the cores, and with the size of a file; and whether memory does."""

import os
import shutil

from PIL import Image

from . import places, works
from .lists import Files
from .measuring import compare


def links(files, count):
    """Hard links to the corpus under `count` names of their own."""
    folder = places.CORPUS / f"links-{count}"
    if not folder.exists() or len(os.listdir(folder)) != count:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number in range(count):
            source = files.paths[number % files.count]
            os.link(source, folder / f"{number:06}{os.path.splitext(source)[1]}")
    return Files([str(folder / name) for name in sorted(os.listdir(folder))])


def by_count(files, counts, repeat, cores):
    """Header probes of so many different paths, on one core and on all."""
    found = []
    for count in counts:
        many = links(files, count)
        contestants = [works.probe(many, "many", 1, jobs) for jobs in sorted({1, cores})]
        found += compare(f"probe, {count:,} files", contestants, repeat)
    return found


def memory(files, counts_by_depth):
    """The peak resident set of `check` at each depth over growing numbers of files, on all cores.

    - `counts_by_depth`: what is affordable: all sizes for the header; files of at most 64 KiB for pixels.
    """
    small = Files([path for path in files.paths if os.path.getsize(path) <= 65_536])
    found = []
    for depth, counts in counts_by_depth.items():
        for count in counts:
            many = links(small, count)
            contestants = [works.check(many, "small", depth, jobs=len(os.sched_getaffinity(0)))]
            found += compare(f"memory, {depth}, {count:,} files", contestants, 1)
    return found


def by_size(repeat):
    """One picture at five sizes, as JPEG and as PNG, at the three depths."""
    folder = places.CORPUS / "sizes"
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for side in (256, 512, 1024, 2048, 4096):
        for extension in ("jpg", "png"):
            path = folder / f"{side}.{extension}"
            if not path.exists():
                _ground(side).save(path, quality=90, compress_level=3)
            one = Files([str(path)])
            kilobytes = one.bytes // 1000
            passes = {"header": 2000, "structure": max(20, 200_000 // max(1, kilobytes)), "pixels": 20}
            if side > 1024:
                passes["pixels"] = 5
            contestants = [
                works.check(one, f"size-{side}-{extension}", depth, passes[depth])
                for depth in ("header", "structure", "pixels")
            ]
            found += compare(f"size, {extension} of {kilobytes:,} kB", contestants, repeat)
    return found


def _ground(side):
    from .corpus import make_ground

    global _kept
    if _kept is None:
        _kept = Image.fromarray(make_ground(4160, 4160))
    return _kept.crop((0, 0, side, side))


_kept = None
