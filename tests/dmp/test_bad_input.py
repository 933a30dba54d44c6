"""Hostile and broken input: the dialect's clear error, nothing changed, no time lost."""

from __future__ import annotations

import time
from collections.abc import Callable

import orjson
import pytest

from tests.dmp.conftest import Dmp
from tests.dmp.messages import (
    DOCTOR,
    Cda,
    Json,
    attachment,
    binary,
    lot,
    new_oid,
)

MEBIBYTE = 1024 * 1024
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lol [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    + b']><ClinicalDocument xmlns="urn:hl7-org:v3"><title>&j;</title></ClinicalDocument>'
)
EXTERNAL = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&f;</title></ClinicalDocument>'
)
DEEP = b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b"<a>" * 5000


@pytest.mark.parametrize("content", [
    BOMB, EXTERNAL, DEEP, b"<ClinicalDocument", b"\xff\xfe\x00<", b"<a>\xe9</a>", b"{}",
], ids=["entities", "external entity", "deep", "cut", "no UTF-8", "invalid UTF-8", "JSON"])
def test_a_hostile_document_is_refused_at_once(
    dmp: Dmp, findings: Callable[..., list[str]], content: bytes
) -> None:
    began = time.monotonic()
    issue = dmp.refused(dmp.post(lot(content)), 422, "XDSRegistryMetadataError")
    assert time.monotonic() - began < 20
    assert issue["expression"] == ["Bundle.entry[1].resource.content[0].attachment"]
    assert "root:" not in issue["diagnostics"]
    assert "SOCLE-DMP-LISIBLE" in findings()
    assert dmp.documents() == []


@pytest.mark.parametrize(("body", "status", "code"), [
    (b"", 400, "structure"), (b"{", 400, "structure"), (b"[]", 400, "structure"),
    (b"null", 400, "structure"), (b'{"resourceType":"Bundle"}', 400, "invalid"),
    (b'{"resourceType":"Patient"}', 400, "resource-type"), (b"{}", 400, "resource-type"),
    (b'{"resourceType":"Bundle","type":"transaction"}', 422, "XDSRegistryMetadataError"),
    (b'{"resourceType":"Bundle","type":"transaction","entry":[null,3]}', 400, "invalid"),
    (b'{"resourceType":"Bundle","type":"transaction","entry":{"a":1}}', 400, "invalid"),
    (b'{"resourceType":"Bundle","type":"\xff"}', 400, "structure"),
    (b'{"resourceType":"Bundle","type":"\\u0000"}', 400, "structure"),
    (b'{"a":' * 100 + b"1" + b"}" * 100, 400, "too-deep"),
    (b'{"a":' * 100_000, 400, "structure"),
    (b'{"resourceType":"Bundle","type":"transaction","type":"\\ud800"}', 400, "structure"),
])
def test_a_broken_body_is_refused(dmp: Dmp, body: bytes, status: int, code: str) -> None:
    dmp.refused(dmp.post(body), status, code)
    assert dmp.documents() == []


@pytest.mark.parametrize("resource", [
    {"contained": {"id": "x"}}, {"author": "x"}, {"content": {}}, {"content": [None]},
    {"subject": []}, {"type": {"coding": {}}}, {"securityLabel": [{"coding": [3]}]},
    {"relatesTo": [3]}, {"context": []}, {"masterIdentifier": "urn:oid:1.2"},
    {"contained": [{"resourceType": "Inconnu", "id": "auteur"}]}, {"date": "hier"},
    {"content": [{"attachment": {"size": "grand"}}]}, {"identifier": [{"value": "x" * 20_000_00}]},
], ids=lambda one: orjson.dumps(one)[:60].decode())
def test_a_fiche_of_the_wrong_shape_is_no_bug_of_ours(
    dmp: Dmp, resource: Json, journal: Callable[..., list[Json]]
) -> None:
    body = lot()
    body["entry"][1]["resource"].update(resource)
    answer = dmp.post(body)
    assert answer.status_code in (200, 400, 422), answer.text
    assert journal(service="dmp", limit="1")[0]["outcome"] != "error"


@pytest.mark.parametrize("content_type", [
    "text/plain", "application/xml", "application/fhir+xml", "multipart/form-data", "",
    "application/fhir+json; charset=latin-1",
])
def test_another_media_type_is_refused(dmp: Dmp, content_type: str) -> None:
    headers = {**dmp.bearer(DOCTOR), "Content-Type": content_type}
    answer = dmp.api.post("/dmp/fhir", content=orjson.dumps(lot()), headers=headers)
    dmp.refused(answer, 415, "media-type")
    assert dmp.documents() == []


def big(size: int) -> tuple[bytes, Json]:
    """A CDA of exactly `size` bytes, and its lot."""
    oid = new_oid()
    empty = Cda(oid, body="").encode()
    content = Cda(oid, body="A" * (size - len(empty))).encode()
    return content, lot(content, oid)


def test_a_document_of_25_mebibytes_is_filed(dmp: Dmp) -> None:
    content, body = big(25 * MEBIBYTE)
    id = dmp.deposit(body)
    assert dmp.get(f"Binary/{id}").content == content


def test_a_document_of_25_mebibytes_may_stand_in_its_fiche(dmp: Dmp) -> None:
    content, body = big(25 * MEBIBYTE)
    resource = body["entry"][1]["resource"]
    attachment(resource)["data"] = body["entry"][2]["resource"]["data"]
    answer = dmp.post(resource, "DocumentReference")
    assert answer.status_code == 201
    assert dmp.get(f"Binary/{answer.json()['id']}").content == content


def test_a_larger_document_is_refused(dmp: Dmp) -> None:
    _, body = big(25 * MEBIBYTE + 1)
    issue = dmp.refused(dmp.post(body), 413, "too-long")
    assert issue["expression"] == ["Bundle.entry[2].resource.data"]
    assert dmp.documents() == []


def test_a_body_over_40_mebibytes_is_refused(dmp: Dmp) -> None:
    answer = dmp.post(b" " * (40 * MEBIBYTE + 1))
    dmp.refused(answer, 413, "too-long")


def test_two_mebibytes_are_the_limit_elsewhere(dmp: Dmp) -> None:
    dmp.refused(dmp.post(b" " * (2 * MEBIBYTE + 1), "Consent"), 413, "too-long")


def test_a_body_may_come_in_chunks_of_no_announced_length(dmp: Dmp) -> None:
    headers = {**dmp.bearer(DOCTOR), "Content-Type": "application/fhir+json"}
    raw = orjson.dumps(lot())
    filed = dmp.api.post("/dmp/fhir", content=iter([raw[:100], raw[100:]]), headers=headers)
    assert filed.status_code == 200, filed.text
    endless = (b" " * 65_536 for _ in range(40))
    answer = dmp.api.post("/dmp/fhir/Consent", content=endless, headers=headers)
    dmp.refused(answer, 413, "too-long")


@pytest.mark.parametrize("path", ["inconnu", "DocumentReference/x/y", "Observation"])
def test_an_unknown_path_is_answered_in_fhir(dmp: Dmp, path: str) -> None:
    dmp.refused(dmp.get(path), 404, "not-found")


def test_another_method_is_answered_in_fhir(dmp: Dmp) -> None:
    answer = dmp.api.delete("/dmp/fhir/DocumentReference/x", headers=dmp.bearer(DOCTOR))
    dmp.refused(answer, 405, "method-not-allowed")


def test_an_injected_header_does_not_come_back(dmp: Dmp) -> None:
    body = lot()
    body["entry"][2]["resource"]["contentType"] = "text/xml\r\nX-Injecte: oui"
    dmp.refused(dmp.post(body), 400, "invalid")
    body = lot()
    attachment(body["entry"][1]["resource"])["contentType"] = "text/xml\r\nX-Injecte: oui"
    answer = dmp.post(body)
    assert "x-injecte" not in answer.headers
    assert "x-injecte" not in dmp.get("metadata").headers


def test_a_media_type_with_a_parameter_is_kept(dmp: Dmp) -> None:
    content = b"%PDF-1.4"
    body = lot(content)
    body["entry"][2]["resource"] = binary(content, "application/pdf; version=1.4")
    answer = dmp.get(f"Binary/{dmp.deposit(body)}")
    assert answer.headers["content-type"] == "application/pdf; version=1.4"
