"""Client certificates that the sandbox has not made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.kernel.pki import Pki, forms


def named(common_name: str, unit: str = "") -> x509.Name:
    return forms.name(common_name, unit, organisation="TEST")


def certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey, *, authority: bool = False, days: int = 30,
) -> x509.Certificate:
    now = datetime.now(UTC)
    built = forms.builder(
        subject, issuer, key.public_key(), now - timedelta(days=60), now + timedelta(days=days)
    ).add_extension(x509.BasicConstraints(authority, None), critical=True)
    if not authority:
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        built = built.add_extension(usages, critical=False)
    return built.sign(signer, hashes.SHA256())


class ForeignPki:
    """A root, an intermediate and a leaf of someone else, like IGC-Santé's test authorities."""

    def __init__(self, days: int = 30) -> None:
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
        names = [named("RACINE"), named("INTERMEDIAIRE"), named("ANS-TEST", "300000000099622")]
        self.root = certificate(names[0], names[0], keys[0], keys[0], authority=True)
        self.middle = certificate(names[1], names[0], keys[1], keys[0], authority=True)
        self.leaf = certificate(names[2], names[1], keys[2], keys[1], days=days)
        self.key = forms.private_pem(keys[2]).decode()

    def identity(self, *, chain: bool = True) -> tuple[str, str]:
        certificates = (self.leaf, self.middle) if chain else (self.leaf,)
        return forms.pem(*certificates).decode(), self.key


def forged(pki: Pki) -> tuple[str, str]:
    """Says that our authority issued it, signed by another key."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = pki.organisations.certificate
    made = certificate(named("socle-demo"), issuer.subject, key, key)
    return forms.pem(made, issuer).decode(), forms.private_pem(key).decode()
