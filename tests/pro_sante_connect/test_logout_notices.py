"""Other softwares learn that a session ended (dossier §10, case 37)."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from pro_sante_connect.codes import CONNECT
from services.kernel.outbound import destination, refusal
from tests.conftest import Server
from tests.pro_sante_connect.conftest import DOCTOR, RelyingParty, callback

Journal = Callable[..., list[dict[str, Any]]]
EVENT = "http://schemas.openid.net/event/backchannel-logout"
BACK = "http://localhost:9099/sortie"


@dataclass(slots=True)
class Listener:
    """A relying party that is told of log-outs."""

    url: str = ""
    status: int = 200
    location: str = ""
    received: list[tuple[str, str, str]] = field(default_factory=list)
    """(path, media type, body)"""


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            heard.received.append((self.path, self.headers["content-type"], body))
            self.send_response(heard.status)
            if heard.location:
                self.send_header("Location", heard.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    served = HTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://localhost:{served.server_port}"
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield heard
    served.shutdown()
    thread.join(10)
    served.server_close()


def shared_session(psc: RelyingParty, **members: str) -> dict[str, Any]:
    """socle-demo's tokens, of a session in which a second client has tokens too."""
    psc.register("second", any_loopback=True, **members)
    tokens = psc.tokens()
    code = callback(psc.authorize(client_id="second", login_hint=DOCTOR))["code"]
    second = psc.redeem(code, ("second", "second")).json()
    assert second["session_state"] == tokens["session_state"]
    return tokens


def attempt(journal: Journal) -> dict[str, Any]:
    """The line of the journal, once it is there."""
    for _ in range(400):
        found = [each for each in journal(transaction="psc.logout")
                 if each["protocol"] == "sortant"]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("nothing was told")


def test_37_a_second_client_of_the_session_is_told(
    psc: RelyingParty, listener: Listener, journal: Journal
) -> None:
    tokens = shared_session(psc, backchannel_logout_uri=f"{listener.url}/psc/sortie?a=1")
    psc.logout("POST", id_token_hint=tokens["id_token"])
    line = attempt(journal)
    assert (line["response"]["status"], line["outcome"], line["caller"]) == ("200", "pass", DOCTOR)
    assert line["note"] == "Déconnexion annoncée à second"
    (path, media_type, body), = listener.received
    assert (path, media_type) == ("/psc/sortie?a=1", "application/x-www-form-urlencoded")
    token, = parse_qs(body)["logout_token"]
    keys = psc.api.get(f"{CONNECT}/certs").json()["keys"]
    signing = KeySet.import_key_set({"keys": [key for key in keys if key["use"] == "sig"]})
    read = jwt.decode(token, signing, algorithms=["RS256"]).claims
    assert jws.extract_compact(token.encode()).headers()["typ"] == "logout+jwt"
    assert read["events"] == {EVENT: {}}
    assert (read["sid"], read["aud"], read["iss"]) == (
        tokens["session_state"], "second", psc.issuer
    )
    assert "nonce" not in read
    assert read["exp"] - read["iat"] == 120


@pytest.mark.parametrize(("status", "location"), [(500, ""), (302, "http://localhost:1/autre")])
def test_a_bad_answer_is_in_the_journal_and_no_redirect_is_followed(
    psc: RelyingParty, listener: Listener, journal: Journal, status: int, location: str
) -> None:
    listener.status, listener.location = status, location
    tokens = shared_session(psc, backchannel_logout_uri=f"{listener.url}/sortie")
    assert psc.logout("POST", id_token_hint=tokens["id_token"]).status_code == 200
    line = attempt(journal)
    assert (line["response"]["status"], line["outcome"]) == (str(status), "fail")
    assert len(listener.received) == 1


@pytest.mark.parametrize(("uri", "reason"), [
    ("http://127.0.0.1:1/sortie", "injoignable"),
    ("https://198.51.100.7/sortie", "hôte absent de la liste outbound de l'espace"),
    ("http://169.254.169.254/latest/meta-data", "adresse interdite"),
    ("http://0.0.0.0/", "adresse interdite"), ("http://[fe80::1]/", "adresse interdite"),
])
def test_what_cannot_be_called_is_said_and_delays_nothing(
    psc: RelyingParty, journal: Journal, uri: str, reason: str
) -> None:
    tokens = shared_session(psc, backchannel_logout_uri=uri)
    assert psc.logout("POST", id_token_hint=tokens["id_token"]).status_code == 200
    line = attempt(journal)
    assert (line["response"]["status"], line["outcome"]) == ("-", "fail")
    assert reason in line["note"]


def test_a_server_that_proves_nothing_is_told_nothing(
    psc: RelyingParty, journal: Journal, tmp_path: Path
) -> None:
    made = psc.api.post("/sandbox/certificates", json={"cn": "localhost", "key": "ec"}).json()
    (tmp_path / "own.pem").write_text(made["private_key"] + made["certificate"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "own.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        heard = threading.Thread(target=_shake_hands, args=(listening, context), daemon=True)
        heard.start()
        uri = f"https://localhost:{listening.getsockname()[1]}/sortie"
        tokens = shared_session(psc, backchannel_logout_uri=uri)
        psc.logout("POST", id_token_hint=tokens["id_token"])
        assert "injoignable (SSLCertVerificationError)" in attempt(journal)["note"]
        heard.join(10)


def _shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    accepted, _ = listening.accept()
    with accepted, contextlib.suppress(OSError), context.wrap_socket(accepted, server_side=True):
        pass


def test_the_sandbox_does_not_call_itself(
    psc: RelyingParty, server: Server, journal: Journal
) -> None:
    tokens = shared_session(psc, backchannel_logout_uri=f"{server.url}/sandbox/reset")
    psc.logout("POST", id_token_hint=tokens["id_token"])
    assert "ne s'appelle pas lui-même" in attempt(journal)["note"]


def test_the_browser_is_shown_frames_then_goes_back(psc: RelyingParty) -> None:
    tokens = shared_session(psc, frontchannel_logout_uri="https://second.test/sortie?x=1")
    answer = psc.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK, state="s")
    assert answer.status_code == 200
    assert 'src="https://second.test/sortie?x=1&amp;iss=' in answer.text
    assert f"&amp;sid={tokens['session_state']}" in answer.text
    assert f'content="2;url={BACK}?state=s"' in answer.text
    assert "frame-src https://second.test;" in answer.headers["content-security-policy"]
    assert psc.refresh(tokens["refresh_token"]).status_code == 400


@pytest.mark.parametrize(("found", "listed", "allowed"), [
    (["127.0.0.1"], (), True), (["::1"], (), True), (["::ffff:127.0.0.1"], (), True),
    (["10.0.0.1"], (), False), (["10.0.0.1"], ("a.test",), True),
    (["10.0.0.1", "127.0.0.1"], ("a.test",), False), (["169.254.0.1"], ("a.test",), False),
    (["fe80::1%eth0"], ("a.test",), False), (["224.0.0.1"], ("a.test",), False), ([], (), False),
])
def test_who_may_be_called(found: list[str], listed: tuple[str, ...], allowed: bool) -> None:
    wanted = destination("https://a.test/sortie")
    assert wanted is not None
    assert (refusal(wanted, found, listed, ()) == "") is allowed


@pytest.mark.parametrize("uri", ["ftp://a.test/", "http://", "http://[", "http://moi@a.test/"])
def test_what_is_no_destination(uri: str) -> None:
    assert destination(uri) is None


@pytest.mark.parametrize("member", ["backchannel_logout_uri", "frontchannel_logout_uri"])
@pytest.mark.parametrize("uri", ["javascript:alert(1)", "app:/sortie", "/sortie", "http://a@b/"])
def test_a_bad_address_cannot_be_registered(psc: RelyingParty, member: str, uri: str) -> None:
    answer = psc.api.post("/sandbox/clients", json={member: uri})
    assert answer.status_code == 422
