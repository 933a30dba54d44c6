"""How answers are written: indented or not, in which version of FHIR; XML there and back."""

from __future__ import annotations

import orjson
import pytest
from lxml import etree

from tests.fhir.conftest import Essai

XML = "application/fhir+xml"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Zoé <b>É.</b> &lt; 3</p><br/></div>'
OBSERVATION = (
    b'{"resourceType":"Observation","id":"o","text":{"status":"generated","div":%b},'
    b'"contained":[{"resourceType":"Patient","id":"p","multipleBirthInteger":2,'
    b'"_birthDate":{"extension":[{"url":"u","valueDecimal":1.50}]}}],'
    b'"status":"final","code":{"text":"x","_text":{"id":"t"}},'
    b'"effectiveDateTime":"2026-01-01T10:00:00.000+01:00","issued":"2026-01-01T10:00:00.10Z",'
    b'"valueQuantity":{"value":72.50,"_value":{"extension":[{"url":"v","valueCode":"c"}]}},'
    b'"referenceRange":[{"low":{"value":1e-7},"high":{"value":-0.0}}]}'
) % orjson.dumps(DIV)


@pytest.mark.parametrize("path", ["Observation/o", "Observation", "_history", "metadata"])
def test_an_answer_may_be_indented(essai: Essai, path: str) -> None:
    essai("PUT", "Observation/o", OBSERVATION, 201)
    plain = essai("GET", path, status=200).content
    pretty = essai("GET", f"{path}?_pretty=true", status=200).content
    assert b"\n  " in pretty
    assert b"\n" not in plain
    entries = orjson.loads(pretty)
    assert entries.keys() == orjson.loads(plain).keys()
    if path == "Observation/o":
        assert entries == orjson.loads(plain)
        assert b'"value": 72.50' in pretty
        assert b'"value": 1e-7' in pretty
    assert essai("GET", f"{path}?_pretty=false", status=200).content.count(b"\n") == 0


def test_indented_xml_says_the_same(essai: Essai) -> None:
    essai("PUT", "Observation/o", OBSERVATION, 201)
    plain = essai("GET", "Observation/o?_format=xml", status=200).content
    pretty = essai("GET", "Observation/o?_format=xml&_pretty=true", status=200).content
    assert b'\n  <status value="final"/>' in pretty
    assert DIV.encode() in pretty
    bare = etree.fromstring(pretty, etree.XMLParser(remove_blank_text=True))
    assert etree.tostring(bare, method="c14n") == etree.tostring(
        etree.fromstring(plain), method="c14n"
    )


def test_refusals_may_be_indented(essai: Essai) -> None:
    assert b"\n  " in essai("GET", "Patient/x?_pretty=true", status=404).content


def test_xml_and_back_changes_nothing(essai: Essai) -> None:
    first = essai("PUT", "Observation/o", OBSERVATION, 201).content
    xml = essai("GET", "Observation/o", status=200, accept=XML).content
    second = essai("PUT", "Observation/o", xml, 200, content_type=XML).content
    whole = first.partition(b'"text":{')[2]
    assert whole.count(b"1e-7") == 1
    assert orjson.loads(second) | {"meta": 0} == orjson.loads(first) | {"meta": 0}
    for spelled in (b":72.50", b":1e-7", b":-0.0", b":1.50", b".000+01:00", b".10Z"):
        assert spelled in second
    again = essai("GET", "Observation/o", accept=XML).content
    changed = (b'<versionId value="1"/>', b'<versionId value="2"/>')
    assert etree.fromstring(again).xpath("count(//*)") == etree.fromstring(xml).xpath("count(//*)")
    assert again.partition(b"</meta>")[2] == xml.replace(*changed).partition(b"</meta>")[2]


@pytest.mark.parametrize(("accept", "status"), [
    ("application/fhir+json; fhirVersion=4.0", 200),
    ('application/fhir+json;fhirVersion="4.0"', 200),
    ("application/fhir+json; fhirVersion=3.0", 406),
    ("application/fhir+xml; fhirVersion=5.0, application/fhir+json;q=0.5", 200),
])
def test_another_version_of_fhir_is_not_answered(essai: Essai, accept: str, status: int) -> None:
    answer = essai("GET", "Patient", status=status, accept=accept)
    assert answer.headers["content-type"] == "application/fhir+json"


@pytest.mark.parametrize("media_type", ["application/fhir+json", XML])
def test_another_version_of_fhir_is_not_read(essai: Essai, media_type: str) -> None:
    body = b'{"resourceType":"Patient"}' if "json" in media_type else (
        b'<Patient xmlns="http://hl7.org/fhir"/>'
    )
    essai("POST", "Patient", body, 201, content_type=f"{media_type}; fhirVersion=4.0")
    refused = essai("POST", "Patient", body, 415, content_type=f"{media_type}; fhirVersion=3.0")
    assert essai.issue(refused)["location"] == ["http.Content-Type"]
