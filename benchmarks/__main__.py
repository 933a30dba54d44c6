"""`make bench`: run every measurement and print one table; `--write` puts it into docs/.

`python -m benchmarks --write insi` runs one module: its rows take the place of those that were on
the page, the others stay as they were.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    deposit,
    fhir_read,
    insi,
    journal,
    people,
    refresh,
    reset,
    searches,
    start,
    validation,
)

MODULES = (start, fhir_read, journal, deposit, insi, searches, people, reset, validation,
           refresh)
PAGE = Path(__file__).parent.parent / "docs" / "reference" / "benchmarks.md"


def main() -> None:
    asked = [each for each in sys.argv[1:] if each != "--write"]
    chosen = [each for each in MODULES if not asked or each.__name__.split(".")[1] in asked]
    blocks = [
        [f"| {name} | {value} | {limit} | {held} |" for name, value, limit, held in each.measure()]
        for each in chosen
    ]
    conditions, kept = _conditions(), []
    if asked:
        conditions, kept = _written(f"{_conditions()[:-1]}: {', '.join(asked)}.")
    for block in blocks:
        _put(kept, block)
    table = "\n".join(["| Measure | Value | Limit | Held |", "|---|---|---|---|", *kept])
    print(table)
    if "--write" in sys.argv:
        PAGE.write_text(f"{HEAD}\n{conditions}\n\n{table}\n")


def _written(added: str) -> tuple[str, list[str]]:
    """Conditions of the page, with one more, and its rows."""
    lines = PAGE.read_text().splitlines()
    told = [line for line in lines if line.startswith("Measured ")]
    return "\n".join([*told, added]), [line for line in lines if line.startswith("| ")][1:]


def _put(kept: list[str], block: list[str]) -> None:
    """In the place of the block that begins by the same measure, else at the end."""
    names = [line.split(" | ")[0] for line in kept]
    first = block[0].split(" | ")[0]
    if first not in names:
        kept += block
        return
    begin = names.index(first)
    kept[begin:begin + len(block)] = block


HEAD = """# Benchmarks

`make bench` starts the product and its peer in turn in one run and measures CPU time of the server
process per request (medians of the rounds), under eight clients unless said otherwise. Machines are
noisy: trust the ratios, read the absolute figures as information. `python -m benchmarks --write`
renews this page.

- The irreducible parts of a deposit are those of `benchmarks/deposit.py`: reading the JSON, base64,
  one hardened parse of the XML, two hashes, a synced file, one durable commit of three rows.
  Search indexes, validation, rules, HTTP and the journal are ours, and count against us.
- The npm peer is installed into `var/` at the first run; it answers from memory, without tenant,
  token or journal.
- The refresh-token grant is measured beside npm `oidc-provider`: both sign an access token and an
  ID token per answer, as long, and rotate the refresh token. Ours is on disk, with its journal;
  the peer keeps everything in memory. The ratio is the median of those of the rounds.
- Searches are measured on PostgreSQL too when `SOCLE_BENCH_DATABASE` holds the address of a
  database there (`postgresql://…`).
"""


def _conditions() -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    cores = len([line for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("processor")])
    model = next((line.partition(":")[2].strip() for line in
                  Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown processor")
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {cores} cores ({model}), Python "
        f"{platform.python_version()}, after commit {commit or 'unknown'}."
    )


main()
