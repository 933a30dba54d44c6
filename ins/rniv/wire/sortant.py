"""What other systems are told of identities: a message to each subscriber, by MLLP.

What is to be sent is stored with the change that it tells, so none is lost; each attempt has its
line in the journal. A message that is refused (AE, AR) is not sent again; one that finds nobody is,
three times in all. Messages of a subscription leave in order, one at a time.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

from ins.rniv import store
from ins.rniv.domain.abonnements import Abonnement, annonces_of
from ins.rniv.store import Annonce
from services.fhir import exact
from services.fhir import store as resources
from services.kernel.clock import SECOND, real_now
from services.kernel.database import Conflict, StorageFailure
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry
from services.kernel.outbound import addresses_of, destination, own_ports, refusal
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

PORTS = {"mllp": 2575}
RESOURCE = "rniv.sortant"
SECONDS = 5.0
"""To connect, to be answered."""
ATTEMPTS = 3
PAUSES = (1.0, 5.0)
"""Seconds before the second and the third attempt."""
CLAIM = 30 * SECOND
"""A message that a process took and did not finish with is anyone's again after this."""
ANSWER_BYTES = 64 * 1024
START, END = b"\x0b", b"\x1c\r"
log = logging.getLogger("socle.rniv")
Key = tuple[str, str]
"""A tenant's key and a subscription."""


@dataclass(frozen=True, slots=True)
class Essai:
    """One attempt. code: MSA-1, "-" for no answer; reason: why there is none, French."""

    code: str
    reason: str = ""
    response: bytes = b""


def kick(sandbox: Sandbox, tenant: Tenant) -> None:
    """Have what waits be sent, if anyone is subscribed; returns at once."""
    if "rniv" not in tenant.settings:
        return
    tasks = _tasks(sandbox)
    for each in annonces_of(tenant.settings).abonnements:
        key = tenant.key, each.id
        if key not in tasks:
            task = asyncio.get_running_loop().create_task(_deliver(sandbox, tenant, each))
            tasks[key] = task
            task.add_done_callback(partial(_done, tasks, key))


async def settled(sandbox: Sandbox) -> None:
    """Return once what could be sent is sent, or is waiting for its next attempt."""
    while tasks := [*_tasks(sandbox).values()]:
        await asyncio.wait(tasks)


async def hush(sandbox: Sandbox) -> None:
    """The sandbox stops: what is not sent stays where it is."""
    tasks = [*_tasks(sandbox).values()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _deliver(sandbox: Sandbox, tenant: Tenant, to: Abonnement) -> None:
    try:
        while (waiting := await store.next_of(sandbox.database, tenant, to.id)) is not None:
            pause = (waiting.due - real_now()) / SECOND
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            try:
                await store.claim(sandbox.database, tenant, waiting, real_now() + CLAIM)
            except Conflict:
                continue
            await _send(sandbox, tenant, to, waiting)
    except StorageFailure as failure:
        log.error("storage: %s", failure)


async def _send(sandbox: Sandbox, tenant: Tenant, to: Abonnement, waiting: Annonce) -> None:
    message = await message_of(sandbox, tenant, to, waiting)
    if message is None:
        await store.forget(sandbox.database, tenant, waiting)
        return
    at, last = real_now(), waiting.attempts + 1 >= ATTEMPTS
    done = await _attempt(sandbox, tenant, to, message)
    heard = done.code != "-"
    told = f"Abonné {to.address} : {done.reason or done.code}"
    if not heard:
        told += f" ; essai {waiting.attempts + 1} sur {ATTEMPTS}"
    sandbox.journal.record(Entry(
        exchange_id(), tenant.key, at, "ins", "rniv.pam-sortant", "MLLP",
        to.address.removeprefix("mllp://"), f"ADT^{waiting.event} {to.address}", done.code,
        "pass" if done.code == "AA" else "fail", "derived", message, done.response, note=told,
        duration=real_now() - at,
    ))
    if heard or last:
        await store.forget(sandbox.database, tenant, waiting)
    else:
        pause = int(PAUSES[min(waiting.attempts, len(PAUSES) - 1)] * SECOND)
        await store.postpone(sandbox.database, tenant, waiting, real_now() + pause)


async def message_of(
    sandbox: Sandbox, tenant: Tenant, to: Abonnement, waiting: Annonce
) -> bytes | None:
    """The message as of now, None for an identity that is gone. Sent again, it has the same number.
    """
    from ins.rniv.wire.pam_rendu import Correspondants, rendre_message

    kept = await store.load(sandbox.database, tenant, waiting.patient)
    row = await resources.read(
        sandbox.database, tenant, store.SERVICE, store.RTYPE, waiting.patient
    )
    if kept is None or row is None:
        return None
    former = None
    if waiting.other:
        found = await store.load(sandbox.database, tenant, waiting.other)
        former = found.identite if found is not None else None
    event: Any = waiting.event
    names = Correspondants(destinataire=to.application, site=to.etablissement)
    text = rendre_message(
        tenant, event, kept.identite, exact.loads(row.content), former, names,
        waiting.id.partition("-")[2],
    )
    return text.encode()


async def _attempt(sandbox: Sandbox, tenant: Tenant, to: Abonnement, message: bytes) -> Essai:
    wanted = destination(to.address, PORTS)
    if wanted is None:
        return Essai("-", "adresse inutilisable")
    found = await addresses_of(wanted, SECONDS)
    listed = annonces_of(tenant.settings).outbound
    # Its own MLLP port would be told of what it was told, for ever.
    why = refusal(wanted, found, listed, own_ports(sandbox))
    if why:
        return Essai("-", why)
    try:
        async with asyncio.timeout(SECONDS):
            answer = await _exchanged(found[0], wanted.port, message)
    except TimeoutError:
        return Essai("-", f"pas de réponse en {SECONDS:.0f} s")
    except (OSError, EOFError, ValueError) as error:
        return Essai("-", f"injoignable ({type(error).__name__})")
    place = answer.find(b"\rMSA|")
    code = answer[place + 5:place + 7].decode("latin-1") if place >= 0 else ""
    if code not in ("AA", "AE", "AR"):
        return Essai("-", "réponse qui n'est pas un acquittement", answer)
    return Essai(code, "", answer)


async def _exchanged(address: str, port: int, message: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(address, port, limit=ANSWER_BYTES)
    try:
        writer.write(START + message + END)
        answer = await reader.readuntil(END)
        return answer[:-len(END)].removeprefix(START)
    except asyncio.LimitOverrunError as error:
        raise ValueError("answer too long") from error
    finally:
        writer.close()


def _done(tasks: dict[Key, asyncio.Task[None]], key: Key, task: asyncio.Task[None]) -> None:
    del tasks[key]
    if not task.cancelled() and task.exception() is not None:
        log.error("sandbox bug while announcing", exc_info=task.exception())


def _tasks(sandbox: Sandbox) -> dict[Key, asyncio.Task[None]]:
    found: dict[Key, asyncio.Task[None]] = sandbox.resources.setdefault(RESOURCE, {})
    return found
