"""From a DocumentReference (PDSm 3.1.1) to a fiche, and its document's bytes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator

import pybase64

from dmp import codes, errors
from dmp.domain import OCTETS_MAX, Fiche, Lot, Moment, Piece, Place
from dmp.fhir.elements import Around, Json, acteur, coded, extension, get, items, oid, text
from dmp.fhir.patients import Designation
from services.cda import CdaHeader, CdaUnreadable, read_header
from services.fhir import errors as fhir_errors
from services.kernel import errors as kernel_errors

THREAD_ABOVE = 256 * 1024
"""Above this many characters, decoding and reading leave the event loop."""
PART = 1024 * 1024
"""White space is taken out by parts, between which the interpreter serves the other threads."""

_NAME = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(rf"{_NAME}/{_NAME}(; ?{_NAME}=\"?{_NAME}\"?){{0,4}}")
ATTACHMENT = "content[0].attachment"
_FICHE = {
    "unique_id": "masterIdentifier.value", "statut": "status", "type": "type",
    "classe": "category[0]", "format": "content[0].format", "cadre": "context.practiceSetting",
    "secteur": "context.facilityType", "confidentialite": "securityLabel",
    "titre": f"{ATTACHMENT}.title", "langue": f"{ATTACHMENT}.language",
    "mime": f"{ATTACHMENT}.contentType", "empreinte": f"{ATTACHMENT}.hash",
    "taille": f"{ATTACHMENT}.size", "creation": f"{ATTACHMENT}.creation",
    "document": ATTACHMENT, "date": "date", "debut": "context.period.start",
    "auteurs": "author", "valideur": "authenticator", "patient": "subject",
    "remplace": "relatesTo", "conservateur": "custodian", "source": "context.sourcePatientInfo",
}
_LOT = {
    "activite": "extension('ihe-designationType')", "source_id": "extension('ihe-sourceId')",
    "auteur": "source", "fiches": "entry", "date": "date",
}


def read_fiche(
    resource: Json, root: str, piece: Piece, said: Designation, around: Around
) -> Fiche:
    """What the DocumentReference says. root: its FHIRPath in the message."""
    attachment = get(resource, "content", 0, "attachment")
    authenticator = get(resource, "authenticator")
    size = get(attachment, "size")
    return Fiche(
        Place(root, _FICHE),
        piece,
        unique_id=unique_id(get(resource, "masterIdentifier")),
        statut=text(resource, "status"),
        type=coded(get(resource, "type")),
        classe=coded(get(resource, "category", 0)),
        format=text(resource, "content", 0, "format", "code"),
        cadre=coded(get(resource, "context", "practiceSetting")),
        secteur=coded(get(resource, "context", "facilityType")),
        confidentialite=tuple(
            code for label in items(resource, "securityLabel") if (code := coded(label))
        ),
        titre=text(attachment, "title"),
        langue=text(attachment, "language"),
        mime=text(attachment, "contentType"),
        empreinte=text(attachment, "hash"),
        taille=size if isinstance(size, int | float) else None,
        date=Moment.of(text(resource, "date")),
        creation=Moment.of(text(attachment, "creation")),
        debut=Moment.of(text(resource, "context", "period", "start")),
        auteurs=tuple(acteur(one, around) for one in items(resource, "author")),
        valideur=acteur(authenticator, around) if authenticator is not None else None,
        matricule=said.matricule,
        matricule_oid=said.oid,
        conservateur=get(resource, "custodian") is not None,
        source=get(resource, "context", "sourcePatientInfo") is not None,
        remplace=tuple(
            text(one, "target", "reference") or unique_id(get(one, "target", "identifier"))
            for one in items(resource, "relatesTo") if text(one, "code") == "replaces"
        ),
    )


def read_lot(resource: Json, root: str, around: Around, roots: dict[str, str]) -> Lot:
    """What the SubmissionSet says. roots: names of the fiches sent with it → their FHIRPath."""
    designation = extension(resource, "ihe-designationType")
    source = get(resource, "source")
    cited = (text(one, "item", "reference") for one in items(resource, "entry"))
    return Lot(
        Place(root, _LOT),
        activite=coded(get(designation, "valueCodeableConcept")),
        source_id=text(extension(resource, "ihe-sourceId"), "valueIdentifier", "value"),
        date=text(resource, "date"),
        auteur=acteur(source, around) if source is not None else None,
        citees=frozenset(roots[one] for one in cited if one in roots),
    )


def unique_id(identifier: object) -> str:
    """XDS uniqueId of an Identifier: the OID alone when it is one."""
    return oid(text(identifier, "value").strip())


async def read_piece(carrier: Json, at: str) -> Piece:
    """Decode and read the document of a Binary or an Attachment, `at` its place.

    Raises INVALID_STRUCTURE (media type), MALFORMED (no base64), METADATA (empty) or
    BODY_TOO_LARGE.
    """
    data, media_type = text(carrier, "data"), text(carrier, "contentType")
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise fhir_errors.INVALID_STRUCTURE(
            "Le type de contenu du document est absent ou mal écrit.",
            at=f"{at}.contentType", expected=codes.CDA_MIME, found=media_type[:80] or "(absent)",
        )
    if len(data) > THREAD_ABOVE:
        return await asyncio.to_thread(_read, data, media_type, at)
    return _read(data, media_type, at)


def _read(data: str, media_type: str, at: str) -> Piece:
    content = _decode(data, at)
    if not content:
        raise errors.METADATA("Le document est vide.", at=f"{at}.data")
    if len(content) > OCTETS_MAX:
        raise kernel_errors.BODY_TOO_LARGE(
            "Le document dépasse la taille admise.", at=f"{at}.data",
            expected=f"au plus {OCTETS_MAX} octets", found=f"{len(content)} octets",
        )
    sha1 = hashlib.sha1(content, usedforsecurity=False).digest()
    header, unreadable = _header(content, media_type)
    return Piece(content, media_type, base64.b64encode(sha1).decode(), header, unreadable)


def _decode(data: str, at: str) -> bytes:
    """Strict base64, white space aside, which FHIR allows between its characters."""
    try:
        return pybase64.b64decode(data, validate=True)
    except ValueError:
        pass
    try:
        plain = b"".join(part.translate(None, b" \t\r\n") for part in _parts(data.encode("ascii")))
        return pybase64.b64decode(plain, validate=True)
    except ValueError as error:
        raise kernel_errors.MALFORMED(
            "Le document n'est pas du base64.", at=f"{at}.data", expected="base64 (RFC 4648 §4)",
        ) from error


def _parts(content: bytes) -> Iterator[bytes]:
    return (content[start:start + PART] for start in range(0, len(content), PART))


def _header(content: bytes, media_type: str) -> tuple[CdaHeader | None, str]:
    if media_type.partition(";")[0] not in codes.XML_MIMES:
        return None, ""
    try:
        return read_header(content), ""
    except CdaUnreadable as error:
        return None, f"{error.reason} ({error.at})" if error.at else error.reason
