# SPDX-License-Identifier: Apache-2.0
"""Draws the files to compare over: a camera-like and a web-like mix, the same for the same seed."""

import io
import json
import os
import random
from concurrent.futures import ProcessPoolExecutor

import numpy
from PIL import Image

from . import places
from .exif_block import exif_block

# Share of the files, kind, widths × heights to choose from.
CAMERA = [
    (0.01, [(4032, 3024)]),
    (0.03, [(3264, 2448)]),
    (0.07, [(2048, 1536)]),
    (0.11, [(1600, 1200)]),
]
WEB = [
    (0.35, "jpg", [(1200, 800), (800, 600), (640, 480), (320, 240), (1024, 1024), (150, 150)]),
    (0.19, "png", [(640, 480), (400, 300), (256, 256), (64, 64), (1000, 600)]),
    (0.13, "webp", [(1200, 800), (800, 600), (320, 240)]),
    (0.05, "gif", [(320, 240), (200, 200), (88, 31)]),
    (0.01, "heic", [(640, 480), (320, 240)]),
    (0.03, "avif", [(800, 600), (640, 480), (320, 240)]),
    (0.02, "tif", [(640, 480), (300, 200)]),
]
_ground = None


def make(count, seed):
    """Draws the corpus unless it is there already; returns the paths in a shuffled order."""
    kept = places.CORPUS / "made.json"
    plan = _plan(count, seed)
    wanted = {"count": count, "seed": seed, "version": 4}
    if not kept.exists() or json.loads(kept.read_text()) != wanted:
        print(f"Drawing {len(plan)} files")
        (places.CORPUS / "files").mkdir(parents=True, exist_ok=True)
        for old in (places.CORPUS / "files").iterdir():
            old.unlink()
        with ProcessPoolExecutor(os.cpu_count()) as workers:
            for _ in workers.map(_draw, plan, chunksize=8):
                pass
        kept.write_text(json.dumps(wanted))
    # A format this machine's Pillow cannot write is left out.
    return [step["path"] for step in plan if os.path.exists(step["path"])]


def gather(folder):
    """The image files of somebody's own folder, shuffled by a fixed seed."""
    names = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif", ".tif", ".tiff", ".bmp")
    found = [os.path.join(place, name) for place, _, files in os.walk(folder) for name in files]
    found = sorted(path for path in found if path.lower().endswith(names) and "\n" not in path)
    random.Random(1).shuffle(found)
    return found


def _plan(count, seed):
    chance = random.Random(seed)
    plan = []
    kinds = [(share, "camera", sizes) for share, sizes in CAMERA] + WEB
    for share, kind, sizes in kinds:
        for _ in range(max(1, round(share * count))):
            plan.append({"kind": kind, "size": chance.choice(sizes), "seed": chance.getrandbits(32)})
    chance.shuffle(plan)
    for number, step in enumerate(plan):
        extension = "jpg" if step["kind"] == "camera" else step["kind"]
        step["path"] = str(places.CORPUS / "files" / f"{number:05}-{step['kind']}.{extension}")
    return plan


def _draw(step):
    chance = random.Random(step["seed"])
    image = _scene(chance, *step["size"])
    try:
        _save(image, step, chance)
    except (OSError, KeyError, ValueError):
        if os.path.exists(step["path"]):
            os.unlink(step["path"])


def _save(image, step, chance):
    path, kind = step["path"], step["kind"]
    if kind == "camera":
        small = io.BytesIO()
        image.resize((160, 120)).save(small, "JPEG", quality=75)
        block = exif_block(chance.choice([1, 1, 1, 3, 6, 6, 8]), *image.size, small.getvalue())
        image.save(path, "JPEG", quality=chance.choice([88, 92, 95]), subsampling="4:2:0", exif=block)
    elif kind == "jpg":
        image.save(path, quality=chance.choice([70, 80, 85]), progressive=chance.random() < 0.3, optimize=True)
    elif kind == "png":
        form = chance.choice(["RGB", "RGB", "RGBA", "L", "P"])
        image = image.quantize(64) if form == "P" else image.convert(form)
        image.save(path, compress_level=6)
    elif kind == "webp":
        image.save(path, quality=80, method=0, lossless=chance.random() < 0.1)
    elif kind == "gif":
        frames = [image.rotate(10 * turn).quantize(64) for turn in range(chance.choice([1, 1, 4]))]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    elif kind == "avif":
        image.save(path, quality=60, speed=10)
    elif kind == "heic":
        _save_heic(image, path)
    else:
        image.save(path, compression=chance.choice([None, "tiff_lzw", "tiff_deflate"]))


def _save_heic(image, path):
    """Pillow writes no HEIC; libvips does where its libheif has an encoder."""
    import pyvips

    try:
        pyvips.Image.new_from_array(numpy.asarray(image)).heifsave(path, compression="hevc", Q=50)
    except pyvips.Error as error:
        raise OSError(str(error)) from error


def _scene(chance, width, height):
    """A piece of a gradient with soft shapes, and the grain of a sensor where the piece is light."""
    global _ground
    if _ground is None:
        _ground = make_ground()
    across, down = chance.randrange(64), chance.randrange(64)
    zoom = chance.choice([1, 1, 2])
    rows = (numpy.arange(height) * zoom + down) % _ground.shape[0]
    columns = (numpy.arange(width) * zoom + across) % _ground.shape[1]
    turned = numpy.roll(_ground[rows[:, None], columns], chance.randrange(3), axis=2)
    return Image.fromarray(turned)


def make_ground(width=2112, height=1584):
    noise = numpy.random.default_rng(7)
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    layers = []
    grain = noise.standard_normal((height, width), numpy.float32) * 3
    for band in range(3):
        waves = sum(
            noise.uniform(8, 30)
            * numpy.sin(x * noise.uniform(0.001, 0.03) + y * noise.uniform(0.001, 0.03) + band)
            for _ in range(4))
        coarse = numpy.asarray(
            Image.fromarray(noise.integers(0, 255, (height // 24, width // 24), numpy.uint8)).resize(
                (width, height), Image.BICUBIC), numpy.float32)
        tones = 110 + waves + (coarse - 128) * 0.35 + numpy.roll(grain, band * 99)
        layers.append(numpy.clip(tones, 0, 255).astype(numpy.uint8))
    return numpy.stack(layers, axis=2)
