"""A message is read by its byte order mark, else by the charset that its Content-Type names, else
by its declaration (RFC 7303 §3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.soap.charset import charset_of, in_utf8
from tests.ins.lps import MEDIA, ZOE, Parts, report, send, traits

Journal = Callable[..., list[dict[str, Any]]]
DECLARED = "<?xml version='1.0' encoding='{}'?>\n"
CHARSETS = (
    "us-ascii", "ISO-8859-1", "iso-8859-15", "windows-1252", "utf-8", "utf-16le", "utf-16be",
)


def written(charset: str, *wanted: str) -> bytes:
    return Parts(body=traits(*wanted)).xml().decode().encode(charset)


def sent(api: httpx.Client, content: bytes, charset: str) -> httpx.Response:
    return send(api, content, **{"Content-Type": f'{MEDIA}; action="a"; charset={charset}'})


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_message_in_the_charset_of_its_header(api: httpx.Client, charset: str) -> None:
    assert report(sent(api, written(charset, *ZOE), f'"{charset}"')) == "00"


@pytest.mark.parametrize("charset", CHARSETS[1:])
def test_a_letter_of_that_charset_is_read(
    api: httpx.Client, journal: Journal, charset: str
) -> None:
    answer = sent(api, written(charset, "ADRŽN" if "15" in charset else "ADRÛN", *ZOE[1:]), charset)
    assert report(answer) == "insi_19"
    [entry] = journal(service="ins")
    [found] = [each["found"] for each in entry["findings"] if each["rule"] == "EF_INS01_03"]
    assert found == ("ADRŽN" if "15" in charset else "ADRÛN")


def test_the_header_goes_before_the_declaration(api: httpx.Client) -> None:
    declared = b"<?xml version='1.0' encoding='UTF-16'?>\n"
    assert report(sent(api, declared + written("latin-1", *ZOE), "iso-8859-1")) == "00"
    marked = b"\xff\xfe" + written("utf-16le", *ZOE)
    assert report(sent(api, marked, "iso-8859-1")) == "00"
    assert report(sent(api, written("utf-16be", *ZOE), "utf-16")) == "00"


@pytest.mark.parametrize(("mark", "charset", "declared", "codec"), [
    (b"", "utf-8", "iso-8859-1", "utf-8"), (b"", "UTF8", "UTF-16", "utf-8"),
    (b"", "utf-8", "ebcdic", "utf-8"), (b"", "iso-8859-1", "utf-8", "latin-1"),
    (b"", "utf-16le", "utf-8", "utf-16-le"),
    (b"\xef\xbb\xbf", "iso-8859-1", "iso-8859-1", "utf-8"),
    (b"\xef\xbb\xbf", "utf-7", "utf-8", "utf-8"), (b"\xff\xfe", "utf-8", "utf-8", "utf-16-le"),
    (b"", "", "iso-8859-1", "latin-1"),
], ids=["utf-8", "utf8", "not-known", "latin-1", "utf-16", "mark", "mark-and-utf-7",
        "mark-of-utf-16", "declared-alone"])
def test_what_goes_first(
    api: httpx.Client, journal: Journal, mark: bytes, charset: str, declared: str, codec: str
) -> None:
    text = DECLARED.format(declared) + written("utf-8", "ADRÛN", *ZOE[1:]).decode()
    assert report(sent(api, mark + text.encode(codec), charset)) == "insi_19"
    [entry] = journal(service="ins")
    assert "ADRÛN" in [each["found"] for each in entry["findings"]]


@pytest.mark.parametrize(("content", "charset", "told"), [
    (written("utf-8", "ADRÛN", *ZOE[1:]), "us-ascii", "attendu : us-ascii"),
    (written("utf-8", *ZOE) + b"\n", "utf-16le", "Ces octets ne sont pas du codage"),
    (("<!DOCTYPE a>" + written("utf-8", *ZOE).decode()).encode("utf-16le"), "utf-16le", "DOCTYPE"),
    (b"+ADwhDOCTYPE a+AD4-" + written("utf-8", *ZOE), "utf-7", "est pas admis"),
    (written("utf-8", *ZOE), "utf-7", "trouvé : utf-7"),
    (written("utf-8", *ZOE), "x" * 5_000, "est pas admis"),
    (written("utf-8", *ZOE), "../../rot13", "est pas admis"),
    (DECLARED.format("iso-8859-1").encode() + written("latin-1", "ADRÛN", *ZOE[1:]), "utf-8",
     "Ces octets ne sont pas du codage"),
    (DECLARED.format("utf-16").encode("utf-16-le") + written("utf-16le", *ZOE), "utf-8",
     "Ces octets ne sont pas du codage"),
    (written("utf-16be", *ZOE), "iso-8859-1", "Ces octets ne sont pas du codage"),
    (written("utf-8", *ZOE), "utf-16", "XML illisible"),
    (b"<?xml version='1.0' encoding='utf-7'?>+ADwhDOCTYPE a+AD4-" + written("utf-8", *ZOE), "utf-8",
     "XML illisible"),
], ids=["ascii", "odd", "doctype", "utf-7", "named-utf-7", "long", "path", "declared-latin-1",
        "declared-utf-16", "zeros", "pairs", "declared-utf-7"])
def test_what_cannot_be_read_so(
    api: httpx.Client, content: bytes, charset: str, told: str
) -> None:
    answer = sent(api, content, charset)
    assert answer.status_code == 500
    assert told in answer.text


def test_utf_8_costs_nothing() -> None:
    heads = ("", '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0'?>",
             '<?xml version="1.0" encoding="utf-8" standalone="no"?>')
    for content in [f"{head}<a/>".encode() for head in heads]:
        for header in (MEDIA, f"{MEDIA}; charset=utf-8", f"{MEDIA}; charset=UTF8", "a; xcharset=a"):
            assert in_utf8(content, charset_of(header)) is content
