"""IHE_XDM.zip of one CDA: the archive that MSSanté mails carry (IHE ITI-32, CI-SIS).

Files have 8.3 names; METADATA.XML is an ebXML SubmitObjectsRequest with the document's entry,
the submission set and their association.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from html import escape

from lxml import etree

from services.cda import CdaAuthor, CdaCode
from services.cda.header import PROFESSIONAL_ROOT, STRUCTURE_ROOT
from services.cda.times import xds_time
from services.scenarios.documents import xds
from services.scenarios.documents.codes import class_of, format_of
from services.scenarios.documents.pdsm import SOURCE_ID
from services.scenarios.stage import Document, Identity

NAME = "IHE_XDM.zip"
CDA = "DOC00001.XML"
FOLDER = "IHE_XDM/SUBSET01"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of the archive's members: the same document gives the same archive."""


def archive(
    document: Document, identity: Identity, sender: CdaAuthor, now: str, lot_id: str
) -> bytes:
    """The zip. now: XDS time (UTC); lot_id: OID of the submission set."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in (
            ("INDEX.HTM", _index(document, sender).encode()),
            ("README.TXT", _readme(sender).encode()),
            (f"{FOLDER}/METADATA.XML", metadata(document, identity, sender, now, lot_id)),
            (f"{FOLDER}/{CDA}", document.content),
        ):
            zipped.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def metadata(
    document: Document, identity: Identity, sender: CdaAuthor, now: str, lot_id: str
) -> bytes:
    """METADATA.XML."""
    objects = xds.element(
        xds.RIM, "RegistryObjectList", _entry(document, identity), _lot(document, identity, sender,
                                                                       now, lot_id),
        xds.element(
            xds.RIM, "Classification", id="Class01", classifiedObject="Lot01",
            classificationNode=xds.SUBMISSION_SET,
        ),
        xds.element(
            xds.RIM, "Association", xds.slot("SubmissionSetStatus", "Original"), id="Lien01",
            associationType=xds.HAS_MEMBER, sourceObject="Lot01", targetObject="Document01",
        ),
    )
    return etree.tostring(
        xds.element(xds.LCM, "SubmitObjectsRequest", objects), xml_declaration=True,
        encoding="UTF-8", pretty_print=True,
    )


def _entry(document: Document, identity: Identity) -> etree._Element:
    header = document.header
    event = header.service_events[0] if header.service_events else None
    slots = {
        "creationTime": xds_time(header.effective_time),
        "hash": hashlib.sha1(document.content, usedforsecurity=False).hexdigest(),
        "languageCode": header.language,
        "legalAuthenticator": header.legal_authenticator and _xcn(header.legal_authenticator),
        "serviceStartTime": event and xds_time(event.low),
        "serviceStopTime": event and xds_time(event.high),
        "size": str(len(document.content)),
        "sourcePatientId": _cx(identity),
        "URI": CDA,
    }
    children = [xds.slot(name, value) for name, value in slots.items() if value]
    children.append(xds.slot("sourcePatientInfo", *_pid(identity)))
    children.append(xds.text("Name", header.title))
    children += [
        _author(author, xds.ENTRY_AUTHOR, "Document01", f"Auteur{rank:02d}")
        for rank, author in enumerate(header.authors, 1)
    ]
    codes = (
        (xds.CLASS, class_of(header.code)), (xds.CONFIDENTIALITY, header.confidentiality),
        (xds.FORMAT, format_of(header)), (xds.FACILITY, header.facility_type),
        (xds.PRACTICE, header.practice_setting),
        (xds.TYPE, CdaCode(header.code, header.code_system, header.code_label)),
    )
    children += [
        xds.classification(scheme, "Document01", f"Code{rank:02d}", code)
        for rank, (scheme, code) in enumerate(codes, 1) if code.code
    ]
    children += [
        xds.identifier(xds.ENTRY_PATIENT, "Document01", "Id01", _cx(identity),
                       "XDSDocumentEntry.patientId"),
        xds.identifier(xds.ENTRY_UNIQUE, "Document01", "Id02", header.id,
                       "XDSDocumentEntry.uniqueId"),
    ]
    return xds.element(
        xds.RIM, "ExtrinsicObject", *children, id="Document01", mimeType="text/xml",
        objectType=xds.STABLE, status=xds.APPROVED,
    )


def _lot(
    document: Document, identity: Identity, sender: CdaAuthor, now: str, lot_id: str
) -> etree._Element:
    header = document.header
    return xds.element(
        xds.RIM, "RegistryPackage",
        xds.slot("submissionTime", now),
        xds.text("Name", header.title),
        _author(sender, xds.SET_AUTHOR, "Lot01", "Emetteur01"),
        xds.classification(xds.CONTENT_TYPE, "Lot01", "Activite01", header.facility_type),
        xds.identifier(xds.SET_PATIENT, "Lot01", "Id03", _cx(identity),
                       "XDSSubmissionSet.patientId"),
        xds.identifier(xds.SET_SOURCE, "Lot01", "Id04", SOURCE_ID, "XDSSubmissionSet.sourceId"),
        xds.identifier(xds.SET_UNIQUE, "Lot01", "Id05", lot_id, "XDSSubmissionSet.uniqueId"),
        id="Lot01", status=xds.APPROVED,
    )


def _author(author: CdaAuthor, scheme: str, classified: str, id: str) -> etree._Element:
    specialty = author.specialty
    slots = [
        xds.slot("authorInstitution", f"{author.structure.name}^^^^^&{STRUCTURE_ROOT}&ISO^IDNST^^^"
                                      f"{author.structure.id}"),
        xds.slot("authorPerson", _xcn(author)),
    ]
    if specialty.code:
        slots.append(xds.slot(
            "authorSpecialty", f"{specialty.code}^{specialty.label}^{specialty.system}"
        ))
    return xds.element(
        xds.RIM, "Classification", *slots, id=id, classificationScheme=scheme,
        classifiedObject=classified, nodeRepresentation="",
    )


def _xcn(author: CdaAuthor) -> str:
    kind = "U" if author.device else "D"
    return (f"{author.id_nat}^{author.nom}^{author.prenom}^^^^^^&{PROFESSIONAL_ROOT}&ISO^{kind}"
            "^^^IDNPS")


def _cx(identity: Identity) -> str:
    return f"{identity.ins}^^^&{identity.oid}&ISO^NH"


def _pid(identity: Identity) -> tuple[str, ...]:
    traits = identity.traits
    return (
        f"PID-3|{_cx(identity)}",
        f"PID-5|{traits.nom_naissance}^{traits.prenom}^^^^^L",
        f"PID-7|{traits.date_naissance.replace('-', '')}",
        f"PID-8|{traits.sexe}",
    )


def _index(document: Document, sender: CdaAuthor) -> str:
    title, issuer = escape(document.header.title), escape(sender.structure.name)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" lang="fr"><head><title>Documents de '
        f"santé</title></head><body><h1>{issuer}</h1><p><a href=\"README.TXT\">Lisez-moi</a></p>"
        f'<ul><li><a href="{FOLDER}/{CDA}">{title}</a></li></ul></body></html>\n'
    )


def _readme(sender: CdaAuthor) -> str:
    return "\r\n".join((
        f"Émetteur : {sender.prenom} {sender.nom}, {sender.structure.name}",
        "Application : logiciel de démonstration de Socle (bac à sable, données fictives)",
        "Contenu : un document CDA R2 et ses métadonnées XDS.",
        f"{FOLDER}/METADATA.XML : métadonnées ; {FOLDER}/{CDA} : document.", "",
    ))
