"""Compose a CDA R2 document of level 1: full header, body in plain text.

Header of CI-SIS "Structuration minimale". The body is XDS-SD text, so that no template is claimed
that the document does not follow.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from services.cda.elements import coded, element, organization, professional, record_target, text
from services.cda.header import CdaAuthor, CdaCode, CdaIdentifier, CdaPatient
from services.cda.times import hl7_time

TEMPLATES = ("2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.3.6.1.4.1.19376.1.2.20")


@dataclass(frozen=True, slots=True)
class Document:
    """id: OID of the document; set_id: OID of its versions; secteur: sector of activity of the
    structure; cadre: practice setting; redigee, fin: aware datetimes, of the act too; numero: of
    the act, if it has one; texte: the body.
    """

    id: str
    set_id: str
    code: CdaCode
    title: str
    patient: CdaPatient
    auteur: CdaAuthor
    secteur: CdaCode
    cadre: CdaCode
    redigee: datetime
    texte: str
    fin: datetime | None = None
    numero: CdaIdentifier | None = None


def compose(document: Document) -> bytes:
    """The document, UTF-8. Read back by `read_header`."""
    when = hl7_time(document.redigee)
    root = element(
        "ClinicalDocument",
        element("realmCode", code="FR"),
        element("typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040"),
        *(element("templateId", root=oid) for oid in TEMPLATES),
        element("id", root=document.id),
        coded("code", document.code),
        text("title", document.title),
        element("effectiveTime", value=when),
        coded("confidentialityCode", CdaCode("N", "2.16.840.1.113883.5.25", "Normal")),
        element("languageCode", code="fr-FR"),
        element("setId", root=document.set_id),
        element("versionNumber", value="1"),
        record_target(document.patient),
        element(
            "author", element("time", value=when), professional("assignedAuthor", document.auteur),
        ),
        element("custodian", element("assignedCustodian", organization(
            "representedCustodianOrganization", document.auteur.structure,
        ))),
        element(
            "legalAuthenticator", element("time", value=when), element("signatureCode", code="S"),
            professional("assignedEntity", document.auteur),
        ),
        _documentation_of(document),
        _component_of(document),
        element("component", element("nonXMLBody", _body(document.texte))),
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _body(content: str) -> etree._Element:
    encoded = base64.b64encode(content.encode()).decode()
    return text("text", encoded, mediaType="text/plain", representation="B64")


def _documentation_of(document: Document) -> etree._Element:
    moments = [element("low", value=hl7_time(document.redigee))]
    if document.fin is not None:
        moments.append(element("high", value=hl7_time(document.fin)))
    number = document.numero
    numbered = [element("id", root=number.root, extension=number.extension)] if number else []
    return element("documentationOf", element(
        "serviceEvent",
        *numbered,
        coded("code", document.code),
        element("effectiveTime", *moments),
        element(
            "performer",
            professional("assignedEntity", document.auteur, industry=document.cadre),
            typeCode="PRF",
        ),
        classCode="ACT",
    ))


def _component_of(document: Document) -> etree._Element:
    return element("componentOf", element(
        "encompassingEncounter",
        coded("code", CdaCode("AMB", "2.16.840.1.113883.5.4", "Ambulatoire (hors établissement)")),
        element("effectiveTime", element("low", value=hl7_time(document.redigee))),
        element("location", element(
            "healthCareFacility", coded("code", document.secteur),
        )),
    ))
