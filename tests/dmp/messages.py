"""What a vendor's software sends: a CDA, its fiche, a lot. Ours, written for these tests."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

Json = dict[str, Any]

INS, OID = "279035121518989", "1.2.250.1.213.1.4.10"
PATIENT_ID = "pat-trois-dominique"
DOCTOR, DOCTOR_STRUCTURE = "899900000011", "499900000011000"
PHARMACIST = "899900000029"
STRANGER = "899900000052"
HOSPITAL_DOCTOR = "899900000045"
SECRETARY = "3990780017/SECR0001"

_NOS = "https://mos.esante.gouv.fr/NOS"
_MHD = "https://profiles.ihe.net/ITI/MHD"
_ranks = itertools.count(1)


def new_oid() -> str:
    """A uniqueId that no other test of the run uses."""
    return f"1.2.250.1.213.1.1.1.45.9999.{os.getpid()}.{next(_ranks)}"


@dataclass(frozen=True)
class Cda:
    """A CDA header that agrees with `document` below."""

    oid: str
    ins: str = INS
    ins_oid: str = OID
    nom: str = "PAT-TROIS"
    prenom: str = "DOMINIQUE"
    sexe: str = "F"
    naissance: str = "19790328"
    code: str = "11488-4"
    title: str = "Compte rendu de consultation"
    language: str = "fr-FR"
    time: str = "20261103101500+0100"
    low: str = "20261103100000+0100"
    confidentiality: str = "N"
    setting: str = "AMBULATOIRE"
    facility: str = "SA07"
    replaces: str = ""
    body: str = "Examen normal."

    def encode(self) -> bytes:
        related = (
            f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{self.replaces}"/>'
            "</parentDocument></relatedDocument>" if self.replaces else ""
        )
        entity = (
            f'<id root="1.2.250.1.71.4.2.1" extension="{DOCTOR}"/><assignedPerson><name><family>'
            "EXEMPLAIRE</family><given>Claire</given></name></assignedPerson>"
            '<representedOrganization><id root="1.2.250.1.71.4.2.2" '
            f'extension="{DOCTOR_STRUCTURE}"/><name>CABINET</name>'
        )
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<id root="{self.oid}"/>
<code code="{self.code}" codeSystem="2.16.840.1.113883.6.1"/>
<title>{self.title}</title>
<effectiveTime value="{self.time}"/>
<confidentialityCode code="{self.confidentiality}" codeSystem="2.16.840.1.113883.5.25"/>
<languageCode code="{self.language}"/>
<recordTarget><patientRole><id root="{self.ins_oid}" extension="{self.ins}"/><patient><name>
<family qualifier="BR">{self.nom}</family><given qualifier="BR">{self.prenom}</given></name>
<administrativeGenderCode code="{self.sexe}" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="{self.naissance}"/></patient></patientRole></recordTarget>
<author><time value="{self.time}"/><assignedAuthor>{entity}</representedOrganization>
</assignedAuthor></author>
<legalAuthenticator><time value="{self.time}"/><signatureCode code="S"/><assignedEntity>{entity}
</representedOrganization></assignedEntity></legalAuthenticator>
<documentationOf><serviceEvent><effectiveTime><low value="{self.low}"/></effectiveTime>
<performer typeCode="PRF"><assignedEntity>{entity}<standardIndustryClassCode
 code="{self.setting}"/></representedOrganization></assignedEntity></performer>
</serviceEvent></documentationOf>{related}
<componentOf><encompassingEncounter><location><healthCareFacility><code code="{self.facility}"
 codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location></encompassingEncounter>
</componentOf>
<component><nonXMLBody><text mediaType="text/plain">{self.body}</text></nonXMLBody></component>
</ClinicalDocument>""".encode()


def cda(**changes: str) -> bytes:
    """A CDA of the default patient with a new id."""
    return Cda(**{"oid": new_oid(), **changes}).encode()


def practitioner(id_nat: str = DOCTOR, structure: str = DOCTOR_STRUCTURE) -> list[Json]:
    """Contained resources of an author: role, person and structure."""
    return [
        {
            "resourceType": "PractitionerRole", "id": "auteur",
            "practitioner": {"reference": "#personne"},
            "organization": {"reference": "#structure"},
        },
        {
            "resourceType": "Practitioner", "id": "personne",
            "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": id_nat}],
            "name": [{"family": "EXEMPLAIRE", "given": ["Claire"]}],
        },
        {
            "resourceType": "Organization", "id": "structure",
            "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": structure}],
            "name": "CABINET DU DR EXEMPLAIRE",
        },
    ]


def subject(ins: str = INS, oid: str = OID) -> Json:
    return {"identifier": {"system": f"urn:oid:{oid}", "value": ins}}


def document(octets: bytes, unique_id: str, *, url: str = "", **changes: Any) -> Json:
    """A complete fiche of `octets`; `changes` replace top-level elements (None removes)."""
    resource: Json = {
        "resourceType": "DocumentReference",
        "contained": practitioner(),
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{unique_id}"},
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "category": [{"coding": [{
            "system": f"{_NOS}/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument", "code": "10",
        }]}],
        "subject": subject(),
        "date": "2026-11-03T10:15:00+01:00",
        "author": [{"reference": "#auteur"}],
        "authenticator": {"reference": "#auteur"},
        "custodian": {"reference": "#structure"},
        "securityLabel": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N",
        }]}],
        "content": [{
            "attachment": {
                "contentType": "text/xml", "language": "fr-FR", "url": url,
                "size": len(octets),
                "hash": base64.b64encode(hashlib.sha1(octets).digest()).decode(),
                "title": "Compte rendu de consultation",
                "creation": "2026-11-03T10:15:00+01:00",
            },
            "format": {
                "system": f"{_NOS}/TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode",
                "code": "urn:ihe:iti:xds-sd:text:2008",
            },
        }],
        "context": {
            "period": {"start": "2026-11-03T10:00:00+01:00"},
            "facilityType": {"coding": [{
                "system": f"{_NOS}/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite",
                "code": "SA07",
            }]},
            "practiceSetting": {"coding": [{
                "system": f"{_NOS}/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice",
                "code": "AMBULATOIRE",
            }]},
            "sourcePatientInfo": subject(),
        },
    }
    resource.update(deepcopy(changes))
    return {name: value for name, value in resource.items() if value is not None}


def submission_set(*names: str, **changes: Any) -> Json:
    """A SubmissionSet of these fiches (their fullUrl)."""
    resource: Json = {
        "resourceType": "List",
        "contained": practitioner(),
        "extension": [
            {
                "url": f"{_MHD}/StructureDefinition/ihe-designationType",
                "valueCodeableConcept": {"coding": [
                    {"system": "urn:oid:1.2.250.1.213.2.2", "code": "07"},
                ]},
            },
            {
                "url": f"{_MHD}/StructureDefinition/ihe-sourceId",
                "valueIdentifier": {
                    "system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.250.1.999.1",
                },
            },
        ],
        "status": "current", "mode": "working",
        "code": {"coding": [
            {"system": f"{_MHD}/CodeSystem/MHDlistTypes", "code": "submissionset"},
        ]},
        "subject": subject(),
        "date": "2026-11-03T10:20:00+01:00",
        "source": {"reference": "#auteur"},
        "entry": [{"item": {"reference": name}} for name in names],
    }
    resource.update(deepcopy(changes))
    return {name: value for name, value in resource.items() if value is not None}


def post(full_url: str, resource: Json) -> Json:
    """One entry of a transaction."""
    return {
        "fullUrl": full_url, "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def bundle(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def binary(content: bytes, media_type: str = "text/xml") -> Json:
    return {
        "resourceType": "Binary", "contentType": media_type,
        "data": base64.b64encode(content).decode(),
    }


LIST, FICHE, BINARY = (f"urn:uuid:0000000{n}-1111-4222-8333-444444444444" for n in (1, 2, 3))


def lot(octets: bytes | None = None, unique_id: str = "", **changes: Any) -> Json:
    """A complete transaction of one document of the default patient; `changes` to its fiche."""
    unique_id = unique_id or new_oid()
    if octets is None:
        octets = replace(Cda(unique_id), **_header(changes)).encode()
    patient = changes.get("subject", subject())
    return bundle(
        post(LIST, submission_set(FICHE, subject=patient)),
        post(FICHE, document(octets, unique_id, url=BINARY, **changes)),
        post(BINARY, binary(octets)),
    )


def _header(changes: Json) -> dict[str, str]:
    """The header that goes with a fiche of another patient or type."""
    made = {}
    identifier = changes.get("subject", {}).get("identifier")
    if identifier:
        made = {"ins": identifier["value"], "ins_oid": identifier["system"][8:]}
    if changes.get("type"):
        made["code"] = changes["type"]["coding"][0]["code"]
    return made


def labels(*codes: str) -> list[Json]:
    """`securityLabel` with these codes."""
    return [{"coding": [{"code": code}]} for code in codes]


def coded(code: str) -> Json:
    return {"coding": [{"code": code}]}


def attachment(resource: Json) -> Json:
    """The attachment of a fiche, to be changed in place."""
    found: Json = resource["content"][0]["attachment"]
    return found
