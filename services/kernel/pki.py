"""The installation's private certificate authority and its one server certificate.

Made at first start, kept in the data directory with mode 0600, unmistakably fake and
name-constrained to the names it serves: nobody can be deceived with it elsewhere.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.kernel.clock import real_now, to_datetime

HOSTS = ("localhost", "socle.mssante.fr")
NETWORKS = ("127.0.0.0/8", "::1/128")
ADDRESSES = ("127.0.0.1", "::1")
CA_DAYS, SERVER_DAYS, RENEW_DAYS = 3650, 397, 30


@dataclass(frozen=True, slots=True)
class Pki:
    """`ca`: path of the CA certificate (PEM); `server_context`: for STARTTLS."""

    ca: Path
    server_context: ssl.SSLContext


def load_or_make(directory: Path, extra_host: str = "") -> Pki:
    """Load the CA and server certificate, or make them; renewed when near expiry or renamed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    hosts = tuple(dict.fromkeys((*HOSTS, extra_host) if extra_host else HOSTS))
    ca, server = directory / "ca.pem", directory / "server.pem"
    if not (ca.exists() and server.exists() and _serves(server, hosts)):
        _make(directory, hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(server)
    return Pki(ca.resolve(), context)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, complete or not at all."""
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)


def private_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS#8 PEM without password."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _serves(server: Path, hosts: tuple[str, ...]) -> bool:
    pem = server.read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    left = certificate.not_valid_after_utc - to_datetime(real_now())
    dns = set(names.get_values_for_type(x509.DNSName))
    literal = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return left > timedelta(days=RENEW_DAYS) and set(hosts) <= dns | literal


def _make(directory: Path, hosts: tuple[str, ...]) -> None:
    now = to_datetime(real_now())
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("Socle AC FICTIVE de bac a sable")
    constraints = x509.NameConstraints([*map(_subtree, hosts), *_networks()], None)
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key(), now - timedelta(hours=1),
                 now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(sign_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    names = [*map(_general_name, hosts), *(x509.IPAddress(ipaddress.ip_address(a))
                                           for a in ADDRESSES if a not in hosts)]
    server = (
        _builder(_name(hosts[0]), ca_name, key.public_key(), now - timedelta(hours=1),
                 now + timedelta(days=SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(sign_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    write_private(directory / "ca.key", private_pem(ca_key))
    write_private(directory / "server.pem", private_pem(key) + server.public_bytes(pem))
    write_private(directory / "ca.pem", ca.public_bytes(pem))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    start: object, end: object,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)  # type: ignore[arg-type]
        .not_valid_after(end)  # type: ignore[arg-type]
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SOCLE BAC A SABLE - SANS VALEUR"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _subtree(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_network(host))
    except ValueError:
        return x509.DNSName(host)


def _networks() -> list[x509.GeneralName]:
    return [x509.IPAddress(ipaddress.ip_network(network)) for network in NETWORKS]


def _key_usage(sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates, content_commitment=False,
        key_encipherment=not sign_certificates, data_encipherment=False, key_agreement=False,
        key_cert_sign=sign_certificates, crl_sign=sign_certificates, encipher_only=False,
        decipher_only=False,
    )
