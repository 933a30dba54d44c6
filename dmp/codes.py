"""Codes of the DMP: identifier authorities, visibility codes, value sets, classes of the types.

`data/type_class.csv`: the types of JDV_J66-TypeCode-DMP v20240927 with their class of ASS_X16
v20240223 (Agence du numérique en santé, NOS). Lists move on: a code that is not in them is never
refused.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from services.cda.header import PROFESSIONAL_ROOT, STRUCTURE_ROOT
from services.population.matricule import OID_NIA, OID_NIR, OIDS

NIR, NIA, INS_OIDS = OID_NIR, OID_NIA, OIDS
IDNPS, IDNST = PROFESSIONAL_ROOT, STRUCTURE_ROOT
"""Authorities of the national identifiers of professionals and of structures."""

CPE = "CPE"
"""Card of an employee: no professional, deposits in the name of its structure."""

MASQUE_PS = "MASQUE_PS"
INVISIBLE_PATIENT = "INVISIBLE_PATIENT"
INVISIBLE_REPRESENTANTS = "INVISIBLE_REPRESENTANTS_LEGAUX"
NIVEAUX = ("N", "R", "V")

SIGNATURE_TYPE = "E1762"
VACCINATION_TYPE = "87273-9"
CLASSES_RESERVEES = ("60", "90")
"""Reimbursement data and documents of the patient: never from professionals' software."""
TYPES_RESERVES = ("DOCPAT", "EXPPAT_")

FRANCAIS, LANGUE_SIGNATURE = "fr-FR", "art"
CDA_MIME, KOS_MIME = "text/xml", "application/dicom"
XML_MIMES = (CDA_MIME, "application/xml")


@dataclass(frozen=True, slots=True)
class TypeDocument:
    """One row of JDV_J66. classe: "" when ASS_X16 does not know the type; depot: oui, non or
    signature, who may deposit it from professionals' software."""

    code: str
    classe: str
    depot: str


AFFINITE = {
    "classe": "JDV_J57", "confidentialite": "JDV_J58", "activite": "JDV_J59", "format": "JDV_J60",
    "secteur": "JDV_J61", "cadre": "JDV_J62", "type": "JDV_J66",
}
"""Metadata name → value set of the affinity domain."""


@cache
def types() -> dict[str, TypeDocument]:
    """Document types by code."""
    content = files("dmp").joinpath("data", "type_class.csv").read_text("utf-8")
    _, *rows = csv.reader(content.splitlines())
    return {code: TypeDocument(code, classe, depot) for code, classe, depot in rows}
