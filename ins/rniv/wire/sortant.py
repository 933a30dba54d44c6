"""What other systems are told of identities: a message to each subscriber, by MLLP.

What is to be sent is stored with the change that it tells, so none is lost; each attempt has its
line in the journal. A message that is acknowledged, or refused (AE, AR), is not sent again. One
that finds nobody waits, a day at most, and those behind it too: messages of a subscription leave in
order, one at a time. It is tried again after a while, with the next change, and at a start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ins.rniv import store
from ins.rniv.domain.abonnements import Abonnement, annonces_of
from ins.rniv.store import Annonce
from ins.rniv.wire.er7 import entete_of
from services.fhir import exact
from services.fhir import store as resources
from services.kernel.clock import SECOND, real_now
from services.kernel.database import Conflict, StorageFailure
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry
from services.kernel.outbound import addresses_of, destination, own_ports, refusal
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import DEFAULT, Tenant

PORTS = {"mllp": 2575}
RESOURCE = "rniv.sortant"
SECONDS = 5.0
"""To connect, to be answered."""
ATTEMPTS = 3
"""Of a message that is answered by no acknowledgement, or that may not be sent there."""
PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds before the second attempt and those that follow; the last serves from then on."""
KEPT = 24 * 3600 * SECOND
"""How long a message waits for a system that is not there, µs."""
PAGE = 200
"""Tenants looked at together when the sandbox starts."""
CLAIM = 30 * SECOND
"""A message that a process took and did not finish with is anyone's again after this."""
ANSWER_BYTES = 64 * 1024
START, END = b"\x0b", b"\x1c\r"
RECUS = ("AA", "AE", "AR")
DE_TRANSPORT = ("CA", "CE", "CR")
log = logging.getLogger("socle.rniv")
Key = tuple[str, str]
"""A tenant's key and a subscription."""


@dataclass(frozen=True, slots=True)
class Essai:
    """One attempt. code: MSA-1, "-" for no answer; reason: what is wrong with it, French; absent:
    whether nobody was there to answer."""

    code: str
    reason: str = ""
    response: bytes = b""
    absent: bool = False


@dataclass(slots=True)
class Envois:
    """What sends in this process. wakes: of each subscription that is being sent to, set when there
    is more to send, or when what waits is to be tried now."""

    wakes: dict[Key, asyncio.Event] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


def kick(sandbox: Sandbox, tenant: Tenant) -> None:
    """Have what waits be sent, if anyone is subscribed; returns at once."""
    if "rniv" not in tenant.settings:
        return
    envois = _envois(sandbox)
    for each in annonces_of(tenant.settings).abonnements:
        key = tenant.key, each.id
        if key in envois.wakes:
            envois.wakes[key].set()
            continue
        envois.wakes[key] = asyncio.Event()
        _begun(envois, _deliver(sandbox, tenant, each))


def resume(sandbox: Sandbox) -> None:
    """The sandbox starts: what was not sent is, when its turn comes; returns at once."""
    _begun(_envois(sandbox), _resume(sandbox))


async def hush(sandbox: Sandbox) -> None:
    """The sandbox stops: what is not sent stays where it is."""
    tasks = [*_envois(sandbox).tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _resume(sandbox: Sandbox) -> None:
    names, after = [DEFAULT], ""
    try:
        while names:
            for name in names:
                kick(sandbox, await sandbox.tenants.get(name))
                await asyncio.sleep(0)
            names = [name for name, _ in await sandbox.tenants.listed(PAGE, after)]
            after = names[-1] if names else after
    except StorageFailure as failure:
        log.error("storage: %s", failure)


async def _deliver(sandbox: Sandbox, tenant: Tenant, to: Abonnement) -> None:
    wakes, key = _envois(sandbox).wakes, (tenant.key, to.id)
    wake, now = wakes[key], True
    try:
        while True:
            wake.clear()
            waiting = await store.next_of(sandbox.database, tenant, to.id)
            if waiting is None:
                if wake.is_set():
                    continue
                return
            pause = (waiting.due - real_now()) / SECOND
            # Of several processes, another may have claimed it, and for so long only.
            free = sandbox.alone or pause > CLAIM / SECOND
            if pause > 0 and not (now and free):
                now = await _woken(wake, pause)
                continue
            now = False
            try:
                await store.claim(sandbox.database, tenant, waiting, real_now() + CLAIM)
            except Conflict:
                continue
            await _send(sandbox, tenant, to, waiting)
    except StorageFailure as failure:
        log.error("storage: %s", failure)
    finally:
        del wakes[key]  # with no pause since nothing was found: who comes now begins anew


async def _woken(wake: asyncio.Event, pause: float) -> bool:
    """Wait so long, or until there is more to send: then a little, for changes that come in
    hundreds make no hundred attempts."""
    try:
        async with asyncio.timeout(pause):
            await wake.wait()
            await asyncio.sleep(PAUSES[0])
    except TimeoutError:
        return False
    return True


async def _send(sandbox: Sandbox, tenant: Tenant, to: Abonnement, waiting: Annonce) -> None:
    message = await message_of(sandbox, tenant, to, waiting)
    if message is None:
        await store.forget(sandbox.database, tenant, waiting)
        return
    at, tries = real_now(), waiting.attempts + 1
    done = await _attempt(sandbox, tenant, to, message)
    heard = done.code != "-"
    asked = int(waiting.id.partition("-")[0])
    last = at - asked > KEPT if done.absent else tries >= ATTEMPTS
    told = f"Abonné {to.address} : " + " ; ".join(filter(None, (
        done.code if heard else "", done.reason, "" if heard else f"essai {tries}",
        "" if heard or last else "le message attend", "abandonné" if last and not heard else "",
    )))
    sandbox.journal.record(Entry(
        exchange_id(), tenant.key, at, "ins", "rniv.pam-sortant", "MLLP",
        to.address.removeprefix("mllp://"), f"ADT^{waiting.event} {to.address}", done.code,
        "pass" if done.code == "AA" and not done.reason else "fail", "derived", message,
        done.response, note=told, duration=real_now() - at,
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
        return Essai("-", f"pas de réponse en {SECONDS:.0f} s", absent=True)
    except ValueError as error:
        return Essai("-", f"réponse illisible ({error})")
    except (OSError, EOFError) as error:
        return Essai("-", f"injoignable ({type(error).__name__})", absent=True)
    return _answered(answer, entete_of(message).identifiant)


def _answered(answer: bytes, numero: str) -> Essai:
    """What MSA says of the message of that control id."""
    separator = answer[3:4] if answer.startswith(b"MSH") else b"|"
    lines = answer.replace(b"\n", b"\r").split(b"\r")
    found = next((each for each in lines if each.startswith(b"MSA" + separator)), b"")
    _, code, told = (*found.decode("latin-1").split(separator.decode("latin-1")), "", "", "")[:3]
    if code in DE_TRANSPORT:
        return Essai(code, "acquittement de transport : AA, AE ou AR est attendu", answer)
    if code not in RECUS:
        return Essai("-", "réponse qui n'est pas un acquittement", answer)
    if told != numero:
        return Essai(code, f"MSA-2 « {told[:40]} » au lieu de {numero}", answer)
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


def _begun(envois: Envois, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    envois.tasks.add(task)
    task.add_done_callback(partial(_done, envois))


def _done(envois: Envois, task: asyncio.Task[None]) -> None:
    envois.tasks.discard(task)
    if not task.cancelled() and task.exception() is not None:
        log.error("sandbox bug while announcing", exc_info=task.exception())


def _envois(sandbox: Sandbox) -> Envois:
    found: Envois = sandbox.resources.setdefault(RESOURCE, Envois())
    return found
