"""STARTTLS: client certificates are asked for and handed over; failures are journalled."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mssante.wire.office import post_office
from services.kernel.pki.judgement import judge
from services.kernel.tls import TlsPeer
from tests import several
from tests.conftest import Server
from tests.mssante.conftest import Client

Connect = Callable[[], Client]


def presenting(server: Server, api: httpx.Client, path: Path, variant: str) -> ssl.SSLContext:
    made = api.post("/sandbox/certificates", json={"variant": variant, "key": "ec"}).json()
    path.write_text(made["private_key"] + made["certificate"] + made["chain"])
    context = ssl.create_default_context(cafile=server.ca)
    context.load_cert_chain(path)
    return context


@several.one_process
@pytest.mark.parametrize("variant", ["valid", "expired", "revoked", "self_signed"])
def test_a_certificate_good_or_bad_is_handed_over(
    server: Server, api: httpx.Client, tenant: str, connect: Connect, tmp_path: Path, variant: str
) -> None:
    client = connect()
    client.starttls(context=presenting(server, api, tmp_path / "id.pem", variant))
    assert client.ehlo()[0] == 250

    async def verdict() -> str:
        # Sessions are told apart by the port of the client.
        port = client.sock.getsockname()[1]
        [session] = [each for each in post_office(server.sandbox).sessions
                     if each.conversation.peer.endswith(f":{port}")]
        peer: TlsPeer = session.transport.get_extra_info("ssl_object").peer  # type: ignore[union-attr]
        found = await server.sandbox.tenants.get(tenant)
        return (await judge(server.sandbox, found, peer)).status

    status = "untrusted" if variant == "self_signed" else variant
    assert server.run(verdict()) == status


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3],
                         ids=["1.2", "1.3"])
def test_a_client_that_does_not_trust_us_is_journalled_and_let_go(
    server: Server, connect: Connect, version: ssl.TLSVersion
) -> None:
    client = connect()
    name = "{}:{}".format(*client.sock.getsockname())
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=context)
    entry = wait_for(server, name)
    assert (entry["protocol"], entry["outcome"]) == ("TLS", "fail")
    assert "donnez-lui /pki/ca.pem" in entry["note"]
    assert server.run(is_gone(server, name))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_1_1_is_refused_with_an_alert(server: Server, connect: Connect) -> None:
    client = connect()
    context = ssl.create_default_context(cafile=server.ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        client.starttls(context=context)


def wait_for(server: Server, peer: str) -> dict[str, Any]:
    for _ in range(400):
        entries = httpx.get(
            f"{server.url}/sandbox/journal", params={"limit": 1000}, trust_env=False
        ).json()["entries"]
        found = [each for each in entries if (each["peer"], each["protocol"]) == (peer, "TLS")]
        if found:
            entry: dict[str, Any] = found[0]
            return entry
        time.sleep(0.05)
    raise AssertionError("not in the journal")


async def is_gone(server: Server, peer: str) -> bool:
    for _ in range(1000):
        if all(each.conversation.peer != peer for each in post_office(server.sandbox).sessions):
            return True
        await asyncio.sleep(0.02)
    return False
