"""Reading envelopes: what is right, what is refused, and what must not hurt."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.kernel.errors import Refusal
from services.soap import errors
from services.soap.envelope import MAX_ELEMENTS, read_envelope, require_understood

SOAP = "http://www.w3.org/2003/05/soap-envelope"


def envelope(body: str = "<a/>", header: str = "", ns: str = SOAP) -> bytes:
    return (
        f'<e:Envelope xmlns:e="{ns}"><e:Header>{header}</e:Header><e:Body>{body}</e:Body>'
        "</e:Envelope>"
    ).encode()


def refusal(content: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_envelope(content)
    return caught.value


def test_a_right_envelope() -> None:
    read = read_envelope(envelope("<a>1</a>", "<b xmlns='urn:b'/>"))
    assert (read.payload.tag, [each.tag for each in read.blocks]) == ("a", ["{urn:b}b"])
    assert read.block("{urn:b}b") is not None
    assert read.block("c") is None
    bare = f'<Envelope xmlns="{SOAP}"><Body><a xmlns=""/></Body></Envelope>'
    for content in (bare.encode(), b"\xef\xbb\xbf" + bare.encode(), bare.encode("utf-16"),
                    b"<?xml version='1.0'?><!-- c --><?p i?>" + bare.encode()):
        assert read_envelope(content).blocks == ()


@pytest.mark.parametrize("content", [
    b"", b"   ", b"{}", b"<a", b"<a/>", b"\x00\x01", envelope(""), envelope("<a/><b/>"),
    f'<e:Envelope xmlns:e="{SOAP}"><e:Header/></e:Envelope>'.encode(),
    f'<e:Envelope xmlns:e="{SOAP}"><e:Body><a/></e:Body><e:Header/><c/></e:Envelope>'.encode(),
    envelope().replace(b"</e:Envelope>", b"<e:Body><a/></e:Body></e:Envelope>"),
    b"<!DOCTYPE a>" + envelope(), b'<!DOCTYPE a [<!ENTITY e "x">]>' + envelope("<a>&e;</a>"),
    ("<!DOCTYPE a>" + envelope().decode()).encode("utf-16"),
    b'<?xml version="1.0" encoding="nowhere"?>' + envelope(),
])
def test_unreadable(content: bytes) -> None:
    assert refusal(content).error == errors.UNREADABLE


def utf_7(text: str) -> bytes:
    """The text with its signs out of sight of who looks for bytes."""
    hidden = text.replace("+", "+-").replace("<", "+ADw-").replace("!", "+ACE-")
    return b"<?xml version='1.0' encoding='UTF-7'?>" + hidden.encode()


@pytest.mark.parametrize("content", [
    utf_7('<!DOCTYPE a [<!ENTITY e "x">]>' + envelope("<a b='&e;'/>").decode()),
    utf_7(envelope("<a>" * 70 + "</a>" * 70).decode()),
    envelope().replace(b"<e:E", b"<?xml version='1.0' encoding='ISO-2022-JP'?><e:E", 1),
])
def test_an_encoding_that_hides_signs_is_refused(content: bytes) -> None:
    assert refusal(content).error == errors.UNREADABLE


def test_depth_is_seen_whatever_the_form() -> None:
    for depth, refused in ((57, False), (59, True), (200, True)):
        content = envelope("<a>" * depth + "<b/>" + "</a>" * depth)
        for written in (content, content.decode().encode("utf-16")):
            if refused:
                assert refusal(written).error == errors.TOO_LARGE
            else:
                read_envelope(written)


def test_other_versions() -> None:
    old = refusal(envelope(ns="http://schemas.xmlsoap.org/soap/envelope/"))
    assert (old.error, old.found) == (errors.VERSION_MISMATCH, "SOAP 1.1")
    assert refusal(envelope(ns="urn:x")).error == errors.VERSION_MISMATCH


@pytest.mark.parametrize("body", [
    "<a>" * 61 + "</a>" * 61, "<a>" * 200 + "</a>" * 200, f"<a>{'<b/>' * (2 * MAX_ELEMENTS)}</a>",
    f"<a>{'<b>' * 100_000}",
])
def test_bounds(body: str) -> None:
    begun = time.thread_time()
    assert refusal(envelope(body)).error in (errors.TOO_LARGE, errors.UNREADABLE)
    assert time.thread_time() - begun < 2


def test_entities_are_never_read() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    content = f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]>'.encode() + envelope("<a>&l8;</a>")
    for each in (content, content.decode().encode("utf-16")):
        assert refusal(each).error == errors.UNREADABLE


def test_mandatory_blocks() -> None:
    header = f'<b xmlns="urn:b" xmlns:e="{SOAP}" e:mustUnderstand="%s"/>'
    for value in ("0", "false", ""):
        require_understood(read_envelope(envelope(header=header % value)), ())
    for value in ("1", "true", " 1 "):
        read = read_envelope(envelope(header=header % value))
        require_understood(read, ("urn:b",))
        with pytest.raises(Refusal) as caught:
            require_understood(read, ("urn:c",))
        assert caught.value.error == errors.MUST_UNDERSTAND


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    with pytest.raises(Refusal):
        read_envelope(content)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40))
def test_any_text_comes_back(text: str) -> None:
    made = etree.Element("a")
    made.text = text
    read = read_envelope(envelope(etree.tostring(made, encoding="unicode")))
    assert (read.payload.text or "") == text.replace("\r\n", "\n").replace("\r", "\n")
