"""What never becomes an exchange is in the journal, with a sentence that helps."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.kernel import limits
from services.kernel.mishaps import MALFORMED, Mishaps
from services.kernel.tenants import Tenant
from tests.kernel.tls.conftest import Front
from tests.kernel.tls.wire import open_wire

Contexts = Callable[..., ssl.SSLContext]


async def entry_of(front: Front, peer: str, tenant: str = "default") -> dict[str, Any]:
    """The one entry about a client; it is there once the connection is over."""
    async with httpx.AsyncClient(base_url=front.ready["http"], trust_env=False) as client:
        for _ in range(400):
            answer = await client.get(f"/t/{tenant}/sandbox/journal", params={"limit": 1000})
            found = [each for each in answer.json()["entries"] if each["peer"] == peer]
            if found:
                [entry] = found
                return entry  # type: ignore[no-any-return]
            await asyncio.sleep(0.05)
    raise AssertionError("not in the journal")


async def raw(front: Front, entry: dict[str, Any], side: str) -> bytes:
    async with httpx.AsyncClient(base_url=front.ready["http"], trust_env=False) as client:
        prefix = f"/t/{entry['tenant']}"
        return (await client.get(prefix + entry[side]["raw"])).content


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_tls_1_1_is_refused(front: Front, trusting: Contexts) -> None:
    context = trusting(None, ssl.TLSVersion.TLSv1_1)
    context.set_ciphers("ALL:@SECLEVEL=0")
    async with open_wire(front.ready["https"], context) as wire:
        with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
            await wire.handshake()
        entry = await entry_of(front, wire.name)
    assert (entry["protocol"], entry["service"], entry["outcome"]) == ("TLS", "", "fail")
    assert entry["note"].startswith("Le client ne connaît pas TLS 1.2")
    assert (await raw(front, entry, "request")).startswith(b"\x16\x03")
    assert (await raw(front, entry, "response")).startswith(b"\x15\x03")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3],
                         ids=["1.2", "1.3"])
async def test_a_client_that_does_not_trust_us_is_told_what_to_do(
    front: Front, version: ssl.TLSVersion
) -> None:
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    async with open_wire(front.ready["https"], context) as wire:
        with pytest.raises(ssl.SSLCertVerificationError):
            await wire.handshake()
        entry = await entry_of(front, wire.name)
    assert "donnez-lui /pki/ca.pem" in entry["note"]


@pytest.mark.parametrize(("sent", "note"), [
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "Le client parle HTTP sur le port HTTPS."),
    (b"POST /x HTTP/1.1\r\n\r\n", "Le client parle HTTP sur le port HTTPS."),
    (b"EHLO moi\r\n", "Ce que le client a envoyé n'est pas du TLS."),
    (b"\x16\x03\x01\x00\x05hello", "(OpenSSL : "),
    (b"\x16\x03\x01\xff\xff" + b"\x00" * 70000, "(OpenSSL : "),
    (b"\x16\x03", "Le client a coupé"),
])
async def test_what_is_not_tls(front: Front, sent: bytes, note: str) -> None:
    host, port = front.ready["https"].removeprefix("https://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    local = writer.get_extra_info("sockname")
    writer.write(sent)
    if len(sent) < 5:
        writer.write_eof()
    await asyncio.wait_for(reader.read(), 30)
    writer.close()
    entry = await entry_of(front, f"{local[0]}:{local[1]}")
    assert note in entry["note"]


async def test_a_silent_connection_is_no_entry(front: Front, client: httpx.AsyncClient) -> None:
    host, port = front.ready["https"].removeprefix("https://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    local = writer.get_extra_info("sockname")
    writer.close()
    await asyncio.sleep(0.3)
    entries = (await client.get(f"{front.ready['http']}/sandbox/journal")).json()["entries"]
    assert f"{local[0]}:{local[1]}" not in {each["peer"] for each in entries}


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x02\x00\x01"])
async def test_a_handshake_that_does_not_end_is_cut(
    front: Front, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", 0.3)
    host, port = front.ready["https"].removeprefix("https://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    local = writer.get_extra_info("sockname")
    writer.write(sent)
    assert await asyncio.wait_for(reader.read(), 30) == b""
    writer.close()
    if sent:
        entry = await entry_of(front, f"{local[0]}:{local[1]}")
        assert entry["note"].startswith("Le client a coupé, ou s'est tu")


@pytest.mark.parametrize(("sent", "line"), [
    (b"GET /t/{tenant}/w/who HTTP/1.1\r\nHost: a\x00b\r\n\r\n", "GET /t/{tenant}/w/who"),
    (b"POST /t/{tenant}/w/who HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST /t/{tenant}/w/who"),
    (b"GET /t/{tenant}/w/who HTTP/1.1\r\nno colon\r\n\r\n", "GET /t/{tenant}/w/who"),
    (b"GET /t/{tenant}/w/who HTTP/9.9\r\n\r\n", "GET /t/{tenant}/w/who"),
])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_malformed_http_is_answered_and_journalled_in_its_tenant(
    front: Front, tenant: str, trusting: Contexts, sent: bytes, line: str, secure: bool
) -> None:
    sent = sent.replace(b"{tenant}", tenant.encode())
    name = "https" if secure else "http"
    host, port = front.ready[name].removeprefix(f"{name}://").split(":")
    reader, writer = await asyncio.open_connection(
        host, int(port), ssl=trusting() if secure else None,
        server_hostname="localhost" if secure else None,
    )
    local = writer.get_extra_info("sockname")
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert "Requête HTTP mal formée".encode() in answer
    entry = await entry_of(front, f"{local[0]}:{local[1]}", tenant)
    assert f"x-sandbox-exchange: {entry['id']}\r\n".encode() in answer
    method, _, path = line.replace("{tenant}", tenant).partition(" ")
    assert (entry["request"]["method"], entry["request"]["path"]) == (method, path)
    assert (entry["outcome"], entry["response"]["status"]) == ("fail", "400")
    assert await raw(front, entry, "request") == sent
    assert await raw(front, entry, "response") == answer


async def test_malformed_http_is_in_the_journal_before_its_answer_leaves(
    front: Front, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the tenant has to be asked for: with several processes, always."""
    sandbox, order, peer = front.sandbox, list[str](), "1.2.3.4:5"

    async def recall(name: str) -> Tenant:
        await asyncio.sleep(0)
        return Tenant(name)

    monkeypatch.setattr(sandbox.tenants, "known", lambda name: None)
    monkeypatch.setattr(sandbox.tenants, "recall", recall)
    monkeypatch.setattr(
        # Connections of earlier tests may end only now.
        sandbox.journal, "record", lambda entry: entry.peer == peer and order.append("journal")
    )
    mishaps = Mishaps(sandbox)
    mishaps.answer(
        MALFORMED, peer, f"GET /t/{tenant}/w/who HTTP/9".encode(),
        lambda answer: order.append("answer"),
    )
    await mishaps.settled()
    assert order == ["journal", "answer"]


async def test_tls_on_the_http_port_is_told(front: Front, trusting: Contexts) -> None:
    async with open_wire(front.ready["http"].replace("http:", "https:"), trusting()) as wire:
        with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
            await wire.handshake()
        entry = await entry_of(front, wire.name)
    assert (entry["protocol"], entry["note"]) == (
        "HTTP/1.1", "Le client parle TLS sur le port HTTP."
    )


async def test_a_refusing_tenant_ends_the_handshake(
    front: Front, client: httpx.AsyncClient, tenant: str, trusting: Contexts,
    identity: Callable[[str], Awaitable[Any]],
) -> None:
    answer = await client.put("/sandbox/settings", json={"tls": "refuse"})
    assert answer.json()["tls"] == "refuse"
    alerts = {"expired": "CERTIFICATE_EXPIRED", "self_signed": "UNKNOWN_CA",
              "not_yet_valid": "BAD_CERTIFICATE", "wrong_usage": "UNSUPPORTED_CERTIFICATE"}
    for kind, alert in alerts.items():
        context = trusting(await identity(kind), ssl.TLSVersion.TLSv1_2)
        async with open_wire(front.ready["https"], context) as wire:
            with pytest.raises(ssl.SSLError, match=alert):
                await wire.handshake()
            entry = await entry_of(front, wire.name, tenant)
        assert "réglage tls : refuse" in entry["note"], kind


@pytest.mark.parametrize("kind", ["revoked", "foreign", "forged"])
async def test_what_the_handshake_cannot_know_is_cut_at_the_first_request(
    front: Front, client: httpx.AsyncClient, secure: Callable[..., httpx.AsyncClient],
    identity: Callable[[str], Awaitable[Any]], kind: str,
) -> None:
    bad = await identity(kind)
    async with secure(bad) as judged:
        assert (await judged.get("/w/who")).status_code == 200
    await client.put("/sandbox/settings", json={"tls": "refuse"})
    async with secure(bad) as cut:
        with pytest.raises(httpx.RemoteProtocolError):
            await cut.get("/w/who")
    [entry, judged_entry] = (await client.get("/sandbox/journal")).json()["entries"]
    assert (entry["outcome"], entry["response"]["status"]) == ("fail", "444")
    assert "Connexion coupée (réglage tls : refuse)" in entry["note"]
    assert judged_entry["outcome"] == "pass"
    [finding] = judged_entry["findings"]
    assert (finding["rule"], finding["severity"]) == ("SOCLE-TLS-CERTIFICAT", "warning")


async def test_a_refusing_tenant_accepts_good_ones_and_none_and_leaves_others_alone(
    front: Front, client: httpx.AsyncClient, secure: Callable[..., httpx.AsyncClient],
    identity: Callable[[str], Awaitable[Any]],
) -> None:
    await client.put("/sandbox/settings", json={"tls": "refuse"})
    for kind in ("none", "valid"):
        async with secure(await identity(kind)) as accepted:
            assert (await accepted.get("/w/who")).json()["status"] == kind
    async with secure(await identity("foreign")) as elsewhere:
        other = f"{front.ready['https']}/t/elsewhere/w/who"
        assert (await elsewhere.get(other)).json()["status"] == "untrusted"
    assert (await client.put("/sandbox/settings", json={"tls": "judge"})).json()["tls"] == "judge"
    assert (await client.put("/sandbox/settings", json={"tls": "other"})).status_code == 422


async def test_handshakes_that_the_client_resets_are_no_errors(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    host, _, port = front.ready["https"].removeprefix("https://").partition(":")
    for _ in range(30):
        with socket.create_connection((host, int(port)), 20) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(b"\x16\x03\x01")
    async with httpx.AsyncClient(base_url=front.ready["http"], trust_env=False) as client:
        assert (await client.get("/health")).status_code == 200
    gc.collect()
    assert not [each.message for each in caplog.records if each.levelname == "ERROR"]
