"""WS_INS4: a lot of identities to verify is left, its result is fetched later (WS_INS5)."""

from __future__ import annotations

from collections.abc import Iterator

from ins import codes
from ins.domain.recherche import Demande
from ins.domain.reglages import reglages_of
from ins.domain.verification import IndividuVerifie
from ins.wire import lots, reponse
from ins.wire.acces import admit
from ins.wire.faults import TLSI
from ins.wire.lecture import individu_of
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import Message, read_message
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction


@transaction(
    "WS_INS4", name="Vérification en masse : dépôt d'un lot", dialect=TLSI,
    spec="SEL-MP-043 v05.00.01, contrat IDIR 1.0.1 (noms de Socle)", routes=lps.routes,
    fidelity="default", max_body=MAX_BODY, action=codes.ACTION_DEPOSER,
)
async def deposer(exchange: Exchange) -> Answer:
    message = await read_message(exchange)
    await admit(exchange, message)
    id, delay = await lots.leave(exchange, list(_individus(message)), "/Envelope/Body/DEPOT")
    content = reponse.root("DEPOT", (
        reponse.cr(codes.CR_OK, codes.LIBELLES_CR[codes.CR_OK]), reponse.element("IdLot", id),
        reponse.element("Delai", str(delay)),
    ))
    forme = reglages_of(exchange.tenant.settings).forme
    return reponse.answer(content, codes.NS_REPONSE_LOT, forme)


def _individus(message: Message) -> Iterator[tuple[IndividuVerifie, Demande]]:
    if message.payload.tag != f"{{{codes.NS_LOT}}}DEPOT":
        return
    several = message.payload.iterfind(f"{{{codes.NS_VERIFIER}}}IndividuVerifie")
    for rank, each in enumerate(several, 1):
        yield individu_of(each, f"/Envelope/Body/DEPOT/IndividuVerifie[{rank}]")
