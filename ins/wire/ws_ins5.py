"""WS_INS5: the result of a lot, or how long it still takes."""

from __future__ import annotations

from collections.abc import Iterator

from ins import codes
from ins.domain.reglages import reglages_of
from ins.wire import lots, reponse
from ins.wire.acces import admit
from ins.wire.faults import TLSI
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import read_message
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.soap.envelope import text_of


@transaction(
    "WS_INS5", name="Vérification en masse : résultat d'un lot", dialect=TLSI,
    spec="SEL-MP-043 v05.00.01, contrat IDIR 1.0.1 (noms de Socle)", routes=lps.routes,
    fidelity="default", max_body=MAX_BODY, action=codes.ACTION_RECUPERER,
)
async def recuperer(exchange: Exchange) -> Answer:
    message = await read_message(exchange)
    await admit(exchange, message)
    right = message.payload.tag == f"{{{codes.NS_LOT}}}DEMANDE"
    id = text_of(message.payload, f"{{{codes.NS_LOT}}}IdLot") if right else ""
    found = await lots.fetch(exchange, id, "/Envelope/Body/DEMANDE/IdLot")
    content = reponse.root("RESULTAT", _parts(id, found))
    forme = reglages_of(exchange.tenant.settings).forme
    return reponse.answer(content, codes.NS_REPONSE_LOT, forme)


def _parts(id: str, found: lots.Attente | list[lots.Rapport]) -> Iterator[str]:
    if isinstance(found, lots.Attente):
        yield reponse.cr(codes.CR_PLUSIEURS, codes.LIBELLE_PAS_PRET)
        yield reponse.element("IdLot", id)
        yield reponse.element("Delai", str(found.delai))
        return
    yield reponse.cr(codes.CR_OK, codes.LIBELLES_CR[codes.CR_OK])
    yield reponse.element("IdLot", id)
    for rank, each in enumerate(found, 1):
        yield reponse.root("Rapport", (
            reponse.element("Rang", str(rank)),
            reponse.element("NumIdentifiant", each.asked.matricule),
            reponse.cr(each.code, each.libelle),
        ))
