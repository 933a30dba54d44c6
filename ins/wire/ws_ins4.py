"""WS_INS4: a lot of identities to verify is left, its result is fetched later (WS_INS5)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import orjson

from ins import codes, errors
from ins.domain.recherche import Demande
from ins.domain.reglages import reglages_of
from ins.domain.verification import IndividuVerifie
from ins.store import deposit
from ins.wire import reponse
from ins.wire.acces import admit
from ins.wire.faults import TLSI
from ins.wire.lecture import individu_of
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import Message, read_message
from ins.wire.ws_ins3 import REFUSED, TOLERATED
from services.kernel.clock import SECOND
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import Finding
from services.kernel.transactions import transaction

MOST_FINDINGS = 200


@transaction(
    "WS_INS4", name="Vérification en masse : dépôt d'un lot", dialect=TLSI,
    spec="SEL-MP-043 v05.00.01, contrat IDIR 1.0.1 (noms de Socle)", routes=lps.routes,
    fidelity="default", max_body=MAX_BODY, action=codes.ACTION_DEPOSER,
)
async def deposer(exchange: Exchange) -> Answer:
    message = await read_message(exchange)
    await admit(exchange, message)
    settings = reglages_of(exchange.tenant.settings)
    read = list(_individus(message))
    exchange.findings += islice(_findings(read), MOST_FINDINGS)
    if exchange.tenant.strict and any(each.severity == "error" for each in exchange.findings):
        raise errors.TRAIT_REFUSE("Le lot contient une identité mal formée.")
    if not settings.lot_minimum <= len(read) <= settings.lot_maximum:
        raise errors.LOT_HORS_BORNES(
            at="/Envelope/Body/DEPOT", found=str(len(read)),
            expected=f"de {settings.lot_minimum} à {settings.lot_maximum} identités",
        )
    lot_id = exchange.tenant.ids.uuid4()
    ready = exchange.tenant.clock.now() + settings.delai_lot * SECOND
    await deposit(exchange, lot_id, ready, orjson.dumps([asked for asked, _ in read]))
    exchange.outcome_note = f"lot {lot_id}, {len(read)} identités"
    content = reponse.root("DEPOT", (
        reponse.cr(codes.CR_OK, codes.LIBELLES_CR[codes.CR_OK]), reponse.element("IdLot", lot_id),
        reponse.element("Delai", str(settings.delai_lot)),
    ))
    return reponse.answer(content, codes.NS_REPONSE_LOT, settings.forme)


def _individus(message: Message) -> Iterator[tuple[IndividuVerifie, Demande]]:
    if message.payload.tag != f"{{{codes.NS_LOT}}}DEPOT":
        return
    several = message.payload.iterfind(f"{{{codes.NS_VERIFIER}}}IndividuVerifie")
    for rank, each in enumerate(several, 1):
        yield individu_of(each, f"/Envelope/Body/DEPOT/IndividuVerifie[{rank}]")


def _findings(read: list[tuple[IndividuVerifie, Demande]]) -> Iterator[Finding]:
    """DEFAULT(WS_INS4): a bad identity does not refuse its lot; its own report is KO."""
    for _, demande in read:
        for rule in (*TOLERATED, *REFUSED):
            if not demande.matricules_inconnus or rule.id != "INS-DONNEE-REELLE":
                yield from rule.findings(demande)
