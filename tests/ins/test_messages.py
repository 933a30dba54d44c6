"""Messages that are not right, by bytes: always a SOAP fault, never a bug of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ins.codes import ACTION_TRAITS, ACTION_VITALE, ACTIONS
from tests.ins.lps import LPS, SOAP, ZOE, Parts, fault, report, send, traits

RIGHT = Parts(body=traits(*ZOE)).xml()
SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"


@pytest.mark.parametrize(("content", "status", "code"), [
    (b"", 500, "env:Sender"), (b"<a/>", 500, "env:Sender"), (b"{}", 500, "env:Sender"),
    (b"<!DOCTYPE a>" + RIGHT, 500, "env:Sender"),
    (RIGHT.replace(SOAP.encode(), SOAP_1_1.encode()), 500, "env:VersionMismatch"),
    (RIGHT.replace(ACTION_TRAITS.encode(), b"urn:autre"), 500, "wsa:ActionNotSupported"),
    (RIGHT.replace(b"wsa:Action>", b"wsa:Autre>"), 500, "wsa:ActionNotSupported"),
    (RIGHT.replace(ACTION_TRAITS.encode(), ACTION_VITALE.encode()), 500, "insi_19"),
    (Parts(body=traits(*ZOE), more=f'<x xmlns="urn:x" xmlns:e="{SOAP}" e:mustUnderstand="1"/>')
     .xml(), 500, "env:MustUnderstand"),
    (Parts(body="<a>" * 80 + "</a>" * 80).xml(), 500, "env:Sender"),
    (Parts(body=f"<a>{'<b/>' * 400_001}</a>").xml(), 500, "env:Sender"),
    (Parts(body="<a " + " ".join(f'a{n}=""' for n in range(100_001)) + "/>").xml(), 500,
     "env:Sender"),
    (RIGHT + b" " * (8 * 1024 * 1024), 413, "too-long"),
])
def test_bad_messages(api: httpx.Client, content: bytes, status: int, code: str) -> None:
    answer = send(api, content)
    assert (answer.status_code, report(answer)) == (status, code)


def test_a_message_id_is_echoed_even_then(api: httpx.Client) -> None:
    message = RIGHT.replace(b"<soap:Body>", b"<soap:Body><a/>")
    told = fault(send(api, message))
    assert told["code"] == "env:Sender"
    assert told["messageID"].startswith("uuid:")


@pytest.mark.parametrize("media_type", ["text/xml", "application/xml", "application/json", ""])
def test_another_media_type(api: httpx.Client, media_type: str) -> None:
    answer = api.post(LPS, content=RIGHT, headers={"Content-Type": media_type})
    assert (answer.status_code, report(answer)) == (415, "media-type")
    old = RIGHT.replace(SOAP.encode(), SOAP_1_1.encode())
    answer = api.post(LPS, content=old, headers={"Content-Type": media_type})
    assert report(answer) == "env:VersionMismatch"


@pytest.mark.parametrize(("media_type", "content"), [
    ("application/json", b"{}"),
    ('multipart/related; type="application/xop+xml"; boundary="b"',
     b"--b\r\nContent-Type: application/xop+xml\r\n\r\n" + RIGHT + b"\r\n--b--"),
])
def test_what_is_no_xml_is_told_by_its_type(
    api: httpx.Client, media_type: str, content: bytes
) -> None:
    answer = api.post(LPS, content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, report(answer)) == (415, "media-type")


def test_an_address_that_is_none_is_told_as_such(api: httpx.Client) -> None:
    """Near the téléservice's, or the control API's: 404, whatever is sent there."""
    for path in ("/insi/lps", "/ins/lpss", "/lps"):
        answer = api.post(
            path, content=RIGHT, headers={"Content-Type": "application/soap+xml"}
        )
        assert answer.status_code == 404, path
        assert "Rien à cette adresse" in answer.json()["erreur"]["libelle"]
    assert api.post("/sandbox/nulle-part", content=RIGHT).status_code == 415


def test_a_decoy_is_no_operation(
    api: httpx.Client, journal: Callable[..., list[dict[str, Any]]]
) -> None:
    decoy = f"<x xmlns='urn:x'><Action>{ACTION_VITALE}</Action></x>"
    content = Parts(body=traits(*ZOE), security=decoy).xml()
    assert report(send(api, content)) == "wsa:ActionNotSupported"


def test_other_places_and_methods(api: httpx.Client) -> None:
    for method, path, status, code in (
        ("PUT", LPS, 405, "method-not-allowed"), ("GET", LPS, 405, "method-not-allowed"),
        ("GET", f"{LPS}?wsdl=autre", 405, "method-not-allowed"),
        ("POST", f"{LPS}/autre", 404, "not-found"), ("GET", "/ins/schemas/a.xsd", 404, "not-found"),
        ("GET", "/ins/schemas/icir.wsdl", 404, "not-found"),
    ):
        answer = api.request(method, path)
        assert (answer.status_code, report(answer)) == (status, code), path


def test_encodings_and_prefixes_are_all_one(api: httpx.Client) -> None:
    text = RIGHT.decode()
    for content in (
        b"\xef\xbb\xbf" + RIGHT, b"<?xml version='1.0' encoding='ISO-8859-1'?>" + RIGHT,
        text.encode("utf-16"), text.replace("soap:", "S:").replace(":soap=", ":S=").encode(),
        text.replace("i:", "").replace("xmlns:i=", "xmlns=").encode(),
        text.replace("><", ">\n  <").encode(), text.replace("ZOE", "<![CDATA[ZOE]]>").encode(),
        text.replace("ZOE", "Z<!-- -->OE").encode(), text.replace("ZOE", "&#90;OE").encode(),
        text.replace("<soap:Body", '<soap:Body Id="_0"').encode(),
        text.replace("uuid:", "urn:uuid:").encode(),
    ):
        assert report(send(api, content)) == "00", content[:300]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_of_a_message_has_an_answer(api: httpx.Client, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(RIGHT)))
    length = data.draw(st.integers(0, 20))
    put = data.draw(st.binary(max_size=8))
    answer = send(api, RIGHT[:place] + put + RIGHT[place + length:])
    assert answer.status_code in (200, 415, 500)
    assert report(answer) != "exception"
    etree.fromstring(answer.content)


def test_an_action_of_nobody_is_answered_with_those_there_are(api: httpx.Client) -> None:
    told = fault(send(api, Parts(action="urn:autre", body=traits(*ZOE))))["text"]
    assert all(action in told for action in ACTIONS)
    assert "trouvé : urn:autre" in told
