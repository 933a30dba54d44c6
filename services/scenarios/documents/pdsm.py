"""The FHIR lot of one CDA: Bundle of PDSm 3.1.1 (IHE MHD ITI-65, comprehensive metadata).

Metadata are those of the CDA header; nothing is invented. The sender is the author of the lot.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from services.cda import CdaAuthor, CdaCode, CdaStructure
from services.cda.header import PROFESSIONAL_ROOT, STRUCTURE_ROOT
from services.cda.times import fhir_datetime
from services.scenarios.documents.codes import class_of, fhir_system, format_of
from services.scenarios.stage import Document, Identity

PDSM = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition"
MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition"
SOURCE_ID = "2.25.185896500727233516667753130955505826203"
"""The demonstration software as a source of lots: an OID made from a UUID (ITU-T X.667)."""
CDA_MEDIA_TYPE = "text/xml"
TITLE_LENGTH = 128
HOSPITALS = ("SA01", "SA02", "SA03", "SA04")
UNDIFFERENTIATED = CdaCode("97", "1.2.250.1.213.2.2", "Indifférencié")

Resource = dict[str, Any]


def deposit_bundle(
    document: Document, identity: Identity, sender: CdaAuthor, now: str, uuids: tuple[str, ...]
) -> Resource:
    """The transaction Bundle. now: FHIR instant; uuids: four, for lot, fiche, bytes, lot id."""
    lot, fiche, binary, lot_id = (f"urn:uuid:{uuid}" for uuid in uuids)
    entries = (
        (lot, "List", _submission_set(document, identity, sender, now, fiche, lot_id)),
        (fiche, "DocumentReference", _document_reference(document, identity, now, binary)),
        (binary, "Binary", {
            "resourceType": "Binary", "contentType": CDA_MEDIA_TYPE,
            "data": base64.b64encode(document.content).decode(),
        }),
    )
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PDSM}/pdsm-comprehensive-provide-document-bundle"]},
        "type": "transaction",
        "entry": [
            {"fullUrl": url, "resource": _pruned(resource),
             "request": {"method": "POST", "url": type_}}
            for url, type_, resource in entries
        ],
    }


def master_identifier(document: Document) -> Mapping[str, str]:
    """The document's unique id, as FHIR writes OIDs."""
    return {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{document.header.id}"}


def _document_reference(
    document: Document, identity: Identity, now: str, binary: str
) -> Resource:
    header = document.header
    sha1 = hashlib.sha1(document.content, usedforsecurity=False).digest()
    roles = [_role(author, f"auteur{rank}") for rank, author in enumerate(header.authors, 1)]
    if header.legal_authenticator is not None:
        roles.append(_role(header.legal_authenticator, "valideur"))
    resource: Resource = {
        "resourceType": "DocumentReference",
        "meta": {"profile": [f"{PDSM}/pdsm-comprehensive-document-reference"]},
        "contained": [
            _patient(identity), _organization(header.custodian, "depositaire"),
            *(part for role in roles for part in role),
        ],
        "masterIdentifier": master_identifier(document),
        "status": "current",
        "type": _concept(CdaCode(header.code, header.code_system, header.code_label)),
        "category": [_concept(class_of(header.code))],
        "subject": _subject(identity),
        "date": now,
        "author": [{"reference": f"#auteur{n}"} for n, _ in enumerate(header.authors, 1)],
        "custodian": {"reference": "#depositaire"},
        "securityLabel": [_concept(header.confidentiality)],
        "content": [{
            "attachment": {
                "contentType": CDA_MEDIA_TYPE, "language": header.language, "url": binary,
                "size": len(document.content), "hash": base64.b64encode(sha1).decode(),
                "title": header.title[:TITLE_LENGTH],
                "creation": fhir_datetime(header.effective_time),
            },
            "format": _coding(format_of(header)),
        }],
        "context": _context(document),
    }
    if header.legal_authenticator is not None:
        resource["authenticator"] = {"reference": "#valideur"}
    return resource


def _context(document: Document) -> Resource:
    header = document.header
    context: Resource = {
        "facilityType": _concept(header.facility_type),
        "practiceSetting": _concept(header.practice_setting),
        "sourcePatientInfo": {"reference": "#patient"},
    }
    period = {}
    if header.service_events:
        event = header.service_events[0]
        period = {"start": fhir_datetime(event.low), "end": fhir_datetime(event.high)}
        context["event"] = [_concept(each.code) for each in header.service_events if each.code.code]
    context["period"] = {name: moment for name, moment in period.items() if moment}
    return context


def _submission_set(
    document: Document, identity: Identity, sender: CdaAuthor, now: str, fiche: str, lot_id: str
) -> Resource:
    return {
        "resourceType": "List",
        "meta": {"profile": [f"{PDSM}/pdsm-submissionset-comprehensive"]},
        "contained": _role(sender, "emetteur"),
        "extension": [
            {"url": f"{MHD}/ihe-designationType",
             "valueCodeableConcept": _concept(_activity(document.header.facility_type))},
            {"url": f"{MHD}/ihe-sourceId",
             "valueIdentifier": {
                 "system": "urn:ietf:rfc:3986", "value": f"urn:oid:{SOURCE_ID}",
             }},
        ],
        "identifier": [
            {"use": "usual", "system": "urn:ietf:rfc:3986", "value": lot_id},
        ],
        "status": "current",
        "mode": "working",
        "title": document.header.title[:TITLE_LENGTH],
        "code": {"coding": [{
            "system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes",
            "code": "submissionset",
        }]},
        "subject": _subject(identity),
        "date": now,
        "source": {"reference": "#emetteur"},
        "entry": [{"item": {"reference": fiche}}],
    }


def _subject(identity: Identity) -> Resource:
    return {
        "reference": f"Patient?identifier={identity.token}",
        "identifier": {"system": identity.system, "value": identity.ins},
    }


def _patient(identity: Identity) -> Resource:
    traits = identity.traits
    return {
        "resourceType": "Patient", "id": "patient",
        "identifier": [{"use": "official", "system": identity.system, "value": identity.ins}],
        "name": [{
            "use": "official", "family": traits.nom_naissance, "given": [traits.prenom],
        }],
        "gender": {"M": "male", "F": "female"}.get(traits.sexe, "unknown"),
        "birthDate": traits.date_naissance,
    }


def _role(author: CdaAuthor, id: str) -> list[Resource]:
    """A PractitionerRole (or a Device), and the contained resources it points to."""
    organization = _organization(author.structure, f"{id}-structure")
    if author.device:
        return [organization, {
            "resourceType": "Device", "id": id,
            "identifier": [_identifier(PROFESSIONAL_ROOT, author.id_nat)],
            "deviceName": [{"name": author.nom, "type": "user-friendly-name"}],
            "owner": {"reference": f"#{id}-structure"},
        }]
    practitioner: Resource = {
        "resourceType": "Practitioner", "id": f"{id}-personne",
        "identifier": [_identifier(PROFESSIONAL_ROOT, author.id_nat)],
        "name": [{"family": author.nom, "given": [author.prenom]}],
    }
    role: Resource = {
        "resourceType": "PractitionerRole", "id": id,
        "practitioner": {"reference": f"#{id}-personne"},
        "organization": {"reference": f"#{id}-structure"},
    }
    if author.specialty.code:
        role["specialty"] = [_concept(author.specialty)]
    return [practitioner, organization, role]


def _organization(structure: CdaStructure, id: str) -> Resource:
    organization: Resource = {"resourceType": "Organization", "id": id}
    if structure.id:
        organization["identifier"] = [_identifier(STRUCTURE_ROOT, structure.id)]
    return {**organization, "name": structure.name or "(sans nom)"}


def _identifier(root: str, value: str) -> Resource:
    return {"system": f"urn:oid:{root}", "value": value}


def _activity(sector: CdaCode) -> CdaCode:
    """contentTypeCode (JDV_J59): the sector itself, except in hospitals, which tell an activity."""
    return UNDIFFERENTIATED if sector.code in HOSPITALS else sector


def _concept(code: CdaCode) -> Resource:
    return {"coding": [_coding(code)]}


def _coding(code: CdaCode) -> Resource:
    if not code.code:
        return {}
    return {"system": fhir_system(code.system), "code": code.code, "display": code.label}


def _pruned(value: Any) -> Any:
    """Without what is empty: FHIR has no empty text, object or list."""
    if isinstance(value, dict):
        kept = {name: _pruned(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in ("", {}, [])}
    if isinstance(value, list):
        return [each for each in map(_pruned, value) if each not in ("", {}, [])]
    return value
