"""EP4: register a prescription under the number its prescriber's software made, or cancel it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from services.e_prescription import errors, store
from services.e_prescription.codes import PRESCRIPTEURS, Etat, Nature
from services.e_prescription.domain.execution import etat_of, follow
from services.e_prescription.domain.habilitation import prescriptible, rpps_of
from services.e_prescription.domain.prescription import (
    PatientPrescrit,
    Prescription,
    earliest_date,
    latest_date,
)
from services.e_prescription.rules.identite import PATIENT, PRESCRIPTEUR, Declaration, Designation
from services.e_prescription.rules.message import MESSAGE
from services.e_prescription.rules.prescription import PRESCRIPTION, Redaction
from services.e_prescription.wire.dossier import open_dossier, refuse_gone, stored_prescription
from services.e_prescription.wire.fields import Fields, body
from services.e_prescription.wire.reading import read_contexte, read_numero, read_prescription
from services.e_prescription.wire.rendering import avertissements, etag, execution_of
from services.kernel.authentication import bearer
from services.kernel.clock import iso
from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.kernel.rules import observe
from services.kernel.transactions import transaction
from services.population import Patient, people


@transaction(
    "EP4", name="Enregistrer une e-prescription", spec="SEL-MP-040 (d'après DevBox)", dialect=JSON,
    routes=("POST /e-prescription/v1/ep4_creer",), fidelity="derived",
    consumes=("application/json",), answers=(201, 200),
)
async def ep4_creer(exchange: Exchange) -> Answer:
    fields = body(exchange)
    if fields.choice("nature", Nature, Nature.CREATION) is Nature.ANNULATION:
        return await _cancel(exchange, fields)
    prescription = read_prescription(fields)
    latest = latest_date(exchange.tenant.clock.datetime())
    strict = errors.REGLE_NON_RESPECTEE
    observe(exchange, MESSAGE, list(fields.unread()))
    observe(exchange, PRESCRIPTION, Redaction(prescription, latest), strict)
    caller = await bearer(exchange)
    _authorise(caller, prescription)
    observe(exchange, PRESCRIPTEUR, _declared(prescription, caller), errors.PRESCRIPTEUR_DIFFERENT)
    known = await _known_patient(exchange, prescription.patient)
    observe(exchange, PATIENT, Designation(prescription.patient, known), strict)
    record = store.Record(
        prescription.identifiant, caller.id_nat, _digest(fields.content, caller),
        exchange.tenant.clock.now(), 1, None, exchange.body,
    )
    if await store.add(exchange.sandbox.database, exchange.tenant.key, record):
        return _answer(exchange, record, Etat.ENREGISTREE, 201)
    return await _again(exchange, record)


async def _again(exchange: Exchange, received: store.Record) -> Answer:
    """The number is taken: the same content is confirmed, another one is refused."""
    database, key = exchange.sandbox.database, exchange.tenant.key
    known = await store.find(database, key, received.numero)
    if known is None:
        raise errors.PRESCRIPTION_INCONNUE(at="identifiant", found=received.numero)
    prescription = stored_prescription(known)
    today = earliest_date(exchange.tenant.clock.datetime())
    refuse_gone(known, prescription, today)
    if known.digest != received.digest:
        raise errors.NUMERO_DEJA_UTILISE(
            at="identifiant", found=f"{known.numero}, enregistré le {iso(known.registered_at)}"
        )
    kept = await store.executions_of(database, key, known.numero)
    suivis = follow(prescription, map(execution_of, kept), today)
    etat = Etat.MASQUE if prescription.opposition else etat_of(suivis)
    return _answer(exchange, known, etat, 200)


async def _cancel(exchange: Exchange, fields: Fields) -> Answer:
    # DEFAULT(cancel): the real message that cancels is not public.
    numero = read_numero(fields)
    read_contexte(fields)
    fields.optional_text("motif")
    observe(exchange, MESSAGE, list(fields.unread()))
    caller = await bearer(exchange)
    dossier = await open_dossier(exchange, numero)
    if caller.id_nat != dossier.record.id_nat:
        raise errors.PRESCRIPTEUR_DIFFERENT(found=caller.id_nat)
    now = exchange.tenant.clock.now()
    cancelled = not dossier.executions and await store.cancel(
        exchange.sandbox.database, exchange.tenant.key, dossier.record, now
    )
    if not cancelled:
        raise errors.ANNULATION_IMPOSSIBLE(at="identifiant", found=numero)
    return Answer.json({
        "identifiant": numero, "etat": Etat.ANNULEE, "horodatage": iso(now),
        "avertissements": avertissements(exchange.findings),
    })


def _authorise(caller: Caller, prescription: Prescription) -> None:
    allowed = prescriptible(caller.profession)
    for number, ligne in enumerate(prescription.lignes):
        if ligne.type not in allowed:
            raise errors.PROFESSION_NON_HABILITEE(
                at=f"lignes[{number}].eprescType", found=f"profession {caller.profession or '?'}",
                expected=f"profession {', '.join(_professions(ligne.type))}",
            )


def _professions(kind: str) -> list[str]:
    return [code for code, kinds in PRESCRIPTEURS.items() if kind in kinds]


def _declared(prescription: Prescription, caller: Caller) -> Declaration:
    if prescription.rpps_remplacant:
        return Declaration(
            "rppsRemplacant", prescription.rpps_remplacant, rpps_of(caller.id_nat)
        )
    return Declaration("professionnel.rpps", prescription.rpps, rpps_of(caller.id_nat))


async def _known_patient(exchange: Exchange, written: PatientPrescrit) -> Patient | None:
    population = people(exchange.sandbox.database, exchange.tenant)
    if written.matricule:
        return await population.patient_by_ins(written.matricule, written.oid or None)
    for sexe in ("F", "M"):
        found = await population.matching(
            written.nom_famille.upper(), sexe, written.date_naissance
        )
        if found:
            return found[0]
    return None


def _digest(content: Mapping[str, Any], caller: Caller) -> str:
    """What makes two registrations the same: prescriber and content, not the context block."""
    same = {name: value for name, value in content.items() if name not in ("contexte", "nature")}
    return hashlib.sha256(caller.id_nat.encode() + b"\0" + store.canonical(same)).hexdigest()


def _answer(exchange: Exchange, record: store.Record, etat: Etat, status: int) -> Answer:
    content = {
        "identifiant": record.numero, "etat": etat, "horodatage": iso(record.registered_at),
        "avertissements": avertissements(exchange.findings),
    }
    if etat is Etat.MASQUE:
        return Answer.json(content, status)
    return Answer.json(content, status, ETag=etag(record.version))
