# SPDX-License-Identifier: Apache-2.0
"""Times commands side by side: alternating, after a warm-up, one-thread work on one and the same core."""

import os
import statistics
import subprocess
from dataclasses import dataclass, field

from . import places


@dataclass
class Contestant:
    """A command that does a piece of work over a number of files."""

    name: str
    command: list
    files: int
    cores: int = 1
    stdin: str = None
    before: object = None
    accepts: tuple = (0,)


@dataclass
class Result:
    """What the runs of one contestant came to; times are seconds of the whole process, start included."""

    work: str
    name: str
    command: str
    files: int
    cores: int
    wall: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    peak_kib: int = 0
    exit_codes: list = field(default_factory=list)

    @property
    def per_file(self):
        return statistics.median(self.wall) / self.files

    @property
    def cpu_per_file(self):
        return statistics.median(self.cpu) / self.files

    @property
    def spread(self):
        """The fastest and the slowest run, in seconds for each file."""
        return min(self.wall) / self.files, max(self.wall) / self.files


def spelled(contestant):
    """The command as one would type it in the folder Benchmarks."""
    words = [word if word and not set(word) & set(" \\'\"%$*[]()<>|&;") else f"'{word}'" for word in contestant.command]
    pin = "taskset -c CORE " if contestant.cores == 1 else ""
    return pin + " ".join(words).replace("\n", "\\n") + (f" < {contestant.stdin}" if contestant.stdin else "")


def compare(work, contestants, repeat, quiet=False):
    """Runs every contestant `repeat` times in turn, after one round that does not count."""
    results = [Result(work, c.name, spelled(c), c.files, c.cores) for c in contestants]
    if not quiet:
        print(f"\n{work}")
    for turn in range(repeat + 1):
        for step in range(len(contestants)):
            # Each round begins with another contestant, so that none always follows the same one.
            place = (step + turn) % len(contestants)
            wall, cpu, peak, code = once(contestants[place])
            if code not in contestants[place].accepts:
                raise RuntimeError(f"exit code {code} from: {spelled(contestants[place])}")
            if turn == 0:
                continue
            result = results[place]
            result.wall.append(wall)
            result.cpu.append(cpu)
            result.peak_kib = max(result.peak_kib, peak)
            result.exit_codes.append(code)
    if not quiet:
        for result in results:
            print(f"  {result.name:34} {result.per_file * 1e6:12.1f} µs/file  {result.command}")
    return results


def once(contestant):
    """Seconds of wall clock and of processor, the peak resident set in KiB, and the exit code of one run."""
    if contestant.before:
        contestant.before()
    core = max(os.sched_getaffinity(0)) if contestant.cores == 1 else -1
    with open(contestant.stdin or os.devnull, "rb") as source:
        command = [places.STOPWATCH, str(core), *contestant.command]
        answer = subprocess.run(command, stdin=source, capture_output=True, text=True, check=True).stdout.split()
    return float(answer[0]), float(answer[1]), int(answer[2]), int(answer[3])
