"""Class, format and code systems of a document, from its CDA header (`codes.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from services.cda import CdaCode, CdaHeader

CLASS_SYSTEM = "1.2.250.1.213.1.1.4.1"
SPECIALTY_SYSTEM = "1.2.250.1.213.1.1.4.5"
SECTOR_SYSTEM = "1.2.250.1.71.4.2.4"
AMBULATOIRE = CdaCode("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire")
FORMAT_SYSTEM = "1.2.250.1.213.1.1.4.2.282"
NO_PROFILE = "urn:asipSante:modelesHorsProfils:2011"
"""Format of a CDA that follows no published content model."""


@cache
def _tables() -> dict[str, Any]:
    source = files("services.scenarios.documents") / "codes.toml"
    return tomllib.loads(source.read_text("utf-8"))


def class_of(type_code: str) -> CdaCode:
    """The class of a document type; empty when the type has none."""
    for code, row in _tables()["classes"].items():
        if type_code in row["types"]:
            return CdaCode(code, CLASS_SYSTEM, row["label"])
    return CdaCode()


def format_of(header: CdaHeader) -> CdaCode:
    """The XDS format code."""
    templates = {template.root for template in header.template_ids}
    for template, code in _tables()["formats"].items():
        if template in templates:
            return CdaCode(code, FORMAT_SYSTEM)
    if header.body == "nonXML":
        found = _tables()["bodies"].get(header.body_media_type, NO_PROFILE)
        return CdaCode(found, FORMAT_SYSTEM)
    return CdaCode(NO_PROFILE, FORMAT_SYSTEM)


def specialty_of(code: str) -> CdaCode:
    """An author's specialty: profession, or profession and know-how ("G15_10/SM54")."""
    known = _tables()["specialties"]
    label = known.get(code) or known.get(code.partition("/")[0], "Professionnel de santé")
    return CdaCode(code, SPECIALTY_SYSTEM, label)


def sector_of(code: str) -> CdaCode:
    """A sector of activity (TRE_R02)."""
    return CdaCode(code, SECTOR_SYSTEM, _tables()["sectors"].get(code, code))


def fhir_system(oid: str) -> str:
    """The FHIR name of a code system."""
    named: str = _tables()["systems"].get(oid, f"urn:oid:{oid}")
    return named
