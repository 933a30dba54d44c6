"""Start, memory and command line."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

from benchmarks.load import Row, rss_mebibytes, sandbox

TIMES = 5


def measure() -> list[Row]:
    """Warm start to ready < 2.5 s, idle RSS < 200 MiB, `socle --help` < 0.3 s CPU."""
    starts, memories = [], []
    for _ in range(TIMES):
        began = time.monotonic()
        with sandbox() as ready:
            starts.append(time.monotonic() - began)
            time.sleep(0.5)
            memories.append(rss_mebibytes(int(str(ready["pid"]))))
    helps = [_cpu([sys.executable, "-m", "services.cli", "--help"]) for _ in range(TIMES)]
    start, memory, help_ = map(statistics.median, (starts[1:], memories, helps))
    return [
        ("warm `socle up --memory` to ready", f"{start:.2f} s", "< 2.5 s", _held(start < 2.5)),
        ("idle RSS", f"{memory:.0f} MiB", "< 200 MiB", _held(memory < 200)),
        ("help of the command line, CPU", f"{help_:.2f} s", "< 0.3 s", _held(help_ < 0.3)),
    ]


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _held(held: bool) -> str:
    return "yes" if held else "**no**"
