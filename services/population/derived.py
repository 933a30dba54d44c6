"""What follows from a patient's state: the mailbox, and what each service does, said in French.

The data adds what state does not tell (a homonym, a wrong published key).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import orjson

from services.population.matricule import OID_NIA, PATIENT_DOMAIN
from services.population.models import (
    DmpState,
    Mailbox,
    Matricule,
    Patient,
    Professional,
    Structure,
)

Told = TypeVar("Told", Professional, Structure)

USUAL = DmpState()
OPPOSITIONS = {
    "bris_de_glace": "opposition au bris de glace, sans effet sur les accès normaux",
    "centre_15": "opposition à l'accès du centre 15, sans effet sur les accès normaux",
}
"""Word of `DmpState.opposed` → what it means."""


def completed(patient: Patient, before: Patient | None = None) -> Patient:
    """The patient with its mailbox and a text for each service; texts it has are kept.

    before: as it was known. A text that told what it did then is not kept when that changed.
    """
    address = mailbox_address(patient.matricule, patient.dmp)
    kept = {
        service: text for service, text in patient.behaviours.items()
        if before is None or before.behaviours.get(service) != text
        or not _concerned(service, before, patient)
    }
    return replace(patient, mailbox=address, behaviours=_texts(patient.dmp, address) | kept)


def bare(patient: Patient) -> Patient:
    """The patient without the mailbox and the usual texts, which `read` gives back: as it is
    stored."""
    usual = _texts(patient.dmp, mailbox_address(patient.matricule, patient.dmp))
    own = {
        service: text for service, text in patient.behaviours.items()
        if usual.get(service) != text
    }
    return replace(patient, mailbox="", behaviours=own)


def read(content: bytes) -> Patient:
    """The whole patient of a stored one. Who wrote it had checked it: this is on the way of every
    search among many, and the model's own check would double its price."""
    said = orjson.loads(content)
    said["matricule"] = matricule = Matricule(**said["matricule"])
    said["prenoms"] = tuple(said["prenoms"])
    dmp = USUAL
    if "dmp" in said:
        dmp = DmpState(**said["dmp"] | {"opposed": tuple(said["dmp"].get("opposed", ()))})
    if "historique" in said:
        said["historique"] = tuple([Matricule(**each) for each in said["historique"]])
    address = mailbox_address(matricule, dmp)
    said.update(
        dmp=dmp, mailbox=address, behaviours=_texts(dmp, address) | said.get("behaviours", {})
    )
    return Patient(**said)


def told(after: Told, before: Told | None) -> Told:
    """A professional or structure without the texts that told what it did before it changed."""
    if before is None or replace(after, behaviours=before.behaviours) == before:
        return after
    old = before.behaviours
    return replace(after, behaviours={
        service: text for service, text in after.behaviours.items() if old.get(service) != text
    })


def mailbox_address(matricule: Matricule, dmp: DmpState) -> str:
    """The patient's MSSanté address, or "" without Mon espace santé or with a NIA.

    The address is built from a qualified INS only (CNAM, ENS Messagerie ECO.2.2.6).
    """
    if dmp.status != "active" or matricule.oid == OID_NIA:
        return ""
    return f"{matricule.ins}@{PATIENT_DOMAIN}".lower()


def mailbox_of(patient: Patient) -> Mailbox:
    """The MSSanté mailbox of a patient who has one."""
    title = f"{patient.prenoms[0]} {patient.nom_utilise or patient.nom_naissance}"
    return Mailbox(patient.mailbox, "PAT", patient.id, title=title)


def _texts(state: DmpState, address: str) -> dict[str, str]:
    """What each service does for a patient of whom nothing else is known."""
    return {
        "ins": "00 avec ses traits, lieu de naissance facultatif.",
        "dmp": _dmp(state),
        "mssante": "Reçoit les mails des professionnels." if address
        else "Pas de messagerie : tout envoi à son adresse est refusé (550 5.1.1).",
        "e_prescription": "Ordonnance enregistrée, consultée et exécutée normalement.",
        "apcv": "Carte Vitale et appli de test, lues normalement.",
    }


def _concerned(service: str, before: Patient, after: Patient) -> bool:
    """Whether what was said of the patient's effect on a service may be true no longer."""
    if service == "ins":
        return _identity(before) != _identity(after)
    state = (before.dmp, before.matricule) != (after.dmp, after.matricule)
    return service in ("dmp", "mssante") and state


def _identity(one: Patient) -> Patient:
    """What INSi answers from."""
    return replace(one, dmp=DmpState(), mailbox="", behaviours={}, nom_utilise="")


def _dmp(state: DmpState) -> str:
    if state.status == "none":
        return "Pas de DMP : dépôt et recherche sont refusés (XDSUnknownPatientId)."
    if state.status == "closed":
        return (f"DMP fermé le {state.closed_on} ({state.closed_reason or 'sans motif'}) : "
                "dépôt et recherche sont refusés (DMPClosed).")
    remarks = "" if state is USUAL else "".join(f" ; {remark}" for remark in _remarks(state))
    return (f"DMP actif : dépôt libre ; consultation refusée sans autorisation du patient "
            f"(DMPAccessDeniedByRightsService){remarks}.")


def _remarks(state: DmpState) -> Iterator[str]:
    if state.minor:
        yield "patient mineur, INVISIBLE_REPRESENTANTS_LEGAUX admis"
    for opposed in state.opposed:
        yield OPPOSITIONS.get(opposed, f"{opposed} bloqué (DMPAccessForbidden)")
