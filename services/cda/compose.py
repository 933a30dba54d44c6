"""Compose an ordonnance as a CDA R2 document of level 1: full header, body in plain text.

Header of CI-SIS "Structuration minimale"; the number goes where eP-MED-DM has it
(documentationOf/serviceEvent/id). The body is XDS-SD text, so that no template is claimed that
the document does not follow.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from services.cda.header import (
    PROFESSIONAL_ROOT,
    STRUCTURE_ROOT,
    CdaAuthor,
    CdaCode,
    CdaPatient,
    CdaStructure,
)
from services.cda.parse import NAMESPACE
from services.cda.times import hl7_time

TEMPLATES = ("2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.3.6.1.4.1.19376.1.2.20")
PRESCRIPTION = CdaCode(
    "57833-6", "2.16.840.1.113883.6.1", "Prescription de produits de santé"
)
NUMBER_ROOT = "1.2.250.1.215.500.1.1"
SEXES = {"M": "Masculin", "F": "Féminin"}


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
    when = hl7_time(ordonnance.redigee)
    root = _element(
        "ClinicalDocument",
        _element("realmCode", code="FR"),
        _element("typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040"),
        *(_element("templateId", root=oid) for oid in TEMPLATES),
        _element("id", root=ordonnance.id),
        _coded("code", PRESCRIPTION),
        _text("title", ordonnance.title),
        _element("effectiveTime", value=when),
        _coded("confidentialityCode", CdaCode("N", "2.16.840.1.113883.5.25", "Normal")),
        _element("languageCode", code="fr-FR"),
        _element("setId", root=ordonnance.set_id),
        _element("versionNumber", value="1"),
        _record_target(ordonnance.patient),
        _element(
            "author", _element("time", value=when),
            _professional("assignedAuthor", ordonnance.prescripteur),
        ),
        _element("custodian", _element("assignedCustodian", _organization(
            "representedCustodianOrganization", ordonnance.prescripteur.structure,
        ))),
        _element(
            "legalAuthenticator", _element("time", value=when),
            _element("signatureCode", code="S"),
            _professional("assignedEntity", ordonnance.prescripteur),
        ),
        _documentation_of(ordonnance),
        _component_of(ordonnance),
        _element("component", _element("nonXMLBody", _body(ordonnance))),
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


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


def _body(ordonnance: Ordonnance) -> etree._Element:
    content = base64.b64encode(sheet(ordonnance).encode()).decode()
    return _text("text", content, mediaType="text/plain", representation="B64")


def _record_target(patient: CdaPatient) -> etree._Element:
    first = patient.premier_prenom
    name = _element(
        "name",
        _text("family", patient.nom_naissance, qualifier="BR"),
        _text("given", " ".join(patient.prenoms)),
        _text("given", first, qualifier="BR"),
        _text("family", patient.nom_utilise or patient.nom_naissance, qualifier="CL"),
        _text("given", first, qualifier="CL"),
    )
    person = [
        name,
        _coded("administrativeGenderCode", CdaCode(
            patient.sexe, "2.16.840.1.113883.5.1", SEXES.get(patient.sexe, ""),
        )),
        _element("birthTime", value=patient.date_naissance.replace("-", "")),
    ]
    if patient.lieu_naissance:
        person.append(_element("birthplace", _element("place", _element(
            "addr", _text("county", patient.lieu_naissance),
        ))))
    telecom = {"value": f"mailto:{patient.mailbox}"} if patient.mailbox else {"nullFlavor": "NASK"}
    return _element("recordTarget", _element(
        "patientRole",
        *(_element("id", root=i.root, extension=i.extension) for i in patient.identifiers),
        _element("addr", nullFlavor="NASK"),
        _element("telecom", **telecom),
        _element("patient", *person, classCode="PSN"),
    ))


def _professional(
    tag: str, author: CdaAuthor, *, industry: CdaCode | None = None
) -> etree._Element:
    return _element(
        tag,
        _element("id", root=PROFESSIONAL_ROOT, extension=author.id_nat),
        _coded("code", author.specialty),
        _element("addr", nullFlavor="NASK"),
        _element("telecom", nullFlavor="NASK"),
        _element("assignedPerson", _element(
            "name", _text("family", author.nom), _text("given", author.prenom),
        )),
        _organization("representedOrganization", author.structure, industry),
    )


def _organization(
    tag: str, structure: CdaStructure, industry: CdaCode | None = None
) -> etree._Element:
    children = [
        _element("id", root=STRUCTURE_ROOT, extension=structure.id),
        _text("name", structure.name),
        _element("telecom", nullFlavor="NASK"),
        _element("addr", nullFlavor="NASK"),
    ]
    if industry is not None:
        children.append(_coded("standardIndustryClassCode", industry))
    return _element(tag, *children)


def _documentation_of(ordonnance: Ordonnance) -> etree._Element:
    return _element("documentationOf", _element(
        "serviceEvent",
        _element("id", root=NUMBER_ROOT, extension=ordonnance.numero),
        _coded("code", PRESCRIPTION),
        _element(
            "effectiveTime",
            _element("low", value=hl7_time(ordonnance.redigee)),
            _element("high", value=hl7_time(ordonnance.fin)),
        ),
        _element(
            "performer",
            _professional("assignedEntity", ordonnance.prescripteur, industry=ordonnance.cadre),
            typeCode="PRF",
        ),
        classCode="ACT",
    ))


def _component_of(ordonnance: Ordonnance) -> etree._Element:
    return _element("componentOf", _element(
        "encompassingEncounter",
        _coded("code", CdaCode("AMB", "2.16.840.1.113883.5.4", "Ambulatoire (hors établissement)")),
        _element("effectiveTime", _element("low", value=hl7_time(ordonnance.redigee))),
        _element("location", _element(
            "healthCareFacility", _coded("code", ordonnance.secteur),
        )),
    ))


def _element(tag: str, *children: etree._Element, **attributes: str) -> etree._Element:
    """An element of the CDA namespace; attributes without a value are left out."""
    element = etree.Element(
        f"{{{NAMESPACE}}}{tag}",
        attrib={name: value for name, value in attributes.items() if value},
        nsmap={None: NAMESPACE},  # type: ignore[dict-item]  # the stubs forget the default prefix
    )
    element.extend(children)
    return element


def _text(tag: str, content: str, **attributes: str) -> etree._Element:
    element = _element(tag, **attributes)
    element.text = content
    return element


def _coded(tag: str, value: CdaCode) -> etree._Element:
    return _element(tag, code=value.code, displayName=value.label, codeSystem=value.system)
