"""Refusals of the apCV service: faults of the TLSi family, or an answer with its CodeStatut."""

from __future__ import annotations

from collections.abc import Mapping

from services.apcv.wire.reponse import NAMES, answered
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.soap.addressing import sought_message_id
from services.soap.tlsi import Forme, TlsiDialect

FORMES: Mapping[str, Forme] = {
    "desir_550": Forme(
        "B", "Sender", "siram_100", "erreur",
        "L'accès par ce progiciel au service n'est pas autorisé. Contactez l'éditeur du progiciel "
        "ou votre responsable informatique.",
    ),
    "desir_560": Forme("B", "Sender", "siram_100", "erreur"),
    "desir_620": Forme("B", "Sender", "siram_100", "erreur"),
    "apcv_10": Forme("A", "Sender", "siram_10", "erreur"),
    "apcv_40": Forme("A", "Receiver", "siram_40", "fatal"),
}
_STATUT = "apcv-statut-"


class ApcvDialect(TlsiDialect):
    """CodeStatut is an answer of the operation, HTTP 200; all else is a fault."""

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        code = refusal.error.code
        action = exchange.transaction.action if exchange and exchange.transaction else ""
        if exchange is None or not code.startswith(_STATUT) or action not in NAMES:
            return super().refuse(refusal, exchange)
        # CodeStatut says what, and nothing in the answer why: the journal does.
        exchange.outcome_note = exchange.outcome_note or ". ".join(filter(None, (
            refusal.details, f"Attendu : {refusal.expected}" if refusal.expected else "",
            f"Trouvé : {refusal.found}" if refusal.found else "",
        )))
        statut = code.removeprefix(_STATUT)
        return answered(exchange, sought_message_id(exchange.body), statut=statut)


APCV = ApcvDialect(FORMES)
