"""Compose an ordonnance as a CDA R2 document of level 1.

The number goes where eP-MED-DM has it (documentationOf/serviceEvent/id).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.cda.document import Document, compose
from services.cda.header import CdaAuthor, CdaCode, CdaIdentifier, CdaPatient

PRESCRIPTION = CdaCode(
    "57833-6", "2.16.840.1.113883.6.1", "Prescription de produits de santé"
)
NUMBER_ROOT = "1.2.250.1.215.500.1.1"


@dataclass(frozen=True, slots=True)
class Ordonnance:
    """What is written on the sheet.

    id: OID of the document; set_id: OID of its versions; numero: the 18 characters of the
    prescription; redigee, fin: aware datetimes; lignes: one line of treatment each.
    """

    id: str
    set_id: str
    numero: str
    patient: CdaPatient
    prescripteur: CdaAuthor
    secteur: CdaCode
    cadre: CdaCode
    redigee: datetime
    fin: datetime
    lignes: tuple[str, ...]
    title: str = "Prescription de médicaments"


def compose_ordonnance(ordonnance: Ordonnance) -> bytes:
    """The document, UTF-8. Read back by `read_header`."""
    patient = ordonnance.patient
    named = replace(
        patient, nom_utilise=patient.nom_utilise or patient.nom_naissance,
        prenom_utilise=patient.prenom_utilise or patient.premier_prenom,
    )
    return compose(Document(
        ordonnance.id, ordonnance.set_id, PRESCRIPTION, ordonnance.title, named,
        ordonnance.prescripteur, ordonnance.secteur, ordonnance.cadre, ordonnance.redigee,
        sheet(ordonnance), ordonnance.fin, CdaIdentifier(NUMBER_ROOT, ordonnance.numero),
    ))


def sheet(ordonnance: Ordonnance) -> str:
    """The ordonnance as a person reads it."""
    patient, author = ordonnance.patient, ordonnance.prescripteur
    lines = [
        f"{author.prenom} {author.nom} - {author.specialty.label}",
        f"{author.structure.name} - RPPS {author.id_nat[1:]}",
        "",
        f"Le {ordonnance.redigee:%d/%m/%Y}",
        f"{patient.nom_naissance} {' '.join(patient.prenoms)}, né(e) le {patient.date_naissance}",
        "",
        *(f"{rank}. {line}" for rank, line in enumerate(ordonnance.lignes, 1)),
        "",
        f"e-prescription N° {ordonnance.numero}",
        "Document fictif d'un bac à sable : aucune valeur, aucune personne réelle.",
    ]
    return "\n".join(lines) + "\n"
