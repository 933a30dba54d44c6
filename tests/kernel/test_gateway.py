"""One exchange, one path: tenant, journal, transaction, answer."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest

from services import app
from tests.kernel.conftest import patient


async def entries(client: httpx.AsyncClient, tenant: str = "", **query: Any) -> list[dict]:
    prefix = f"/t/{tenant}" if tenant else ""
    return (await client.get(f"{prefix}/sandbox/journal", params=query)).json()["entries"]


async def test_an_exchange_is_answered_labelled_and_journalled(client: httpx.AsyncClient) -> None:
    answer = await client.post("/t/a/x/echo?q=1", json="salut")
    assert (answer.status_code, answer.json()) == (201, "salut")
    assert answer.headers["x-sandbox-fidelity"] == "derived"
    assert answer.headers["x-seen"] == "yes"
    [entry] = await entries(client, "a")
    assert entry["id"] == answer.headers["x-sandbox-exchange"]
    assert (entry["tenant"], entry["service"], entry["transaction"]) == ("a", "x", "X1")
    assert (entry["outcome"], entry["response"]["status"]) == ("pass", "201")
    raw = await client.get(f"/t/a/sandbox/journal/{entry['id']}/request")
    assert raw.content.startswith(b"POST /t/a/x/echo?q=1 HTTP/1.1\r\n")
    assert raw.content.endswith(b'\r\n\r\n"salut"')
    raw = await client.get(f"/t/a/sandbox/journal/{entry['id']}/response")
    assert raw.content.endswith(b'\r\n\r\n"salut"')


async def test_a_broken_rule_is_a_finding_and_refuses_only_as_declared(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.post("/t/a/x/echo", json="FORT")).status_code == 201
    assert (await client.post("/t/a/x/echo", json="bad")).status_code == 418
    refused, accepted = await entries(client, "a")
    assert accepted["outcome"] == "fail"
    assert accepted["findings"] == [{
        "rule": "R-LOUD", "severity": "error", "at": "$", "expected": "minuscules",
        "found": "FORT", "message": "Trop fort.", "source": "Règle de Socle",
        "requirements": ["R-LOUD"],
    }]
    assert refused["error"] == {"code": "T1", "label": "Je suis une théière."}


async def test_a_strict_tenant_refuses_errors(client: httpx.AsyncClient) -> None:
    await client.put("/t/s/sandbox/settings", json={"strict": True})
    assert (await client.post("/t/s/x/echo", json="FORT")).status_code == 418
    assert (await client.post("/t/other/x/echo", json="FORT")).status_code == 201


async def test_our_bug_is_told_as_ours(client: httpx.AsyncClient) -> None:
    answer = await client.get("/x/bug")
    assert answer.status_code == 500
    assert "c'est nous" in answer.json()["erreur"]["libelle"]
    [entry] = await entries(client, limit=1)
    assert entry["outcome"] == "error"
    assert "surprise" not in answer.text


@pytest.mark.parametrize(("method", "path", "content", "media_type", "status", "code"), [
    ("POST", "/x/echo", b"{", "application/json", 400, "structure"),
    ("POST", "/x/echo", b"\xff\xfe", "application/json", 400, "structure"),
    ("POST", "/x/echo", b"", "application/json", 400, "structure"),
    ("POST", "/x/echo", b"1" * (2 * 1024 * 1024 + 1), "application/json", 413, "too-long"),
    ("POST", "/x/xml", b"<a/>", "text/plain", 415, "media-type"),
    ("POST", "/x/xml", b"<a/>" * 26, "application/xml", 413, "too-long"),
    ("GET", "/x/nowhere", b"", "", 404, "not-found"),
    ("PUT", "/x/echo", b"", "", 405, "method-not-allowed"),
    ("GET", "/x/echo/%ff?a=%ff", b"", "", 400, "structure"),
    ("GET", "/x/echo/1?a=%00", b"", "", 400, "structure"),
])
async def test_bad_input_is_refused_in_the_dialect(
    client: httpx.AsyncClient, method: str, path: str, content: bytes, media_type: str,
    status: int, code: str,
) -> None:
    headers = {"content-type": media_type} if media_type else {}
    answer = await client.request(method, path, content=content, headers=headers)
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (status, code)
    [entry] = await entries(client, limit=1)
    assert (entry["outcome"], entry["error"]["code"]) == ("fail", code)


async def test_a_large_body_of_unknown_length_is_refused(client: httpx.AsyncClient) -> None:
    async def chunks():
        for _ in range(30):
            yield b"x" * 100_000

    answer = await client.post("/x/echo", content=chunks())
    assert answer.status_code == 413


async def test_head_has_no_body_and_control_calls_are_no_exchanges(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.head("/x/echo/1")
    assert (answer.status_code, answer.content) == (200, b"")
    await client.get("/sandbox/clock")
    await client.get("/health")
    assert len(await entries(client)) == 1


@pytest.mark.parametrize("name", [
    "A", "a_b", "-a", "a-", "a" * 64, "%2e%2e", "a%00", "é", "a.b", "a%2fb", "",
])
async def test_what_is_not_a_tenant_name_is_nothing(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/t/{name}/x/echo/1")).status_code == 404
    assert (await client.get(f"/t/{name}/sandbox/clock")).status_code == 404


async def test_tenants_do_not_see_each_other_and_reset_empties_one(
    client: httpx.AsyncClient,
) -> None:
    for name in ("a", "b"):
        await client.post(f"/t/{name}/x/echo", json=name)
    foreign = (await entries(client, "b"))[0]["id"]
    assert (await client.get(f"/t/a/sandbox/journal/{foreign}")).status_code == 404
    assert (await client.get(f"/t/a/sandbox/journal/{foreign}/request")).status_code == 404
    answer = await client.post("/t/a/sandbox/reset", json={})
    assert answer.json() == {"tenant": "a", "epoch": 1}
    assert (len(await entries(client, "a")), len(await entries(client, "b"))) == (0, 1)


async def test_the_clock_of_one_tenant_moves(client: httpx.AsyncClient) -> None:
    frozen = {"freeze": "2030-01-01T00:00:00+01:00"}
    answer = await client.put("/t/a/sandbox/clock", json=frozen)
    assert answer.json() == {
        "now": "2029-12-31T23:00:00.000Z", "shift_seconds": 0.0, "frozen": True
    }
    assert (await client.get("/t/b/sandbox/clock")).json()["frozen"] is False
    for wrong in ({}, {"resume": False}, {"shift_seconds": 1, "resume": True},
                  {"freeze": "2030-01-01T00:00:00"}, {"freeze": "x"}, {"other": 1},
                  {"shift_seconds": 1e300}):
        refused = await client.put("/t/a/sandbox/clock", json=wrong)
        assert refused.status_code in (400, 422), wrong
        assert "erreur" in refused.json()


async def test_the_stream_tells_exchanges_of_its_tenant(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/t/a/sandbox/journal/stream") as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        await client.post("/t/b/x/echo", json="ailleurs")
        await client.post("/t/a/x/echo", json="ici")
        told = [line async for line in _until_data(lines)]
    assert "event: entry" in told
    assert '"tenant":"a"' in told[-1]


async def _until_data(lines):
    async for line in lines:
        yield line
        if line.startswith("data"):
            return


async def test_a_stop_waits_for_nothing_that_is_open(
    running: app.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(running, monkeypatch)
    loop = asyncio.get_running_loop()
    host, port = running.sandbox.public_url.removeprefix("http://").split(":")
    with (
        socket.create_connection((host, int(port))),
        socket.create_connection((host, int(port))) as half,
    ):
        half.sendall(b"POST /x/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n1")
        async with (
            httpx.AsyncClient(base_url=running.sandbox.public_url) as client,
            client.stream("GET", "/sandbox/journal/stream") as stream,
        ):
            await anext(stream.aiter_lines())
            began = loop.time()
            await running.stop()
            assert loop.time() - began < 30  # who waits for them waits for a minute


async def test_documents_describe_the_service(client: httpx.AsyncClient) -> None:
    document = (await client.get("/docs/x/openapi.json")).json()
    assert set(document["paths"]) == {"/x/echo", "/x/echo/{id}", "/x/bug", "/x/xml"}
    for page in ("/docs", "/docs/x"):
        assert (await client.get(page, follow_redirects=True)).status_code == 200
    assert (await client.get("/docs/nothing")).status_code == 404


async def test_the_authority_can_be_fetched(client: httpx.AsyncClient) -> None:
    assert b"BEGIN CERTIFICATE" in (await client.get("/pki/ca.pem")).content
