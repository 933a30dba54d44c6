"""Faults as XML, whatever they say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.kernel import errors as kernel_errors
from services.soap import errors
from services.soap.addressing import sought_message_id
from services.soap.faults import CONTENT_TYPE, SoapDialect

SOAP = "http://www.w3.org/2003/05/soap-envelope"


def test_each_error_of_soap_has_its_code() -> None:
    codes = {}
    for error in errors.ERRORS:
        answer = SoapDialect().refuse(error("détails", at="ici"), None)
        assert (answer.status, answer.media_type) == (500, CONTENT_TYPE)
        root = etree.fromstring(answer.body)
        values = root.findall(f".//{{{SOAP}}}Value")
        codes[error.code] = [each.text for each in values]
    assert codes == {
        "env:Sender": ["soap:Sender"], "env:VersionMismatch": ["soap:VersionMismatch"],
        "env:MustUnderstand": ["soap:MustUnderstand"],
        "wsa:ActionNotSupported": ["soap:Sender", "wsa:ActionNotSupported"],
    }


def test_what_was_found_is_quoted_in_part() -> None:
    answer = SoapDialect().refuse(errors.UNREADABLE(at="/", found="x" * 1_000_000), None)
    assert len(answer.body) < 3000
    assert "x…)" in answer.body.decode()


def test_statuses_of_the_gateway_stay() -> None:
    for error, status in ((kernel_errors.BODY_TOO_LARGE, 413), (kernel_errors.UNKNOWN_PATH, 404),
                          (kernel_errors.STORAGE, 503), (kernel_errors.MALFORMED, 500),
                          (kernel_errors.TOKEN_MISSING, 401)):
        assert SoapDialect().refuse(error(), None).status == status


@given(st.text())
def test_any_text_is_well_formed(text: str) -> None:
    body = SoapDialect().refuse(errors.UNREADABLE(found=text), None).body
    assert etree.fromstring(body).find(f".//{{{SOAP}}}Text") is not None


@given(st.binary(max_size=200))
def test_a_message_id_is_sought_in_anything(content: bytes) -> None:
    assert isinstance(sought_message_id(content), str)


def test_message_ids() -> None:
    for written in ("<w:MessageID xmlns:w='u'>uuid:1</w:MessageID>",
                    "<MessageID> uuid:1 </MessageID>",
                    "<a.b-c:MessageID\n a='b'>uuid:1\n</a.b-c:MessageID>"):
        assert sought_message_id(written.encode()) == "uuid:1"
    assert sought_message_id(b"<MessageID/>") == ""
    assert sought_message_id(b"<MessageID>&amp;</MessageID>") == "&"
