"""Who the message says prescribes, executes and is treated, against who is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.e_prescription.domain.prescription import PatientPrescrit
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule
from services.population import Patient


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declared professional (place and RPPS, "" when not declared) and the one of the token."""

    at: str
    rpps: str
    caller_rpps: str


@dataclass(frozen=True, slots=True)
class Designation:
    """The patient as written, and the known one, None when nobody fits."""

    written: PatientPrescrit
    known: Patient | None


@rule(
    "EP-PRESCRIPTEUR", severity="error",
    message="Le prescripteur du message n'est pas le professionnel du jeton.",
    source=SOCLE,
)
def prescriber_is_the_caller(declaration: Declaration) -> Iterator[Mismatch]:
    yield from _other_person(declaration)


@rule(
    "EP-EXECUTANT", severity="error",
    message="L'exécutant du message n'est pas le professionnel du jeton.",
    source=SOCLE,
)
def executant_is_the_caller(declaration: Declaration) -> Iterator[Mismatch]:
    yield from _other_person(declaration)


@rule(
    "EP-PATIENT-INCONNU", severity="warning", observable="state",
    message="Ce patient n'est pas connu de l'espace : les autres services ne le trouveront pas.",
    source=SOCLE,
)
def patient_is_known(designation: Designation) -> Iterator[Mismatch]:
    if designation.known is None:
        written = designation.written
        yield Mismatch(
            "patient", "un patient de la population de l'espace",
            written.matricule or f"{written.nom_famille} {written.date_naissance}",
        )


@rule(
    "EP-PATIENT-TRAITS", severity="warning", observable="state",
    message="Les traits du patient diffèrent de ceux de son matricule INS.",
    source=SOCLE,
)
def traits_are_those_of_the_ins(designation: Designation) -> Iterator[Mismatch]:
    known, written = designation.known, designation.written
    if known is None or not written.matricule:
        return
    names = {known.nom_naissance.upper(), known.nom_utilise.upper()}
    if written.nom_famille.upper() not in names:
        yield Mismatch("patient.nomFamille", known.nom_naissance, written.nom_famille)
    if written.date_naissance and written.date_naissance != known.date_naissance:
        yield Mismatch("patient.dateNaissance", known.date_naissance, written.date_naissance)


PRESCRIPTEUR = (prescriber_is_the_caller,)
EXECUTANT = (executant_is_the_caller,)
PATIENT = (patient_is_known, traits_are_those_of_the_ins)


def _other_person(declaration: Declaration) -> Iterator[Mismatch]:
    if declaration.rpps and declaration.rpps != declaration.caller_rpps:
        yield Mismatch(
            declaration.at, declaration.caller_rpps or "le RPPS du jeton", declaration.rpps
        )
