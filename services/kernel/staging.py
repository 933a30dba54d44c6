"""What a tenant's faults and scripts do to one exchange, before its transaction.

Delays first, all of them; then the script of the transaction, while it lasts; else the first fault
that matches. Applied by the gateway and by the mail listeners.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from services.kernel import errors
from services.kernel.errors import Refusal
from services.kernel.faults import (
    REAL,
    Fault,
    Script,
    error_named,
    faults_of,
    scripts_of,
)
from services.kernel.tenants import ANSWERS, FAULTS
from services.kernel.turns import take

if TYPE_CHECKING:
    from services.kernel.exchange import Exchange
    from services.kernel.tenants import Tenant

NO_ANSWER = 444
"""What the journal shows as status when the connection is cut (nginx's convention)."""


class Dropped(Exception):
    """The exchange gets no answer: its connection is to be cut."""


@dataclass(slots=True)
class Struck:
    """What was done to an exchange: ids of faults and scripts, French descriptions.

    dropped: no answer at all; cut: bytes of the answer that are sent, None for all; refusal: what
    a transaction that places its own refusals must raise.
    """

    ids: list[str] = field(default_factory=list)
    what: list[str] = field(default_factory=list)
    dropped: bool = False
    cut: int | None = None
    refusal: Refusal | None = None

    def __str__(self) -> str:
        return f"panne simulée : {', '.join(self.what)}"


def is_staged(tenant: Tenant) -> bool:
    """Whether `strike` has anything to do: two look-ups, for every exchange there is."""
    settings = tenant.settings
    return FAULTS in settings or ANSWERS in settings


async def strike(exchange: Exchange, service: str, transaction: str) -> None:
    """Wait, raise the Refusal or Dropped, or note in `exchange.struck` what is left to do."""
    faults = [each for each in faults_of(exchange.tenant) if each.matches(service, transaction)]
    for each in faults:
        if each.kind == "delay" and await _serves(each, exchange):
            await _wait(exchange, float(each.value or 0))
    for script in scripts_of(exchange.tenant):
        if script.matches(service, transaction) and await _answered(script, exchange, service):
            return
    for each in faults:
        if each.kind != "delay" and await _serves(each, exchange):
            _apply(each, exchange, service)
            return


async def _answered(script: Script, exchange: Exchange, service: str) -> bool:
    """Whether the script had an answer left, which was then given. Raises Refusal."""
    turn = await take(
        exchange.sandbox.database, exchange.tenant.key, script.id, len(script.answers)
    )
    if turn is None:
        return False
    answer = script.answers[turn]
    if answer != REAL:
        _note(exchange, script.id, f"réponse {turn + 1} sur {len(script.answers)}, {answer}")
        _refuse(exchange, error_named(exchange.sandbox.services[service], answer)())
    return True


async def _serves(fault: Fault, exchange: Exchange) -> bool:
    """Whether the fault strikes this exchange, which then takes one of its turns."""
    if fault.matricule and not _names(exchange, fault.matricule):
        return False
    if fault.id_nat and not (
        _names(exchange, fault.id_nat) or await _caller(exchange) == fault.id_nat
    ):
        return False
    key = exchange.tenant.key
    if await take(exchange.sandbox.database, key, fault.id, fault.first) is None:
        return False
    _note(exchange, fault.id, str(fault))
    return True


def _apply(fault: Fault, exchange: Exchange, service: str) -> None:
    struck = exchange.struck = exchange.struck or Struck()
    match fault.kind:
        case "drop":
            struck.dropped = True
            raise Dropped
        case "truncate":
            struck.cut = int(fault.value or 0)
        case "status":
            _refuse(exchange, _bare(int(fault.value or 0)))
        case "error":
            _refuse(exchange, error_named(exchange.sandbox.services[service], fault.value)())


def _bare(status: int) -> Refusal:
    """A status alone, as a proxy on the way would answer it; for mail, the reply code."""
    issue = "transient" if status >= 500 or status == 429 else "processing"
    smtp = f"{status} {status // 100}.3.0"
    return replace(errors.SIMULATED, status=status, issue=issue, smtp=smtp)()


def _refuse(exchange: Exchange, refusal: Refusal) -> None:
    transaction, struck = exchange.transaction, exchange.struck
    own = refusal.error.code != errors.SIMULATED.code
    if own and struck is not None and transaction is not None and transaction.places_refusals:
        struck.refusal = refusal
        return
    raise refusal


def _note(exchange: Exchange, id: str, what: str) -> None:
    if exchange.struck is None:
        exchange.struck = Struck()
    exchange.struck.ids.append(id)
    exchange.struck.what.append(what)


def _names(exchange: Exchange, number: str) -> bool:
    """Whether the request says this number: in its path, query or body."""
    sought = number.encode()
    return any(sought in part for part in _parts(exchange))


def _parts(exchange: Exchange) -> Iterator[bytes]:
    yield exchange.path.encode()
    yield exchange.query_string
    yield exchange.body


async def _caller(exchange: Exchange) -> str:
    """Who calls, by the token of the request: authentication itself comes later."""
    if exchange.caller is not None:
        return exchange.caller.id_nat
    scheme, _, token = exchange.header("authorization").partition(" ")
    if scheme.lower() != "bearer":
        return ""
    found = await exchange.sandbox.ports.tokens.verify(exchange.tenant, token.strip())
    return found.id_nat if found is not None else ""


async def _wait(exchange: Exchange, seconds: float) -> None:
    """The delay, cut short when the sandbox stops."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(exchange.sandbox.stopping.wait(), seconds)
