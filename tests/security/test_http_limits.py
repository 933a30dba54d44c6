"""What is too large is refused in the dialect of its address, cheaply, and journalled."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from services.kernel import limits
from tests.security.conftest import Connect, Own
from tests.security.wire import Wire

Entry = Callable[..., dict[str, Any]]
MEBIBYTE = 1024 * 1024
# An address of each dialect, and where its refusals say their code.
ADDRESSES = {
    "/dmp/fhir/DocumentReference": lambda answer: answer["issue"][0]["code"],
    "/ins/fhir/Patient": lambda answer: answer["issue"][0]["code"],
    "/psc/auth/realms/esante-wallet/protocol/openid-connect/userinfo": lambda a: a["error"],
    "/e-prescription/v1/generateIdentifiantUnique": lambda answer: answer["erreur"]["code"],
    "/sandbox/identities": lambda answer: answer["erreur"]["code"],
}


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize(("query", "headers", "status"), [
    ("q=" + "a" * limits.TARGET_BYTES, {}, 414),
    ("", {f"x-{number}": "1" for number in range(limits.HEADERS)}, 431),
    ("", {"x-long": "a" * limits.HEADER_BYTES}, 431),
], ids=["target", "many headers", "long header"])
def test_a_head_that_is_too_long(
    api: httpx.Client, path: str, query: str, headers: dict[str, str], status: int
) -> None:
    answer = api.get(f"{path}?{query}", headers=headers)
    assert answer.status_code == status
    assert answer.headers["connection"] == "close"
    assert ADDRESSES[path](answer.json()) in {
        "too-long", "invalid_request", "uri-too-long", "headers", "adresse", "en-tetes"
    }
    if not path.startswith("/sandbox"):
        [entry] = api.get("/sandbox/journal").json()["entries"]
        assert (entry["outcome"], entry["response"]["status"]) == ("fail", str(status))
        assert entry["id"] == answer.headers["x-sandbox-exchange"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_head_within_the_limits(api: httpx.Client, path: str) -> None:
    query = "q=" + "a" * (limits.TARGET_BYTES - 300)
    headers = {f"x-{number}": "a" * 300 for number in range(limits.HEADERS - 10)}
    assert api.get(f"{path}?{query}", headers=headers).status_code in (200, 400, 401, 403, 422)


@pytest.mark.parametrize("beginning", [
    b"GET /t/{tenant}/ins/fhir/Patient?", b"GET /t/{tenant}/ins/fhir/Patient HTTP/1.1\r\nX-Long: ",
    b"GET /t/{tenant}/ins/fhir/Patient HTTP/1.1\r\n",
])
def test_a_head_without_end_is_cut(
    connect: Connect, entry_of: Entry, tenant: str, beginning: bytes
) -> None:
    piece = b"a" * 4096 if not beginning.endswith(b"1.1\r\n") else b"a: b\r\n" * 600
    with connect() as wire:
        wire.send(beginning.replace(b"{tenant}", tenant.encode()), *[piece] * 20, every=0.005)
        assert wire.rest().startswith(b"HTTP/1.1 431 ")
        entry = entry_of(wire, tenant)
    assert (entry["outcome"], entry["response"]["status"]) == ("fail", "431")
    assert "65536 octets" in entry["note"]


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65_536 + 1):
        yield b" " * 65_536


@pytest.mark.parametrize(("path", "media_type", "limit"), [
    ("/dmp/fhir/Consent", "application/fhir+json", 2 * MEBIBYTE),
    ("/ins/fhir/Patient/$match", "application/fhir+json", 2 * MEBIBYTE),
    ("/psc/auth/realms/esante-wallet/protocol/openid-connect/token",
     "application/x-www-form-urlencoded", 64 * 1024),
    ("/sandbox/reset", "application/json", 2 * MEBIBYTE),
])
@pytest.mark.parametrize("announced", [True, False], ids=["declared", "chunked"])
def test_a_body_that_is_too_long(
    api: httpx.Client, path: str, media_type: str, limit: int, announced: bool
) -> None:
    content: Any = b" " * (limit + 1) if announced else chunks(limit)
    answer = api.post(path, content=content, headers={"content-type": media_type})
    assert answer.status_code == 413, answer.text


def test_an_import_may_be_longer(api: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    path = "/sandbox/identities/import"
    assert api.post(path, content=b" " * (3 * MEBIBYTE), headers=headers).status_code == 422
    assert api.post(path, content=b" " * (64 * MEBIBYTE + 1), headers=headers).status_code == 413


def test_parts_are_read_nowhere(api: httpx.Client) -> None:
    """No transaction takes multipart bodies yet: their parts are not even counted."""
    parts = {f"p{n}": b"x" for n in range(2000)}
    for path in ("/psc/auth/realms/esante-wallet/protocol/openid-connect/token", "/dmp/fhir",
                 "/ins/fhir/Patient/$match", "/sandbox/reset", "/psc/auth/login"):
        assert api.post(path, files=parts).status_code in (400, 401, 413, 415), path


def test_a_compressed_body_is_not_inflated(api: httpx.Client) -> None:
    bomb = gzip.compress(b" " * 8 * MEBIBYTE)
    headers = {"content-type": "application/fhir+json", "content-encoding": "gzip"}
    answer = api.post("/dmp/fhir/Consent", content=bomb[:1000], headers=headers)
    assert answer.status_code == 415
    assert "compressés" in answer.json()["issue"][0]["diagnostics"]
    headers["content-type"] = "application/json"
    answer = api.post("/sandbox/reset", content=bomb[:1000], headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/psc/auth", "/dmp/fhir/DocumentReference"])
def test_too_many_parameters(api: httpx.Client, token: Callable[[], str], path: str) -> None:
    query = [(f"p{n}", "") for n in range(limits.PARAMETERS + 1)]
    answer = api.get(path, params=query, headers={"authorization": f"Bearer {token()}"})
    assert answer.status_code == 400


def test_too_many_fields_of_a_form(api: httpx.Client) -> None:
    answer = api.post(
        "/psc/auth/realms/esante-wallet/protocol/openid-connect/token",
        data={f"p{n}": "" for n in range(limits.PARAMETERS + 1)},
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(("method", "path", "media_type"), [
    ("POST", "/dmp/fhir", "application/fhir+json"),
    ("POST", "/dmp/fhir/Consent", "application/fhir+json"),
    ("POST", "/ins/fhir/Patient/$match", "application/fhir+json"),
    ("POST", "/e-prescription/v1/ep4_creer", "application/json"),
    ("POST", "/e-prescription/v1/ep3_consulter", "application/json"),
    ("POST", "/e-prescription/v1/ep1_transmettreExecution", "application/json"),
    ("POST", "/sandbox/patients", "application/json"),
    ("PUT", "/sandbox/settings", "application/json"),
    ("POST", "/sandbox/identities/import", "application/json"),
])
@pytest.mark.parametrize("depth", [61, 900, 100_000])
@pytest.mark.parametrize(("opening", "middle", "closing"), [
    (b"[", b"1", b"]"), (b'{"a":', b"1", b"}"),
], ids=["lists", "objects"])
def test_a_body_that_is_nested_too_deep(
    api: httpx.Client, method: str, path: str, media_type: str, depth: int, opening: bytes,
    middle: bytes, closing: bytes,
) -> None:
    body = opening * depth + middle + closing * depth
    answer = api.request(method, path, content=body, headers={"content-type": media_type})
    assert answer.status_code in (400, 401, 422), answer.text


@pytest.mark.parametrize(("head", "status"), [
    (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"400"),
    (b"Content-Length: 5\r\nContent-Length: 6\r\n", b"400"),
    (b"Content-Length: -1\r\n", b"400"),
    (b"Content-Length: 99999999999999999999999\r\n", b"400"),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"400"),
])
def test_lengths_that_contradict_one_another(
    connect: Connect, tenant: str, head: bytes, status: bytes
) -> None:
    with connect() as wire:
        wire.send(
            b"POST /t/%s/ins/fhir/Patient/$match HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/fhir+json\r\n%s\r\n" % (tenant.encode(), head),
            b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )
        said = wire.rest()
    assert said.startswith(b"HTTP/1.1 " + status)
    assert said.count(b"HTTP/1.1 ") == 1


ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_crowd_of_idle_connections_makes_room(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 3)
    with ExitStack() as open_:
        wires = [open_.enter_context(Wire("127.0.0.1", own.port)) for _ in range(3)]
        for wire in reversed(wires):
            assert wire.send(ASK).answer().startswith(b"HTTP/1.1 200")
            time.sleep(0.02)
        late = open_.enter_context(Wire("127.0.0.1", own.port))
        assert late.send(ASK).answer().startswith(b"HTTP/1.1 200")
        assert wires[2].rest() == b""  # had been idle for longest
        for wire in wires[:2]:
            assert wire.send(ASK).answer().startswith(b"HTTP/1.1 200")


def test_a_crowd_of_busy_connections_turns_the_next_one_away(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 2)
    slow = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as open_:
        for _ in range(2):
            open_.enter_context(Wire("127.0.0.1", own.port)).send(slow)
        until = time.monotonic() + 20
        while len(own.listener._server.server_state.tasks) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert open_.enter_context(Wire("127.0.0.1", own.port)).rest().startswith(b"HTTP/1.1 503 ")
