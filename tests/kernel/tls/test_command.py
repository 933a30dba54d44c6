"""`socle certificate` mirrors the control API, and writes the files that programs want."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

from tests.conftest import Server
from tests.kernel.test_commands import Socle
from tests.kernel.tls.forging import ForeignPki


@pytest.fixture
def socle(server: Server) -> Socle:
    return Socle(server.url)


def test_files_are_what_a_client_loads(
    socle: Socle, server: Server, tenant: str, tmp_path: Path
) -> None:
    said = socle("certificate", "issue", "--cn", "INSI AUTO/1", "--key", "ec", "--out",
                 str(tmp_path / "new"), "--tenant", tenant)
    pem, key, p12 = (tmp_path / "new" / f"INSI-AUTO-1{end}" for end in (".pem", ".key", ".p12"))
    assert all(str(path) in said for path in (pem, key, p12))
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (pem, key, p12))
    assert pkcs12.load_pkcs12(p12.read_bytes(), b"socle").cert is not None
    context = ssl.create_default_context(cafile=server.ca)
    context.load_cert_chain(pem, key)
    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(server.sandbox.endpoints["https"] + "/health").status_code == 200


def test_from_issue_to_revocation(socle: Socle, tenant: str, tmp_path: Path) -> None:
    where = ("--out", str(tmp_path), "--tenant", tenant, "--key", "ec")
    made = socle.json("certificate", "issue", "--variant", "expired", *where)
    assert (made["variant"], Path(made["files"][0]).name) == ("expired", "socle-demo-expired.pem")
    person = socle.json("certificate", "issue", "--id-nat", "899900000011", *where)
    assert (person["kind"], person["cn"]) == ("person", "899900000011")
    space = ("--tenant", tenant)
    listed = socle("certificate", "list", *space).splitlines()
    assert [line.split()[0] for line in listed] == [person["serial"], made["serial"]]
    assert "révoqué le" in socle("certificate", "revoke", person["serial"], *space)
    assert "révoqué le" in socle("certificate", "list", *space).splitlines()[0]
    assert socle.json("certificate", "revoke", person["serial"], *space)["revoked_at"]
    assert "Aucun certificat de ce numéro" in socle(
        "certificate", "revoke", "00", *space, status=1
    )


@pytest.mark.parametrize("form", ["pem", "der", "p7b", "p7b-der"])
def test_authorities_are_trusted_in_the_form_they_are_published(
    socle: Socle, tenant: str, tmp_path: Path, form: str
) -> None:
    theirs = ForeignPki()
    both: list[x509.Certificate] = [theirs.root, theirs.middle]
    content, count = {
        "pem": (b"".join(each.public_bytes(Encoding.PEM) for each in both), 2),
        "der": (theirs.root.public_bytes(Encoding.DER), 1),
        "p7b": (pkcs7.serialize_certificates(both, Encoding.PEM), 2),
        "p7b-der": (pkcs7.serialize_certificates(both, Encoding.DER), 2),
    }[form]
    path = tmp_path / f"anchors.{'p7b' if 'p7b' in form else 'cer'}"
    path.write_bytes(content)
    space = ("--tenant", tenant)
    said = socle("certificate", "trust", str(path), *space).splitlines()
    assert len(said) == count
    assert socle("certificate", "anchors", *space).splitlines() == said
    for line in said:
        socle("certificate", "distrust", line.split()[0], *space)
    assert not any(socle.json("certificate", "anchors", *space).values())


@pytest.mark.parametrize("form", [Encoding.PEM, Encoding.DER])
def test_lists_are_taken_with_their_authorities(
    socle: Socle, tenant: str, tmp_path: Path, form: Encoding
) -> None:
    theirs = ForeignPki()
    authority, listed = tmp_path / "middle.cer", tmp_path / "middle.crl"
    authority.write_bytes(theirs.middle.public_bytes(Encoding.DER))
    made = x509.load_pem_x509_crl(
        theirs.revoking("middle", theirs.leaf.serial_number).encode()
    )
    listed.write_bytes(made.public_bytes(form))
    said = socle("certificate", "trust", str(authority), str(listed), "--tenant", tenant)
    assert said.splitlines()[1].startswith("liste du 20")
    assert ", 1 révoqués : " in said


def test_what_is_no_certificate_is_refused(socle: Socle, tenant: str, tmp_path: Path) -> None:
    path = tmp_path / "nothing.cer"
    for content in (b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAA==\n"):
        path.write_bytes(content)
        said = socle("certificate", "trust", str(path), "--tenant", tenant, status=1)
        assert "Aucun certificat lisible" in said
    said = socle("certificate", "trust", str(tmp_path / "absent"), "--tenant", tenant, status=1)
    assert "Aucun certificat lisible" in said


def test_the_switch_is_a_setting(socle: Socle, tenant: str) -> None:
    space = ("--tenant", tenant)
    assert socle.json("settings", "--tls", "refuse", *space)["tls"] == "refuse"
    assert socle.json("settings", *space)["tls"] == "refuse"
    socle("settings", "--tls", "other", *space, status=1)
