"""The proxy e-santé, as a software uses it (cases 41 and 42)."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from pro_sante_connect.codes import CONNECT
from tests.confiance import CLIENT, Software
from tests.pro_sante_connect.conftest import DOCTOR, RelyingParty

BODY = {"nationalId": DOCTOR, "bindingMessage": "42", "clientId": CLIENT, "channel": "MOBILE"}
START = "2020-01-01T00:00:00.000Z"
READ = "fhir/DocumentReference?status=current&patient.identifier=" \
    "urn:oid:1.2.250.1.213.1.4.10%7C279035121518989"


@pytest.fixture
def edc(software: Software) -> Software:
    software.register()
    return software


@pytest.fixture
def lps(edc: Software) -> Iterator[httpx.Client]:
    """A software that keeps its cookie."""
    with httpx.Client(
        base_url=f"{edc.server.url}/t/{edc.tenant}/psc/proxy", trust_env=False, timeout=30
    ) as client:
        yield client


def connect(lps: httpx.Client, **changes: Any) -> httpx.Response:
    return lps.post("/connect", json={k: v for k, v in (BODY | changes).items() if v is not None})


def traces(lps: httpx.Client, **window: str) -> list[dict[str, Any]]:
    answer = lps.get("/traces", params={"start": START} | window)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_41_connect_send_and_disconnect(lps: httpx.Client, psc: RelyingParty) -> None:
    opened = connect(lps)
    assert opened.status_code == 200, opened.text
    session = opened.json()
    assert set(session) == {"proxy_session_id", "session_state"}
    assert opened.cookies["proxy_session_id"] == session["proxy_session_id"]
    again = connect(lps)
    assert (again.status_code, again.content) == (304, b"")
    data = {"nationalId": DOCTOR, "clientID": CLIENT, **session}
    signed = lps.post("/send/signsessiondata/signsessiondata", json=data)
    assert signed.status_code == 200, signed.text
    keys = KeySet.import_key_set(psc.api.get(f"{CONNECT}/certs").json())
    content = jwt.decode(signed.json()["signature"], keys, algorithms=["RS256"]).claims
    assert {name: content[name] for name in data} == data
    read = lps.get(f"/send/dmp/{READ}")
    assert read.status_code == 200
    assert read.json()["resourceType"] == "Bundle"
    assert lps.delete("/disconnect").status_code == 200
    assert lps.delete("/disconnect").status_code == 401
    assert lps.get(f"/send/dmp/{READ}").status_code == 401
    kinds = [each["type"] for each in traces(lps)]
    assert kinds == ["CONNECT_SUCCESS", "CONNECT_REPLAY", "SEND", "SEND", "DISCONNECT"]


def test_41_every_trace_has_what_its_type_must_have(lps: httpx.Client) -> None:
    session = connect(lps).json()
    lps.get(f"/send/dmp/{READ}", headers={"X-Forwarded-For": "203.0.113.7, 10.0.0.1"})
    lps.delete("/disconnect")
    opened, sent, closed = traces(lps)
    for each in (opened, sent, closed):
        assert (each["clientId"], each["IdRPPS"]) == (CLIENT, DOCTOR)
        assert each["session_state"] == session["session_state"]
        assert each["proxy_id_session"] == session["proxy_session_id"]
        assert f"CN={CLIENT}" in each["dn"]
        assert all(isinstance(port, int) for port in each["ports"])
        assert datetime.fromisoformat(each["timestamp"])
    assert sent["apiRequest"] == {
        "nomApiPsc": "dmp", "methode": "GET", "path": "/fhir/DocumentReference"}
    assert sent["ipAddress"] == "203.0.113.7"
    assert "apiRequest" not in opened
    assert traces(lps, end=START) == []
    assert traces(lps, start=(datetime.now(UTC) + timedelta(days=1)).isoformat()) == []


def test_41_the_session_of_pro_sante_connect_is_closed(
    lps: httpx.Client, edc: Software, psc: RelyingParty
) -> None:
    connect(lps)
    lps.delete("/disconnect")
    entries = edc.api.get("/sandbox/journal?service=psc&limit=50").json()["entries"]
    inner = [each for each in entries if each["peer"].startswith("proxy-e-sante")]
    codes = [each["transaction"] for each in reversed(inner)]
    assert codes[:2] == ["psc.ciba", "psc.token"]
    assert codes.count("psc.as_token") == 5
    assert codes[-1] == "psc.logout"
    assert {each["outcome"] for each in inner} == {"pass"}


def test_42_refused_requests_say_why(lps: httpx.Client) -> None:
    unknown = connect(lps, clientId="inconnu")
    assert unknown.status_code == 404
    assert unknown.json() == {
        "code": "404", "message": "User National ID or Software Client ID Not Found.",
        "metadata": {"nationalId": DOCTOR, "clientId": "inconnu"},
    }
    nobody = connect(lps, nationalId="899900009999")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "404")
    channel = connect(lps, channel="INVALID")
    assert channel.status_code == 400
    assert channel.json()["message"] == "channel value INVALID is invalid"
    for name in BODY:
        missing = connect(lps, **{name: None})
        assert missing.status_code == 400
        assert missing.json()["message"] == f"{name} is missing"
        assert missing.json()["metadata"]["clientId"] == ("" if name == "clientId" else CLIENT)
    assert lps.post("/connect", content=b"{").status_code == 400
    assert lps.post("/connect", content=b"[]").status_code == 400
    assert not lps.cookies
    assert [each["type"] for each in traces(lps)] == ["CONNECT_FAILURE"] * 2


def test_42_a_refusal_of_the_professional_opens_no_session(
    lps: httpx.Client, psc: RelyingParty
) -> None:
    psc.ecps("refuse")
    answer = connect(lps)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Authentication failed: not authorized"
    assert answer.json()["metadata"] == {"nationalId": DOCTOR, "clientId": CLIENT}
    assert "set-cookie" not in answer.headers
    psc.ecps("unreachable")
    down = connect(lps)
    assert (down.status_code, down.content) == (503, b"")


def test_42_a_refused_exchange_opens_no_session(software: Software, lps: httpx.Client) -> None:
    software.register("lps-partiel", api_scopes=["dmp"])
    answer = connect(lps, clientId="lps-partiel")
    assert answer.status_code == 401
    assert answer.json()["message"] == "Authentication failed: Client not allowed to exchange"
    demo = connect(lps, clientId="socle-demo")
    assert (demo.status_code, demo.json()["code"]) == (401, "401")


def test_42_calls_without_a_session(lps: httpx.Client) -> None:
    for answer in (
        lps.get("/send/dmp/fhir/metadata"), lps.delete("/disconnect"),
        lps.delete("/disconnect", headers={"Cookie": "proxy_session_id=inconnu"}),
    ):
        assert answer.status_code == 401
        assert answer.json() == {
            "code": "401", "message": "Session ID not found.",
            "metadata": {"nationalId": None, "clientId": None},
        }


def test_a_revoked_certificate_is_refused(lps: httpx.Client, edc: Software) -> None:
    connect(lps)
    lps.delete("/disconnect")
    (made,) = edc.api.get("/sandbox/certificates").json()["certificates"]
    edc.api.post(f"/sandbox/certificates/{made['serial']}/revoke", json={})
    assert connect(lps).status_code == 401


def test_a_session_lives_four_hours_and_its_tokens_are_renewed(
    lps: httpx.Client, edc: Software, psc: RelyingParty
) -> None:
    edc.api.put("/sandbox/psc", json={"api_seconds": 60})
    psc.at(0)
    connect(lps)
    psc.at(1200)
    assert lps.get(f"/send/dmp/{READ}").status_code == 200
    psc.at(2400)
    assert lps.get(f"/send/dmp/{READ}").status_code == 200
    psc.at(4201)
    assert lps.get(f"/send/dmp/{READ}").status_code == 401
    psc.at(14400)
    assert lps.delete("/disconnect").status_code == 401


def test_what_may_not_be_called(lps: httpx.Client) -> None:
    connect(lps)
    assert lps.get("/send/autre/x").status_code == 404
    for path in ("%2e%2e/sandbox/tenants", "fhir/%2e%2e/%2e%2e/x", "fhir/%0d%0aX:1", "a%5cb"):
        assert lps.get(f"/send/dmp/{path}").status_code == 400, path
    assert lps.get("/send/dmp/rien/du/tout").status_code == 404


def test_an_api_that_does_not_answer(
    lps: httpx.Client, edc: Software, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(lps)
    edc.api.post("/sandbox/faults", json={
        "service": "dmp", "kind": "delay", "value": 2}).raise_for_status()
    monkeypatch.setattr("pro_sante_connect.proxy.inside.SECONDS", 0.05)
    late = lps.get(f"/send/dmp/{READ}")
    assert (late.status_code, late.content) == (504, b"")


def test_bad_dates(lps: httpx.Client) -> None:
    for window in ({}, {"start": "hier"}, {"start": "2026-01-01T00:00:00"},
                   {"start": START, "end": "x"}):
        assert lps.get("/traces", params=window).status_code == 400


def test_the_conformity_api_checks_who_calls(lps: httpx.Client, edc: Software) -> None:
    session = connect(lps).json()
    data = {"nationalId": DOCTOR, "clientID": CLIENT, **session}
    for changes in ({"nationalId": "899900000029"}, {"clientID": "autre"}):
        wrong = lps.post("/send/signsessiondata/signsessiondata", json=data | changes)
        assert wrong.status_code == 401
    for bad in ([], {"nationalId": DOCTOR}, data | {"session_state": 1}):
        assert lps.post("/send/signsessiondata/signsessiondata", json=bad).status_code == 400
    by, path = edc.secure(), "/mockservice/apipsc/signsessiondata"
    good = {"Authorization": f"Bearer {edc.token(by, 'signsessiondata')}"}
    assert by.post(path, json=data, headers=good).status_code == 200
    assert edc.api.post(path, json=data, headers=good).status_code == 401
    raw = {"Authorization": f"Bearer {edc.log_in(by)['access_token']}"}
    assert by.post(path, json=data, headers=raw).status_code == 401
    assert by.post(path, json=data).status_code == 401


class Api(http.server.BaseHTTPRequestHandler):
    """A vendor's API that says what it received."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        named = {name.lower(): value for name, value in self.headers.items()}
        self.server.seen.append((self.path, named, body))  # type: ignore[attr-defined]
        self.send_response(201)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Location", "/1")
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        self.wfile.write(b"fait")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    with http.server.HTTPServer(("127.0.0.1", 0), Api) as server:
        server.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


def test_an_api_elsewhere_receives_its_token(
    lps: httpx.Client, edc: Software, elsewhere: Any
) -> None:
    url = f"http://127.0.0.1:{elsewhere.server_port}/api"
    edc.api.put("/sandbox/psc", json={"backends": [
        {"id": "mon-api", "api": "signsessiondata", "url": url}]}).raise_for_status()
    connect(lps)
    answer = lps.post("/send/mon-api/v1/a%20b?x=1", content=b"bonjour", headers={
        "Content-Type": "text/plain", "Authorization": "Bearer faux", "X-Vendeur": "1"})
    assert (answer.status_code, answer.text) == (201, "fait")
    assert answer.headers["location"] == "/1"
    assert "a=b" not in str(answer.headers.get("set-cookie"))
    ((path, headers, body),) = elsewhere.seen
    assert (path, body) == ("/api/v1/a%20b?x=1", b"bonjour")
    assert headers["x-vendeur"] == "1"
    assert "cookie" not in headers
    token = headers["authorization"].removeprefix("Bearer ")
    by = edc.secure()
    shown = by.post("/psc/edc/realms/signsessiondata/protocol/openid-connect/token/introspect",
                    data={"client_id": CLIENT, "token": token}).json()
    assert shown["username"] == DOCTOR
    (entry,) = [each for each in edc.api.get("/sandbox/journal?limit=9").json()["entries"]
                if each["protocol"] == "sortant"]
    assert entry["response"]["status"] == "201"


@pytest.mark.parametrize("url", [
    "http://169.254.169.254/latest", "http://10.1.2.3/", "http://[::]/", "http://example.invalid/",
    "http://127.0.0.1:1/", "http://u@127.0.0.1:1/", "OWN",
])
def test_no_other_host_is_called(lps: httpx.Client, edc: Software, url: str) -> None:
    wanted = f"{edc.server.url}/sandbox/tenants" if url == "OWN" else url
    edc.api.put("/sandbox/psc", json={"backends": [
        {"id": "x", "api": "dmp", "url": wanted}]}).raise_for_status()
    connect(lps)
    assert lps.get("/send/x/y").status_code == 502


def test_another_tenant_knows_nothing_of_the_session(lps: httpx.Client, edc: Software) -> None:
    session = connect(lps).json()["proxy_session_id"]
    with httpx.Client(
        base_url=f"{edc.server.url}/t/{edc.tenant}-autre/psc/proxy", trust_env=False, timeout=30,
        headers={"Cookie": f"proxy_session_id={session}"},
    ) as other:
        assert other.delete("/disconnect").status_code == 401
        assert other.get("/send/dmp/fhir/metadata").status_code == 401
        assert other.get("/traces", params={"start": START}).json() == []
    edc.api.post("/sandbox/reset", json={})
    assert lps.delete("/disconnect").status_code == 401
    assert traces(lps) == []
