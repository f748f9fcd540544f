# SPDX-License-Identifier: Apache-2.0
"""Whether the contestants say the same: the size of every file, and what is wrong with damaged ones."""

import json
import os
import random
import shutil
import subprocess

from . import places
from .lists import Files
from .works import LENIENT, TOOL


def sizes(files, few):
    """Disagreements about sizes: who, over how many files, and which.

    The sizes are those of the stored pixels; imagesize answers with the size of the picture turned upright.
    - `few`: the part of the files that the slow contestants are asked about.
    """
    records, found = _records(files, "probe"), []
    for name, answers in _answers(files, few):
        keys = ("width", "height") if name == "imagesize" else ("storedWidth", "storedHeight")
        ours = {path: tuple(records[path].get(key, -1) for key in keys) for path in answers}
        unread = [path for path, size in answers.items() if size[0] < 0 <= ours[path][0]]
        differing = [
            {"path": path, "imgtool": "×".join(map(str, ours[path])), name: "×".join(map(str, size))}
            for path, size in answers.items() if ours[path] != size and path not in unread
        ]
        kinds = sorted({os.path.splitext(path)[1] for path in unread})
        found.append({
            "rival": name, "files": len(answers), "unread": len(unread), "unreadKinds": kinds,
            "disagreements": differing})
    return found


def _answers(files, few):
    path, _ = files.listed("agree")
    yield "libvips", _columns([places.VIPS_LOOP, "header", path, "--print"])
    for name, work in (("Pillow", "pillow-size"), ("imagesize", "imagesize"), ("pyvips", "pyvips-size")):
        yield name, _columns([places.PYTHON, "comparing/library_work.py", work, path, "--print"])
    short, _ = few.listed("agree-few")
    if shutil.which("exiftool"):
        options = ["-fast2", "-T", "-filepath", "-directory", "-filename", "-ImageWidth", "-ImageHeight"]
        lines = _output(["exiftool", *options, "-@", short]).splitlines()
        rows = [line.split("\t") for line in lines]
        yield "exiftool", {f"{r[-4]}/{r[-3]}": (int(r[-2]), int(r[-1])) for r in rows if r[-1].isdigit()}
    for name, command in (("identify", ["identify"]), ("gm identify", ["gm", "identify"])):
        if shutil.which(command[0]):
            # A later frame of a GIF may be smaller than its canvas, so the first one speaks.
            form = ["-ping", "-format", "%i\t%w\t%h\n"]
            rows = [line.split("\t") for line in _output(
                ["xargs", "-d", "\n", "-a", short, *command, *form]).splitlines()]
            first = {}
            for row in rows:
                if len(row) == 3:
                    first.setdefault(row[0].split("[")[0], (int(row[1]), int(row[2])))
            yield name, first


def _output(command):
    answer = subprocess.run(command, capture_output=True, text=True, errors="replace")
    return answer.stdout


def _columns(command):
    rows = [line.rsplit("\t", 2) for line in _output(command).splitlines()]
    return {row[0]: (int(row[1]), int(row[2])) for row in rows if len(row) == 3}


def _records(files, *command):
    path, _ = files.listed("agree")
    lines = _output([TOOL, *command, "--json", "--files-from", path]).splitlines()
    return {record["path"]: record for record in map(json.loads, lines)}


def damage(files, seed, count):
    """How many files with a cut or a flipped byte each checker rejects, by format and harm.

    Flipped bytes lie in the last two thirds of the file; a flip may leave every pixel a decoder gives unchanged in
    kind, so not every one can be found by anybody.
    """
    folder = places.CORPUS / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chance, rows = random.Random(seed), []
    for kind, extension in (("JPEG", ".jpg"), ("PNG", ".png"), ("WebP", ".webp"), ("GIF", ".gif")):
        whole = files.of(extension).sample(count)
        for harm in ("cut", "flipped"):
            paths = [_harm(path, harm, folder, chance) for path in whole.paths]
            if paths:
                rows.append({"format": kind, "harm": harm, "files": len(paths)} | _rejections(Files(paths), extension))
    return rows


def _harm(path, harm, folder, chance):
    target = str(folder / f"{harm}-{os.path.basename(path)}")
    data = bytearray(open(path, "rb").read())
    place = chance.randrange(len(data) // 3, len(data) - 1)
    if harm == "cut":
        del data[place:]
    else:
        data[place] ^= 1 << chance.randrange(8)
    with open(target, "wb") as file:
        file.write(data)
    return target


def _rejections(files, extension):
    path, count = files.listed("damaged")
    found = {}
    for depth in ("structure", "pixels"):
        records = _records(files, "check", "--policy", "permissive", "--depth", depth)
        found[f"imgtool {depth}"] = sum(not record["ok"] for record in records.values())
    for name, command in (
        ("libvips fail_on", [places.VIPS_LOOP, "decode", path, "--print"]),
        ("Pillow verify", [places.PYTHON, "comparing/library_work.py", "pillow-verify", path, "--print"]),
        ("Pillow load", [places.PYTHON, "comparing/library_work.py", "pillow-load", path, "--print"]),
        ("OpenCV", [places.PYTHON, "comparing/library_work.py", "opencv-load", path, "--print"]),
    ):
        found[name] = sum(size[0] < 0 for size in _columns(command).values())
    own = {".jpg": ["jpeginfo", "-c"], ".png": ["pngcheck", "-q"], ".webp": ["webpinfo", "-quiet"]}.get(extension)
    if own and shutil.which(own[0]):
        rejected = sum(bool(_refuses([*own, each])) for each in files.paths)
        found[own[0]] = rejected
    return found


def _refuses(command):
    answer = subprocess.run(command, capture_output=True, text=True, errors="replace")
    return answer.returncode != LENIENT[0] or "WARNING" in answer.stdout


def turned_pixels(paths, folder):
    """The largest difference between a picture turned by Pillow and what normalisation left, of 255, per file."""
    import numpy
    from PIL import Image, ImageOps

    found = []
    for path in paths:
        with Image.open(path) as before, Image.open(os.path.join(folder, os.path.basename(path))) as after:
            wanted = numpy.asarray(ImageOps.exif_transpose(before).convert("RGB"), numpy.int16)
            got = numpy.asarray(after.convert("RGB"), numpy.int16)
            found.append(int(abs(wanted - got).max()) if wanted.shape == got.shape else 255)
    return found
