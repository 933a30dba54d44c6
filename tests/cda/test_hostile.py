"""Hostile bytes: refused with reason and place, in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from services.cda import CdaUnreadable, read_header

OPEN = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2"/>'
CLOSE = b"</ClinicalDocument>"
BILLION_LAUGHS = b"".join([
    b"<?xml version='1.0'?><!DOCTYPE z [<!ENTITY a0 'ha'>",
    *(b"<!ENTITY a%d '%s'>" % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10)),
    b"]>", OPEN, b"<title>&a9;</title>", CLOSE,
])

REFUSED = {
    "doctype": (b"<!DOCTYPE x>" + OPEN + CLOSE, "DOCTYPE", "ligne 1"),
    "doctype after a comment": (b"<!-- a -->\n<!DOCTYPE x>" + OPEN + CLOSE, "DOCTYPE", "ligne 2"),
    "external entity": (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + OPEN + b"&e;" + CLOSE,
        "DOCTYPE", "ligne 1",
    ),
    "billion laughs": (BILLION_LAUGHS, "DOCTYPE", "ligne 1"),
    "undefined entity": (OPEN + b"\n<title>&secret;</title>" + CLOSE, "mal formé", "ligne 2"),
    "deep": (OPEN + b"<a>" * 100_000, "niveaux", "ligne 1"),
    "too many elements": (OPEN + b"<a/>" * 600_000 + CLOSE, "éléments", "ligne 1"),
    "long header": (OPEN + b"<a>" + b"a" * 600_000 + b"</a>" + CLOSE, "en-tête", "octet 524288"),
    "too large": (b" " + b"a" * (40 * 1024 * 1024), "dépasse", "octet 41943040"),
    "invalid utf-8": (OPEN + b"<title>\xff\xfe</title>" + CLOSE, "mal formé", "colonne"),
    "unknown encoding": (b'<?xml version="1.0" encoding="foo"?>' + OPEN + CLOSE, "Encodage", ""),
    "multi-byte encoding": (
        b'<?xml version="1.0" encoding="utf-7"?>' + OPEN + CLOSE, "Encodage", "",
    ),
    "empty": (b"", "vide", "octet 0"),
    "blank": (b" \n\t", "vide", "octet 0"),
    "not xml": (b'{"resourceType":"Bundle"}', "mal formé", "ligne 1"),
    "truncated header": (OPEN, "mal formé", "ligne 1"),
    "truncated body": (
        OPEN + b"<component><nonXMLBody><text>QUJD", "mal formé", "ligne 1",
    ),
    "unbound prefix": (OPEN + b"<x:title/>" + CLOSE, "mal formé", "ligne 1"),
    "other root": (b"<a/>", "racine", "/a"),
    "no namespace": (b"<ClinicalDocument/>", "racine", "/ClinicalDocument"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_bytes_are_refused_with_reason_and_place(name: str) -> None:
    content, reason, place = REFUSED[name]
    started = time.process_time()

    with pytest.raises(CdaUnreadable) as refusal:
        read_header(content)

    assert reason in refusal.value.reason
    assert place in refusal.value.at
    assert time.process_time() - started < 3


def test_body_of_24_megabytes_of_base64_is_not_built() -> None:
    body = b'<component><nonXMLBody><text mediaType="application/pdf">%s</text></nonXMLBody>'
    content = OPEN + body % (b"QUJD" * 6_000_000) + b"</component>" + CLOSE
    tracemalloc.start()

    read = read_header(content)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (read.body, read.body_media_type) == ("nonXML", "application/pdf")
    assert peak < len(content) / 4


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "iso-8859-15"])
def test_declared_encodings_are_read(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>{OPEN.decode()}<title>Été</title>'

    assert read_header((text + CLOSE.decode()).encode(encoding)).title == "Été"


def test_comments_and_instructions_in_the_header_are_ignored() -> None:
    content = OPEN + b"<title>a<!-- b -->c<?d e?></title>" + CLOSE

    assert read_header(content).title == "ac"


def test_header_without_anything_is_read_as_empty() -> None:
    read = read_header(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>')

    assert (read.id, read.patient.ins, read.authors, read.body) == ("", "", (), "")
    assert read.legal_authenticator is None


def test_patient_without_ins() -> None:
    content = OPEN + (
        b'<recordTarget><patientRole><id root="1.2.3" extension="42"/><patient><name>'
        b"<family>DOE</family><given>JANE ANN</given></name></patient></patientRole></recordTarget>"
    ) + CLOSE

    person = read_header(content).patient

    assert (person.ins, person.oid, person.nom_naissance) == ("", "", "DOE")
    assert (person.prenoms, person.premier_prenom) == (("JANE", "ANN"), "JANE")


def test_component_that_is_not_a_child_of_the_root_is_not_the_body() -> None:
    content = OPEN + b"<author><component/></author><title>t</title>" + CLOSE

    assert read_header(content).title == "t"
