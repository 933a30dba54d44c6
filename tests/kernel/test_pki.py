"""The private authorities are fake for all to see, constrained, and kept between starts."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from services import app, installation
from services.kernel.pki import Pki, authority, forms, load_or_make
from services.kernel.pki.forms import Authority
from services.kernel.tls import Handshake, LaxContext
from services.settings import Settings


def greet(context: LaxContext, ca: Path, name: str) -> str | None:
    """The TLS version agreed on with a client that trusts only this file."""
    there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cafile=str(ca))
    sides = (
        trusting.wrap_bio(there, here, server_hostname=name),
        context.watched_by(Handshake()).wrap_bio(here, there, server_side=True),
    )
    finished = 0
    while finished < 2:
        finished = 0
        for side in sides:
            try:
                side.do_handshake()
                finished += 1
            except ssl.SSLWantReadError:
                pass
    return sides[0].version()


def serving(pki: Pki, directory: Path, issuer: Authority, name: str) -> LaxContext:
    """A server with a certificate that an authority should not have issued."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    built = forms.builder(
        forms.name(name), issuer.certificate.subject, key.public_key(),
        now - timedelta(hours=1), now + timedelta(days=1),
    )
    built = forms.as_leaf(built, issuer, [ExtendedKeyUsageOID.SERVER_AUTH], "http://x")
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = built.sign(issuer.key, hashes.SHA256())
    path = directory / "wrong.pem"
    path.write_bytes(forms.private_pem(key) + forms.pem(made, issuer.certificate))
    return LaxContext(path, ())


def test_files_are_private_and_kept(tmp_path: Path) -> None:
    names = ("127.0.0.1", "192.0.2.5", "2001:db8::1", "a.example")
    load_or_make(tmp_path / "pki", names)
    kept = {path.name: path.read_bytes() for path in (tmp_path / "pki").iterdir()}
    assert set(kept) == {
        "ca.pem", "ca.key", "organisations.pem", "organisations.key", "personnes.pem",
        "personnes.key", "server.pem",
    }
    for path in (tmp_path / "pki").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    load_or_make(tmp_path / "pki", names)
    assert {path.name: path.read_bytes() for path in (tmp_path / "pki").iterdir()} == kept


def test_the_authorities_are_fake_and_constrained_to_our_names(tmp_path: Path) -> None:
    pki = load_or_make(tmp_path / "pki", ("test.example",))
    for each in pki.authorities.values():
        constraints = each.certificate.extensions.get_extension_for_class(x509.NameConstraints)
        assert constraints.critical
        names = {str(subtree.value) for subtree in constraints.value.permitted_subtrees or ()}
        assert names == {"localhost", "socle.mssante.fr", "test.example", "127.0.0.0/8", "::1/128"}
        assert "FICTIVE" in each.certificate.subject.rfc4514_string()
        assert "SANS VALEUR" in each.certificate.subject.rfc4514_string()
    for below in (pki.organisations, pki.persons):
        below.certificate.verify_directly_issued_by(pki.root.certificate)
    pki.server.verify_directly_issued_by(pki.organisations.certificate)


def test_two_installations_can_be_told_apart(tmp_path: Path) -> None:
    first, second = load_or_make(tmp_path / "a"), load_or_make(tmp_path / "b")
    assert first.root.certificate.subject != second.root.certificate.subject


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "test.example"])
def test_clients_that_trust_the_root_accept_the_server(tmp_path: Path, name: str) -> None:
    pki = load_or_make(tmp_path / "pki", ("test.example",))
    assert greet(pki.server_context, pki.ca, name) == "TLSv1.3"


@pytest.mark.parametrize(("issuer", "name", "reason"), [
    ("organisations", "auth.esw.esante.gouv.fr", "permitted subtree violation"),
    ("personnes", "localhost", "unsuitable certificate purpose|unsupported"),
])
def test_a_stolen_authority_deceives_nobody(
    tmp_path: Path, issuer: str, name: str, reason: str
) -> None:
    pki = load_or_make(tmp_path / "pki")
    context = serving(pki, tmp_path, pki.authorities[issuer], name)
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        greet(context, pki.ca, name)


def test_a_new_public_name_is_certified_with_the_same_keys(tmp_path: Path) -> None:
    old = load_or_make(tmp_path / "pki")
    with_old_root = tmp_path / "old.pem"
    with_old_root.write_bytes(old.ca.read_bytes())
    new = load_or_make(tmp_path / "pki", ("new.example",))
    assert greet(new.server_context, new.ca, "new.example")
    # The root is to be fetched again; the certificates issued stay good.
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        greet(new.server_context, with_old_root, "localhost")
    old.server.verify_directly_issued_by(new.organisations.certificate)
    again = load_or_make(tmp_path / "pki")
    assert again.root.certificate == new.root.certificate


def test_another_address_of_the_lists_is_another_server_certificate(tmp_path: Path) -> None:
    old = load_or_make(tmp_path / "pki", url="http://localhost:1")
    new = load_or_make(tmp_path / "pki", url="http://localhost:2")
    assert old.server != new.server
    assert old.server.public_key() == new.server.public_key()
    assert old.root.certificate == new.root.certificate


def test_what_nears_its_end_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = load_or_make(tmp_path / "pki")
    in_nine_years_and_a_half = authority.real_now() + 3470 * 86400 * 1_000_000
    monkeypatch.setattr(authority, "real_now", lambda: in_nine_years_and_a_half)
    assert load_or_make(tmp_path / "pki").server != old.server
    in_ten_years = in_nine_years_and_a_half + 160 * 86400 * 1_000_000
    monkeypatch.setattr(authority, "real_now", lambda: in_ten_years)
    new = load_or_make(tmp_path / "pki")
    assert new.root.certificate != old.root.certificate
    assert new.root.key.public_key() == old.root.key.public_key()
    new.persons.certificate.verify_directly_issued_by(new.root.certificate)


def test_the_single_authority_of_the_first_version_is_replaced(tmp_path: Path) -> None:
    directory = tmp_path / "pki"
    directory.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = forms.name("ancienne")
    now = datetime.now(UTC)
    built = forms.as_authority(
        forms.builder(name, name, key.public_key(), now, now + timedelta(days=900)), 0,
        ["localhost", "socle.mssante.fr", "127.0.0.0/8", "::1/128"],
    )
    old = built.sign(key, hashes.SHA256())
    server = serving(load_or_make(tmp_path / "other"), tmp_path, Authority("ca", old, key), "a")
    assert server
    forms.write_private(directory / "ca.pem", forms.pem(old))
    forms.write_private(directory / "ca.key", forms.private_pem(key))
    (directory / "server.pem").write_bytes((tmp_path / "wrong.pem").read_bytes())
    pki = load_or_make(directory)
    assert greet(pki.server_context, pki.ca, "localhost")


async def test_anchors_of_the_installation_are_read(tmp_path: Path) -> None:
    theirs = load_or_make(tmp_path / "theirs").root.certificate
    path = tmp_path / "anchors.pem"
    path.write_bytes(forms.pem(theirs))
    settings = Settings(
        memory=True, http_port=0, https_port=0, smtp_port=0, only="psc", trust_anchors=path
    )
    running = await app.start(settings)
    assert running.sandbox.pki.anchors == (theirs,)
    await running.stop()
    path.write_bytes(b"")
    with pytest.raises(installation.Misconfigured, match=r"anchors\.pem"):
        await app.start(settings)
