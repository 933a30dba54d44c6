"""What goes into a certificate: names, extensions and files, in the shape of IGC-Santé.

Every name says that it is worth nothing: nobody can be deceived with it elsewhere.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

ORGANISATION = "SOCLE BAC A SABLE - SANS VALEUR"
ADDRESSES = ("127.0.0.1", "::1")
"""Of this machine: in every server certificate, for clients that call no name."""
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that signs others; `id` names its files and addresses."""

    id: str
    certificate: x509.Certificate
    key: PrivateKey


def name(common_name: str, *units: str, organisation: str = "", locality: str = "",
         **others: str) -> x509.Name:
    """C, ST, O, OU…, then what `others` names (NameOID members), CN; empty parts are left out."""
    parts = [
        (NameOID.COUNTRY_NAME, "FR"), (NameOID.STATE_OR_PROVINCE_NAME, locality),
        (NameOID.ORGANIZATION_NAME, organisation or ORGANISATION),
        *((NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units),
        *((getattr(NameOID, key.upper()), value) for key, value in others.items()),
        (NameOID.COMMON_NAME, common_name),
    ]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, start: datetime, end: datetime,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    """A certificate with its key identifier and this serial number, or a random one."""
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(start).not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def as_authority(
    built: x509.CertificateBuilder, depth: int, names: Iterable[str]
) -> x509.CertificateBuilder:
    """Add what makes an authority of a certificate, limited to these host names and networks."""
    permitted = x509.NameConstraints([
        x509.IPAddress(ipaddress.ip_network(each)) if "/" in each else x509.DNSName(each)
        for each in names
    ], None)
    return (
        built.add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(key_usage(authority=True), critical=True)
        .add_extension(permitted, critical=True)
    )


def as_leaf(
    built: x509.CertificateBuilder, issuer: Authority, usages: Iterable[x509.ObjectIdentifier],
    url: str, *, key_encipherment: bool = False,
) -> x509.CertificateBuilder:
    """Add what an end certificate has. `url`: where CRL, OCSP and issuer are published."""
    usage = key_usage(authority=False, key_encipherment=key_encipherment)
    return (
        built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
        .add_extension(authority_key(issuer), critical=False)
        .add_extension(x509.CRLDistributionPoints([
            x509.DistributionPoint([_uri(crl_url(url, issuer))], None, None, None)
        ]), critical=False)
        .add_extension(x509.AuthorityInformationAccess([
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _uri(f"{url}/pki/ocsp")),
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, _uri(f"{url}/pki/{issuer.id}.cer")
            ),
        ]), critical=False)
    )


def sign(built: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    return built.sign(key, hashes.SHA256())


def crl_url(url: str, issuer: Authority) -> str:
    """Address of the list of what this authority revoked."""
    return f"{url}/pki/{issuer.id}.crl"


def authority_key(issuer: Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def key_usage(*, authority: bool, key_encipherment: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, content_commitment=False,
        key_encipherment=key_encipherment, data_encipherment=False, key_agreement=False,
        key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )


def general_name(host: str) -> x509.GeneralName:
    """A host name or a literal address."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def subtree(host: str) -> str:
    """The same for a constraint: a literal address becomes a network of one, "10.0.0.1/32"."""
    try:
        return str(ipaddress.ip_network(host))
    except ValueError:
        return host


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def private_pem(key: PrivateKey) -> bytes:
    """PKCS#8 PEM without password."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, complete or not at all."""
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)


@contextmanager
def made_once(directory: Path) -> Iterator[None]:
    """While keys are read or made there, other processes wait. Makes the directory, private."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(directory / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _uri(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)
