"""Client certificates that the sandbox has not made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
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


def revocation_list(
    issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *serials: int
) -> str:
    """PEM of a list that is no more of today; all were revoked yesterday."""
    now = datetime.now(UTC)
    built = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(
        now - timedelta(days=90)
    ).next_update(now - timedelta(days=30))
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial)
        built = built.add_revoked_certificate(
            entry.revocation_date(now - timedelta(days=1)).build()
        )
    made = built.sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


class ForeignPki:
    """A root, an intermediate and a leaf of someone else, like IGC-Santé's test authorities."""

    def __init__(self, days: int = 30) -> None:
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
        names = [named("RACINE"), named("INTERMEDIAIRE"), named("ANS-TEST", "300000000099622")]
        self.root = certificate(names[0], names[0], keys[0], keys[0], authority=True)
        self.middle = certificate(names[1], names[0], keys[1], keys[0], authority=True)
        self.leaf = certificate(names[2], names[1], keys[2], keys[1], days=days)
        self.key = forms.private_pem(keys[2]).decode()
        self._keys = keys

    def revoking(self, which: str, *serials: int) -> str:
        """PEM of the list of the root or of the intermediate."""
        issuer, key = getattr(self, which), self._keys[0 if which == "root" else 1]
        return revocation_list(issuer.subject, key, *serials)

    def identity(self, *, chain: bool = True) -> tuple[str, str]:
        certificates = (self.leaf, self.middle) if chain else (self.leaf,)
        return forms.pem(*certificates).decode(), self.key


def forged(pki: Pki) -> tuple[str, str]:
    """Says that our authority issued it, signed by another key."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = pki.organisations.certificate
    made = certificate(named("socle-demo"), issuer.subject, key, key)
    return forms.pem(made, issuer).decode(), forms.private_pem(key).decode()
