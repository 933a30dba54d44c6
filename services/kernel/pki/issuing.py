"""Certificates made for clients, good ones and the bad ones that a service must refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from services.kernel.pki import forms
from services.kernel.pki.authority import Pki
from services.kernel.pki.forms import Authority, PrivateKey

YEARS_3 = timedelta(days=3 * 365)
MONTH = timedelta(days=30)
PKCS12_ROUNDS = 10_000


class Kind(StrEnum):
    """ORG AUTH_CLI (mutual TLS of an organisation's software), or a person's certificate."""

    ORGANISATION = "org_auth_cli"
    PERSON = "person"


class Variant(StrEnum):
    """What is wrong with a certificate, on purpose."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    WRONG_USAGE = "wrong_usage"
    WRONG_NAME = "wrong_name"
    SELF_SIGNED = "self_signed"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, its private key and the authorities above it, nearest first."""

    kind: Kind
    variant: Variant
    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def serial(self) -> str:
        return serial_text(self.certificate.serial_number)

    def pkcs12(self, password: str) -> bytes:
        """Key, certificate and chain, encrypted as every reader since Java 6 understands."""
        encryption = (
            PrivateFormat.PKCS12.encryption_builder().kdf_rounds(PKCS12_ROUNDS)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1()).build(password.encode())  # noqa: S303
        )
        return pkcs12.serialize_key_and_certificates(
            b"socle", self.key, self.certificate, self.chain, encryption
        )


def serial_text(number: int) -> str:
    """Upper-case hexadecimal, as OpenSSL prints it."""
    text = f"{number:X}"
    return text if len(text) % 2 == 0 else "0" + text


def organisation_name(cn: str, ou: str, organisation: str, locality: str) -> x509.Name:
    """ORG AUTH_CLI: ST, O, OU (national id of the structure), CN (name of the software)."""
    return forms.name(cn, ou, organisation=organisation, locality=locality)


def person_name(id_nat: str, surname: str, given_name: str, title: str) -> x509.Name:
    """A professional: title, surname, given name, CN (national id)."""
    # DEFAULT(person-certificate-dn): source unknown; the shape of the cards' certificates.
    return forms.name(id_nat, title=title, surname=surname, given_name=given_name)


def issue(
    pki: Pki, kind: Kind, subject: x509.Name, url: str, variant: Variant,
    moments: tuple[datetime, datetime], *, elliptic: bool = False,
) -> Issued:
    """Make a certificate. Slow with an RSA key: call it in a thread.

    url: the tenant's public address, for CRL and OCSP; moments: the machine's time and the
    tenant's, so that the variant is what it says for both.
    """
    key = _key(elliptic)
    issuer = pki.organisations if kind is Kind.ORGANISATION else pki.persons
    chain: tuple[x509.Certificate, ...] = (issuer.certificate, pki.root.certificate)
    issuer_name = issuer.certificate.subject
    if variant is Variant.WRONG_NAME:
        subject = _renamed(subject)
    if variant is Variant.SELF_SIGNED:
        issuer, issuer_name, chain = Authority(issuer.id, issuer.certificate, key), subject, ()
    built = forms.builder(subject, issuer_name, key.public_key(), *_period(variant, *moments))
    built = forms.as_leaf(built, issuer, _usages(kind, variant), url)
    return Issued(kind, variant, forms.sign(built, issuer.key), key, chain)


def _key(elliptic: bool) -> PrivateKey:
    if elliptic:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _usages(kind: Kind, variant: Variant) -> list[x509.ObjectIdentifier]:
    if variant is Variant.WRONG_USAGE:
        return [Usage.EMAIL_PROTECTION]
    return [Usage.CLIENT_AUTH] if kind is Kind.ORGANISATION else [
        Usage.CLIENT_AUTH, Usage.EMAIL_PROTECTION
    ]


def _period(variant: Variant, real: datetime, tenant: datetime) -> tuple[datetime, datetime]:
    """Three years, wide enough for the machine's time and the tenant's."""
    early, late = min(real, tenant), max(real, tenant)
    if variant is Variant.EXPIRED:
        return early - YEARS_3, early - timedelta(days=1)
    if variant is Variant.NOT_YET_VALID:
        return late + MONTH, late + MONTH + YEARS_3
    return early - timedelta(hours=1), late + YEARS_3


def _renamed(subject: x509.Name) -> x509.Name:
    """The same name but for its CN."""
    return x509.Name([
        x509.NameAttribute(each.oid, f"{str(each.value)[:56]} (AUTRE)")
        if each.oid == x509.NameOID.COMMON_NAME else each for each in subject
    ])
