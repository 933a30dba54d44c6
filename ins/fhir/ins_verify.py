"""Patient/$ins-verify: whether a matricule and traits are one person's, as WS_INS3 says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ins import codes
from ins.domain.recherche import Demande, Fourni
from ins.domain.reglages import reglages_of
from ins.domain.verification import IndividuVerifie
from ins.fhir import BASE
from ins.fhir.demande import IDENTIFIERS_READ, patient_of, read_demande
from ins.store import require_available
from ins.wire.ws_ins3 import judged, look_at
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, parse
from services.fhir.structure import require
from services.kernel.authentication import bearer
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

_OID = "urn:oid:"


@transaction(
    "ins.verify", name="Vérification d'une identité INS (Patient/$ins-verify)",
    spec="Socle : façade de WS_INS3", dialect=FHIR, routes=(f"POST {BASE}/Patient/$ins-verify",),
    fidelity="default",
)
async def verify(exchange: Exchange) -> Answer:
    received = parse(exchange, "Parameters", "Patient")
    require(received)
    asked, demande = to_verify(*patient_of(received), read_demande(received))
    await bearer(exchange)
    await look_at(exchange, demande)
    require_available(reglages_of(exchange.tenant.settings).mode)
    code, label = await judged(exchange, asked, demande)
    exchange.outcome_note = f"CR {code} {label}"
    return answer({"resourceType": "Parameters", "parameter": [
        {"name": "result", "valueBoolean": code == codes.CR_OK},
        {"name": "codeCR", "valueCode": code}, {"name": "libelleCR", "valueString": label},
    ]})


def to_verify(
    patient: dict[str, Any], at: str, demande: Demande
) -> tuple[IndividuVerifie, Demande]:
    """The identity to verify, with its first INS that is not a former one, and its traits as rules
    look at them. at: FHIRPath of the patient."""
    given, cle = Fourni("", "", f"{at}.identifier"), ""
    for rank, each in enumerate(patient.get("identifier", ())[:IDENTIFIERS_READ]):
        system = each.get("system", "").removeprefix(_OID)
        if system in codes.TYPES_MATRICULE and each.get("use") != "old":
            value = each.get("value", "")
            given = Fourni(value[:13], system, f"{at}.identifier[{rank}]")
            cle = value[13:]
            break
    liste = demande.liste_prenoms
    asked = IndividuVerifie(
        given.matricule, cle, given.oid, demande.traits, liste.value if liste is not None else "",
    )
    return asked, replace(demande, fourni=given)
