"""People made up on demand: a thousand that a sandbox keeps, and a stream in bounded memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

import httpx

from benchmarks.load import Row, held, sandbox

LIMIT, COUNT, TIMES = 1.0, 1000, 3
FEW, MANY, GROWTH_LIMIT = 1000, 100_000, 8.0


def measure() -> list[Row]:
    """1,000 people in < 1 s; a hundred times as many on the output take no more memory."""
    with sandbox() as ready:
        spent = statistics.median(_kept(str(ready["http"]), n) for n in range(TIMES))
    (few, _), (many, seconds) = _streamed(FEW), _streamed(MANY)
    return [
        (f"{COUNT:,} people generated and kept, median of {TIMES}", f"{spent:.2f} s",
         f"< {LIMIT:.0f} s", held(spent < LIMIT)),
        (f"people streamed, memory of {MANY:,} − that of {FEW:,}", f"{many - few:.1f} MiB",
         f"< {GROWTH_LIMIT:.0f} MiB", held(many - few < GROWTH_LIMIT)),
        ("… a million at this pace", f"{seconds * 1e6 / MANY:.0f} s", "", ""),
    ]


def _kept(base: str, number: int) -> float:
    began = time.monotonic()
    httpx.post(
        f"{base}/t/gens-{number}/sandbox/identities/generate", trust_env=False, timeout=60,
        json={"patients": COUNT, "seed": number},
    ).raise_for_status()
    return time.monotonic() - began


def _streamed(count: int) -> tuple[float, float]:
    """Peak of memory in MiB and seconds of one command."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "people", "generate", "--count", str(count),
         "--format", "ndjson"], stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise SystemExit(f"people generate: {status}")
    return usage.ru_maxrss / 1024, time.monotonic() - began
