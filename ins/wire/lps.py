"""What arrives at the téléservice without an action that is an operation's."""

from __future__ import annotations

from ins.codes import ACTIONS
from ins.wire import BASE
from ins.wire.faults import TLSI
from ins.wire.message import read_message
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import MEBIBYTE, transaction
from services.soap import errors
from services.soap.addressing import sought_action

MAX_BODY = 8 * MEBIBYTE


@transaction(
    "ins.lps", name="Message sans opération reconnue", spec="WS-Addressing 1.0, SOAP Binding §6.4",
    dialect=TLSI, routes=(f"POST {BASE}",), fidelity="derived",
    max_body=MAX_BODY, sorts=sought_action,
)
async def lps(exchange: Exchange) -> Answer:
    await read_message(exchange, ACTIONS)
    raise errors.ACTION_NOT_SUPPORTED(at="/Envelope/Header/Action")
