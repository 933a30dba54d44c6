"""Codes of the DMP: identifier authorities, visibility codes, and the value sets shipped as data.

`data/type_class.csv`: JDV_J66-TypeCode-DMP v20240927 joined with ASS_X16 v20240223;
`data/affinite.csv`: JDV_J57 v20230922, J58 v20200424, J59 v20260928, J60 v20260928, J61 v20240927,
J62 v20230922 (Agence du numérique en santé, NOS). Lists move on: a code that is not in them is
never refused.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
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


@cache
def types() -> dict[str, TypeDocument]:
    """Document types by code."""
    return {
        code: TypeDocument(code, classe, depot)
        for code, _, _, classe, depot in _rows("type_class")
    }


@cache
def affinite() -> dict[str, frozenset[str]]:
    """Metadata name (activite, cadre, classe, confidentialite, format, secteur, type) → codes."""
    sets: dict[str, set[str]] = {"type": set(types())}
    for metadonnee, code, _ in _rows("affinite"):
        sets.setdefault(metadonnee, set()).add(code)
    return {name: frozenset(codes) for name, codes in sets.items()}


def _rows(name: str) -> Iterator[list[str]]:
    content = files("dmp").joinpath("data", f"{name}.csv").read_text("utf-8")
    rows = csv.reader(content.splitlines())
    next(rows)
    yield from rows
