"""Operations of the FHIR door: declared with one line, received and answered in one way."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from ins.fhir.elements import Json
from ins.rniv.fhir import BASE
from ins.rniv.fhir.api import API
from ins.rniv.fhir.guichet import Ouverte
from ins.rniv.wire.sortant import kick
from services.fhir.api import dialect_of
from services.fhir.formats import spoken
from services.fhir.resource import answer
from services.kernel.authentication import bearer
from services.kernel.errors import Fidelity
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import Handler, Transaction, transaction

SPEC = "Socle, d'après RNIV v2.0 (décembre 2024)"
Act = Callable[[Exchange], Awaitable[Answer]]


def operation(
    code: str, *, name: str, routes: tuple[str, ...], spec: str = SPEC,
    fidelity: Fidelity = "derived",
) -> Callable[[Act], Transaction]:
    """Declare an operation. routes: what follows the base, "POST /Patient/{id}/$flag".

    The decorated coroutine gets a request in JSON whose caller is known.
    """

    def declare(act: Act) -> Transaction:
        handler: Handler = functools.wraps(act)(_received(act))
        places = tuple(each.replace(" ", f" {BASE}", 1) for each in routes)
        return transaction(
            code, name=name, spec=spec, dialect=dialect_of(API), routes=places, fidelity=fidelity,
        )(handler)

    return declare


def shown(opened: Ouverte) -> Answer:
    """The Patient, as its `return` parameter."""
    version = opened.version
    return answer(version.content, version=version.vid, updated=version.updated)


def parameters(*parts: Json) -> Json:
    """A Parameters resource."""
    return {"resourceType": "Parameters", "parameter": [each for each in parts if each]}


def part(name: str, **value: object) -> Json:
    """One parameter: `part("codeCR", valueCode="00")`; nothing for an empty value."""
    given = all(each not in ("", None) for each in value.values())
    return {"name": name, **value} if given else {}


def _received(act: Act) -> Handler:
    async def known(exchange: Exchange) -> Answer:
        await bearer(exchange)
        return await act(exchange)

    async def handle(exchange: Exchange) -> Answer:
        made = await spoken(exchange, known)
        kick(exchange.sandbox, exchange.tenant)
        return made

    return handle
