"""The installation's private test PKI: a root, two authorities under it, one server certificate.

Made at first start and kept in the data directory, mode 0600. Root and authorities are constrained
to the names that the sandbox serves. Keys outlive what they sign: when the sandbox gets another
public name, certificates already issued stay good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from services.kernel.clock import real_now, to_datetime
from services.kernel.pki import forms
from services.kernel.pki.forms import Authority
from services.kernel.pki.presenting import Presenter
from services.kernel.pki.reading import distribution_point
from services.kernel.tls import LaxContext

ROOT, ORGANISATIONS, PERSONS = "ca", "organisations", "personnes"
HOSTS = ("localhost", "socle.mssante.fr")
NETWORKS = ("127.0.0.0/8", "::1/128")
AUTHORITY_DAYS, SERVER_DAYS, RENEW_DAYS = 3650, 397, 30
USAGES = {
    ORGANISATIONS: (Usage.SERVER_AUTH, Usage.CLIENT_AUTH),
    PERSONS: (Usage.CLIENT_AUTH, Usage.EMAIL_PROTECTION),
}


@dataclass(frozen=True, slots=True, eq=False)
class Pki:
    """`ca`: path of the root certificate (PEM); `server_context`: for HTTPS and STARTTLS;
    `presenter`: which names it answers with a bad certificate, on purpose;
    `anchors`: authorities of others whose client certificates every tenant accepts; `lists`: what
    they revoked.
    """

    ca: Path
    root: Authority
    organisations: Authority
    persons: Authority
    server: x509.Certificate
    server_context: LaxContext
    presenter: Presenter
    anchors: tuple[x509.Certificate, ...] = ()
    lists: tuple[x509.CertificateRevocationList, ...] = ()

    @property
    def authorities(self) -> dict[str, Authority]:
        """Those that issue, by id: the root's list holds revoked authorities."""
        return {each.id: each for each in (self.root, self.organisations, self.persons)}


def load_or_make(
    directory: Path, hosts: Iterable[str] = (), url: str = "http://localhost:8080",
    anchors: tuple[x509.Certificate, ...] = (),
    lists: tuple[x509.CertificateRevocationList, ...] = (),
) -> Pki:
    """Load the PKI, or make what is missing, near its end or without one of the `hosts`.

    hosts: names served beside localhost; url: public address, for CRL and OCSP. With another name
    the root is signed anew: who trusts it must fetch it again, certificates issued stay good.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = tuple(dict.fromkeys((*HOSTS, *hosts)))
    root = _root(directory, names)
    organisations = _intermediate(directory, ORGANISATIONS, root)
    server = _server(directory, names, organisations, url)
    persons = _intermediate(directory, PERSONS, root)
    chain = tuple(forms.der(each.certificate) for each in (root, organisations, persons))
    presenter = Presenter(directory, organisations, names, url)
    return Pki(
        (directory / f"{ROOT}.pem").resolve(), root, organisations, persons, server,
        LaxContext(directory / "server.pem", chain, presenter), presenter, anchors, lists,
    )


def _root(directory: Path, names: tuple[str, ...]) -> Authority:
    """Signed anew, with the same key, when it does not allow a name or nears its end."""
    known = _load(directory, ROOT)
    permitted = set(_permitted(known.certificate)) if known else set()
    wanted = {*map(forms.subtree, names), *NETWORKS}
    if known is not None and wanted <= permitted and _lasts(known.certificate):
        return known
    key = known.key if known else _key(directory, ROOT)
    subject = _subject("SOCLE AC RACINE FICTIVE", key)
    built = forms.builder(subject, subject, key.public_key(), *_period(AUTHORITY_DAYS))
    built = forms.as_authority(built, 1, sorted(wanted | permitted))
    return _keep(directory, Authority(ROOT, forms.sign(built, key), key))


def _intermediate(directory: Path, id: str, root: Authority) -> Authority:
    """Signed anew, with the same key, when its root was, or nears its end."""
    known = _load(directory, id)
    allowed = _permitted(root.certificate)
    if (known is not None and _permitted(known.certificate) == allowed
            and known.certificate.issuer == root.certificate.subject
            and _lasts(known.certificate)):
        return known
    key = known.key if known else _key(directory, id)
    subject = _subject(f"SOCLE AC FICTIVE {id.upper()}", root.key)
    built = forms.builder(
        subject, root.certificate.subject, key.public_key(), *_period(AUTHORITY_DAYS)
    )
    built = (
        forms.as_authority(built, 0, allowed)
        .add_extension(x509.ExtendedKeyUsage(USAGES[id]), critical=False)
        .add_extension(forms.authority_key(root), critical=False)
    )
    return _keep(directory, Authority(id, forms.sign(built, root.key), key))


def _server(
    directory: Path, names: tuple[str, ...], issuer: Authority, url: str
) -> x509.Certificate:
    """The certificate of every listener, with its key and chain in server.pem."""
    path = directory / "server.pem"
    known = x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None
    wanted = {*names, *forms.ADDRESSES}
    if (known is not None and wanted <= _served(known) and _lasts(known)
            and known.issuer == issuer.certificate.subject
            and distribution_point(known) == forms.crl_url(url, issuer)):
        return known
    key = _server_key(path)
    subject = forms.name(names[0], "000000000000000")
    built = forms.builder(
        subject, issuer.certificate.subject, key.public_key(), *_period(SERVER_DAYS)
    )
    built = forms.as_leaf(built, issuer, [Usage.SERVER_AUTH], url, key_encipherment=True)
    built = built.add_extension(
        x509.SubjectAlternativeName([forms.general_name(each) for each in dict.fromkeys(
            (*names, *forms.ADDRESSES)
        )]), critical=False,
    )
    made = forms.sign(built, issuer.key)
    forms.write_private(path, forms.private_pem(key) + forms.pem(made, issuer.certificate))
    return made


def _server_key(path: Path) -> rsa.RSAPrivateKey:
    """The slow part of a first start: kept when the certificate changes."""
    if path.exists():
        known = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(known, rsa.RSAPrivateKey):
            return known
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _load(directory: Path, id: str) -> Authority | None:
    certificate, key = directory / f"{id}.pem", directory / f"{id}.key"
    if not (certificate.exists() and key.exists()):
        return None
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    constraints = read.extensions.get_extension_for_class(x509.BasicConstraints).value
    one_level = id == ROOT and constraints.path_length == 0  # data of the first version
    if one_level or not isinstance(loaded, ec.EllipticCurvePrivateKey):
        return None
    return Authority(id, read, loaded)


def _key(directory: Path, id: str) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    forms.write_private(directory / f"{id}.key", forms.private_pem(key))
    return key


def _keep(directory: Path, made: Authority) -> Authority:
    forms.write_private(directory / f"{made.id}.pem", forms.pem(made.certificate))
    return made


def _subject(title: str, root_key: forms.PrivateKey) -> x509.Name:
    """Ends with a tag of the installation: several sandboxes can be trusted side by side."""
    digest = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()).digest
    return forms.name(
        f"{title} {digest.hex()[:8].upper()}", "0000 000000000", "IGC FICTIVE DE BAC A SABLE"
    )


def _permitted(certificate: x509.Certificate) -> list[str]:
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    return [str(each.value) for each in constraints.permitted_subtrees or ()]


def _served(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(each.value) for each in names}


def _lasts(certificate: x509.Certificate) -> bool:
    left = certificate.not_valid_after_utc - to_datetime(real_now())
    return left > timedelta(days=RENEW_DAYS)


def _period(days: int) -> tuple[datetime, datetime]:
    now = to_datetime(real_now())
    return now - timedelta(hours=1), now + timedelta(days=days)
