"""The conformity tests of a proxy e-santé, on one that is right and on some that are not."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from services.cli import app
from tests.confiance import CLIENT, Software

Alter = Callable[[str, int, bytes], tuple[int, bytes]]


class Vendor(http.server.BaseHTTPRequestHandler):
    """A vendor's proxy: the sandbox's own, whose answers a test may spoil."""

    def relay(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        parts = urlsplit(server.target)
        connection = http.client.HTTPConnection(parts.netloc)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() in ("content-type", "cookie")}
        connection.request(self.command, parts.path + self.path, body, headers)
        answer = connection.getresponse()
        status, content = server.alter(
            f"{self.command} {self.path.partition('?')[0]}", answer.status, answer.read())
        self.send_response(status)
        for name, value in answer.getheaders():
            if name.lower() in ("content-type", "set-cookie"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_POST = do_DELETE = relay

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def vendor(software: Software) -> Iterator[Any]:
    software.register()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as server:
        server.target = f"{software.server.url}/t/{software.tenant}/psc/proxy"  # type: ignore[attr-defined]
        server.alter = lambda call, status, body: (status, body)  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


def tried(software: Software, vendor: Any, **body: str) -> dict[str, Any]:
    answer = software.api.post("/sandbox/psc/platines", json={
        "url": f"http://127.0.0.1:{vendor.server_port}", "client_id": CLIENT} | body)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def failures(content: dict[str, Any]) -> dict[str, str]:
    return {each["place"]: each["found"] for each in content["checks"]
            if each["outcome"] == "fail"}


def test_a_right_proxy_passes(software: Software, vendor: Any) -> None:
    content = tried(software, vendor)
    assert failures(content) == {}
    assert content["outcome"] == "pass"
    assert len(content["checks"]) > 30


def spoiled(call: str, change: Callable[[Any], Any]) -> Alter:
    """Its answer to one call, changed."""

    def alter(made: str, status: int, body: bytes) -> tuple[int, bytes]:
        if made != call or status >= 300:
            return status, body
        return status, json.dumps(change(json.loads(body))).encode()

    return alter


def without(name: str) -> Callable[[Any], Any]:
    return lambda records: [
        {key: value for key, value in each.items() if key != name} for each in records
    ]


@pytest.mark.parametrize(("alter", "place", "found"), [
    (spoiled("GET /traces", without("ports")), "/traces[0] CONNECT_SUCCESS", "ports"),
    (spoiled("GET /traces", without("apiRequest")), "/traces[2] SEND", "apiRequest"),
    (spoiled("GET /traces", lambda records: records[:1]), "/traces : DISCONNECT", "absent"),
    (spoiled("GET /traces", lambda records: [each | {"session_state": "x"} for each in records]),
     "/traces[0] CONNECT_SUCCESS : session_state", "x"),
    (spoiled("GET /traces", lambda records: [each | {"timestamp": "hier"} for each in records]),
     "/traces[3] DISCONNECT", "timestamp"),
    (spoiled("GET /traces", lambda records: {}), "/traces", "autre chose"),
    (spoiled("GET /traces", lambda records: [{"type": "AUTRE"}, 1]), "/traces[0] AUTRE", "type"),
    (spoiled("POST /connect", lambda session: session | {"session_state": "autre"}),
     "/connect : session de Pro Santé Connect", "aucune session"),
    (spoiled("POST /connect", lambda session: {}), "/connect : proxy_session_id", "autre"),
    (spoiled("POST /send/signsessiondata/signsessiondata", lambda data: data | {"signature": ""}),
     "/send : signature", "autre"),
    (lambda made, status, body: (200 if status == 304 else status, body),
     "/connect, rejoué : statut", "200"),
    (lambda made, status, body: (500, b"") if made == "POST /connect" else (status, body),
     "/connect : statut", "500"),
], ids=["ports", "request", "types", "state", "date", "object", "type", "session", "empty",
        "signature", "replay", "down"])
def test_a_wrong_proxy_is_told_where(
    software: Software, vendor: Any, alter: Alter, place: str, found: str
) -> None:
    vendor.alter = alter
    content = tried(software, vendor)
    assert content["outcome"] == "fail"
    assert found in failures(content)[place]


def test_a_proxy_that_is_not_there(software: Software, vendor: Any) -> None:
    content = tried(software, vendor, url="http://127.0.0.1:1")
    assert "injoignable" in failures(content)["POST /connect"]
    own = tried(software, vendor, url=software.server.url)
    assert "ne s'appelle pas lui-même" in failures(own)["POST /connect"]
    far = tried(software, vendor, url="http://10.1.2.3")
    assert "outbound" in failures(far)["POST /connect"]
    for unreadable in ("http://127.0.0.1:]80", "http://[x", "http://127.0.0.1:99999", "http:///x"):
        none = tried(software, vendor, url=unreadable)
        assert "adresse inutilisable" in failures(none)["POST /connect"]


def test_the_command_says_what_failed(software: Software, vendor: Any) -> None:
    def run() -> Any:
        return CliRunner().invoke(app, [
            "platines", f"http://127.0.0.1:{vendor.server_port}", "--client-id", CLIENT,
            "--url", software.server.url, "--tenant", software.tenant])

    done = run()
    assert (done.exit_code, "NON" in done.output) == (0, False)
    vendor.alter = spoiled("GET /traces", lambda records: [])
    assert run().exit_code == 1
    assert "NON  /traces : SEND : attendu présent, trouvé absent" in run().output
