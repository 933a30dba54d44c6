"""WS_INS5: the result of a lot, or how long it still takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ins import codes, errors
from ins.domain.recherche import Traits
from ins.domain.reglages import reglages_of
from ins.domain.verification import IndividuVerifie
from ins.store import deposited
from ins.wire import reponse
from ins.wire.acces import admit
from ins.wire.faults import TLSI
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import read_message
from ins.wire.ws_ins3 import judged
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
    settings = reglages_of(exchange.tenant.settings)
    right = message.payload.tag == f"{{{codes.NS_LOT}}}DEMANDE"
    lot_id = text_of(message.payload, f"{{{codes.NS_LOT}}}IdLot") if right else ""
    lot = await deposited(exchange, lot_id)
    if lot is None:
        raise errors.LOT_INCONNU(at="/Envelope/Body/DEMANDE/IdLot", found=lot_id or "(absent)")
    if exchange.tenant.clock.now() < lot.ready:
        exchange.outcome_note = f"lot {lot_id} pas encore prêt"
        parts = [
            reponse.cr(codes.CR_PLUSIEURS, codes.LIBELLE_PAS_PRET),
            reponse.element("IdLot", lot_id),
            reponse.element("Delai", str(settings.nouveau_delai)),
        ]
    else:
        parts = [
            reponse.cr(codes.CR_OK, codes.LIBELLES_CR[codes.CR_OK]),
            reponse.element("IdLot", lot_id),
        ]
        for rank, each in enumerate(orjson.loads(lot.content), 1):
            asked = _individu(each)
            parts.append(reponse.root("Rapport", (
                reponse.element("Rang", str(rank)),
                reponse.element("NumIdentifiant", asked.matricule),
                reponse.cr(*await judged(exchange, asked)),
            )))
    content = reponse.root("RESULTAT", parts)
    return reponse.answer(content, codes.NS_REPONSE_LOT, settings.forme)


def _individu(stored: Mapping[str, Any]) -> IndividuVerifie:
    traits = stored["traits"]
    return IndividuVerifie(**{
        **stored, "traits": Traits(**{**traits, "prenoms": tuple(traits["prenoms"])}),
    })
