"""From the header's elements to `CdaHeader`. Lenient: what is absent is "", rules judge it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from services.cda.element import Element
from services.cda.header import (
    INS_ROOTS,
    PROFESSIONAL_ROOT,
    STRUCTURE_ROOT,
    CdaAuthor,
    CdaCode,
    CdaHeader,
    CdaIdentifier,
    CdaPatient,
    CdaRelatedDocument,
    CdaServiceEvent,
    CdaStructure,
)
from services.cda.parse import NAMESPACE, header_tree
from services.cda.times import fhir_date

BODIES: dict[str, Literal["structured", "nonXML"]] = {
    f"{{{NAMESPACE}}}structuredBody": "structured",
    f"{{{NAMESPACE}}}nonXMLBody": "nonXML",
}


def read_header(content: bytes) -> CdaHeader:
    """The header of a CDA R2 document. Raises CdaUnreadable (reason, place).

    The body is checked to be well-formed and not read: cost is about 5 ms per megabyte.
    """
    tree, body = header_tree(content)
    root = Element(tree)
    code = _code(root, "code")
    practice_settings = (
        "documentationOf/serviceEvent/performer/assignedEntity",
        "author/assignedAuthor",
        "legalAuthenticator/assignedEntity",
    )
    return CdaHeader(
        id=_id(root, "id"),
        set_id=_id(root, "setId"),
        version=_get(root, "versionNumber", "value"),
        code=code.code,
        code_system=code.system,
        code_label=code.label,
        title=_text(root, "title"),
        effective_time=_get(root, "effectiveTime", "value"),
        language=_get(root, "languageCode", "code"),
        confidentiality=_code(root, "confidentialityCode"),
        template_ids=_ids(root, "templateId"),
        patient=_patient(root),
        authors=tuple(_author(e, "assignedAuthor") for e in root.all("author")),
        custodian=_structure(
            root.one("custodian/assignedCustodian/representedCustodianOrganization")
        ),
        legal_authenticator=next(
            (_author(e, "assignedEntity") for e in root.all("legalAuthenticator")),
            None,
        ),
        service_events=tuple(
            _service_event(e) for e in root.all("documentationOf/serviceEvent")
        ),
        practice_setting=_first_code(
            root, *(f"{p}/representedOrganization/standardIndustryClassCode"
                    for p in practice_settings)
        ),
        facility_type=_code(
            root, "componentOf/encompassingEncounter/location/healthCareFacility/code"
        ),
        related_documents=tuple(_related(root)),
        body=BODIES.get(str(body[1].tag), "") if len(body) > 1 else "",
        body_media_type=body[2].get("mediaType", "") if len(body) > 2 else "",
    )


def _patient(root: Element) -> CdaPatient:
    role = root.one("recordTarget/patientRole")
    if role is None:
        return CdaPatient()
    identifiers = _ids(role, "id")
    ins = next((i for i in identifiers if i.root in INS_ROOTS), None)
    names = role.all("patient/name")
    first = _named(names, "given", "BR")
    prenoms = tuple(_named(names, "given", "").split())
    if first and first not in prenoms[:1]:
        prenoms = (first, *(p for p in prenoms if p != first))
    return CdaPatient(
        ins=ins.extension if ins else "",
        oid=ins.root if ins else "",
        identifiers=identifiers,
        nom_naissance=_named(names, "family", "BR") or _named(names, "family", ""),
        prenoms=prenoms,
        premier_prenom=first or (prenoms[0] if prenoms else ""),
        sexe=_get(role, "patient/administrativeGenderCode", "code"),
        date_naissance=fhir_date(_get(role, "patient/birthTime", "value")),
        lieu_naissance=_text(role, "patient/birthplace/place/addr/county"),
        nom_utilise=_named(names, "family", "CL") or _named(names, "family", "SP"),
        prenom_utilise=_named(names, "given", "CL"),
        mailbox=_mailbox(role),
    )


def _named(names: list[Element], part: str, qualifier: str) -> str:
    """The texts of `family` or `given` with exactly that qualifier ("" for none)."""
    found = [
        e.text for name in names for e in name.all(part)
        if e.get("qualifier") == qualifier
    ]
    return " ".join(found) if not qualifier else (found[0] if found else "")


def _mailbox(role: Element) -> str:
    values = (e.get("value") for e in role.all("telecom"))
    addresses = (v.removeprefix("mailto:") for v in values if v.startswith("mailto:"))
    return next((a for a in addresses if a.endswith("@patient.mssante.fr")), "")


def _author(element: Element, entity_path: str) -> CdaAuthor:
    entity = element.one(entity_path)
    if entity is None:
        return CdaAuthor(time=_get(element, "time", "value"))
    device = entity.one("assignedAuthoringDevice")
    return CdaAuthor(
        id_nat=_extension(entity, PROFESSIONAL_ROOT),
        nom=_text(entity, "assignedPerson/name/family")
        or _text(entity, "assignedAuthoringDevice/softwareName"),
        prenom=_text(entity, "assignedPerson/name/given"),
        specialty=_code(entity, "code"),
        structure=_structure(entity.one("representedOrganization")),
        time=_get(element, "time", "value"),
        device=device is not None,
    )


def _structure(element: Element | None) -> CdaStructure:
    if element is None:
        return CdaStructure()
    return CdaStructure(_extension(element, STRUCTURE_ROOT), _text(element, "name"))


def _service_event(element: Element) -> CdaServiceEvent:
    return CdaServiceEvent(
        code=_code(element, "code"),
        low=_get(element, "effectiveTime/low", "value")
        or _get(element, "effectiveTime", "value"),
        high=_get(element, "effectiveTime/high", "value"),
        id=_id(element, "id"),
    )


def _related(root: Element) -> Iterator[CdaRelatedDocument]:
    for element in root.all("relatedDocument"):
        yield CdaRelatedDocument(
            element.get("typeCode"), _id(element, "parentDocument/id")
        )


def _ids(element: Element, path: str) -> tuple[CdaIdentifier, ...]:
    return tuple(
        CdaIdentifier(e.get("root"), e.get("extension"))
        for e in element.all(path) if e.get("root")
    )


def _id(element: Element, path: str) -> str:
    return next((str(i) for i in _ids(element, path)), "")


def _extension(element: Element, root: str) -> str:
    return next((i.extension for i in _ids(element, "id") if i.root == root), "")


def _code(element: Element, path: str) -> CdaCode:
    found = element.one(path)
    if found is None:
        return CdaCode()
    return CdaCode(
        found.get("code"), found.get("codeSystem"), found.get("displayName")
    )


def _first_code(element: Element, *paths: str) -> CdaCode:
    codes = (_code(element, path) for path in paths)
    return next((code for code in codes if code.code), CdaCode())


def _get(element: Element, path: str, attribute: str) -> str:
    found = element.one(path)
    return "" if found is None else found.get(attribute)


def _text(element: Element, path: str) -> str:
    found = element.one(path)
    return "" if found is None else found.text
