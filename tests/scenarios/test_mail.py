"""The mail of a document: headers, archive, PDF."""

from __future__ import annotations

import hashlib
import io
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as DEFAULT

from lxml import etree

from services.cda import CdaAuthor
from services.scenarios.documents import xds
from services.scenarios.documents.mail import Sender, compose
from services.scenarios.documents.xdm import archive
from services.scenarios.stage import Document, Identity

INSTANT = 1_790_000_000_000_000
SENDER = Sender("claire.exemplaire@medecin.socle.mssante.fr", "Dr_Claire_EXEMPLAIRE")
TO = "pharmacie@pharmacie.socle.mssante.fr"
SLOT = f"{{{xds.RIM}}}Slot"


def mail_of(document: Document, identity: Identity, author: CdaAuthor) -> EmailMessage:
    xdm = archive(document, identity, author, "20260302093000", "2.25.9")
    raw = compose(document, identity, SENDER, TO, xdm, "<1@medecin.socle.mssante.fr>", INSTANT)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    return message_from_bytes(raw, policy=DEFAULT)


def archive_of(document: Document, identity: Identity, author: CdaAuthor) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(archive(document, identity, author, "20260302", "2.25.9")))


def slots(metadata: bytes) -> dict[str, str]:
    return {
        slot.get("name", ""): slot[0][0].text or ""
        for slot in etree.fromstring(metadata).iter(SLOT)
    }


def test_headers_of_a_document_mail(
    composed: Document, identity: Identity, author: CdaAuthor
) -> None:
    mail = mail_of(composed, identity, author)

    assert mail["Subject"] == (
        "XDM/1.0/DDM+Prescription de produits de santé PAT-TROIS DOMINIQUE 28/03/1979"
    )
    assert (mail["X-MSS-CODECDA"], mail["X-MSS-INS"]) == ("57833-6", "O")
    assert mail["X-MSS-NIL"]
    assert mail["Message-ID"] == "<1@medecin.socle.mssante.fr>"
    assert mail["Disposition-Notification-To"] == SENDER.address
    assert mail.get_body(("plain",)) is not None


def test_archive_and_pdf_are_attached(
    composed: Document, identity: Identity, author: CdaAuthor
) -> None:
    xdm, pdf = mail_of(composed, identity, author).iter_attachments()

    assert (xdm.get_filename(), xdm.get_content_type()) == ("IHE_XDM.zip", "application/zip")
    assert pdf.get_content_type() == "application/pdf"
    assert pdf.get_filename() == (
        f"{composed.header.service_events[0].low[:8]}_Prescription de produits de santé"
        "_PAT-TROIS_DOMINIQUE.pdf"
    )
    assert pdf.get_content().startswith(b"%PDF-1.4")


def test_archive_has_the_files_of_xdm(
    composed: Document, identity: Identity, author: CdaAuthor
) -> None:
    zipped = archive_of(composed, identity, author)

    assert zipped.namelist() == [
        "INDEX.HTM", "README.TXT", "IHE_XDM/SUBSET01/METADATA.XML",
        "IHE_XDM/SUBSET01/DOC00001.XML",
    ]
    assert zipped.read("IHE_XDM/SUBSET01/DOC00001.XML") == composed.content
    etree.fromstring(zipped.read("INDEX.HTM"))


def test_metadata_agree_with_the_document(
    golden: Document, identity: Identity, author: CdaAuthor
) -> None:
    metadata = archive_of(golden, identity, author).read("IHE_XDM/SUBSET01/METADATA.XML")

    found = slots(metadata)
    assert found["hash"] == hashlib.sha1(golden.content, usedforsecurity=False).hexdigest()
    assert found["size"] == str(len(golden.content))
    assert found["URI"] == "DOC00001.XML"
    assert found["sourcePatientId"] == "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"
    assert golden.header.id.encode() in metadata


def test_pdf_is_that_of_a_level_1_document_else_a_page(
    golden: Document, identity: Identity, author: CdaAuthor
) -> None:
    _, pdf = mail_of(golden, identity, author).iter_attachments()

    content = pdf.get_content()
    assert content.startswith(b"%PDF-")
    assert (len(content) > 10_000) == (golden.header.body == "nonXML")


def test_same_document_gives_the_same_archive(
    composed: Document, identity: Identity, author: CdaAuthor
) -> None:
    first, second = (archive(composed, identity, author, "20260302", "2.25.9") for _ in range(2))

    assert first == second
