# SPDX-License-Identifier: Apache-2.0
"""The Python libraries over a list of files in one process: library_work.py WORK LIST [--print].

pillow-size, pillow-verify, pillow-load, pyvips-size, imagesize, opencv-load. With --print, one line for each file:
path, width, height, -1 for what failed.
"""

import sys


def _pillow(action):
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None

    def work(path):
        with Image.open(path) as image:
            action(image)
            return image.size

    return work


def _pyvips():
    import pyvips

    pyvips.cache_set_max(0)

    def work(path):
        image = pyvips.Image.new_from_file(path)
        return image.width, image.height

    return work


def _imagesize():
    import imagesize

    return imagesize.get


def _opencv():
    import cv2

    cv2.setNumThreads(1)

    def work(path):
        height, width = cv2.imread(path, cv2.IMREAD_UNCHANGED).shape[:2]
        return width, height

    return work


WORKS = {
    "pillow-size": lambda: _pillow(lambda image: None),
    "pillow-verify": lambda: _pillow(lambda image: image.verify()),
    "pillow-load": lambda: _pillow(lambda image: image.load()),
    "pyvips-size": _pyvips,
    "imagesize": _imagesize,
    "opencv-load": _opencv,
}


def main():
    work, prints = WORKS[sys.argv[1]](), "--print" in sys.argv
    with open(sys.argv[2], encoding="utf-8") as paths:
        for path in paths:
            path = path[:-1]
            # Whatever a decoder raises counts as a refusal.
            try:
                width, height = work(path)
            except Exception:
                width = height = -1
            if prints:
                print(path, width, height, sep="\t")


if __name__ == "__main__":
    main()
