"""Constraints that their profiles state in words only, written by hand: PDSm 3.1.1 (ANS).

Key → what is expected and a check that returns what was found instead, "" when all is well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from services.fhir.validation.issues import At, shown
from services.fhir.validation.walk import Walk

_NOS = re.compile(r"https?://mos\.esante\.gouv\.fr/NOS/(TRE_[A-Z][0-9]+)-.*")
_BINARY = re.compile(r"(?:.*/)?Binary/[A-Za-z0-9\-.]{1,64}", re.ASCII)


class Written(NamedTuple):
    """severity: "" for that of the definition."""

    expected: str
    check: Callable[[Any, At, Walk], str]
    severity: str = ""


def _systems(*names: str, severity: str = "", **oids: str) -> Written:
    """Codes of some nomenclatures only: NOS tables by number with their OID, others by URL."""
    accepted = {*names, *oids, *oids.values(), *(f"urn:oid:{oid}" for oid in oids.values())}

    def check(value: Any, at: At, walk: Walk) -> str:
        systems = [*_coded(value)]
        if at[1] == ".practiceSetting":
            # The text of this constraint is that of facilityType: the setting has its own table.
            systems = [each for each in systems if _table(each) != "TRE_A01"]
        if not systems or any(one in accepted or _table(one) in accepted for one in systems):
            return ""
        return ", ".join(shown(one) for one in systems)

    return Written(" ou ".join([*oids, *names]), check, severity)


def _table(system: str) -> str:
    match = _NOS.fullmatch(system)
    return match[1] if match else system


def _coded(value: Any) -> Iterator[str]:
    """Systems of a Coding, of a CodeableConcept, or of an extension's value."""
    if type(value) is not dict:
        return
    for each in (value, value.get("valueCodeableConcept"), value.get("valueCoding")):
        codings = each.get("coding", [each]) if type(each) is dict else []
        for coding in codings if type(codings) is list else ():
            if type(coding) is dict and type(system := coding.get("system")) is str:
                yield system


def _replaces_once(value: Any, at: At, walk: Walk) -> str:
    links = walk.resource.get("relatesTo")
    codes = [each.get("code") for each in links if type(each) is dict] if (
        type(links) is list
    ) else []
    return f"{codes.count('replaces')} remplacements" if codes.count("replaces") > 1 else ""


def _deposited(value: Any, at: At, walk: Walk) -> str:
    """In a deposit, the address is that of a Binary or of a resource of the Bundle."""
    if type(value) is not str or walk.bundle is None or walk.bundle.get("type") != "transaction":
        return ""
    return "" if _BINARY.fullmatch(value) or walk.resolve(value) else shown(value)


def _nothing(value: Any, at: At, walk: Walk) -> str:
    return ""


_PRODUCER = {"TRE_A00": "1.2.250.1.213.1.1.4.6", "TRE_R02": "1.2.250.1.71.4.2.4"}

WRITTEN: dict[str, Written] = {
    "constr-bind-type": _systems(
        "http://loinc.org", TRE_A05="1.2.250.1.213.1.1.4.12", TRE_A12="ASTM",
        LOINC="2.16.840.1.113883.6.1",
    ),
    "constr-bind-category": _systems(TRE_A03="1.2.250.1.213.1.1.4.1", TRE_A10="URN"),
    "constr-bind-format": _systems(
        "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
        TRE_A06="1.2.250.1.213.1.1.4.2.282", TRE_A11="1.3.6.1.4.1.19376.1.2.3",
        TRE_A09="1.2.840.10008.2.6.1", TRE_A10="URN",
    ),
    "constr-bind-ProducteurDoc": _systems(**_PRODUCER),
    "constr-bind-ProducteurDoc-simplified": _systems(severity="warning", **_PRODUCER),
    "constr-bind-designationtype": _systems(TRE_R209="1.2.250.1.213.2.2", **_PRODUCER),
    "constr-bind-relatesTo": Written("un seul remplacement", _replaces_once),
    "constr-bind-attachmenturl": Written("Binary/[id] ou une ressource du lot", _deposited),
    # Any nomenclature is accepted in the end ("autre").
    "constr-bind-context-event": Written("", _nothing),
    # Whether the exchange replaces a document is not said by the resource alone.
    "constr-cdr-rempl": Written("", _nothing),
    # The target's type is checked as that of any reference.
    "constr-bind-relatesToTarget": Written("", _nothing),
}
