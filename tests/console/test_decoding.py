"""Any bytes become a tree: decoded where they can be, text where they cannot, never too large."""

from __future__ import annotations

import base64

import orjson
import pytest

from services.console.decoding import decode
from services.console.tree import MOST_NODES, Node, walk


def request(body: bytes, media_type: str, target: str = "/dmp/fhir") -> bytes:
    head = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\n\r\n"
    return head.encode() + body


def nodes(raw: bytes) -> dict[str, Node]:
    return {node.paths[0]: node for node in walk(decode(raw)) if node.paths}


def test_fhir_json_has_paths_as_rules_write_them() -> None:
    bundle = {"resourceType": "Bundle", "entry": [
        {"resource": {"resourceType": "DocumentReference", "status": "current"}},
    ]}
    status = nodes(request(orjson.dumps(bundle), "application/fhir+json"))[
        "Bundle.entry[0].resource.status"
    ]
    assert status.value == "current"
    assert status.paths == ("Bundle.entry[0].resource.status", "DocumentReference.status")


def test_headers_query_and_form_are_named_by_their_name() -> None:
    found = nodes(request(b"grant_type=x&code=a%20b", "application/x-www-form-urlencoded",
                          "/psc/auth?state=un&state=deux"))
    assert found["Content-Type"].value == "application/x-www-form-urlencoded"
    assert found["code"].value == "a b"
    assert found["state"].value == "deux"


def test_bearer_token_shows_its_claims() -> None:
    parts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode()
             for part in ({"alg": "RS256"}, {"sub": "f:1"})]
    raw = f"GET /x HTTP/1.1\r\nAuthorization: Bearer {'.'.join(parts)}.c2ln\r\n\r\n".encode()
    assert nodes(raw)["sub"].value == "f:1"


def test_document_in_base64_is_opened() -> None:
    document = b"<ClinicalDocument><title>" + b"Compte rendu " * 30 + b"</title></ClinicalDocument>"
    binary = {"resourceType": "Binary", "data": base64.b64encode(document).decode()}
    found = nodes(request(orjson.dumps(binary), "application/fhir+json"))
    assert found["/ClinicalDocument/title"].value.startswith("Compte rendu")


def test_xml_paths_are_local_names() -> None:
    found = nodes(request(b'<s:Envelope xmlns:s="urn:s"><s:Body id="7"/></s:Envelope>', "text/xml"))
    assert found["/Envelope/Body/@id"].value == "7"


@pytest.mark.parametrize("body", [
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', b"<a>", b"\xff\xfe\x00",
    b"{", b'{"a":', b"[" * 500, b"", b"\x00", b"<a xmlns='", "é".encode("latin-1"),
])
@pytest.mark.parametrize("media_type", ["application/json", "text/xml", "text/plain", ""])
def test_illegible_bodies_are_text(body: bytes, media_type: str) -> None:
    shown = " ".join(node.value for node in walk(decode(request(body, media_type))))
    assert "root:" not in shown


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"HTTP/1.1", b"HTTP/", b"\r\n\r\n", b"a: b"])
def test_any_start_is_decoded(raw: bytes) -> None:
    assert isinstance(decode(raw), tuple)


@pytest.mark.parametrize("body", [
    b"[" + b"0," * 100_000 + b"0]", orjson.dumps({str(n): n for n in range(100_000)}),
    b"<a>" + b"<b c='d'/>" * 100_000 + b"</a>", b'{"a":' * 200 + b"0" + b"}" * 200,
    b"[" * 900 + b"]" * 900, b"<a>" * 200 + b"</a>" * 200,
    b"<a " + b" ".join(b"a%d='b'" % n for n in range(50_000)) + b"/>",
])
def test_trees_are_bounded(body: bytes) -> None:
    every = list(walk(decode(request(body, ""))))
    assert len(every) <= MOST_NODES + 20
    assert any("octets bruts" in node.note for node in every)


def test_mail_shows_headers_and_parts() -> None:
    raw = (b"From: a@b\r\nSubject: Bonjour\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
           b"--x\r\nContent-Type: text/plain\r\n\r\nTexte\r\n--x\r\n"
           b"Content-Type: application/zip\r\n"
           b"Content-Disposition: attachment; filename=IHE_XDM.ZIP\r\n\r\nPK\r\n--x--\r\n")
    assert nodes(raw)["Subject"].value == "Bonjour"
    assert {"texte", "IHE_XDM.ZIP"} <= {node.label for node in walk(decode(raw))}


def test_submission_shows_its_commands_then_the_message() -> None:
    raw = (b"mail FROM:<a@b> size=12\r\nrcpt TO:<c@d>\r\ndata\r\nSubject: Bonjour\r\n\r\nTexte\r\n")
    found = nodes(raw)
    assert (found["MAIL"].value, found["RCPT"].paths[1]) == ("FROM:<a@b> size=12", "RCPT TO")
    assert found["Subject"].value == "Bonjour"
    replies = decode(b"250 2.1.0 Bien\r\n354 Suite\r\n")[0].children
    assert [each.label for each in replies] == ["250", "354"]
    assert replies[0].value == "2.1.0 Bien"


@pytest.mark.parametrize(("value", "shown"), [
    ("=?utf-8?q?sant=C3=A9?=", "santé"), ("=?absent?q?=ff?=", "=?absent?q?=ff?="),
    ("=?utf-8?q?=ff?=", "=?utf-8?q?=ff?="),
])
def test_encoded_headers_are_read_or_left(value: str, shown: str) -> None:
    assert nodes(f"Subject: {value}\r\n\r\n".encode())["Subject"].value == shown
