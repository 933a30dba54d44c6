"""Faults of the téléservice: those of the application (shape A) and of its gateway (shape B)."""

from __future__ import annotations

from collections.abc import Mapping

from ins.errors import Injectee
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.soap.faults import CONTENT_TYPE
from services.soap.tlsi import Forme, TlsiDialect

_TECHNIQUE = (
    "Le service est temporairement inaccessible. Veuillez renouveler votre demande ultérieurement. "
    "Si le problème persiste, contactez l'éditeur du progiciel ou votre responsable informatique."
)
_PROGICIEL = (
    "L'accès par ce progiciel au service n'est pas autorisé. Contactez l'éditeur du progiciel ou "
    "votre responsable informatique."
)


FORMES: Mapping[str, Forme] = {
    "insi_101": Forme("A", "Receiver", "siram_40", "fatal", _TECHNIQUE),
    "insi_102": Forme("A", "Receiver", "siram_40", "fatal", _TECHNIQUE),
    "insi_111": Forme("A", "Receiver", "siram_40", "fatale", _TECHNIQUE),
    "insi_19": Forme("A", "Sender", "siram_10", "erreur"),
    "insi_28": Forme("A", "Sender", "siram_10", "erreur"),
    "desir_550": Forme("B", "Sender", "siram_100", "erreur", _PROGICIEL),
    # DEFAULT(faults): subcode and reason of the next two are not public.
    "desir_560": Forme("B", "Sender", "siram_100", "erreur"),
    "desir_620": Forme("B", "Sender", "siram_100", "erreur"),
}


class _Dialect(TlsiDialect):
    """The téléservice's, and the bytes of an injected fault as they are."""

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        if isinstance(refusal, Injectee):
            return Answer(500, refusal.brut, CONTENT_TYPE, fidelity="default")
        return super().refuse(refusal, exchange)


TLSI = _Dialect(FORMES)
