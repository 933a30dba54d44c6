"""FHIR XML on the façade: whatever is asked, in JSON or XML, the answer says the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from services.fhir import structure
from services.fhir.xml_reader import read_xml
from services.fhir.xml_writer import write_xml
from tests.ins.conftest import MATCH, bundle, fhir_patient, parameters, patient_to_verify
from tests.ins.lps import report, send
from tests.ins.test_doors import asked
from tests.ins.test_verification import LOT, RUTH, fetch

Json = dict[str, Any]
XML, JSON = "application/fhir+xml", "application/fhir+json"
VERIFY, BATCH = "/ins/fhir/Patient/$ins-verify", "/ins/fhir/$ins-verify-batch"
NAMESPACE = "{http://hl7.org/fhir}"


@pytest.fixture
def say(api: httpx.Client, bearer: dict[str, str]) -> Callable[..., httpx.Response]:
    """A call in XML, answered in XML; `media` for another type of what is sent."""

    def post(path: str, body: Json | bytes, media: str = XML, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        if media == XML and isinstance(body, dict):
            content = write_xml(content)
        return api.post(path, content=content, headers={
            **bearer, "Content-Type": media, "Accept": XML, **headers,
        })

    return post


def read(answer: httpx.Response) -> Json:
    """What an answer says in XML, once it is FHIR."""
    assert answer.headers["content-type"] == XML
    said: Json = orjson.loads(read_xml(answer.content))
    assert structure.check(said) == []
    return said


def lasting(resource: Any) -> Any:
    """Without what each answer draws anew."""
    if isinstance(resource, dict):
        return {name: lasting(value) for name, value in resource.items()
                if name not in ("fullUrl", "diagnostics")}
    return [lasting(each) for each in resource] if isinstance(resource, list) else resource


def test_whatever_is_searched_both_formats_agree(
    api: httpx.Client, match: Callable[[Json], httpx.Response], say: Callable[..., httpx.Response]
) -> None:
    seen: set[int] = set()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(asked())
    def agree(wanted: tuple[Any, ...]) -> None:
        sent = parameters(fhir_patient(*wanted))
        plain, told = match(sent), say(MATCH, sent)
        assert told.status_code == plain.status_code
        assert lasting(read(told)) == lasting(plain.json())
        assert lasting(say(MATCH, sent, Accept=JSON).json()) == lasting(plain.json())
        seen.add(plain.status_code)

    agree()
    assert {200, 422} <= seen


@pytest.mark.parametrize("identity", [
    RUTH, (*RUTH[:3], "NATHALIE"), RUTH[:2], (*RUTH[:2], "Nessi"), (*RUTH[:6], "51215"),
])
def test_a_verification_in_both_formats(
    api: httpx.Client, bearer: dict[str, str], say: Callable[..., httpx.Response],
    identity: tuple[str, ...],
) -> None:
    sent = patient_to_verify(*identity)
    plain, told = api.post(VERIFY, json=sent, headers=bearer), say(VERIFY, sent)
    assert (told.status_code, read(told)) == (plain.status_code, plain.json())


def test_a_lot_in_xml(
    api: httpx.Client, bearer: dict[str, str], say: Callable[..., httpx.Response]
) -> None:
    left = say(BATCH, bundle(*(patient_to_verify(*each) for each in LOT)), Prefer="respond-async")
    assert (left.status_code, left.headers["retry-after"]) == (202, "60")
    assert read(left)["resourceType"] == "OperationOutcome"
    place, xml = left.headers["content-location"], bearer | {"Accept": XML}
    early = httpx.get(place, headers=xml, trust_env=False)
    assert (early.status_code, read(early)["issue"][0]["severity"]) == (202, "information")
    api.put("/sandbox/clock", json={"shift_seconds": 61}).raise_for_status()
    token = {"Authorization": xml["Authorization"]}
    ready = httpx.get(place, headers=xml, trust_env=False)
    assert read(ready) == httpx.get(place, headers=token, trust_env=False).json()
    assert len(read(ready)["entry"]) == len(LOT)
    assert read(httpx.get(f"{place}?_format=xml", headers=token, trust_env=False)) == read(ready)
    assert report(send(api, fetch(place.rpartition("/")[2]))) == "00"
    assert httpx.delete(place, headers=xml, trust_env=False).status_code == 202
    gone = httpx.get(place, headers=xml, trust_env=False)
    assert (gone.status_code, read(gone)["resourceType"]) == (404, "OperationOutcome")


def test_a_large_lot_in_xml(api: httpx.Client, say: Callable[..., httpx.Response]) -> None:
    api.put("/sandbox/ins/settings", json={"lot_maximum": 2000}).raise_for_status()
    many = bundle(*(patient_to_verify(*RUTH) for _ in range(600)))
    left = say(BATCH, many, Prefer="respond-async")
    assert left.status_code == 202
    assert "600 identités" in left.text
    entries = b"<entry/>" * 100_001
    over = say(BATCH, b'<Bundle xmlns="http://hl7.org/fhir">%b</Bundle>' % entries)
    assert (over.status_code, code(over)) == (400, "too-many-values")


def code(answer: httpx.Response) -> str:
    found: str = read(answer)["issue"][0]["details"]["coding"][0]["code"]
    return found


def test_the_statement_and_what_is_asked_for_in_the_address(
    api: httpx.Client, bearer: dict[str, str]
) -> None:
    told = api.get("/ins/fhir/metadata?_format=xml")
    plain = api.get("/ins/fhir/metadata")
    assert read(told) == plain.json()
    operation = "/ins/fhir/OperationDefinition/ins-verify"
    assert read(api.get(operation, headers={"Accept": XML})) == api.get(operation).json()
    assert plain.json()["format"] == [JSON, XML, "json", "xml"]
    for query in ("_format=xml", "_format=application/fhir%2Bxml", "_format=text/xml&_pretty=true"):
        found = api.post(f"{MATCH}?{query}", json=fhir_patient(), headers=bearer)
        assert read(found)["total"] == 1
    main = api.post(f"{MATCH}?_format=xml&_profile=main", json=fhir_patient(), headers=bearer)
    assert "RECUP" in main.text
    forced = api.post(f"{MATCH}?_format=json", json=fhir_patient(),
                      headers=bearer | {"Accept": XML})
    assert forced.headers["content-type"] == JSON


def test_the_soap_message_of_a_call_in_xml(
    api: httpx.Client, say: Callable[..., httpx.Response]
) -> None:
    told = say(MATCH, parameters(fhir_patient()))
    number = told.headers["x-sandbox-insi-messageid"]
    message = api.get(f"/sandbox/ins/messages/{number}")
    assert b"<NomNaissance>ADRUN</NomNaissance>" in message.content
    assert report(send(api, message.content)) == "00"
    marked = b"\xef\xbb\xbf" + write_xml(orjson.dumps(parameters(fhir_patient(nom=""))))
    refused = say(MATCH, marked)
    assert (refused.status_code, code(refused)) == (422, "insi_19")
    number = refused.headers["x-sandbox-insi-messageid"]
    assert api.get(f"/sandbox/ins/messages/{number}").status_code == 200
    unread = say(MATCH, b"<Patient/>")
    number = unread.headers["x-sandbox-insi-messageid"]
    assert api.get(f"/sandbox/ins/messages/{number}").status_code == 404


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/ins/fhir/Patient?family=ADRUN", 403), ("GET", "/ins/fhir/Observation", 404),
    ("POST", MATCH, 415), ("PUT", MATCH, 405), ("GET", f"{BATCH}/absent", 401),
])
def test_refusals_come_in_xml(api: httpx.Client, method: str, path: str, status: int) -> None:
    told = api.request(method, path, headers={"Accept": XML})
    assert told.status_code == status
    assert read(told)["resourceType"] == "OperationOutcome"


def test_a_fault_that_was_asked_for_comes_in_xml(
    api: httpx.Client, say: Callable[..., httpx.Response]
) -> None:
    api.post("/sandbox/faults", json={
        "service": "ins", "transaction": "ITI-119", "kind": "error", "value": "insi_111",
    }).raise_for_status()
    told = say(MATCH, fhir_patient())
    assert (told.status_code, code(told)) == (500, "insi_111")


@pytest.mark.parametrize(("body", "status", "told"), [
    (b'<!DOCTYPE a [<!ENTITY b "c">]><Patient xmlns="http://hl7.org/fhir"/>', 400, "structure"),
    (b'<Patient xmlns="http://hl7.org/fhir">&x;</Patient>', 400, "structure"),
    (b"<a", 400, "structure"), (b"", 400, "structure"), (b"<Patient/>", 400, "invalid"),
    (b'{"resourceType":"Patient"}', 400, "structure"),
    (b'<Observation xmlns="http://hl7.org/fhir"/>', 400, "resource-type"),
    (b'<Patient xmlns="http://hl7.org/fhir"><couleur value="1"/></Patient>', 400, "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir"><gender value="F"/></Patient>', 400, "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir">' + b"<extension url='u'>" * 70
     + b"</extension>" * 70 + b"</Patient>", 400, "too-deep"),
    (b'<Patient xmlns="http://hl7.org/fhir">' + b"<name/>" * 100_001 + b"</Patient>", 400,
     "too-many-values"),
    (b'<Patient xmlns="http://hl7.org/fhir" ' + b" ".join(b'a%d=""' % n for n in range(20_000))
     + b"/>", 400, "invalid"),
], ids=["doctype", "entity", "cut", "empty", "namespace", "json", "other", "element", "code",
        "deep", "many", "attributes"])
def test_hostile_xml_is_refused_early(
    say: Callable[..., httpx.Response], body: bytes, status: int, told: str
) -> None:
    answer = say(MATCH, body)
    assert (answer.status_code, code(answer)) == (status, told)


def test_values_without_a_value_break_nothing(say: Callable[..., httpx.Response]) -> None:
    whole = write_xml(orjson.dumps(fhir_patient()))
    for place in (b'<given value="ZOE"/>', b'<family value="ADRUN"/>', b'<gender value="female"/>',
                  b'<birthDate value="1975-12-31"/>'):
        for other in (b'<%b id="a"/>' % place.split()[0][1:], place + b'<given id="a"/>'):
            answer = say(MATCH, whole.replace(place, other))
            assert answer.status_code in (200, 400, 422), answer.text


def test_validation_in_xml(say: Callable[..., httpx.Response]) -> None:
    told = say("/ins/fhir/Patient/$validate", fhir_patient())
    assert told.status_code == 200
    assert etree.fromstring(told.content).tag == f"{NAMESPACE}OperationOutcome"
    assert "Verdict" in told.text
