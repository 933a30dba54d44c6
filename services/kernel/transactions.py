"""Transactions are declared once; routes, `socle routes`, OpenAPI and service cards follow."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.kernel.errors import CatalogueError, Fidelity, least
from services.kernel.requirements import Requirement
from services.kernel.rules import Rule

if TYPE_CHECKING:
    import asyncio

    from fastapi import APIRouter

    from services.kernel.dialects import Dialect
    from services.kernel.exchange import Answer, Exchange
    from services.kernel.sandbox import Sandbox

Handler = Callable[["Exchange"], Awaitable["Answer"]]

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Transaction:
    """One declared transaction of a service.

    code: official code, or `service.verb` where there is none; name: official name, French;
    spec: document and paragraph; routes: "METHOD /path/{parameter}" (mail: "SMTP DATA");
    max_body: bytes; consumes: accepted media types, empty for any; handler: None for mail verbs.
    places_refusals: the handler itself raises what a fault refuses the call with
    (`exchange.fail_if_struck`), where refusals do not all take the dialect's form.
    answers: HTTP statuses of what is no refusal, the usual one first.
    action: where several transactions have one address, what a message for this one says (SOAP);
    sorts: of the transaction that leads such an address, reads the action of a message; the leader
    answers those whose action is nobody's.
    raw_spaces: whether its query may hold spaces that are not encoded, as its real front end reads.
    outgoing: whether the sandbox is the one that calls, so that no fault can be its answer.
    """

    code: str
    name: str
    spec: str
    dialect: Dialect
    routes: tuple[str, ...]
    fidelity: Fidelity
    handler: Handler | None
    max_body: int = 2 * MEBIBYTE
    consumes: tuple[str, ...] = ()
    places_refusals: bool = False
    answers: tuple[int, ...] = (200,)
    action: str = ""
    sorts: Callable[[Exchange], str] | None = None
    raw_spaces: bool = False
    outgoing: bool = False

    def mark(self, error: CatalogueError | None) -> Fidelity:
        """Of an answer: a refusal is no more official than its error."""
        return self.fidelity if error is None else least(self.fidelity, error.fidelity)

    @property
    def place(self) -> str:
        """file:line of the handler, for `socle routes`."""
        if self.handler is None:
            return ""
        code = inspect.unwrap(self.handler).__code__
        return f"{code.co_filename}:{code.co_firstlineno}"


def transaction(
    code: str,
    *,
    name: str,
    spec: str,
    dialect: Dialect,
    routes: tuple[str, ...],
    fidelity: Fidelity,
    max_body: int = 2 * MEBIBYTE,
    consumes: tuple[str, ...] = (),
    places_refusals: bool = False,
    answers: tuple[int, ...] = (200,),
    action: str = "",
    sorts: Callable[[Exchange], str] | None = None,
    raw_spaces: bool = False,
) -> Callable[[Handler], Transaction]:
    """Declare the decorated coroutine `(exchange) -> Answer`; its name becomes the Transaction."""

    def declare(handler: Handler) -> Transaction:
        return Transaction(
            code, name, spec, dialect, routes, fidelity, handler, max_body, consumes,
            places_refusals, answers, action, sorts, raw_spaces,
        )

    return declare


@dataclass(frozen=True, slots=True)
class Listener:
    """A port of its own that a service answers, beside HTTP.

    name: as in the ready file ("smtp"); its port is the setting `{name}_port` and its public host
    `public_{name}_host`; factory: one protocol per connection; close: end open connections
    politely, within half a second.
    """

    name: str
    factory: Callable[[Sandbox], Callable[[], asyncio.Protocol]]
    close: Callable[[Sandbox], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Service:
    """What a service tells the kernel about itself (`SERVICE` in its `__init__.py`).

    id: one of `psc ins dmp mssante …`; prefixes: path prefix → dialect that answers unknown paths
    under it; requirements: those that no rule observes; control: builds the FastAPI router mounted
    under `/sandbox`; start runs before the first listener answers and stop after the last is
    closed; ports: name → object that fills the port (see `services.kernel.ports`); listeners: ports
    of its own; state: one line for the docs; hosts: official *test* host name → path prefix that
    its root has here.
    """

    id: str
    name: str
    prefixes: Mapping[str, Dialect]
    transactions: tuple[Transaction, ...]
    errors: tuple[CatalogueError, ...] = ()
    rules: tuple[Rule, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    control: Callable[[Sandbox], APIRouter] | None = None
    start: Callable[[Sandbox], Awaitable[None]] | None = None
    stop: Callable[[Sandbox], Awaitable[None]] | None = None
    ports: Callable[[Sandbox], Mapping[str, Any]] | None = None
    listeners: tuple[Listener, ...] = ()
    state: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)
