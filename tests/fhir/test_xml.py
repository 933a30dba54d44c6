"""FHIR XML: conversions both ways, judged by lxml and by each other; and on the wire."""

from __future__ import annotations

from time import process_time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.fhir import exact, structure
from services.fhir.xml_reader import read_xml
from services.fhir.xml_writer import write_xml
from services.kernel.errors import Refusal
from tests.fhir.conftest import Essai

XML = "application/fhir+xml"
NAMESPACE = "{http://hl7.org/fhir}"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p title="a&amp;b">Zoé &lt; 3</p></div>'
PATIENT = {
    "resourceType": "Patient", "id": "p", "meta": {"versionId": "1"},
    "text": {"status": "generated", "div": DIV},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "A & B \"C\""}],
    "extension": [{"url": "http://x/a", "valueDecimal": 1},
                  {"url": "http://x/b", "id": "e", "valueBoolean": False}],
    "active": True, "name": [{"id": "n", "family": "Évrard", "_family": {"id": "f"},
                              "given": ["Zoé", None, "Anne\n"],
                              "_given": [None, {"extension": [{"url": "u", "valueCode": "x"}]}]}],
    "birthDate": "1980-05-04", "_birthDate": {"extension": [{"url": "t", "valueTime": "10:00:00"}]},
    "multipleBirthInteger": 2, "contact": [{"name": {"text": "C"}}],
}


def back(resource: dict[str, Any]) -> Any:
    return orjson.loads(read_xml(write_xml(orjson.dumps(resource))))


def test_a_patient_comes_back() -> None:
    assert back(PATIENT) == {**PATIENT, "name": [
        {**PATIENT["name"][0], "_given": [None, {"extension": [{"url": "u", "valueCode": "x"}]},  # type: ignore[index]
                                          None]},
    ]}


def test_elements_stand_in_the_order_of_the_definition() -> None:
    shuffled = dict(sorted(PATIENT.items(), reverse=True))
    root = etree.fromstring(write_xml(orjson.dumps(shuffled)))
    names = [child.tag.rpartition("}")[2] for child in root]  # type: ignore[union-attr]
    known = structure.element_names("Patient")
    assert names == sorted(names, key=known.index)
    assert root[0].attrib == {"value": "p"}
    assert root.find(f"{NAMESPACE}name").attrib == {"id": "n"}  # type: ignore[union-attr]
    assert root.find(f"{NAMESPACE}extension[2]").attrib == {"id": "e", "url": "http://x/b"}  # type: ignore[union-attr]


def test_numbers_keep_their_spelling_both_ways() -> None:
    raw = (b'{"resourceType":"Observation","status":"final","code":{"text":"x"},'
           b'"valueQuantity":{"value":72.50},"component":[{"code":{"text":"y"},"valueInteger":0}]}')
    xml = write_xml(raw)
    assert b'<value value="72.50"/>' in xml
    assert b'"value":72.50' in read_xml(xml)
    assert exact.loads(read_xml(xml)) == exact.loads(raw)


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
)
codings = st.fixed_dictionaries({}, optional={
    "system": texts, "code": texts, "userSelected": st.booleans(), "id": texts,
}).filter(bool)
names = st.fixed_dictionaries({}, optional={
    "family": texts, "given": st.lists(texts, min_size=1), "use": st.just("official"),
}).filter(bool)
extensions = st.recursive(
    st.builds(lambda u, v: {"url": u, **v}, texts, st.sampled_from([
        {"valueString": "a"}, {"valueInteger": -5}, {"valueBoolean": True},
        {"valueCoding": {"code": "c"}}, {"valueBase64Binary": "QQ=="},
    ])),
    lambda inner: st.builds(lambda u, e: {"url": u, "extension": e}, texts,
                            st.lists(inner, min_size=1, max_size=3)), max_leaves=5,
)
patients = st.fixed_dictionaries({"resourceType": st.just("Patient")}, optional={
    "name": st.lists(names, min_size=1, max_size=3), "active": st.booleans(),
    "extension": st.lists(extensions, min_size=1, max_size=3),
    "maritalStatus": st.builds(lambda c: {"coding": c}, st.lists(codings, min_size=1)),
    "multipleBirthInteger": st.integers(0, 9), "gender": st.just("male"),
})
bundles = st.builds(
    lambda entries: {"resourceType": "Bundle", "type": "collection",
                     "entry": [{"resource": one} for one in entries]},
    st.lists(patients, min_size=1, max_size=3),
)


@given(patients | bundles)
def test_any_resource_comes_back(resource: dict[str, Any]) -> None:
    assert back(resource) == resource


@pytest.mark.parametrize(("div", "shown"), [
    ("pas du XML <b>", b"pas du XML &lt;b&gt;"), ("<div>sans espace de noms</div>", b"&lt;div&gt;"),
    ('<!DOCTYPE a [<!ENTITY b "c">]><div xmlns="http://www.w3.org/1999/xhtml">&b;</div>',
     b"&lt;!DOCTYPE"),
])
def test_a_narrative_that_is_no_xhtml_becomes_text(div: str, shown: bytes) -> None:
    xml = write_xml(orjson.dumps({
        "resourceType": "Patient", "text": {"status": "generated", "div": div}
    }))
    etree.fromstring(xml)
    assert shown in xml


def test_what_xml_cannot_carry_is_left_out() -> None:
    xml = write_xml(orjson.dumps({"resourceType": "Patient", "language": "f\u0001\ud7ff\ufffer"}))
    assert etree.fromstring(xml)[0].get("value") == "f\ud7ffr"


@pytest.mark.parametrize(("body", "code"), [
    (b"", "structure"), (b"<a", "structure"), (b"<Patient/>", "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir"><a/></Patient>', "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/><active value="true"/></Patient>',
     "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir">texte</Patient>', "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/>texte</Patient>', "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir"><active valeur="true"/></Patient>', "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir"><contained/></Patient>', "invalid"),
    (b'<Patient xmlns="http://hl7.org/fhir"><contained><x/></contained></Patient>', "invalid"),
    (b'<Autre xmlns="http://hl7.org/fhir"/>', "resource-type"),
    (b'<!DOCTYPE a [<!ENTITY b "c">]><Patient xmlns="http://hl7.org/fhir"/>', "structure"),
    ('<?xml version="1.0" encoding="utf-16"?><Patient/>'.encode("utf-16"), "structure"),
    (b'<Patient xmlns="http://hl7.org/fhir">&x;</Patient>', "structure"),
    (b'<Patient xmlns="http://hl7.org/fhir">' + b"<extension url='u'>" * 70
     + b"</extension>" * 70 + b"</Patient>", "too-deep"),
    (b'<Patient xmlns="http://hl7.org/fhir">' + b"<name/>" * 100_001 + b"</Patient>",
     "too-many-values"),
])
def test_bad_xml_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_xml(body)
    assert caught.value.error.code == code


@pytest.mark.parametrize("place", [
    "<Patient xmlns='http://hl7.org/fhir' {}/>",
    "<Patient xmlns='http://hl7.org/fhir'><text><status value='empty'/>"
    "<div xmlns='http://www.w3.org/1999/xhtml' {}/></text></Patient>",
], ids=["element", "narrative"])
def test_attributes_without_end_are_refused_at_once(place: str) -> None:
    many = " ".join(f'a{n}=""' for n in range(50_000))
    begun = process_time()
    with pytest.raises(Refusal) as caught:
        read_xml(place.format(many).encode())
    assert caught.value.error.code == "invalid"
    assert process_time() - begun < 3  # ten of them, were each looked up


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    with pytest.raises(Refusal):
        read_xml(body)


def test_values_of_another_form_reach_the_structure_check() -> None:
    raw = read_xml(
        b'<Patient xmlns="http://hl7.org/fhir"><active value="oui"/>'
        b'<multipleBirthInteger value="007"/></Patient>'
    )
    found = {issue.expression for issue in structure.check(orjson.loads(raw))}
    assert found == {"Patient.active", "Patient.multipleBirthInteger"}


def test_prefixes_are_read_and_comments_left() -> None:
    raw = read_xml(
        b'<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">'
        b'<!-- x --><f:text><f:status value="generated"/><h:div>a<h:b>c</h:b></h:div></f:text>'
        b"</f:Patient>"
    )
    assert orjson.loads(raw)["text"]["div"] == (
        '<div xmlns="http://www.w3.org/1999/xhtml">a<b>c</b></div>'
    )


@pytest.mark.parametrize(("headers", "query", "expected"), [
    ({"accept": XML}, "", XML), ({"accept": "text/xml"}, "", XML),
    ({"accept": f"{XML};q=0.9, application/fhir+json;q=0.8"}, "", XML),
    ({"accept": f"{XML};q=0.5, application/fhir+json"}, "", "application/fhir+json"),
    ({"accept": "text/html, */*;q=0.1"}, "", "application/fhir+json"),
    ({"accept": XML}, "?_format=json", "application/fhir+json"),
    ({"accept": "application/json"}, "?_format=application/fhir%2Bxml", XML),
    ({}, "?_format=xml", XML), ({"accept": "*/*"}, "?_format=text/xml", XML),
])
def test_the_format_asked_for_is_answered(
    essai: Essai, headers: dict[str, str], query: str, expected: str
) -> None:
    essai.put({"resourceType": "Patient", "id": "p", "gender": "male"})
    for path in (f"Patient/p{query}", f"Patient{query}", f"metadata{query}"):
        answer = essai("GET", path, status=200, **headers)
        assert answer.headers["content-type"] == expected
        if expected == XML:
            etree.fromstring(answer.content)


def test_xml_all_the_way(essai: Essai) -> None:
    body = (b'<Patient xmlns="http://hl7.org/fhir"><name><family value="Durand"/></name>'
            b'<gender value="female"/></Patient>')
    made = essai("POST", "Patient", body, 201, content_type=XML, accept=XML)
    root = etree.fromstring(made.content)
    assert root.tag == f"{NAMESPACE}Patient"
    rid = root[0].get("value")
    assert essai("GET", f"Patient/{rid}").json()["name"] == [{"family": "Durand"}]
    assert essai.ids("Patient?family=durand") == [rid]
    found = essai("GET", "Patient?_format=xml&_count=1", status=200)
    assert etree.fromstring(found.content).tag == f"{NAMESPACE}Bundle"
    changed = made.content.replace(b"female", b"other")
    essai("PUT", f"Patient/{rid}", changed, 200, content_type=XML)
    patch = (b'<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>'
             b'<part><name value="type"/><valueCode value="delete"/></part>'
             b'<part><name value="path"/><valueString value="Patient.gender"/></part>'
             b"</parameter></Parameters>")
    assert "gender" not in essai("PATCH", f"Patient/{rid}", patch, 200, content_type=XML).json()


@pytest.mark.parametrize(("charset", "status"), [
    ("utf-8", 201), ('"UTF8"', 201), ("iso-8859-1", 415), ("utf-7", 415), ("utf-16", 415),
])
def test_fhir_is_in_utf_8_whatever_its_declaration_says(
    essai: Essai, charset: str, status: int
) -> None:
    body = ('<?xml version="1.0" encoding="iso-8859-1"?><Patient xmlns="http://hl7.org/fhir">'
            '<name><family value="Zoé"/></name></Patient>').encode()
    made = essai("POST", "Patient", body, status, content_type=f"{XML}; charset={charset}")
    if status == 201:
        assert made.json()["name"] == [{"family": "Zoé"}]


@pytest.mark.parametrize(("path", "status"), [
    ("Patient/absent", 404), ("Patient?couleur=bleu", 400), ("Patient/$match", 501),
])
def test_refusals_come_in_the_format_asked_for(essai: Essai, path: str, status: int) -> None:
    answer = essai("GET", path, status=status, accept=XML)
    assert answer.headers["content-type"] == XML
    assert etree.fromstring(answer.content).tag == f"{NAMESPACE}OperationOutcome"


@pytest.mark.parametrize(("headers", "query"), [
    ({"accept": "text/turtle"}, ""), ({}, "?_format=turtle"), ({"accept": f"{XML};q=0"}, ""),
])
def test_another_format_is_406(essai: Essai, headers: dict[str, str], query: str) -> None:
    essai("GET", f"Patient{query}", status=406, **headers)


def test_pages_in_xml_go_on_in_xml(essai: Essai) -> None:
    for n in range(3):
        essai.put({"resourceType": "Patient", "id": f"p{n}"})
    found = essai("GET", "Patient?_count=1&_format=xml", status=200)
    links = etree.fromstring(found.content).findall(f"{NAMESPACE}link/{NAMESPACE}url")
    following = essai("GET", links[1].get("value") or "", status=200)
    assert following.headers["content-type"] == XML
