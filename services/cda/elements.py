"""Elements of a CDA: how they are built, and the people and organisations of a header."""

from __future__ import annotations

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
from services.soap.faults import legal

SEXES = {"M": "Masculin", "F": "Féminin", "UN": "Inconnu"}
"""JDV_J143-AdministrativeGender-CISIS."""


def element(tag: str, *children: etree._Element, **attributes: str) -> etree._Element:
    """An element of the CDA namespace; attributes without a value are left out."""
    made = etree.Element(
        f"{{{NAMESPACE}}}{tag}",
        attrib={name: legal(value) for name, value in attributes.items() if value},
        nsmap={None: NAMESPACE},  # type: ignore[dict-item]  # the stubs forget the default prefix
    )
    made.extend(children)
    return made


def text(tag: str, content: str, **attributes: str) -> etree._Element:
    """An element that holds a text; `?` for what XML cannot hold."""
    made = element(tag, **attributes)
    made.text = legal(content)
    return made


def coded(tag: str, value: CdaCode) -> etree._Element:
    return element(tag, code=value.code, displayName=value.label, codeSystem=value.system)


def record_target(patient: CdaPatient) -> etree._Element:
    """Birth name and given names, the names that are used if there are any, and the traits."""
    parts = [
        text("family", patient.nom_naissance, qualifier="BR"),
        text("given", " ".join(patient.prenoms)),
        text("given", patient.premier_prenom, qualifier="BR"),
    ]
    if patient.nom_utilise:
        parts.append(text("family", patient.nom_utilise, qualifier="CL"))
    if patient.prenom_utilise:
        parts.append(text("given", patient.prenom_utilise, qualifier="CL"))
    person = [
        element("name", *parts),
        coded("administrativeGenderCode", CdaCode(
            patient.sexe, "2.16.840.1.113883.5.1", SEXES.get(patient.sexe, ""),
        )),
        element("birthTime", value=patient.date_naissance.replace("-", "")),
    ]
    if patient.lieu_naissance:
        person.append(element("birthplace", element("place", element(
            "addr", text("county", patient.lieu_naissance),
        ))))
    telecom = {"value": f"mailto:{patient.mailbox}"} if patient.mailbox else {"nullFlavor": "NASK"}
    return element("recordTarget", element(
        "patientRole",
        *(element("id", root=i.root, extension=i.extension) for i in patient.identifiers),
        element("addr", nullFlavor="NASK"),
        element("telecom", **telecom),
        element("patient", *person, classCode="PSN"),
    ))


def professional(
    tag: str, author: CdaAuthor, *, industry: CdaCode | None = None
) -> etree._Element:
    """assignedAuthor or assignedEntity. industry: its practice setting, where that is said."""
    return element(
        tag,
        _national(PROFESSIONAL_ROOT, author.id_nat),
        coded("code", author.specialty),
        element("addr", nullFlavor="NASK"),
        element("telecom", nullFlavor="NASK"),
        element("assignedPerson", element(
            "name", text("family", author.nom), text("given", author.prenom),
        )),
        organization("representedOrganization", author.structure, industry),
    )


def organization(
    tag: str, structure: CdaStructure, industry: CdaCode | None = None
) -> etree._Element:
    children = [
        _national(STRUCTURE_ROOT, structure.id),
        text("name", structure.name),
        element("telecom", nullFlavor="NASK"),
        element("addr", nullFlavor="NASK"),
    ]
    if industry is not None:
        children.append(coded("standardIndustryClassCode", industry))
    return element(tag, *children)


def _national(root: str, value: str) -> etree._Element:
    return element("id", root=root, extension=value) if value else element("id", nullFlavor="UNK")
