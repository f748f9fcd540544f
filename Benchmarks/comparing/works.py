# SPDX-License-Identifier: Apache-2.0
"""What is compared: each function gives the contestants of one piece of work, those that are installed."""

import os
import shutil
import tempfile

from . import places
from .measuring import Contestant

TOOL = str(places.TOOL)
EVERY_LINE = ["xargs", "-d", "\n", "-a"]
# Some of the tools answer 1, and xargs then 123, for a file they dislike; the agreement says which.
LENIENT = (0, 1, 123)


def probe(files, name, passes, jobs=1):
    path, count = files.listed(name, passes)
    label = "imgtool probe" + ("" if jobs == 1 else f" ({jobs} jobs)")
    command = [TOOL, "probe", "--json", "--jobs", str(jobs), "--files-from", path]
    return Contestant(label, command, count, cores=jobs, accepts=(0, 65))


def check(files, name, depth, passes=1, jobs=1):
    path, count = files.listed(name, passes)
    label = f"imgtool check {depth}" + ("" if jobs == 1 else f" ({jobs} jobs)")
    command = [TOOL, "check", "--depth", depth, "--policy", "permissive", "--json", "--jobs", str(jobs)]
    return Contestant(label, [*command, "--files-from", path], count, cores=jobs, accepts=(0, 65))


def over(label, command, files, name, passes=1, accepts=LENIENT):
    """A program that takes the list as its last argument."""
    path, count = files.listed(name, passes)
    return Contestant(label, [*command, path], count, accepts=accepts)


def each(label, command, files, name, passes=1):
    """A program that takes the files themselves as arguments."""
    path, count = files.listed(name, passes)
    return Contestant(label, [*EVERY_LINE, path, *command], count, accepts=LENIENT)


def library(label, work, files, name, passes=1):
    return over(label, [places.PYTHON, "comparing/library_work.py", work], files, name, passes)


def installed(contestants):
    def is_there(contestant):
        program = contestant.command[5] if contestant.command[0] == "xargs" else contestant.command[0]
        return shutil.which(program) is not None

    return [contestant for contestant in contestants if is_there(contestant)]


def one_file(path):
    return installed([
        Contestant("imgtool probe", [TOOL, "probe", "--json", path], 1),
        Contestant("vipsheader", ["vipsheader", path], 1),
    ])


def header(files, scale):
    """Sizes from headers, many files in one process. Slow contestants get fewer files of the same mix."""
    few = files.sample(max(10, 200 // scale))
    fast = max(1, 100_000 // scale // files.count)
    contestants = [
        over("floor: open, fstat, pread, close", [places.FLOORS, "open"], files, "mix", fast),
        probe(files, "mix", fast),
        over("libvips (C)", [places.VIPS_LOOP, "header"], files, "mix", max(1, fast // 10)),
        library("imagesize", "imagesize", files, "mix", max(1, fast // 5)),
        library("Pillow open().size", "pillow-size", files, "mix", max(1, fast // 5)),
        library("pyvips", "pyvips-size", files, "mix", max(1, fast // 20)),
        over("exiftool -fast2", ["exiftool", "-fast2", "-ImageSize", "-@"], few, "mix-few"),
        each("ImageMagick identify -ping", ["identify", "-ping", "-format", "%w %h\n"], few, "mix-few"),
        each("GraphicsMagick identify -ping", ["gm", "identify", "-ping", "-format", "%w %h\n"], few, "mix-few"),
    ]
    return installed(with_probe_library(contestants, files, "mix", fast))


def with_probe_library(contestants, files, name, passes):
    """Adds the library's own call, which is what a program in C compares with."""
    if not places.LIBRARY_LOOP.exists():
        return contestants
    path, count = files.listed(name, passes)
    loop = Contestant("Probe.facts(ofFile:) (library)", [str(places.LIBRARY_LOOP), "header"], count, stdin=path)
    return [contestants[0], loop, *contestants[1:]]


def header_of_boxes(files, scale):
    passes = max(1, 20_000 // scale // files.count)
    contestants = [
        over("floor: open, fstat, pread, close", [places.FLOORS, "open"], files, "boxes", passes),
        probe(files, "boxes", passes),
        over("libvips (C)", [places.VIPS_LOOP, "header"], files, "boxes", max(1, passes // 20)),
        library("Pillow open().size", "pillow-size", files, "boxes", max(1, passes // 20)),
    ]
    return installed(with_probe_library(contestants, files, "boxes", passes))


def structure(files, kind, scale):
    """Every byte to the end without decoding."""
    passes = max(1, 2_000 // scale // files.count)
    few = files.sample(max(10, 200 // scale))
    contestants = [
        each("cat", ["cat"], files, kind, passes),
        over("floor: read", [places.FLOORS, "read"], files, kind, passes),
        check(files, kind, "structure", passes),
        library("Pillow verify()", "pillow-verify", files, kind, passes),
    ]
    if kind == "jpeg":
        contestants.append(each("jpeginfo -c", ["jpeginfo", "-c"], few, "jpeg-few"))
    if kind == "png":
        contestants.append(each("pngcheck -q", ["pngcheck", "-q"], files, kind, passes))
    if kind == "webp":
        contestants.append(each("webpinfo -quiet", ["webpinfo", "-quiet"], files, kind, passes))
    return installed(contestants)


def pixels_of_one(path, scale):
    """One large JPEG, many times in a process."""
    from .lists import Files

    files, passes = Files([path]), max(3, 60 // scale)
    return installed([
        over("floor: TurboJPEG decode", [places.FLOORS, "jpeg-decode"], files, "large", passes),
        check(files, "large", "pixels", passes),
        over("libvips decode, fail_on (C)", [places.VIPS_LOOP, "decode"], files, "large", passes),
        library("Pillow load()", "pillow-load", files, "large", passes),
        library("OpenCV imread", "opencv-load", files, "large", passes),
    ])


def pixels(files, cores):
    return installed([
        over("vips avg (C)", [places.VIPS_LOOP, "avg"], files, "pixels"),
        check(files, "pixels", "pixels"),
        check(files, "pixels", "pixels", jobs=cores),
        over("libvips decode, fail_on (C)", [places.VIPS_LOOP, "decode"], files, "pixels"),
        library("Pillow load()", "pillow-load", files, "pixels"),
        library("OpenCV imread", "opencv-load", files, "pixels"),
    ])


def normalise(files):
    """Turned JPEGs made upright into a folder that is empty before each run, in memory where the system has that."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = os.path.join(base or tempfile.gettempdir(), "imgtool-compare")
    path, count = files.listed("turned")

    def empty():
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)

    command = [TOOL, "normalize", "--quiet", "--jobs", "1", "--output-dir", folder, "--files-from", path]
    return installed([
        Contestant("imgtool normalize (lossless)", [*command, "--lossless", "require"], count, before=empty),
        Contestant("imgtool normalize (re-encoded)", [*command, "--lossless", "never"], count, before=empty),
        Contestant("floor: TurboJPEG transform", [places.FLOORS, "jpeg-turn", path, folder], count, before=empty),
        Contestant(
            "libvips autorot, save Q=90 (C)", [places.VIPS_LOOP, "upright", path, folder], count, before=empty),
    ]), folder
