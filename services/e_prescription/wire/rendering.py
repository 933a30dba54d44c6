"""From the domain to the JSON of the answers, and to what is stored of an execution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from services.e_prescription.codes import EtatLigne, Resultat
from services.e_prescription.domain.delivrance import Demande
from services.e_prescription.domain.execution import Execution, LigneExecutee, Suivi
from services.e_prescription.domain.prescription import Ligne
from services.e_prescription.store import ExecutionRecord
from services.kernel.clock import iso
from services.kernel.rules import Finding


def etag(version: int) -> str:
    return f'"{version}"'


def avertissements(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """The findings of this exchange, as a client's user would read them."""
    return [
        {"regle": each.rule, "gravite": each.severity, "emplacement": each.at,
         "attendu": each.expected, "trouve": each.found, "message": each.message}
        for each in findings
    ]


def suivi_json(suivi: Suivi) -> dict[str, Any]:
    """State and quantities of a line."""
    return {
        "idLigne": suivi.ligne.id, "etat": suivi.etat, "quantitePrescrite": suivi.ligne.total,
        "quantiteExecutee": suivi.executee, "quantiteRestante": suivi.restante,
        "renouvellementsRestants": suivi.renouvellements_restants,
    }


def ligne_json(suivi: Suivi) -> dict[str, Any]:
    """A line as received, with its state and quantities."""
    return {**suivi.ligne.content, **suivi_json(suivi)}


def masked_json(ligne: Ligne) -> dict[str, Any]:
    """A line whose execution the patient does not let the prescriber see."""
    return {**ligne.content, "idLigne": ligne.id, "etat": EtatLigne.MASQUE}


def execution_content(demande: Demande, lignes: Sequence[LigneExecutee]) -> bytes:
    """What is stored: the announced lines with the quantity that counts."""
    return orjson.dumps({
        "dateExecution": str(demande.date_execution), "finess": demande.finess,
        "lignes": [
            {**each.content, "idLigne": done.ligne_id, "resultat": done.resultat,
             "quantite": done.quantite}
            for each, done in zip(demande.lignes, lignes, strict=True)
        ],
    })


def execution_of(record: ExecutionRecord) -> Execution:
    """The stored execution, as the domain sees it."""
    content: Mapping[str, Any] = orjson.loads(record.content)
    return Execution(
        record.id, record.at, date.fromisoformat(content["dateExecution"]), record.id_nat,
        content["finess"],
        tuple(LigneExecutee(each["idLigne"], Resultat(each["resultat"]), each["quantite"])
              for each in content["lignes"]),
    )


def execution_json(record: ExecutionRecord, visible: frozenset[str]) -> dict[str, Any]:
    """An execution as EP3 shows it, limited to the visible lines."""
    content: Mapping[str, Any] = orjson.loads(record.content)
    return {
        "id": record.id, "dateExecution": content["dateExecution"], "horodatage": iso(record.at),
        "executant": {"idNat": record.id_nat, "finess": content["finess"]},
        "lignes": [each for each in content["lignes"] if each["idLigne"] in visible],
    }
