"""Deposits that are refused: which code, where, and that nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.dmp.conftest import Dmp
from tests.dmp.messages import (
    FICHE,
    INS,
    Json,
    attachment,
    binary,
    coded,
    labels,
    lot,
    new_oid,
    post,
    subject,
)

Findings = Callable[..., list[str]]

UNKNOWN = "299999999999999"
REFUSED: list[tuple[str, Json, int, str, str]] = [
    ("unknown INS", {"subject": subject(UNKNOWN)}, 404, "XDSUnknownPatientId", "subject"),
    ("unknown authority", {"subject": subject(oid="1.2.3")}, 404, "XDSUnknownPatientId", "subject"),
    ("no DMP", {"subject": subject("153078987658513")}, 404, "XDSUnknownPatientId", "subject"),
    ("closed", {"subject": subject("202096615708958")}, 403, "DMPClosed", "subject"),
    ("class 60", {"category": [coded("60")]}, 422, "XDSRegistryMetadataError", "category[0]"),
    ("class 90", {"category": [coded("90")]}, 422, "XDSRegistryMetadataError", "category[0]"),
    ("DOCPAT01", {"type": coded("DOCPAT01"), "category": [coded("11")]}, 422,
     "XDSRegistryMetadataError", "type"),
    ("vaccination history", {"type": coded("11369-6"), "category": [coded("52")]}, 422,
     "XDSRegistryMetadataError", "type"),
    ("masked and invisible", {"securityLabel": labels("N", "MASQUE_PS", "INVISIBLE_PATIENT")},
     422, "XDSRegistryMetadataError", "securityLabel"),
    ("impossible date", {"date": "2026-02-30T10:00:00Z"}, 422, "XDSRegistryMetadataError", "date"),
    ("no uniqueId", {"masterIdentifier": None}, 422, "XDSRegistryMetadataError",
     "masterIdentifier.value"),
    ("replaces nothing", {"relatesTo": [
        {"code": "replaces", "target": {"reference": "DocumentReference/absent"}},
    ]}, 409, "XDSRegistryError", "relatesTo"),
    ("two contents", {"content": [{"attachment": {}}, {"attachment": {}}]}, 422,
     "XDSRegistryMetadataError", "content"),
]


@pytest.mark.parametrize(
    ("changes", "status", "code", "at"), [one[1:] for one in REFUSED],
    ids=[one[0] for one in REFUSED],
)
def test_a_refused_deposit_changes_nothing(
    dmp: Dmp, changes: Json, status: int, code: str, at: str
) -> None:
    dmp.deposit(lot())
    before = dmp.documents()

    issue = dmp.refused(dmp.post(lot(**changes)), status, code)

    assert issue["expression"] == [f"Bundle.entry[1].resource.{at}"]
    assert dmp.documents() == before


def change(body: Json, *path: str | int, to: Any) -> Json:
    """The Bundle with another value at this path; None removes it."""
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return body


_ATTACHMENT = ("entry", 1, "resource", "content", 0, "attachment")
BROKEN: list[tuple[str, tuple[str | int, ...], Any, int, str, str]] = [
    ("other hash", (*_ATTACHMENT, "hash"), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=", 422,
     "XDSRegistryMetadataError", "Bundle.entry[1].resource.content[0].attachment.hash"),
    ("other size", (*_ATTACHMENT, "size"), 1, 422, "XDSRegistryMetadataError",
     "Bundle.entry[1].resource.content[0].attachment.size"),
    ("document elsewhere", (*_ATTACHMENT, "url"), "urn:uuid:autre", 422,
     "XDSRegistryMetadataError", "Bundle.entry[1].resource.content[0].attachment.url"),
    ("another patient in the lot", ("entry", 0, "resource", "subject"),
     subject("277076322082910"), 422, "XDSPatientIdDoesNotMatch",
     "Bundle.entry[0].resource.subject"),
    ("no lot", ("entry", 0), None, 422, "XDSRegistryMetadataError", "Bundle.entry"),
    ("a folder", ("entry", 0, "resource", "code"), coded("folder"), 422,
     "XDSRegistryMetadataError", "Bundle.entry[0].resource.code"),
    ("no fiche", ("entry", 1), None, 422, "XDSRegistryMetadataError", "Bundle.entry"),
    ("empty document", ("entry", 2, "resource", "data"), "", 422, "XDSRegistryMetadataError",
     "Bundle.entry[2].resource.data"),
    ("batch", ("type",), "batch", 400, "invalid", "Bundle.type"),
    ("PUT", ("entry", 1, "request", "method"), "PUT", 400, "invalid",
     "Bundle.entry[1].request.method"),
    ("another resource", ("entry", 2, "resource", "resourceType"), "Observation", 400, "invalid",
     "Bundle.entry[2].resource"),
    ("unknown element", ("entry", 1, "resource", "inconnu"), 1, 400, "invalid",
     "Bundle.entry[1].resource.inconnu"),
    ("a number for a status", ("entry", 1, "resource", "status"), 3, 400, "invalid",
     "Bundle.entry[1].resource.status"),
    ("two entries of one name", ("entry", 2, "fullUrl"), FICHE, 400, "invalid",
     "Bundle.entry[2].resource"),
    ("no media type", ("entry", 2, "resource", "contentType"), None, 400, "invalid",
     "Bundle.entry[2].resource.contentType"),
    ("a header in the media type", ("entry", 2, "resource", "contentType"),
     "text/xml\r\nSet-Cookie: a=b", 400, "invalid", "Bundle.entry[2].resource.contentType"),
    ("no base64", ("entry", 2, "resource", "data"), "@@@@", 400, "structure",
     "Bundle.entry[2].resource.data"),
    *(
        (f"base64 {data!r}", ("entry", 2, "resource", "data"), data, 400, "structure",
         "Bundle.entry[2].resource.data")
        for data in ("QUJ", "QUJD=", "QUJDRA=", "QU=JD", "QQ==QQ==", "====", "QUJD\u00a0",
                     "QUJD\u2028", "QUJé", "QUJD-_-_")
    ),
    ("an unknown element of the Bundle", ("fullurl",), "x", 400, "invalid", "Bundle.fullurl"),
    ("an unknown element of an entry", ("entry", 1, "fullurl"), "x", 400, "invalid",
     "Bundle.entry[1].fullurl"),
    ("an unknown element of the document", ("entry", 2, "resource", "inconnu"), 1, 400, "invalid",
     "Bundle.entry[2].resource.inconnu"),
    ("data that is no text", ("entry", 2, "resource", "data"), 3, 400, "invalid",
     "Bundle.entry[2].resource.data"),
    ("a size that is no integer", (*_ATTACHMENT, "size"), 12.5, 422, "XDSRegistryMetadataError",
     "Bundle.entry[1].resource.content[0].attachment.size"),
    ("a huge size", (*_ATTACHMENT, "size"), 1e19, 422, "XDSRegistryMetadataError",
     "Bundle.entry[1].resource.content[0].attachment.size"),
]


@pytest.mark.parametrize(
    ("path", "to", "status", "code", "at"), [one[1:] for one in BROKEN],
    ids=[one[0] for one in BROKEN],
)
def test_a_broken_bundle_changes_nothing(
    dmp: Dmp, path: tuple[str | int, ...], to: Any, status: int, code: str, at: str
) -> None:
    answer = dmp.post(change(lot(), *path, to=to))

    issue = dmp.refused(answer, status, code)

    assert issue["expression"] == [at]
    assert dmp.documents() == []


def test_a_document_without_fiche_is_refused(dmp: Dmp) -> None:
    body = lot()
    body["entry"].append(post("urn:uuid:00000004-1111-4222-8333-444444444444", binary(b"x")))
    issue = dmp.refused(dmp.post(body), 422, "XDSRegistryMetadataError")
    assert issue["expression"] == ["Bundle.entry[3].resource"]


def test_t_same_unique_id_twice_is_refused(dmp: Dmp) -> None:
    """Dossier §14: same uniqueId twice."""
    oid = new_oid()
    dmp.deposit(lot(unique_id=oid))
    issue = dmp.refused(dmp.post(lot(unique_id=oid)), 409, "XDSDocumentUniqueIdError")
    assert issue["expression"] == ["Bundle.entry[1].resource.masterIdentifier.value"]
    assert len(dmp.documents()) == 1


def test_same_unique_id_twice_in_one_lot_is_refused(dmp: Dmp) -> None:
    body = lot()
    again = deepcopy(body["entry"][1])
    again["fullUrl"] = "urn:uuid:00000005-1111-4222-8333-444444444444"
    attachment(again["resource"])["url"] = "urn:uuid:00000006-1111-4222-8333-444444444444"
    body["entry"].append(again)
    document_again = body["entry"][2]["resource"]
    body["entry"].append(post(attachment(again["resource"])["url"], document_again))
    issue = dmp.refused(dmp.post(body), 409, "XDSDocumentUniqueIdError")
    assert issue["expression"] == ["Bundle.entry[3].resource.masterIdentifier.value"]
    assert dmp.documents() == []


def test_a_refused_deposit_still_has_its_findings(dmp: Dmp, findings: Findings) -> None:
    body = lot(subject=subject(UNKNOWN))
    attachment(body["entry"][1]["resource"])["title"] = "x" * 129
    dmp.refused(dmp.post(body), 404, "XDSUnknownPatientId")
    assert "SOCLE-DMP-TITRE" in findings()


def test_a_nia_is_a_finding_of_the_test_book(dmp: Dmp, findings: Findings) -> None:
    """Dossier §14: NIA patient, LPS flow."""
    nia = subject("109076322088835", "1.2.250.1.213.1.4.9")
    dmp.refused(dmp.post(lot(subject=nia)), 404, "XDSUnknownPatientId")
    assert "0.2-080" in findings()


def test_thirteen_characters_find_the_patient_with_a_finding(
    dmp: Dmp, findings: Findings
) -> None:
    body = lot(subject=subject(INS[:13]))
    assert dmp.post(body).status_code == 200
    assert "SOCLE-DMP-INS" in findings()
