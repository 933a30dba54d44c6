"""ebXML of XDS: the elements and scheme UUIDs that METADATA.XML is made of (IHE ITI TF-3 §4.2)."""

from __future__ import annotations

from lxml import etree

from services.cda import CdaCode

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
LCM = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
PREFIXES = {"rim": RIM, "lcm": LCM}

STABLE = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
SUBMISSION_SET = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"

ENTRY_AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
CLASS = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
CONFIDENTIALITY = "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f"
FORMAT = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
FACILITY = "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
PRACTICE = "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"
TYPE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
ENTRY_PATIENT = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
ENTRY_UNIQUE = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"

SET_AUTHOR = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
CONTENT_TYPE = "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"
SET_PATIENT = "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"
SET_SOURCE = "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832"
SET_UNIQUE = "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8"


def element(
    namespace: str, tag: str, *children: etree._Element, **attributes: str
) -> etree._Element:
    """An element of one of the two namespaces."""
    made = etree.Element(f"{{{namespace}}}{tag}", attrib=attributes, nsmap=PREFIXES)
    made.extend(children)
    return made


def slot(name: str, *values: str) -> etree._Element:
    """A Slot with its values."""
    items = []
    for value in values:
        item = element(RIM, "Value")
        item.text = value
        items.append(item)
    return element(RIM, "Slot", element(RIM, "ValueList", *items), name=name)


def text(tag: str, value: str) -> etree._Element:
    """A Name or Description."""
    return element(RIM, tag, element(RIM, "LocalizedString", value=value))


def classification(scheme: str, classified: str, id: str, code: CdaCode) -> etree._Element:
    """A coded metadata item."""
    return element(
        RIM, "Classification", slot("codingScheme", code.system), text("Name", code.label),
        id=id, classificationScheme=scheme, classifiedObject=classified,
        nodeRepresentation=code.code,
    )


def identifier(scheme: str, object_: str, id: str, value: str, name: str) -> etree._Element:
    """An ExternalIdentifier."""
    return element(
        RIM, "ExternalIdentifier", text("Name", name), id=id, identificationScheme=scheme,
        registryObject=object_, value=value,
    )
