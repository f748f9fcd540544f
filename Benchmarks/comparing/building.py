# SPDX-License-Identifier: Apache-2.0
"""Builds the tool where it is missing, and the small C programs that the floors and libvips are measured with."""

import subprocess
import sys

from . import places


def build(with_library):
    """Builds everything; returns sentences about what could not be built."""
    absent = []
    if not places.TOOL.exists():
        print("Building imgtool (release); this takes some minutes the first time")
        command = "swift build -c release --static-swift-stdlib --product imgtool"
        if subprocess.run(command.split(), cwd=places.PROJECT).returncode:
            sys.exit("imgtool could not be built.")
    if not _compile("stopwatch", None):
        sys.exit("A C compiler is needed.")
    for source, library in (("floors", "libturbojpeg"), ("vips_loop", "vips")):
        if not _compile(source, library):
            absent.append(f"{source}.c could not be compiled (cc, {library})")
    if with_library and not places.LIBRARY_LOOP.exists():
        print("Building LibraryLoop (release)")
        if subprocess.run("swift build -c release --product LibraryLoop".split()).returncode:
            absent.append("LibraryLoop could not be built")
    return absent


def _compile(source, library):
    places.BUILT.mkdir(parents=True, exist_ok=True)
    flags = []
    if library:
        answer = subprocess.run(["pkg-config", "--cflags", "--libs", library], capture_output=True, text=True)
        flags = answer.stdout.split()
    command = ["cc", "-O2", "-Wall", "-o", str(places.BUILT / source), f"comparing/{source}.c", *flags]
    return not subprocess.run(command).returncode
