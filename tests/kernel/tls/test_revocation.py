"""CRL and OCSP, judged by OpenSSL's own tools where they are installed."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests.kernel.tls.conftest import Front
from tests.kernel.tls.test_certificates import parsed

Issue = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("no openssl program on this machine")
    return found


def addresses(certificate: x509.Certificate) -> tuple[str, str, str]:
    """CRL, OCSP and issuer."""
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    [crl] = [name.value for point in points for name in point.full_name or ()]
    by_method = {each.access_method: each.access_location.value for each in access}
    return (crl, by_method[AuthorityInformationAccessOID.OCSP],
            by_method[AuthorityInformationAccessOID.CA_ISSUERS])


async def test_a_certificate_says_where_to_ask(
    front: Front, client: httpx.AsyncClient, issued: Issue, tenant: str
) -> None:
    made = await issued()
    crl, responder, issuer = addresses(parsed(made))
    base = f"{front.ready['http']}/t/{tenant}/pki"
    assert (crl, responder) == (f"{base}/organisations.crl", f"{base}/ocsp")
    above = x509.load_der_x509_certificate((await client.get(issuer)).content)
    parsed(made).verify_directly_issued_by(above)
    root = x509.load_pem_x509_certificate((await client.get(f"{base}/ca.pem")).content)
    above.verify_directly_issued_by(root)


async def test_the_list_of_a_tenant_holds_what_it_revoked(
    front: Front, client: httpx.AsyncClient, issued: Issue
) -> None:
    bad, good, person = await issued("revoked"), await issued(), await issued(
        "revoked", kind="person"
    )
    answer = await client.get(addresses(parsed(good))[0])
    assert answer.headers["content-type"] == "application/pkix-crl"
    listed = x509.load_der_x509_crl(answer.content)
    assert {each.serial_number for each in listed} == {int(bad["serial"], 16)}
    issuer = front.sandbox.pki.organisations.certificate
    assert listed.issuer == issuer.subject
    key = issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert listed.is_signature_valid(key)
    assert listed.next_update_utc is not None
    assert listed.last_update_utc < datetime.now(UTC) < listed.next_update_utc
    await client.post(f"/sandbox/certificates/{good['serial']}/revoke", json={})
    again = x509.load_der_x509_crl((await client.get(addresses(parsed(good))[0])).content)
    assert len(list(again)) == 2
    persons = await client.get(addresses(parsed(person))[0])
    assert len(list(x509.load_der_x509_crl(persons.content))) == 1
    elsewhere = await client.get(f"{front.ready['http']}/pki/organisations.crl")
    serials = {each.serial_number for each in x509.load_der_x509_crl(elsewhere.content)}
    assert int(bad["serial"], 16) not in serials


async def test_the_authorities_are_not_revoked(front: Front, client: httpx.AsyncClient) -> None:
    listed = x509.load_der_x509_crl((await client.get("/pki/ca.crl")).content)
    assert not list(listed)
    for path in ("/pki/nothing.crl", "/pki/nothing.cer"):
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_ocsp_answers(
    front: Front, client: httpx.AsyncClient, issued: Issue, method: str,
    algorithm: hashes.HashAlgorithm,
) -> None:
    issuer = front.sandbox.pki.organisations.certificate
    for variant, expected in (("valid", ocsp.OCSPCertStatus.GOOD),
                              ("revoked", ocsp.OCSPCertStatus.REVOKED)):
        made = parsed(await issued(variant))
        asked = (
            ocsp.OCSPRequestBuilder().add_certificate(made, issuer, algorithm)
            .add_extension(x509.OCSPNonce(b"0123456789abcdef"), critical=False).build()
            .public_bytes(serialization.Encoding.DER)
        )
        url = addresses(made)[1]
        if method == "POST":
            headers = {"content-type": "application/ocsp-request"}
            answer = await client.post(url, content=asked, headers=headers)
        else:
            answer = await client.get(f"{url}/{base64.b64encode(asked).decode()}")
        assert answer.headers["content-type"] == "application/ocsp-response"
        told = ocsp.load_der_ocsp_response(answer.content)
        assert told.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
        assert (told.certificate_status, told.serial_number) == (expected, made.serial_number)
        nonce = told.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        assert nonce == b"0123456789abcdef"


async def test_ocsp_refuses_what_it_cannot_answer(
    client: httpx.AsyncClient, issued: Issue
) -> None:
    made = parsed(await issued())
    foreign = parsed(await issued("self_signed"))
    url = addresses(made)[1]
    request = ocsp.OCSPRequestBuilder().add_certificate(made, foreign, hashes.SHA1()).build()
    unknown = request.public_bytes(serialization.Encoding.DER)
    for asked, status in ((b"", "MALFORMED_REQUEST"), (b"\x30\x03abc", "MALFORMED_REQUEST"),
                          (unknown, "UNAUTHORIZED")):
        answer = await client.post(url, content=asked)
        told = ocsp.load_der_ocsp_response(answer.content)
        assert told.response_status is ocsp.OCSPResponseStatus[status]
    assert (await client.get(f"{url}/%%%")).status_code == 200
    assert (await client.post(url, content=b"x" * 20000)).status_code == 413


async def test_openssl_agrees(
    front: Front, client: httpx.AsyncClient, issued: Issue, tmp_path: Path, openssl: str
) -> None:
    chain = tmp_path / "chain.pem"
    chain.write_bytes((await client.get("/pki/chain.pem")).content)
    for variant, accepted in (("valid", True), ("revoked", False)):
        made = await issued(variant)
        leaf, issuer = tmp_path / "leaf.pem", tmp_path / "issuer.pem"
        leaf.write_text(made["certificate"])
        issuer.write_text(made["chain"])
        crl, responder, _ = addresses(parsed(made))
        lists = tmp_path / "lists.pem"
        loaded = [
            x509.load_der_x509_crl((await client.get(url)).content)
            for url in (crl, crl.replace("organisations", "ca"))
        ]
        lists.write_bytes(b"".join(
            each.public_bytes(serialization.Encoding.PEM) for each in loaded
        ))
        checked = subprocess.run(
            [openssl, "verify", "-crl_check", "-purpose", "sslclient", "-CAfile", front.ready["ca"],
             "-untrusted", issuer, "-CRLfile", lists, leaf], capture_output=True, text=True,
        )
        assert (checked.returncode == 0) is accepted, checked.stderr
        asked = subprocess.run(
            [openssl, "ocsp", "-issuer", issuer, "-cert", leaf, "-url", responder, "-CAfile",
             front.ready["ca"], "-no_nonce"], capture_output=True, text=True,
        )
        assert "Response verify OK" in asked.stderr
        assert f"leaf.pem: {'good' if accepted else 'revoked'}" in asked.stdout


async def test_openssl_reads_the_pkcs12(issued: Issue, tmp_path: Path, openssl: str) -> None:
    made = await issued()
    path = tmp_path / "id.p12"
    path.write_bytes(base64.b64decode(made["pkcs12"]))
    read = subprocess.run(
        [openssl, "pkcs12", "-in", path, "-passin", "pass:socle", "-nodes"],
        capture_output=True, text=True,
    )
    assert read.returncode == 0, read.stderr
    assert read.stdout.count("BEGIN CERTIFICATE") == 3
    assert "BEGIN PRIVATE KEY" in read.stdout
