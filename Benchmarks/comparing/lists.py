# SPDX-License-Identifier: Apache-2.0
"""Lists of paths: the same files for everybody, often enough that a fast contestant runs long enough to be timed."""

import os

from . import places


class Files:
    """The corpus by kind, and lists of it on disk."""

    def __init__(self, paths):
        self.paths = paths

    def of(self, *extensions):
        return Files([path for path in self.paths if path.lower().endswith(extensions)])

    def camera(self):
        """JPEGs as cameras write them; in somebody's own folder every JPEG counts."""
        jpegs = self.of(".jpg", ".jpeg")
        return Files([path for path in jpegs.paths if "camera" in os.path.basename(path)] or jpegs.paths)

    def sample(self, count):
        """At most so many, evenly spread."""
        count = min(count, len(self.paths))
        return Files([self.paths[place * len(self.paths) // count] for place in range(count)])

    @property
    def count(self):
        return len(self.paths)

    @property
    def bytes(self):
        return sum(os.path.getsize(path) for path in self.paths)

    def listed(self, name, passes=1):
        """Writes the paths one a line, the whole list so many times; returns the list's path and its line count."""
        places.LISTS.mkdir(parents=True, exist_ok=True)
        path = places.LISTS / f"{name}-{self.count * passes}.txt"
        with open(path, "w", encoding="utf-8") as text:
            for _ in range(passes):
                text.writelines(each + "\n" for each in self.paths)
        return str(path), self.count * passes
