"""Server certificates that are bad on purpose, as clients of other people see them."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from services import app as assembly
from services.cli import app
from services.kernel.pki.presenting import ALWAYS, Flaw
from services.settings import Settings
from tests.conftest import Server
from tests.kernel.tls.test_revocation import openssl as openssl  # a fixture
from tests.workers.conftest import until

OFFICIAL = "auth.bas.psc.esante.gouv.fr"
SAID = {
    Flaw.EXPIRED: "certificate has expired", Flaw.NOT_YET_VALID: "certificate is not yet valid",
    Flaw.WRONG_NAME: "Hostname mismatch", Flaw.SELF_SIGNED: "self-signed certificate",
    Flaw.UNTRUSTED: "self-signed certificate in certificate chain",
    Flaw.REVOKED: "certificate revoked",
}


@pytest.fixture
def good(server: Server) -> Iterator[Server]:
    """The server; its names are all good again afterwards."""
    yield server
    for name in tuple(server.sandbox.pki.presenter.chosen):
        server.sandbox.pki.presenter.choose(name, None)


@pytest.fixture
def careful(server: Server, tmp_path: Path) -> ssl.SSLContext:
    """A client that trusts the sandbox's root and looks at its list of what is revoked."""
    trusted = tmp_path / "trusted.pem"
    answer = httpx.get(f"{server.url}/pki/organisations.crl", trust_env=False)
    listed = x509.load_der_x509_crl(answer.content).public_bytes(Encoding.PEM)
    trusted.write_bytes(Path(server.ca).read_bytes() + listed)
    context = ssl.create_default_context(cafile=str(trusted))
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


def port(server: Server) -> int:
    return urlsplit(server.sandbox.endpoints["https"]).port or 0


def trouble(server: Server, context: ssl.SSLContext, name: str) -> str:
    """Why this client refuses the server under this name, "" when it does not."""
    return said(server, context, name)[0]


def said(server: Server, context: ssl.SSLContext, name: str) -> tuple[str, str]:
    """That, and the client as the journal names it."""
    with socket.create_connection(("127.0.0.1", port(server)), 60) as plain:
        client = "{}:{}".format(*plain.getsockname())
        try:
            with context.wrap_socket(plain, server_hostname=name):
                return "", client
        except ssl.SSLCertVerificationError as error:
            return error.verify_message, client


@pytest.mark.parametrize(("name", "flaw"), ALWAYS.items())
def test_a_client_refuses_each_of_them(
    server: Server, careful: ssl.SSLContext, name: str, flaw: Flaw
) -> None:
    assert SAID[flaw] in trouble(server, careful, name)
    assert trouble(server, careful, "localhost") == ""


def test_each_is_bad_in_one_way_only(server: Server) -> None:
    careless = ssl.create_default_context(cafile=server.ca)
    assert trouble(server, careless, "revoked.localhost") == ""
    careless.check_hostname = False
    assert trouble(server, careless, "wrong-name.localhost") == ""


@pytest.mark.parametrize("flaw", Flaw)
def test_a_name_that_is_served_can_be_made_bad_for_a_while(
    good: Server, careful: ssl.SSLContext, flaw: Flaw, tmp_path: Path
) -> None:
    def choose(wanted: str | None) -> Any:
        answer = httpx.put(f"{good.url}/sandbox/certificates/server", trust_env=False,
                           json={"name": OFFICIAL, "flaw": wanted})
        assert answer.status_code == 200
        return answer.json()["names"]

    assert {"name": OFFICIAL, "flaw": flaw, "always": False} in choose(flaw)
    if flaw is not Flaw.REVOKED:  # whose list was read before
        assert SAID[flaw] in trouble(good, careful, OFFICIAL)
    listed = x509.load_der_x509_crl(
        httpx.get(f"{good.url}/pki/organisations.crl", trust_env=False).content
    )
    assert len(list(listed)) >= 1 + (flaw is Flaw.REVOKED)
    assert trouble(good, careful, "localhost") == ""
    assert [each["always"] for each in choose(None)] == [True] * len(Flaw)
    assert trouble(good, careful, OFFICIAL) == ""


def test_every_name_at_once(good: Server, careful: ssl.SSLContext) -> None:
    good.sandbox.pki.presenter.choose("*", Flaw.EXPIRED)
    for name in ("localhost", OFFICIAL, "127.0.0.1"):
        assert SAID[Flaw.EXPIRED] in trouble(good, careful, name)


def test_a_name_that_is_not_served_cannot_be_chosen(server: Server) -> None:
    answer = httpx.put(
        f"{server.url}/sandbox/certificates/server", trust_env=False,
        json={"name": "auth.esw.esante.gouv.fr", "flaw": "expired"},
    )
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (400, "nom")
    assert OFFICIAL in answer.json()["erreur"]["connus"]


def test_mail_presents_them_too(good: Server, careful: ssl.SSLContext) -> None:
    good.sandbox.pki.presenter.choose("localhost", Flaw.EXPIRED)
    with smtplib.SMTP(*good.smtp) as client:
        client._host = "localhost"  # type: ignore[attr-defined]  # what it sends as SNI
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            client.starttls(context=careful)


def test_ocsp_says_that_it_is_revoked(server: Server, openssl: str, tmp_path: Path) -> None:
    presenter = server.sandbox.pki.presenter
    _, (leaf, issuer) = presenter._made("revoked.localhost", Flaw.REVOKED)
    for name, each in (("leaf", leaf), ("issuer", issuer)):
        (tmp_path / name).write_bytes(each.public_bytes(Encoding.PEM))
    told = subprocess.run(
        [openssl, "ocsp", "-issuer", tmp_path / "issuer", "-cert", tmp_path / "leaf", "-url",
         f"{server.url}/pki/ocsp", "-CAfile", server.ca, "-no_nonce"],
        capture_output=True, text=True, check=False,
    )
    assert "revoked" in told.stdout, told.stdout + told.stderr


def test_openssl_sees_what_it_should(server: Server, openssl: str) -> None:
    told = subprocess.run(
        [openssl, "s_client", "-connect", f"127.0.0.1:{port(server)}", "-servername",
         "expired.localhost", "-CAfile", server.ca, "-verify_return_error"],
        input="", capture_output=True, text=True, check=False,
    )
    assert "certificate has expired" in told.stdout + told.stderr


def test_a_refusal_is_in_the_journal_as_what_it_should_be(
    server: Server, careful: ssl.SSLContext
) -> None:
    why, client = said(server, careful, "wrong-name.localhost")
    assert why

    def entries() -> list[dict[str, Any]]:
        told = httpx.get(f"{server.url}/sandbox/journal?limit=1000", trust_env=False)
        return [each for each in told.json()["entries"] if each["peer"] == client]

    [entry] = until(entries, "not in the journal")  # no answer says that it is there
    assert entry["protocol"] == "TLS"
    cause = "Le client refuse un certificat mauvais à dessein (wrong_name)."
    assert entry["note"].startswith(cause)


def test_a_client_that_does_not_mind_has_a_finding(server: Server) -> None:
    with httpx.Client(verify=False, trust_env=False) as careless:
        answer = careless.get(
            f"{server.sandbox.endpoints['https']}/psc/nothing",
            extensions={"sni_hostname": "expired.localhost"},
        )
    entry = httpx.get(
        f"{server.url}/sandbox/journal/{answer.headers['x-sandbox-exchange']}", trust_env=False
    ).json()
    [finding] = entry["findings"]
    assert (finding["rule"], finding["found"]) == ("SOCLE-TLS-SERVEUR", "acceptée (expired)")


def test_a_choice_is_kept_and_followed_by_every_process(good: Server) -> None:
    from services.kernel.pki import load_or_make

    directory = good.sandbox.data / "pki"
    presenter = good.sandbox.pki.presenter
    other = load_or_make(directory, tuple(n for n in presenter.served)).presenter
    presenter.choose("localhost", Flaw.UNTRUSTED)
    assert other.flaw_of("localhost") is Flaw.UNTRUSTED
    stamp = (directory / "presented.json").stat().st_mtime_ns
    presenter.choose("localhost", Flaw.EXPIRED)
    os.utime(directory / "presented.json", ns=(stamp, stamp))  # chosen within the same tick
    assert other.flaw_of("localhost") is Flaw.EXPIRED
    other.choose("localhost", None)
    assert presenter.flaw_of("localhost") is None


def test_the_command(good: Server) -> None:
    def said(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["certificate", "server", *arguments, "--url", good.url])
        assert result.exit_code == 0, result.output
        return result.output

    assert said().split()[:2] == ["expired.localhost", "expired"]
    assert said("localhost", "self_signed").split()[-2:] == ["localhost", "self_signed"]
    assert len(said("localhost", "valid").splitlines()) == len(Flaw)
    assert '"always": true' in said("--json")


async def test_only_the_administrator_of_a_shared_installation_chooses() -> None:
    settings = Settings(memory=True, host="0.0.0.0", admin_token="admin-token",
                        http_port=0, https_port=0, smtp_port=0)
    running = await assembly.start(settings)
    try:
        url = running.ready["http"].replace("0.0.0.0", "127.0.0.1")
        async with httpx.AsyncClient(trust_env=False, base_url=url) as client:
            admin = {"Authorization": "Bearer admin-token"}
            made = await client.post("/sandbox/tenants", json={"name": "a"}, headers=admin)
            own = {"Authorization": f"Bearer {made.json()['secret']}"}
            body = {"name": "localhost", "flaw": "expired"}
            path = "/t/a/sandbox/certificates"
            assert (await client.get(path, headers=own)).status_code == 200
            refused = await client.put(f"{path}/server", json=body, headers=own)
            accepted = await client.put(f"{path}/server", json=body, headers=admin)
            assert (refused.status_code, accepted.status_code) == (401, 200)
    finally:
        await running.stop()
