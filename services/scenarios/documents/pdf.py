"""The PDF that accompanies a CDA in a mail: the CDA's own, or one page of its header.

Not PDF/A-1: that wants an embedded font, and this software ships none.
"""

from __future__ import annotations

import base64
import binascii

from lxml import etree

from services.cda.parse import NAMESPACE
from services.scenarios.stage import Document, Identity

LINE_HEIGHT = 16
PAGE = (595, 842)
"""A4, in points."""


def sheet_pdf(document: Document, identity: Identity) -> bytes:
    """The PDF embedded in a document of level 1, else a page with the header's data."""
    if document.header.body_media_type == "application/pdf":
        embedded = _embedded(document.content)
        if embedded.startswith(b"%PDF-"):
            return embedded
    header, traits = document.header, identity.traits
    return _page([
        header.title,
        "",
        f"Patient : {traits.nom_naissance} {traits.prenom}, {traits.date_naissance}",
        f"INS : {identity.ins}",
        *(f"Auteur : {author.prenom} {author.nom}, {author.structure.name}"
          for author in header.authors),
        f"Date : {header.effective_time[:8]}",
        "",
        "Le contenu est dans le document CDA joint (IHE_XDM.zip).",
        "Bac à sable : données fictives, aucune valeur.",
    ])


def _embedded(content: bytes) -> bytes:
    """The decoded body; empty when only its header can be read."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        text = etree.fromstring(content, parser).findtext(
            f"{{{NAMESPACE}}}component/{{{NAMESPACE}}}nonXMLBody/{{{NAMESPACE}}}text"
        )
        return base64.b64decode(str(text or ""))
    except (binascii.Error, ValueError, etree.XMLSyntaxError):
        return b""


def _page(lines: list[str]) -> bytes:
    """One page of text in Helvetica (PDF 1.4, WinAnsi)."""
    shown = " T* ".join(f"({_escaped(line)}) Tj" for line in lines)
    stream = f"BT /F1 11 Tf {LINE_HEIGHT} TL 56 {PAGE[1] - 72} Td {shown} ET".encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>" % PAGE,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    file, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(file)


def _escaped(line: str) -> str:
    known = line.encode("cp1252", "replace").decode("cp1252")
    return known.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
