"""A process that writes until it is killed, and says what was acknowledged to it.

Each of its tasks creates a resource with its index rows, replaces it twice, and adds one to a
count that all of them share.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import BigInteger, bindparam, func, select

from services.fhir.store import Indexes, writes_for
from services.fhir.tables import fhir_resource, fhir_token, fhir_version
from services.kernel import turns
from services.kernel.database import Database, Duplicate, Write, open_database
from services.kernel.tenants import Tenant

WRITERS = 6
TENANT = Tenant("tues")
COUNT = "commun"
PLACE = {"tenant_id": TENANT.key, "service": "essai", "rtype": "Patient"}
_PROCESSES = multiprocessing.get_context("forkserver")

CURRENT = select(fhir_resource.c.rid, fhir_resource.c.vid).where(
    fhir_resource.c.tenant_id == bindparam("tenant_id")
).limit(bindparam("most", 10**7, BigInteger))
FORMER = select(fhir_version.c.rid, func.count()).where(
    fhir_version.c.tenant_id == bindparam("tenant_id")
).group_by(fhir_version.c.rid).limit(bindparam("most", 10**7, BigInteger))
INDEXED = select(fhir_token.c.rid, fhir_token.c.code).where(
    fhir_token.c.tenant_id == bindparam("tenant_id")
).limit(bindparam("most", 10**7, BigInteger))


def run_and_kill(place: Path | str, number: int, enough: int) -> list[tuple[str, int]]:
    """Kill the process after so many acknowledged writes; all that were: (id, version)."""
    _PROCESSES.set_forkserver_preload([__name__])
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    child = _PROCESSES.Process(target=_main, args=(place, number, theirs), daemon=True)
    child.start()
    theirs.close()
    acknowledged: list[tuple[str, int]] = []
    try:
        while True:
            if not ours.poll(60):
                raise TimeoutError("nothing was acknowledged for a minute")
            acknowledged.append(ours.recv())
            if len(acknowledged) == enough:
                os.kill(child.pid or 0, signal.SIGKILL)
    except (EOFError, OSError):
        return acknowledged
    finally:
        child.kill()
        child.join()
        ours.close()


async def stored(database: Database) -> tuple[dict[str, int], int]:
    """Version of each resource, and the count. Asserts that no write is stored in part."""
    current = {row[0]: row[1] for row in await database.all(CURRENT, tenant_id=TENANT.key)}
    former = {row[0]: row[1] for row in await database.all(FORMER, tenant_id=TENANT.key)}
    assert former == {rid: vid - 1 for rid, vid in current.items() if vid > 1}
    indexed: dict[str, set[str]] = {}
    for rid, code in await database.all(INDEXED, tenant_id=TENANT.key):
        indexed.setdefault(rid, set()).add(code)
    assert indexed == {rid: {rid, f"v{vid}"} for rid, vid in current.items()}
    used = await turns.used(database, TENANT.key)
    return current, used.get(COUNT, 0)


def _main(place: Path | str, number: int, pipe: Connection) -> None:
    asyncio.run(_write(place, number, pipe))


async def _write(place: Path | str, number: int, pipe: Connection) -> None:
    database = await open_database(place)
    with contextlib.suppress(Duplicate):  # a run before this one made it
        await database.write([turns.new(TENANT.key, COUNT)])
    await asyncio.gather(*(
        _task(database, f"{number}-{writer}", pipe) for writer in range(WRITERS)
    ))


async def _task(database: Database, name: str, pipe: Connection) -> None:
    at = 0
    while True:
        at += 1
        rid = f"{name}-{at}"
        for version in (1, 2, 3):
            await database.write(_version(rid, version))
            pipe.send((rid, version))
        await turns.take(database, TENANT.key, COUNT, None)
        pipe.send((COUNT, at))


def _version(rid: str, version: int) -> list[Write]:
    indexes = Indexes(tokens=[("identifier", "", rid), ("version", "", f"v{version}")])
    content = b'{"resourceType":"Patient"}'
    return writes_for(TENANT, "essai", "Patient", rid, content, indexes, version=version)
