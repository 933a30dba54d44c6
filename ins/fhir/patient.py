"""The person that INSi found, as FR Core 2.2.0 wants it."""

from __future__ import annotations

from ins import codes
from ins.domain.recherche import date_civile
from ins.fhir.elements import Json, coding, extension
from services.population.models import Matricule, Patient

GENDERS = {sexe: gender for gender, sexe in codes.SEXES.items()}


def render_patient(patient: Patient, today: str) -> Json:
    """fr-core-patient-ins; fr-core-patient when the birth place, mandatory there, is unknown.

    today: date of the query, `YYYY-MM-DD`. Identity status: retrieved from INSi, not validated,
    which FR Core 2.2.0 can only write PROV (code RECUP is of its next version).
    """
    profile = codes.PROFIL_PATIENT_INS if patient.lieu_naissance else codes.PROFIL_PATIENT
    civil = date_civile(patient.date_naissance)
    parts = [_reliability(today)]
    if patient.lieu_naissance:
        parts.insert(0, _birth_place(patient.lieu_naissance))
    if civil != patient.date_naissance:
        parts.append(extension(codes.DATE_LUNAIRE, valueString=patient.date_naissance))
    return {
        "resourceType": "Patient",
        "meta": {"profile": [profile]},
        "extension": parts,
        "identifier": [
            _identifier(patient.matricule, "official"),
            *(_identifier(one, "old") for one in patient.historique),
        ],
        "name": [{
            "extension": [extension(codes.LISTE_PRENOMS, valueString=patient.liste_prenoms)],
            "use": "official",
            "family": patient.nom_naissance,
            "given": [patient.prenoms[0]],
        }],
        "gender": GENDERS[patient.sexe],
        "birthDate": civil,
    }


def _identifier(matricule: Matricule, use: str) -> Json:
    code, display = codes.TYPES_MATRICULE[matricule.oid]
    made: Json = {
        "use": use,
        "type": {"coding": [coding(codes.TYPE_IDENTIFIANT, code, display)]},
        "system": f"urn:oid:{matricule.oid}",
        "value": matricule.ins,
    }
    start, end = matricule.date_debut, matricule.date_fin
    # QUIRK(INSi, public answers): some history begins after it ends; a FHIR Period cannot.
    if start and end and start > end:
        start = ""
    period = {name: value for name, value in (("start", start), ("end", end)) if value}
    return made | {"period": period} if period else made


def _birth_place(cog: str) -> Json:
    system = codes.PAYS if cog.startswith("99") else codes.COMMUNES
    insee = extension(codes.CODE_INSEE, valueCoding=coding(system, cog))
    return extension(codes.LIEU_NAISSANCE, valueAddress={"extension": [insee]})


def _reliability(today: str) -> Json:
    return {
        "extension": [
            extension("identityStatus", valueCoding=coding(
                codes.STATUT_IDENTITE, "PROV", "Identité provisoire"
            )),
            extension("methodCollection", valueCoding=coding(
                codes.MODE_COLLECTE, "INSI", "Téléservice INSI"
            )),
            extension("dateCollection", valueDate=today),
        ],
        "url": codes.FIABILITE,
    }
