"""EP3: read a prescription, what was executed of it and what remains."""

from __future__ import annotations

from typing import Any

from services.e_prescription import errors
from services.e_prescription.codes import EXECUTANTS, PRESCRIPTEURS, Etat
from services.e_prescription.domain.execution import Suivi, etat_of
from services.e_prescription.domain.habilitation import executable, rpps_of
from services.e_prescription.rules.message import CONSULTATION, MESSAGE, Consultation
from services.e_prescription.wire.dossier import Dossier, open_dossier
from services.e_prescription.wire.fields import body
from services.e_prescription.wire.reading import read_contexte, read_finess, read_numero
from services.e_prescription.wire.rendering import (
    avertissements,
    etag,
    execution_json,
    ligne_json,
    masked_json,
)
from services.kernel.authentication import bearer
from services.kernel.clock import iso
from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.kernel.rules import observe
from services.kernel.transactions import transaction
from services.population import people


@transaction(
    "EP3", name="Consulter une e-prescription", spec="SEL-MP-032 (d'après DevBox)", dialect=JSON,
    routes=("POST /e-prescription/v1/ep3_consulter",), fidelity="derived",
    consumes=("application/json",),
)
async def ep3_consulter(exchange: Exchange) -> Answer:
    fields = body(exchange)
    numero = read_numero(fields)
    facturation = read_contexte(fields)
    professionnel = fields.object("professionnel")
    professionnel.optional_text("rpps", 20)
    finess = read_finess(professionnel)
    observe(exchange, MESSAGE, list(fields.unread()))
    observe(exchange, CONSULTATION, Consultation(facturation, finess))
    caller = await bearer(exchange)
    dossier = await open_dossier(exchange, numero)
    if is_prescriber(dossier, caller):
        if dossier.prescription.opposition:
            return Answer.json(_masked(exchange, dossier))
        visible = dossier.suivis
    else:
        visible = await _executable(exchange, dossier, caller)
    return Answer.json(
        _shown(exchange, dossier, visible), ETag=etag(dossier.record.version)
    )


def is_prescriber(dossier: Dossier, caller: Caller) -> bool:
    """Whether the caller registered it, or is named on it as replaced or replacing."""
    if caller.id_nat == dossier.record.id_nat:
        return True
    rpps = rpps_of(caller.id_nat)
    named = (dossier.prescription.rpps, dossier.prescription.rpps_remplacant)
    return bool(rpps) and caller.profession in PRESCRIPTEURS and rpps in named


async def _executable(
    exchange: Exchange, dossier: Dossier, caller: Caller
) -> tuple[Suivi, ...]:
    """The lines of the caller's profession. Raises when there are none."""
    professional = await people(exchange.sandbox.database, exchange.tenant).professional(
        caller.id_nat
    )
    types = executable(caller.profession, professional)
    visible = tuple(suivi for suivi in dossier.suivis if suivi.ligne.type in types)
    if visible:
        return visible
    if caller.profession in PRESCRIPTEURS and caller.profession not in EXECUTANTS:
        raise errors.PRESCRIPTEUR_DIFFERENT(found=caller.id_nat)
    raise errors.PROFESSION_NON_HABILITEE(
        found=f"profession {caller.profession or '?'}",
        expected=", ".join(sorted({suivi.ligne.type for suivi in dossier.suivis})),
    )


def _shown(exchange: Exchange, dossier: Dossier, visible: tuple[Suivi, ...]) -> dict[str, Any]:
    ids = frozenset(suivi.ligne.id for suivi in visible)
    executions = [execution_json(each, ids) for each in dossier.kept]
    return _head(exchange, dossier) | {
        "etat": etat_of(dossier.suivis), "version": dossier.record.version,
        "lignes": [ligne_json(suivi) for suivi in visible],
        "executions": [each for each in executions if each["lignes"]],
    }


def _masked(exchange: Exchange, dossier: Dossier) -> dict[str, Any]:
    return _head(exchange, dossier) | {
        "etat": Etat.MASQUE,
        "lignes": [masked_json(ligne) for ligne in dossier.prescription.lignes],
        "executions": [],
    }


def _head(exchange: Exchange, dossier: Dossier) -> dict[str, Any]:
    prescription, record = dossier.prescription, dossier.record
    patient = prescription.patient
    return {
        "identifiant": record.numero, "horodatage": iso(record.registered_at),
        "dateRedaction": str(prescription.date_redaction),
        "prescripteur": {
            "idNat": record.id_nat, "rpps": prescription.rpps,
            "rppsRemplacant": prescription.rpps_remplacant,
        },
        "patient": {
            "nomFamille": patient.nom_famille, "prenom": patient.prenom,
            "dateNaissance": patient.date_naissance,
            "ins": {"oid": patient.oid, "matricule": patient.matricule},
        },
        "oppositionConsultationExecution": prescription.opposition,
        "avertissements": avertissements(exchange.findings),
    }
