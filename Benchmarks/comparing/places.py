# SPDX-License-Identifier: Apache-2.0
"""Where things are; every command runs in the folder Benchmarks, so that paths in reports stay short."""

from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PROJECT = HERE.parent
VENV = HERE / ".venv"
PYTHON = ".venv/bin/python"
BUILT = Path(".build/comparing")
CORPUS = Path("corpus")
LISTS = CORPUS / "lists"
RESULTS = Path("results")
PLOTS = Path("results/plots")
README = Path("README.md")
TOOL = Path("../.build/release/imgtool")
FLOORS = str(BUILT / "floors")
STOPWATCH = str(BUILT / "stopwatch")
VIPS_LOOP = str(BUILT / "vips_loop")
LIBRARY_LOOP = Path(".build/release/LibraryLoop")
REAL_JPEG = Path("../../shared/corpus/sharp/2569067123_aca715a2ee_o.jpg")
