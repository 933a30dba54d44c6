"""Reading FHIR JSON of others: what is absent or of another type is simply not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

FR_CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition"
INSEE_CODE = f"{FR_CORE}/fr-core-address-insee-code"
EMAIL_TYPE = f"{FR_CORE}/fr-core-contact-point-email-type"
MAILBOX = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-mailbox-mss"
MAILBOX_METADATA = (
    "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
    "as-ext-mailbox-mss-metadata"
)


def items(holder: object, name: str) -> Iterator[Json]:
    """The objects of a list member."""
    found = holder.get(name) if isinstance(holder, dict) else None
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            yield one


def child(holder: object, name: str) -> Json:
    """An object member, {} when absent."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else {}


def text(holder: object, *names: str) -> str:
    """A text member, through objects; "" when absent."""
    for name in names[:-1]:
        holder = child(holder, name)
    found = holder.get(names[-1]) if isinstance(holder, dict) else None
    return found if isinstance(found, str) else ""


def texts(holder: object, name: str) -> list[str]:
    """The texts of a list member."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def extension(holder: object, url: str) -> Json:
    """The first extension of that URL, {} when absent."""
    return next((one for one in items(holder, "extension") if one.get("url") == url), {})


def code_of(concepts: Iterator[Json], *systems: str) -> str:
    """The first code of one of those value sets, named by their last word (`TRE_R02`)."""
    for concept in concepts:
        for coding in items(concept, "coding"):
            name = text(coding, "system").rpartition("/")[2].replace("_", "-")
            if name.startswith(tuple(f"{system}-" for system in systems)):
                return text(coding, "code")
    return ""


def mailboxes(holder: object) -> list[Json]:
    """MSSanté addresses among the contact points, with their type when it is told."""
    found = []
    for telecom in items(holder, "telecom"):
        kind = text(extension(telecom, EMAIL_TYPE), "valueCoding", "code")
        if kind != "MSSANTE" or text(telecom, "system") != "email":
            continue
        box = {"address": text(telecom, "value")}
        metadata = extension(telecom, MAILBOX_METADATA)
        concept = child(extension(metadata, "type"), "valueCodeableConcept")
        type = next((text(each, "code") for each in items(concept, "coding")), "")
        found.append(box | ({"type": type} if type else {}))
    return found


def identifiers(resource: Json) -> dict[str, str]:
    """Type code or system → value."""
    found: dict[str, str] = {}
    for each in items(resource, "identifier"):
        value = text(each, "value")
        types = [text(one, "code") for one in items(child(each, "type"), "coding")]
        for name in (*types, text(each, "system")):
            found.setdefault(name, value)
    return found
