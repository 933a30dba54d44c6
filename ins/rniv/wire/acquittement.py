"""What the store answers to a message: AA, AE or AR, with MSA and ERR (original mode)."""

from __future__ import annotations

from ins.rniv.wire.er7 import Entete, champ, echapper, ecrire, en_octets
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.tenants import Tenant

MEDIA_TYPE = "x-application/hl7-v2+er7"
REJETS = ("200", "201", "202", "203")
"""Codes of table 0357 that reject a message for what it is, not for what it says."""
CODE_LENGTH = 20


class Hl7Dialect:
    """An acknowledgement. Used by MLLP, never over HTTP."""

    name = "hl7v2"
    errors: tuple[CatalogueError, ...] = ()

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        """The entry's path parameters hold the header of the message (`parametres`)."""
        entete = Entete(**exchange.path_params) if exchange is not None else Entete()
        tenant = exchange.tenant if exchange is not None else Tenant("default")
        text = acquitter(tenant, entete, verdict(refusal.error), refusal)
        return Answer(refusal.error.status, en_octets(text, entete.charset), MEDIA_TYPE)


HL7V2 = Hl7Dialect()


def verdict(error: CatalogueError) -> str:
    """AR for what is refused unread, AE for the rest."""
    return "AR" if error.code in REJETS else "AE"


def acquitter(tenant: Tenant, entete: Entete, code: str, refusal: Refusal | None = None) -> str:
    """The ACK of a message."""
    segments = [
        entete_reponse(tenant, entete),
        ("MSA", code, echapper(entete.identifiant)),
    ]
    if refusal is not None:
        number = refusal.error.code if refusal.error.code.isdigit() else "207"
        label = refusal.error.label
        told = ". ".join(filter(None, (
            (refusal.details or (label if number == "207" else "")).rstrip("."),
            f"Attendu : {refusal.expected}" if refusal.expected else "",
            f"Trouvé : {refusal.found}" if refusal.found else "",
        )))
        place = refusal.at if refusal.at[:3].isupper() and "." not in refusal.at else ""
        segments.append((
            "ERR", "", "^".join(map(echapper, place.split("^"))),
            champ(number, _LABELS.get(number, label), "HL70357"), "E", "", "", "", echapper(told),
        ))
    return ecrire(segments)


def entete_reponse(tenant: Tenant, entete: Entete) -> tuple[str, ...]:
    """MSH of what answers: sender and receiver change places."""
    event = entete.evenement
    kind = champ("ACK", event, "ACK") if event else "ACK"
    return (
        "MSH", "^~\\&", echapper(entete.destinataire or "SOCLE"), echapper(entete.site),
        echapper(entete.application), echapper(entete.etablissement), horodate(tenant), "", kind,
        numero(tenant.ids.uuid()), entete.traitement or "P", entete.version or "2.5", "", "", "",
        "", "FRA", entete.jeu,
    )


def horodate(tenant: Tenant) -> str:
    """The tenant's instant, with its zone."""
    return tenant.clock.datetime().strftime("%Y%m%d%H%M%S+0000")


def numero(id: str) -> str:
    """The control id that an id makes: MSH-10 holds twenty characters."""
    return id.replace("-", "")[:CODE_LENGTH]


_LABELS = {"207": "Application internal error"}
