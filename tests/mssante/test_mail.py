"""Reading whatever bytes a client calls a mail."""

from __future__ import annotations

import time
import tracemalloc

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mssante.domain.address import names_a_matricule
from mssante.domain.line_endings import LineEndings, line_endings, overlong_line
from mssante.domain.mail import read_mail
from mssante.domain.mime import Unreadable
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
    assert orjson.dumps([mail.text, *([each.name, each.value] for each in mail.headers)])


MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
NESTED = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(40)
)
BOMBS = {
    "parts": MIXED + b"--b\r\n\r\n" * 200_000,
    "nesting": NESTED + b"\r\n" * 200_000,
    "attached mails": b"Content-Type: message/rfc822\r\n\r\n" * 50_000,
    "headers": b"a:b\r\n" * 400_000,
    "headers of a part": MIXED + b"--b\r\n" + b"a:b\r\n" * 400_000,
    "a header": b"Subject: " + b"x\r\n " * 400_000 + b"\r\n",
    "parameters": b"Content-Type: text/plain" + b";x=y" * 400_000 + b"\r\n\r\n",
    "lines": b"\r\n" * 600_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_in_little_time_and_memory(name: str) -> None:
    began = time.thread_time()
    with pytest.raises(Unreadable):
        read_mail(BOMBS[name])
    assert time.thread_time() - began < 3


@pytest.mark.parametrize("name", [each for each in BOMBS if each != "lines"])
def test_what_is_refused_is_not_kept(name: str) -> None:
    tracemalloc.start()
    with pytest.raises(Unreadable):
        read_mail(BOMBS[name][:200_000])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("head", [
    b"Content-Type: text/plain; charset=punycode", b"Content-Type: text/plain; charset=idna",
    b"Content-Type: text/plain; charset*=punycode''punycode",
    b"Content-Type: application/zip; charset=punycode",
])
def test_a_slow_charset_is_not_decoded(head: bytes) -> None:
    began = time.thread_time()
    mail = read_mail(head + b"\r\n\r\n" + b"b\xe9" * 300_000 + b"-" + b"9" * 300_000)
    assert time.thread_time() - began < 3
    assert mail.text or mail.attachments


def test_many_encoded_words_and_addresses_take_little_time() -> None:
    began = time.thread_time()
    mail = read_mail(
        b"Subject: " + b"=?a?q?" * 9000 + b"\r\nTo: " + b"=?utf-8?q?a?= <a@b.fr>,\r\n " * 2000
        + b"x@y.fr\r\n\r\n"
    )
    assert summary(mail)
    assert time.thread_time() - began < 3


def test_the_limits_leave_room_for_real_mails() -> None:
    one = "Dr_Prenom_NOM_Cabinet <prenom.nom@medecin.mssante.fr>"
    to = ", ".join([one] * 500)
    head = f"To: {to}\r\nReferences: {'<1@x.fr> ' * 200}\r\n".encode()
    parts = b"--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n" * 900
    mail = read_mail(head + MIXED + parts + b"--b--\r\n")
    assert len(mail.addresses("To")) == 500
    assert len(mail.attachments) == 900


@pytest.mark.parametrize(("charset", "text"), [
    (b"ISO-8859-15", "\u20ac"), (b"windows-1252", "\xa4"), (b"latin1", "\xa4"),
    (b"iso-8859-99", "\ufffd"), (b"x-unknown", "\ufffd"), (b"rot13", "\ufffd"), (b"", "\ufffd"),
])
def test_charsets(charset: bytes, text: str) -> None:
    head = b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\n"
    assert read_mail(head + b"\xa4").text == text


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


@pytest.mark.parametrize(("content", "length"), [
    (b"a" * 998 + b"\r\n", 0), (b"a" * 999 + b"\r\n", 999), (b"a" * 998 + b"\r\nb", 0),
    (b"a" * 999 + b"\n" + b"a" * 2000, 2000), (b"\r\n" * 9, 0),
])
def test_overlong_lines(content: bytes, length: int) -> None:
    assert overlong_line(content) == length


@pytest.mark.parametrize(("address", "named"), [
    ("279035121518989@patient.mssante.fr", True), ("279035121518988@patient.mssante.fr", False),
    ("180032b02040123@patient.mssante.fr", True), ("27903512151898@patient.mssante.fr", False),
])
def test_matricules_in_addresses(address: str, named: bool) -> None:
    assert names_a_matricule(address) is named
