"""OperationDefinition of the façade's own operations: what goes in, what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ins.fhir import BASE
from services.fhir.capability import PUBLISHED, Operation
from services.fhir.dialect import FHIR
from services.fhir.resource import answer
from services.kernel import errors
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

VERIFY = Operation(
    "ins-verify", "OperationDefinition/ins-verify",
    "Vérification d'un matricule et de traits : result, codeCR, libelleCR.",
)
BATCH = Operation(
    "ins-verify-batch", "OperationDefinition/ins-verify-batch",
    "Lot d'identités à vérifier, asynchrone : mêmes lots que WS_INS4 et WS_INS5.",
)
Json = dict[str, Any]


def _parameter(name: str, use: str, type: str, maximum: str, documentation: str) -> Json:
    return {"name": name, "use": use, "min": 1, "max": maximum, "documentation": documentation,
            "type": type}


_PATIENT = (
    "Patient avec son matricule INS (identifier, 15 caractères, system urn:oid: et l'OID de "
    "l'autorité) et ses traits : nom de naissance (name official), prénom ou liste des prénoms, "
    "gender, birthDate ou date lunaire, lieu de naissance (code COG). Seul le nom est "
    "obligatoire ; un trait absent n'est pas comparé."
)
_DEFINITIONS: Mapping[str, Json] = {
    VERIFY.name: {
        "title": "Vérifier une identité INS",
        "description": f"{VERIFY.documentation} Équivalent FHIR, propre à Socle, de WS_INS3. Le "
        "corps est un Parameters, ou le Patient seul.",
        "affectsState": False, "resource": ["Patient"],
        "system": False, "type": True, "instance": False,
        "parameter": [
            _parameter("resource", "in", "Patient", "1", _PATIENT),
            _parameter("result", "out", "boolean", "1", "Vrai si tout concorde ; jamais de motif."),
            _parameter("codeCR", "out", "code", "1", "Code du compte rendu : 00 ou 01."),
            _parameter("libelleCR", "out", "string", "1", "Son libellé : OK ou KO."),
        ],
    },
    BATCH.name: {
        "title": "Vérifier un lot d'identités INS",
        "description": f"{BATCH.documentation} Le corps est un Parameters, ou un Bundle de "
        "Patients, avec Prefer: respond-async. La réponse est 202 : Content-Location est l'adresse "
        "du résultat, Retry-After le délai en secondes, sur l'horloge de l'espace. Un GET à cette "
        "adresse répond 202 tant que le lot n'est pas prêt, puis 200 ; un DELETE abandonne le lot.",
        "affectsState": True, "system": True, "type": False, "instance": False,
        "parameter": [
            _parameter("resource", "in", "Patient", "*", _PATIENT),
            _parameter(
                "return", "out", "Bundle", "1",
                "batch-response : par identité et dans l'ordre du lot, un Parameters (rang, "
                "matricule, result, codeCR, libelleCR).",
            ),
        ],
    },
}


@transaction(
    "ins.operation", name="Définition d'une opération de la façade INSi",
    spec="FHIR R4, OperationDefinition", dialect=FHIR,
    routes=(f"GET {BASE}/OperationDefinition/{{name}}",), fidelity="default",
)
async def operation(exchange: Exchange) -> Answer:
    name = exchange.path_params["name"]
    if name not in _DEFINITIONS:
        raise errors.UNKNOWN_PATH(expected=", ".join(_DEFINITIONS), found=name)
    return answer({
        "resourceType": "OperationDefinition", "id": name,
        "url": f"{exchange.base_url}{BASE}/OperationDefinition/{name}",
        "name": "".join(part.capitalize() for part in name.split("-")), "status": "active",
        "kind": "operation", "experimental": True, "date": PUBLISHED,
        "publisher": "Socle, bac à sable (données fictives)", "code": name, **_DEFINITIONS[name],
    })
