# SPDX-License-Identifier: Apache-2.0
"""Gets what the tool is compared with, and says what could not be had."""

import os
import shutil
import subprocess

from . import places

# The command that shows a package is there, and the Debian package that brings it.
DEBIAN = {
    "vipsheader": "libvips-tools",
    "identify": "imagemagick",
    "gm": "graphicsmagick",
    "exiftool": "libimage-exiftool-perl",
    "jpeginfo": "jpeginfo",
    "pngcheck": "pngcheck",
    "webpinfo": "webp",
    "cc": "gcc",
    "pkg-config": "pkg-config",
}
HEADERS = {"vips": "libvips-dev", "libturbojpeg": "libturbojpeg0-dev"}
PYPI = {
    "PIL": "Pillow",
    "pyvips": "pyvips",
    "cv2": "opencv-python-headless",
    "imagesize": "imagesize",
    "matplotlib": "matplotlib",
}


def install():
    """Installs what is missing; returns sentences about what could not be had."""
    missing = [package for command, package in DEBIAN.items() if not shutil.which(command)]
    missing += [package for name, package in HEADERS.items() if not _has_headers(name)]
    if missing:
        _install_debian(sorted(set(missing)))
    absent = [f"{command} ({package}, Debian)" for command, package in DEBIAN.items() if not shutil.which(command)]
    return absent + _install_pypi()


def _has_headers(name):
    return shutil.which("pkg-config") and not subprocess.run(["pkg-config", "--exists", name]).returncode


def _install_debian(packages):
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get"):
        print("No apt-get here; install these yourself:", *packages)
        return
    print("Installing", *packages)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run([*prefix, "apt-get", "update"], **quiet)
        for package in packages:
            command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y"]
            if subprocess.run([*command, "--no-install-recommends", package], **quiet).returncode:
                print(f"  {package} could not be installed")
    except OSError as error:
        print(f"  nothing was installed: {error}")


def _install_pypi():
    absent = []
    for module, package in PYPI.items():
        check = [places.PYTHON, "-c", f"import {module}"]
        if not subprocess.run(check, capture_output=True).returncode:
            continue
        print("Installing", package, "from PyPI")
        subprocess.run([places.PYTHON, "-m", "pip", "install", "--quiet", package])
        if subprocess.run(check, capture_output=True).returncode:
            absent.append(f"{package} (PyPI)")
    return absent


def versions():
    """The version each rival states, by name."""
    asks = {
        "imgtool": [str(places.TOOL), "--version"],
        "libvips": ["vips", "--version"],
        "ImageMagick": ["identify", "-version"],
        "GraphicsMagick": ["gm", "version"],
        "exiftool": ["exiftool", "-ver"],
        "jpeginfo": ["jpeginfo", "--version"],
        "pngcheck": ["pngcheck", "-h"],
        "webpinfo": ["webpinfo", "-version"],
    }
    found = {name: _first_line(command) for name, command in asks.items() if shutil.which(command[0])}
    script = "import importlib.metadata as m, sys\nfor n in sys.argv[1:]:\n  print(n, m.version(n))"
    answer = subprocess.run([places.PYTHON, "-c", script, *PYPI.values()], capture_output=True, text=True).stdout
    return found | dict(line.split(" ", 1) for line in answer.splitlines())


def _first_line(command):
    answer = subprocess.run(command, capture_output=True, text=True)
    lines = [line.strip() for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]
    return lines[0] if lines else "?"
