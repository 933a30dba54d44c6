"""From a call to its interaction: what is received is checked, then who is calling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from services.fhir.api.call import Call
from services.fhir.api.history import history
from services.fhir.api.patching import plan_patch, received_patch
from services.fhir.api.reading import read, vread
from services.fhir.api.searching import search
from services.fhir.api.writing import (
    Incoming,
    Plan,
    Planner,
    carry_out,
    plan_create,
    plan_delete,
    plan_update,
    receive,
)
from services.kernel.exchange import Answer

_READS: Mapping[str, Callable[[Call], Awaitable[Answer]]] = {
    "read": read, "vread": vread, "search-type": search, "history-instance": history,
    "history-type": history,
}
_PLANS: Mapping[str, Planner] = {
    "create": plan_create, "update": plan_update, "delete": plan_delete,
}


async def one_answer(call: Call) -> Answer:
    """The answer of any interaction on a type or a resource."""
    read_it = _READS.get(call.interaction)
    if read_it is not None:
        await admitted(call)
        return await read_it(call)
    incoming, plan = await _prepared(call)
    return await carry_out(call, incoming, plan)


async def planned(call: Call) -> Plan:
    """A write as a plan, for a transaction."""
    incoming, plan = await _prepared(call)
    return await plan(call, incoming)


async def admitted(call: Call) -> None:
    """Who may do this. Raises what the service's `admit` does."""
    await call.api.admit(call.exchange, call.interaction, call.type.name)


async def _prepared(call: Call) -> tuple[Incoming, Planner]:
    """What came in is read, and its rules are run, before anyone is authenticated."""
    if call.interaction == "patch":
        plan, incoming = plan_patch(received_patch(call.exchange)), Incoming()
    else:
        plan = _PLANS[call.interaction]
        incoming = Incoming() if call.interaction == "delete" else receive(call)
    await admitted(call)
    return incoming, plan
