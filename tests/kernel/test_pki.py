"""The private authority is fake for all to see, constrained, and kept between starts."""

import ssl
import stat
from pathlib import Path

from cryptography import x509

from services.kernel.pki import load_or_make


def test_files_are_private_and_kept(tmp_path: Path) -> None:
    first = load_or_make(tmp_path / "pki")
    content = first.ca.read_bytes()
    for path in (tmp_path / "pki").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make(tmp_path / "pki").ca.read_bytes() == content


def test_the_authority_is_constrained_to_our_names(tmp_path: Path) -> None:
    pki = load_or_make(tmp_path / "pki")
    ca = x509.load_pem_x509_certificate(pki.ca.read_bytes())
    constraints = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    names = [subtree.value for subtree in constraints.value.permitted_subtrees or ()]
    assert "localhost" in names
    assert all(str(name) in {"localhost", "socle.mssante.fr", "127.0.0.0/8", "::1/128"}
               for name in names)
    assert "FICTIVE" in ca.subject.rfc4514_string()


def test_a_new_public_name_gets_a_new_certificate(tmp_path: Path) -> None:
    old = load_or_make(tmp_path / "pki").ca.read_bytes()
    assert load_or_make(tmp_path / "pki", "socle.example.test").ca.read_bytes() != old


def test_clients_that_trust_the_authority_accept_the_server(tmp_path: Path) -> None:
    pki = load_or_make(tmp_path / "pki")
    client = ssl.create_default_context(cafile=str(pki.ca))
    for name in ("localhost", "127.0.0.1"):
        there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
        left = client.wrap_bio(there, here, server_hostname=name)
        right = pki.server_context.wrap_bio(here, there, server_side=True)
        finished = 0
        while finished < 2:
            finished = 0
            for side in (left, right):
                try:
                    side.do_handshake()
                    finished += 1
                except ssl.SSLWantReadError:
                    pass
        assert left.version() in ("TLSv1.2", "TLSv1.3")
