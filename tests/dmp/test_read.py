"""ITI-68 and reads by id: the bytes as deposited, and who sees masked documents."""

from __future__ import annotations

import base64

import pytest

from tests.dmp.conftest import Dmp
from tests.dmp.messages import (
    DOCTOR,
    OID,
    PATIENT_ID,
    PHARMACIST,
    STRANGER,
    Cda,
    Json,
    attachment,
    binary,
    labels,
    lot,
    new_oid,
)


@pytest.mark.parametrize("spoil", [
    lambda plain: plain,
    lambda plain: plain.replace(b"\n", b"\r\n"),
    lambda plain: b"\xef\xbb\xbf" + plain,
    lambda plain: plain + b"\n\n  \n",
    lambda plain: plain.replace(b"UTF-8", b"ISO-8859-1").replace(b"normal", b"\xe9tudi\xe9"),
], ids=["plain", "CRLF", "BOM", "white space", "latin-1"])
def test_documents_are_byte_identical(dmp: Dmp, spoil: object) -> None:
    oid = new_oid()
    content = spoil(Cda(oid).encode())  # type: ignore[operator]

    id = dmp.deposit(lot(content, oid))
    answer = dmp.get(f"Binary/{id}")

    assert answer.content == content
    assert answer.headers["content-type"] == "text/xml"
    assert answer.headers["etag"] == 'W/"1"'


def test_any_bytes_come_back(dmp: Dmp) -> None:
    content = bytes(range(256)) * 9
    body = lot(content)
    attachment(body["entry"][1]["resource"])["contentType"] = "application/dicom"
    body["entry"][2]["resource"] = binary(content, "application/dicom")
    answer = dmp.get(f"Binary/{dmp.deposit(body)}")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/dicom"


@pytest.mark.parametrize("accept", [
    "application/fhir+json", "application/json", "application/fhir+json; fhirVersion=4.0, */*",
])
def test_fhir_json_on_request(dmp: Dmp, accept: str) -> None:
    oid = new_oid()
    content = Cda(oid).encode()
    id = dmp.deposit(lot(content, oid))
    answer = dmp.get(f"Binary/{id}", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/fhir+json"
    body = answer.json()
    assert (body["resourceType"], body["id"], body["contentType"]) == ("Binary", id, "text/xml")
    assert base64.b64decode(body["data"]) == content


def test_fhir_xml_is_not_offered(dmp: Dmp) -> None:
    xml = {"Accept": "application/fhir+xml"}
    id = dmp.deposit(lot())
    for path in (f"Binary/{id}", f"DocumentReference/{id}", "metadata"):
        dmp.refused(dmp.get(path, headers=xml), 406, "not-acceptable")


@pytest.mark.parametrize("accept", ["*/*", "text/xml", "text/html,application/json;q=0.9"])
def test_native_bytes_otherwise(dmp: Dmp, accept: str) -> None:
    id = dmp.deposit(lot())
    answer = dmp.get(f"Binary/{id}", headers={"Accept": accept})
    assert answer.headers["content-type"] == "text/xml"


def test_a_browser_runs_nothing_of_a_document(dmp: Dmp) -> None:
    headers = dmp.get(f"Binary/{dmp.deposit(lot())}").headers
    assert headers["content-security-policy"] == "sandbox"
    assert headers["x-content-type-options"] == "nosniff"


def test_head_has_the_length_and_no_body(dmp: Dmp) -> None:
    id = dmp.deposit(lot())
    answer = dmp.api.head(f"/dmp/fhir/Binary/{id}", headers=dmp.bearer(DOCTOR))
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == len(dmp.get(f"Binary/{id}").content)


@pytest.mark.parametrize("rtype", ["Binary", "DocumentReference", "List", "Patient", "Consent"])
@pytest.mark.parametrize("id", ["a%00b", "%00", "..%2f..%2fetc", "%ff", "é", "a b"])
def test_what_cannot_be_an_id_is_not_found(dmp: Dmp, rtype: str, id: str) -> None:
    dmp.refused(dmp.get(f"{rtype}/{id}"), 404, "not-known")


@pytest.mark.parametrize("path", [
    "Binary/absent", "DocumentReference/absent", "List/absent", "Patient/absent", "Consent/absent",
    "Patient/conteste-jean", f"Binary/{'x' * 400}",
])
def test_what_does_not_exist_is_not_found(dmp: Dmp, path: str) -> None:
    dmp.refused(dmp.get(path), 404, "not-known")


def test_t_a_masked_document_is_its_authors(dmp: Dmp) -> None:
    """Dossier §14: masked document, ITI-43 as author / other."""
    id = dmp.deposit(lot(securityLabel=labels("N", "MASQUE_PS")))

    assert [one["id"] for one in dmp.documents()] == [id]
    assert dmp.get(f"Binary/{id}").status_code == 200
    assert dmp.documents(by=PHARMACIST) == []
    for path in (f"Binary/{id}", f"DocumentReference/{id}"):
        issue = dmp.refused(dmp.get(path, by=PHARMACIST), 403, "DMPAccessDeniedByRightsService")
        assert "masqué" in issue["diagnostics"]


def test_nobody_is_called_everyone(dmp: Dmp) -> None:
    """The author of a masked document, whatever he is called, is one reader."""
    everyone = {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "tous"}}
    dmp.deposit(lot(securityLabel=labels("N", "MASQUE_PS"), author=[everyone]))
    assert dmp.documents() == []
    assert dmp.documents(by=PHARMACIST) == []


def test_a_lot_of_masked_documents_is_its_authors(dmp: Dmp) -> None:
    dmp.deposit(lot(securityLabel=labels("N", "MASQUE_PS")))
    search = {"patient": PATIENT_ID, "code": "submissionset", "status": "current"}
    found = dmp.get("List", **search).json()["entry"]
    assert len(found) == 1
    assert dmp.get("List", by=PHARMACIST, **search).json()["total"] == 0
    path = f"List/{found[0]['resource']['id']}"
    assert dmp.get(path).json() == found[0]["resource"]
    dmp.refused(dmp.get(path, by=PHARMACIST), 403, "DMPAccessDeniedByRightsService")


def test_a_lot_is_read_by_its_address(dmp: Dmp) -> None:
    location = dmp.post(lot()).json()["entry"][0]["response"]["location"]
    answer = dmp.get(location, by=PHARMACIST)
    assert answer.json()["resourceType"] == "List"
    assert answer.headers["etag"] == 'W/"1"'
    dmp.refused(dmp.get(location, by=STRANGER), 403, "DMPAccessDeniedByRightsService")


def test_a_document_invisible_to_the_patient_is_seen_by_professionals(dmp: Dmp) -> None:
    id = dmp.deposit(lot(securityLabel=labels("N", "INVISIBLE_PATIENT")))
    assert dmp.get(f"Binary/{id}", by=PHARMACIST).status_code == 200


def test_the_patient_is_known_with_an_open_dmp(dmp: Dmp) -> None:
    """Dossier §14, TD0.2 in FHIR: existing, none, closed."""
    def active(ins: str) -> list[bool]:
        body: Json = dmp.get("Patient", identifier=f"urn:oid:{OID}|{ins}").json()
        return [one["resource"]["active"] for one in body.get("entry", [])]

    assert active("279035121518989") == [True]
    assert active("202096615708958") == [False]
    assert active("153078987658513") == []
    assert active("299999999999999") == []


@pytest.mark.parametrize(("params", "code"), [
    ({"identifier": "279035121518989,277076322082910"}, "XDSStoredQueryMissingParam"),
    ({"identifier": "279035121518989", "_id": PATIENT_ID}, "parameter-unknown"),
    ({"identifier:not": "279035121518989"}, "XDSStoredQueryMissingParam"),
])
def test_existence_is_asked_of_one_patient(dmp: Dmp, params: dict[str, str], code: str) -> None:
    dmp.refused(dmp.get("Patient", **params), 400, code)
    counted = dmp.get("Patient", identifier="279035121518989", _summary="count").json()
    assert (counted["total"], "entry" in counted) == (1, False)


def test_the_patient_is_read_by_id(dmp: Dmp) -> None:
    patient = dmp.get(f"Patient/{PATIENT_ID}").json()
    assert patient["identifier"] == [{"system": f"urn:oid:{OID}", "value": "279035121518989"}]
    assert patient["gender"] == "female"
    assert patient["birthDate"] == "1979-03-28"
