"""$ins-verify-batch: the lots of WS_INS4 and WS_INS5, as the asynchronous pattern of FHIR has it.

A lot is the same through both doors: what one left, the other fetches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ins import codes, errors
from ins.domain.reglages import reglages_of
from ins.fhir import BASE
from ins.fhir.demande import read_patient
from ins.fhir.ins_verify import to_verify
from ins.rules import lot as rules_lot
from ins.store import discard, require_available
from ins.wire import lots
from services.fhir.dialect import FHIR
from services.fhir.outcome import issue, operation_outcome
from services.fhir.resource import FHIR_JSON, answer, parse
from services.fhir.structure import require
from services.kernel.authentication import bearer
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.kernel.transactions import MEBIBYTE, transaction

RULES = (rules_lot.asynchrone,)
LOT = f"{BASE}/$ins-verify-batch"
MAX_BODY = 8 * MEBIBYTE
LARGE = 256 * 1024
"""Bytes above which a lot is read aside."""
Json = dict[str, Any]


@transaction(
    "ins.batch", name="Dépôt d'un lot d'identités à vérifier ($ins-verify-batch)",
    spec="Socle : façade de WS_INS4 ; FHIR R4, §3.1.6 (asynchronous pattern)", dialect=FHIR,
    routes=(f"POST {LOT}",), fidelity="default", max_body=MAX_BODY, answers=(202,),
)
async def deposit(exchange: Exchange) -> Answer:
    received = parse(exchange, "Parameters", "Bundle")
    if len(exchange.body) > LARGE:
        await asyncio.to_thread(require, received)
    else:
        require(received)
    await bearer(exchange)
    observe(exchange, RULES, exchange.header("prefer"), strict=errors.TRAIT_REFUSE)
    require_available(reglages_of(exchange.tenant.settings).mode)
    read = [
        to_verify(patient, at, read_patient(patient, at)) for patient, at in patients(received)
    ]
    id, delay = await lots.leave(exchange, read, received["resourceType"])
    several = "s" if len(read) > 1 else ""
    return _waiting(
        exchange, id, delay, f"Lot déposé : {len(read)} identité{several}.", "Lot depose"
    )


@transaction(
    "ins.batch-result", name="Résultat d'un lot d'identités à vérifier",
    spec="Socle : façade de WS_INS5 ; FHIR R4, §3.1.6 (asynchronous pattern)", dialect=FHIR,
    routes=(f"GET {LOT}/{{lot}}",), fidelity="default", answers=(200, 202),
)
async def result(exchange: Exchange) -> Answer:
    await bearer(exchange)
    require_available(reglages_of(exchange.tenant.settings).mode)
    id = exchange.path_params["lot"]
    found = await lots.fetch(exchange, id, "http.path")
    if isinstance(found, lots.Attente):
        return _waiting(exchange, id, found.delai, codes.LIBELLE_PAS_PRET)
    return answer({
        "resourceType": "Bundle", "type": "batch-response",
        "entry": [_entry(rank, each) for rank, each in enumerate(found, 1)],
    })


@transaction(
    "ins.batch-cancel", name="Abandon d'un lot d'identités à vérifier",
    spec="Socle ; FHIR R4, §3.1.6 (asynchronous pattern)", dialect=FHIR,
    routes=(f"DELETE {LOT}/{{lot}}",), fidelity="default", answers=(202,),
)
async def cancel(exchange: Exchange) -> Answer:
    await bearer(exchange)
    if not await discard(exchange, exchange.path_params["lot"]):
        raise errors.LOT_INCONNU(at="http.path", found=exchange.path_params["lot"])
    return Answer(202)


def patients(received: Json) -> Sequence[tuple[Json, str]]:
    """The patients of a Bundle or of a Parameters, each with its FHIRPath.

    Raises PATIENT_ABSENT for anything else, which would shift the ranks of the reports.
    """
    name = "entry" if received["resourceType"] == "Bundle" else "parameter"
    held = [(each.get("resource", {}), f"{received['resourceType']}.{name}[{rank}].resource")
            for rank, each in enumerate(received.get(name, ()))]
    for resource, at in held:
        kind = resource.get("resourceType", "(absent)")
        if kind != "Patient":
            raise errors.PATIENT_ABSENT(
                "Un lot ne porte que des Patients, un par identité.",
                at=at, expected="Patient", found=kind,
            )
    return [(resource, f"{at}.ofType(Patient)") for resource, at in held]


def _waiting(
    exchange: Exchange, id: str, delay: int, text: str, progress: str = codes.LIBELLE_PAS_PRET
) -> Answer:
    """progress: what a header can say, in ASCII."""
    said = operation_outcome([issue("information", "informational", text=text)])
    plain = answer(said, 202, headers=(
        ("Content-Location", f"{exchange.base_url}{LOT}/{id}"), ("Retry-After", str(delay)),
        ("X-Progress", progress),
    ))
    return Answer(plain.status, plain.body, FHIR_JSON, plain.headers)


def _entry(rank: int, report: lots.Rapport) -> Json:
    return {
        "resource": {"resourceType": "Parameters", "parameter": [
            {"name": "rang", "valueInteger": rank},
            {"name": "matricule", "valueString": report.asked.matricule or "(absent)"},
            {"name": "result", "valueBoolean": report.code == codes.CR_OK},
            {"name": "codeCR", "valueCode": report.code},
            {"name": "libelleCR", "valueString": report.libelle},
        ]},
        "response": {"status": "200"},
    }
