"""Assertions and their signatures, made by an independent signer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.kernel.pki.reading import parse
from services.soap.envelope import Envelope, read_envelope
from services.soap.namespaces import SECURITY
from services.soap.saml import (
    Assertion,
    has_security,
    instant_of,
    read_assertions,
    superfluous,
)
from tests.soap.signing import PLACE, assertion, signed

SOAP = "http://www.w3.org/2003/05/soap-envelope"
NOW = "2026-01-05T09:00:00Z"


def pair(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "899900000011")])
    begun = datetime(2025, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
        .public_key(key.public_key()).not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=999)).sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM).decode(), pem.decode()


@pytest.fixture(scope="module")
def card() -> tuple[str, str]:
    return pair(rsa.generate_private_key(65537, 2048))


def envelope_of(*assertions: str) -> Envelope:
    """An envelope that indents nothing and declares other prefixes."""
    content = (
        f'<S:Envelope xmlns:S="{SOAP}" xmlns:x="urn:x"><S:Header><w:Security xmlns:w="{SECURITY}">'
        f"{''.join(assertions)}</w:Security></S:Header><S:Body><a/></S:Body></S:Envelope>"
    )
    return read_envelope(content.encode())


def read(*assertions: str) -> tuple[Assertion, ...]:
    """As they come out of an envelope."""
    return read_assertions(envelope_of(*assertions))


def test_what_stands_beside_the_assertions_that_are_read() -> None:
    own, card = assertion(NOW, "899900000011"), assertion(NOW, "468929507", "VITALE")
    timestamp = '<w:Timestamp xmlns:w="urn:wsu"/>'
    for several, found in (
        ((own,), ()), ((own, card), ()), ((card, own), ()), ((timestamp, own), ("Timestamp",)),
        ((own, assertion(NOW, "1", "PSC")), ("Assertion",)), ((card, own, card), ("Assertion",)),
        (("<BinarySecurityToken/>",) * 9, ("BinarySecurityToken",) * 5),
    ):
        assert superfluous(envelope_of(*several)) == found


def problem(text: str) -> str:
    found = read(text)[0].signed()
    assert found is not None
    return found.problem


def test_what_an_assertion_says() -> None:
    (one,) = read(assertion(NOW, "899900000011"))
    assert (one.name_id, one.name_qualifier, one.issuer) == (
        "899900000011", "CPS", "CN=899900000011"
    )
    assert one.issued == 1767603600000000
    assert one.first("absent", "identifiantFacturation") == "991234567"
    assert one.first("absent") == ""
    assert one.signed() is None
    assert [each.at[-3:] for each in read(*[assertion(NOW, "1")] * 9)] == [
        f"[{n}]" for n in range(1, 6)
    ]


def test_no_security_at_all() -> None:
    envelope = read_envelope(f'<e:Envelope xmlns:e="{SOAP}"><e:Body><a/></e:Body></e:Envelope>'
                             .encode())
    assert not has_security(envelope)
    assert read_assertions(envelope) == superfluous(envelope) == ()


def test_instants() -> None:
    assert instant_of("2026-01-05T10:00:00+01:00") == instant_of(NOW)
    for wrong in ("", "hier", "2026-01-05T09:00:00", "2026-13-05T09:00:00Z",
                  "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"):
        assert instant_of(wrong) is None


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_any_certificate_is_read_whole_or_not_at_all(card: tuple[str, str]) -> None:
    """The library reads some parts only when they are asked for: none may fail then."""
    der = x509.load_pem_x509_certificate(card[0].encode()).public_bytes(Encoding.DER)
    unread = 0
    for place, bit in product(range(len(der)), (0x01, 0x80)):
        changed = parse(der[:place] + bytes([der[place] ^ bit]) + der[place + 1:])
        if changed is None:
            unread += 1
            continue
        changed.issuer.rfc4514_string()
        changed.subject.rfc4514_string()
        changed.public_key()
        assert changed.not_valid_before_utc.tzinfo is not None
        assert changed.not_valid_after_utc.tzinfo is not None
    assert 0 < unread < 2 * len(der)


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha384", "rsa-sha512"])
def test_a_signature_of_another_library_is_right(card: tuple[str, str], algorithm: str) -> None:
    text = signed(assertion(NOW, "é & < 899", place=PLACE).replace("é & <", "é &amp; &lt;"),
                  *card, algorithm)
    found = read(text)[0].signed()
    assert found is not None
    assert found.problem == ""
    assert found.certificate == x509.load_pem_x509_certificate(card[0].encode())
    assert problem(signed(assertion(NOW, "1"), *card, algorithm)) == ""  # at the end


@pytest.mark.parametrize("algorithm", ["ecdsa-sha256", "ecdsa-sha384"])
def test_elliptic_curves(algorithm: str) -> None:
    made = pair(ec.generate_private_key(ec.SECP256R1()))
    assert problem(signed(assertion(NOW, "1", place=PLACE), *made, algorithm)) == ""


def test_what_was_altered_is_told(card: tuple[str, str]) -> None:
    right = signed(assertion(NOW, "899900000011", place=PLACE), *card)
    stranger = pair(rsa.generate_private_key(65537, 2048))
    other = signed(assertion(NOW, "899900000011", place=PLACE), *stranger)
    value = right[right.index("SignatureValue>") + 15:][:20]
    certificate = right[right.index("X509Certificate>") + 16:][:600]
    for altered, expected in (
        (right.replace("899900000011<", "899900000029<"), "empreinte de l'assertion"),
        (right.replace('Version="2.0"', 'Version="2.1"'), "empreinte de l'assertion"),
        (right.replace(value, "A" * 20), "valeur de la signature"),
        (right.replace(certificate, ""), "certificat X.509 lisible"),
        (right.replace("rsa-sha256", "rsa-sha1"), "algorithme de signature non admis"),
        (right.replace("xmlenc#sha256", "xmlenc#sha1"), "empreinte non admise"),
        (right.replace('ID="_', 'ID="_x'), "ne désigne pas l'assertion"),
        (right.replace("enveloped-signature", "base64"), "transformations attendues"),
        (right.replace("SignedInfo", "Signed"), "pas de SignedInfo"),
        (right.replace(right[right.index("<ds:X509Data"):right.index("</ds:KeyInfo")],
                       other[other.index("<ds:X509Data"):other.index("</ds:KeyInfo")]),
         "valeur de la signature"),
    ):
        assert altered != right
        assert expected in problem(altered)
