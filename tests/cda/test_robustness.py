"""Whatever the bytes, reading gives a header or CdaUnreadable."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from services.cda import CdaHeader, CdaUnreadable, read_header

DOCUMENT = (
    b'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3">'
    b'<id root="1.2" extension="3"/><code code="57833-6"/><title>T</title>'
    b'<effectiveTime value="20211201093000+0100"/><recordTarget><patientRole>'
    b'<id root="1.2.250.1.213.1.4.10" extension="279035121518989"/><patient><name>'
    b'<family qualifier="BR">PAT-TROIS</family><given>DOMINIQUE</given></name>'
    b'<birthTime value="19790328"/></patient></patientRole></recordTarget>'
    b'<component><nonXMLBody><text mediaType="text/plain">QQ==</text></nonXMLBody></component>'
    b"</ClinicalDocument>"
)
PIECES = st.sampled_from([
    b"<", b">", b"&", b"&#0;", b"&#x10FFFF;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x ?>",
    b"<!DOCTYPE a>", b"\x00", b"\xff", b"\xef\xbb\xbf", b"</component>", b"<component>",
    b'value=""', b"xmlns=", b"\r\n", b" " * 20_000,
])


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    with suppress(CdaUnreadable):
        read_header(content)


@given(
    position=st.integers(0, len(DOCUMENT)), removed=st.integers(0, 40),
    inserted=PIECES | st.binary(max_size=8),
)
def test_any_change_of_a_document(position: int, removed: int, inserted: bytes) -> None:
    with suppress(CdaUnreadable):
        read = read_header(DOCUMENT[:position] + inserted + DOCUMENT[position + removed:])
        assert isinstance(read, CdaHeader)
