"""From the header's elements to `CdaHeader`. Lenient: what is absent is "", rules judge it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from lxml import etree

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

NS = {"h": NAMESPACE}
BODIES: dict[str, Literal["structured", "nonXML"]] = {
    f"{{{NAMESPACE}}}structuredBody": "structured",
    f"{{{NAMESPACE}}}nonXMLBody": "nonXML",
}


def read_header(content: bytes) -> CdaHeader:
    """The header of a CDA R2 document. Raises CdaUnreadable (reason, place).

    The body is checked to be well-formed and not read: cost is about 5 ms per megabyte.
    """
    root, body = header_tree(content)
    code = _code(root, "h:code")
    practice_settings = (
        "h:documentationOf/h:serviceEvent/h:performer/h:assignedEntity",
        "h:author/h:assignedAuthor",
        "h:legalAuthenticator/h:assignedEntity",
    )
    return CdaHeader(
        id=_id(root, "h:id"),
        set_id=_id(root, "h:setId"),
        version=_get(root, "h:versionNumber", "value"),
        code=code.code,
        code_system=code.system,
        code_label=code.label,
        title=_text(root, "h:title"),
        effective_time=_get(root, "h:effectiveTime", "value"),
        language=_get(root, "h:languageCode", "code"),
        confidentiality=_code(root, "h:confidentialityCode"),
        template_ids=_ids(root, "h:templateId"),
        patient=_patient(root),
        authors=tuple(_author(e, "h:assignedAuthor") for e in root.iterfind("h:author", NS)),
        custodian=_structure(
            root.find("h:custodian/h:assignedCustodian/h:representedCustodianOrganization", NS)
        ),
        legal_authenticator=next(
            (_author(e, "h:assignedEntity") for e in root.iterfind("h:legalAuthenticator", NS)),
            None,
        ),
        service_events=tuple(
            _service_event(e) for e in root.iterfind("h:documentationOf/h:serviceEvent", NS)
        ),
        practice_setting=_first_code(
            root, *(f"{p}/h:representedOrganization/h:standardIndustryClassCode"
                    for p in practice_settings)
        ),
        facility_type=_code(
            root, "h:componentOf/h:encompassingEncounter/h:location/h:healthCareFacility/h:code"
        ),
        related_documents=tuple(_related(root)),
        body=BODIES.get(str(body[1].tag), "") if len(body) > 1 else "",
        body_media_type=body[2].get("mediaType", "") if len(body) > 2 else "",
    )


def _patient(root: etree._Element) -> CdaPatient:
    role = root.find("h:recordTarget/h:patientRole", NS)
    if role is None:
        return CdaPatient()
    identifiers = _ids(role, "h:id")
    ins = next((i for i in identifiers if i.root in INS_ROOTS), None)
    names = role.findall("h:patient/h:name", NS)
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
        sexe=_get(role, "h:patient/h:administrativeGenderCode", "code"),
        date_naissance=fhir_date(_get(role, "h:patient/h:birthTime", "value")),
        lieu_naissance=_text(role, "h:patient/h:birthplace/h:place/h:addr/h:county"),
        nom_utilise=_named(names, "family", "CL") or _named(names, "family", "SP"),
        mailbox=_mailbox(role),
    )


def _named(names: list[etree._Element], part: str, qualifier: str) -> str:
    """The texts of `family` or `given` with exactly that qualifier ("" for none)."""
    found = [
        _content(e) for name in names for e in name.iterfind(f"h:{part}", NS)
        if e.get("qualifier", "") == qualifier
    ]
    return " ".join(found) if not qualifier else (found[0] if found else "")


def _mailbox(role: etree._Element) -> str:
    values = (e.get("value", "") for e in role.iterfind("h:telecom", NS))
    addresses = (v.removeprefix("mailto:") for v in values if v.startswith("mailto:"))
    return next((a for a in addresses if a.endswith("@patient.mssante.fr")), "")


def _author(element: etree._Element, entity_path: str) -> CdaAuthor:
    entity = element.find(entity_path, NS)
    if entity is None:
        return CdaAuthor(time=_get(element, "h:time", "value"))
    device = entity.find("h:assignedAuthoringDevice", NS)
    return CdaAuthor(
        id_nat=_extension(entity, PROFESSIONAL_ROOT),
        nom=_text(entity, "h:assignedPerson/h:name/h:family")
        or _text(entity, "h:assignedAuthoringDevice/h:softwareName"),
        prenom=_text(entity, "h:assignedPerson/h:name/h:given"),
        specialty=_code(entity, "h:code"),
        structure=_structure(entity.find("h:representedOrganization", NS)),
        time=_get(element, "h:time", "value"),
        device=device is not None,
    )


def _structure(element: etree._Element | None) -> CdaStructure:
    if element is None:
        return CdaStructure()
    return CdaStructure(_extension(element, STRUCTURE_ROOT), _text(element, "h:name"))


def _service_event(element: etree._Element) -> CdaServiceEvent:
    return CdaServiceEvent(
        code=_code(element, "h:code"),
        low=_get(element, "h:effectiveTime/h:low", "value")
        or _get(element, "h:effectiveTime", "value"),
        high=_get(element, "h:effectiveTime/h:high", "value"),
        id=_id(element, "h:id"),
    )


def _related(root: etree._Element) -> Iterator[CdaRelatedDocument]:
    for element in root.iterfind("h:relatedDocument", NS):
        yield CdaRelatedDocument(
            element.get("typeCode", ""), _id(element, "h:parentDocument/h:id")
        )


def _ids(element: etree._Element, path: str) -> tuple[CdaIdentifier, ...]:
    return tuple(
        CdaIdentifier(e.get("root", ""), e.get("extension", ""))
        for e in element.iterfind(path, NS) if e.get("root")
    )


def _id(element: etree._Element, path: str) -> str:
    return next((str(i) for i in _ids(element, path)), "")


def _extension(element: etree._Element, root: str) -> str:
    return next((i.extension for i in _ids(element, "h:id") if i.root == root), "")


def _code(element: etree._Element, path: str) -> CdaCode:
    found = element.find(path, NS)
    if found is None:
        return CdaCode()
    return CdaCode(
        found.get("code", ""), found.get("codeSystem", ""), found.get("displayName", "")
    )


def _first_code(element: etree._Element, *paths: str) -> CdaCode:
    codes = (_code(element, path) for path in paths)
    return next((code for code in codes if code.code), CdaCode())


def _get(element: etree._Element, path: str, attribute: str) -> str:
    found = element.find(path, NS)
    return "" if found is None else found.get(attribute, "")


def _text(element: etree._Element, path: str) -> str:
    found = element.find(path, NS)
    return "" if found is None else _content(found)


def _content(element: etree._Element) -> str:
    return " ".join("".join(str(text) for text in element.itertext()).split())
