"""Reading whatever bytes a client calls a mail."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mssante.domain.address import names_a_matricule
from mssante.domain.line_endings import LineEndings, line_endings, longest_line
from mssante.domain.mail import Unreadable, read_mail
from mssante.wire.smtp_data import summary

PIECES = st.sampled_from([
    b"\r\n", b"\n", b"--b", b"--b--", b"Content-Type: ", b"multipart/mixed; boundary=b",
    b"message/rfc822", b"text/plain; charset=", b"unicode_escape", b"rot13", b"utf-7", b"idna",
    b"Content-Transfer-Encoding: base64", b"quoted-printable", b"uuencode", b"Subject: ",
    b"=?unicode_escape?q?=5Cud800?=", b"=?utf-8?b?w?=", b"From: ", b"<a@b>", b'"', b"\xff\xe9",
    b"Content-Disposition: attachment; filename=", b"filename*0*=utf-8''%ff", b"=5Cud800", b": ",
])


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=8), max_size=30))
def test_any_bytes_are_read(pieces: list[bytes]) -> None:
    mail = read_mail(b"".join(pieces))
    assert orjson.dumps(summary(mail))
    assert orjson.dumps([mail.text, *map(list, mail.headers)])


def test_too_many_parts() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    with pytest.raises(Unreadable):
        read_mail(head + b"--b\r\n\r\nx\r\n" * 1001 + b"--b--\r\n")


def test_encoded_and_raw_utf8_headers() -> None:
    mail = read_mail("Subject: =?utf-8?q?pr=C3=A9par=C3=A9e?=\r\n à demain\r\n\r\n".encode())
    assert mail.first("subject") == "préparée à demain"


def test_a_body_in_an_alternative_with_an_attachment() -> None:
    mail = read_mail(
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
        b"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nun\r\n--a\r\n"
        b"Content-Type: text/html; charset=ISO-8859-1\r\n\r\n<p>\r\n--a--\r\n--m\r\n"
        b"Content-Type: application/zip; name=ihe_xdm.ZIP\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nUEs=\r\n--m--\r\n"
    )
    assert mail.body_type == "multipart/alternative"
    assert mail.text == "un"
    assert mail.charsets == ("", "iso-8859-1")
    assert mail.has_archive
    assert mail.attachments[0].content == b"PK"


def test_an_attached_mail_is_one_attachment() -> None:
    mail = read_mail(
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nvoir\r\n--m\r\n"
        b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n--m--\r\n"
    )
    only, = mail.attachments
    assert only.media_type == "message/rfc822"
    assert b"Subject: x" in only.content


@pytest.mark.parametrize(("content", "endings"), [
    (b"", LineEndings.CRLF), (b"\r\n", LineEndings.CRLF), (b"a\r\nb\r\n", LineEndings.CRLF),
    (b"a\nb\r\n", LineEndings.LF), (b"a\nb\n\r\n", LineEndings.LF),
    (b"a\r\nb\nc\r\n", LineEndings.AMBIGUOUS), (b"a\rb\r\n", LineEndings.AMBIGUOUS),
    (b"a\n.\nb\r\n", LineEndings.AMBIGUOUS), (b".\nb\r\n", LineEndings.AMBIGUOUS),
    (b"a\n.\r\n", LineEndings.AMBIGUOUS), (b"a\0\r\n", LineEndings.AMBIGUOUS),
    (b"\r\r\n", LineEndings.AMBIGUOUS),
])
def test_line_endings(content: bytes, endings: LineEndings) -> None:
    assert line_endings(content) is endings


def test_longest_line() -> None:
    assert longest_line(b"a\r\nabc\r\nab") == 3


@pytest.mark.parametrize(("address", "named"), [
    ("279035121518989@patient.mssante.fr", True), ("279035121518988@patient.mssante.fr", False),
    ("180032b02040123@patient.mssante.fr", True), ("27903512151898@patient.mssante.fr", False),
])
def test_matricules_in_addresses(address: str, named: bool) -> None:
    assert names_a_matricule(address) is named
