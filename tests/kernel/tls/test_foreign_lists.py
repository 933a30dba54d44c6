"""Revocation lists of other authorities: what they hold is refused, whoever else is not."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services import app
from services.kernel.pki import forms
from services.settings import Settings
from tests.kernel.tls.conftest import only_this
from tests.kernel.tls.forging import ForeignPki, named, revocation_list

ANCHORS = "/sandbox/certificates/anchors"
Clients = Callable[..., Any]


async def status(caller: httpx.AsyncClient) -> str:
    found: str = (await caller.get("/w/who")).json()["status"]
    return found


@pytest.mark.parametrize(("which", "revoked"), [("middle", "leaf"), ("root", "middle")])
async def test_what_an_authority_revoked_is_refused(
    client: httpx.AsyncClient, secure: Clients, which: str, revoked: str
) -> None:
    theirs = ForeignPki()
    trusted = forms.pem(theirs.root, theirs.middle).decode()
    await client.post(ANCHORS, json={"pem": trusted})
    async with secure(theirs.identity()) as caller:
        assert await status(caller) == "valid"
        pem = theirs.revoking(which, getattr(theirs, revoked).serial_number) + trusted
        answer = await client.post(ANCHORS, json={"pem": pem})
        assert answer.status_code == 201, answer.text
        [told] = answer.json()["lists"]
        assert (told["revoked"], told["issuer"]) == (
            1, getattr(theirs, which).subject.rfc4514_string()
        )
        told = (await caller.get("/w/who")).json()
        assert told["status"] == "revoked"
        assert told["detail"].startswith("L'autorité a révoqué le certificat le 20")
        entry = (await client.get("/sandbox/journal?limit=1")).json()["entries"][0]
        assert entry["findings"][0]["rule"] == "SOCLE-TLS-CERTIFICAT"


async def test_a_newer_list_replaces_the_one_before(
    client: httpx.AsyncClient, secure: Clients
) -> None:
    theirs = ForeignPki()
    pem = forms.pem(theirs.root, theirs.middle).decode()
    async with secure(theirs.identity()) as caller:
        for revoked, expected in (((theirs.leaf.serial_number,), "revoked"), ((), "valid")):
            given = pem + theirs.revoking("middle", *revoked)
            assert (await client.post(ANCHORS, json={"pem": given})).status_code == 201
            assert await status(caller) == expected
    assert len((await client.get(ANCHORS)).json()["lists"]) == 1


async def test_revocation_goes_by_the_tenants_clock(
    client: httpx.AsyncClient, secure: Clients
) -> None:
    theirs = ForeignPki()
    revoking = theirs.revoking("middle", theirs.leaf.serial_number)
    pem = forms.pem(theirs.root, theirs.middle).decode() + revoking
    await client.post(ANCHORS, json={"pem": pem})
    await client.put("/sandbox/clock", json={"shift_seconds": -2 * 86400})
    async with secure(theirs.identity()) as caller:
        assert await status(caller) == "valid"


async def test_a_list_goes_with_its_authority_and_with_a_reset(
    client: httpx.AsyncClient, secure: Clients
) -> None:
    theirs = ForeignPki()
    pem = forms.pem(theirs.middle).decode() + theirs.revoking("middle", theirs.leaf.serial_number)
    [anchor] = (await client.post(ANCHORS, json={"pem": pem})).json()["anchors"]
    assert (await client.delete(f"{ANCHORS}/{anchor['fingerprint']}")).status_code == 204
    assert (await client.get(ANCHORS)).json()["lists"] == []
    await client.post(ANCHORS, json={"pem": pem})
    await client.post("/sandbox/reset", json={})
    assert (await client.get(ANCHORS)).json()["lists"] == []
    await client.post(ANCHORS, json={"pem": forms.pem(theirs.middle).decode()})
    async with secure(theirs.identity()) as caller:
        assert await status(caller) == "valid"


async def test_a_list_of_nobody_accepted_is_refused(client: httpx.AsyncClient) -> None:
    theirs, key = ForeignPki(), ec.generate_private_key(ec.SECP256R1())
    forged = revocation_list(theirs.middle.subject, key, theirs.leaf.serial_number)
    for pem in (theirs.revoking("middle"), forms.pem(theirs.middle).decode() + forged,
                revocation_list(named("AUTRE"), key)):
        answer = await client.post(ANCHORS, json={"pem": pem})
        assert (answer.status_code, answer.json()["erreur"]["code"]) == (400, "liste")
    assert (await client.get(ANCHORS)).json() == {"anchors": [], "installation": [], "lists": []}


async def test_a_broken_list_is_refused(client: httpx.AsyncClient) -> None:
    pem = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
    answer = await client.post(ANCHORS, json={"pem": pem})
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (400, "pem")


async def test_a_long_list_is_taken(client: httpx.AsyncClient, secure: Clients) -> None:
    theirs = ForeignPki()
    serials = (*range(1, 20_000), theirs.leaf.serial_number)
    pem = forms.pem(theirs.middle).decode() + theirs.revoking("middle", *serials)
    assert (await client.post(ANCHORS, json={"pem": pem})).status_code == 201
    async with secure(theirs.identity()) as caller:
        assert await status(caller) == "revoked"


async def test_the_setting_gives_lists_to_every_tenant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = ForeignPki()
    anchors = tmp_path / "anchors.pem"
    anchors.write_text(
        forms.pem(theirs.root, theirs.middle).decode()
        + theirs.revoking("middle", theirs.leaf.serial_number)
    )
    identity = tmp_path / "identity.pem"
    identity.write_text(theirs.key + theirs.identity()[0])
    only_this(monkeypatch)
    running = await app.start(Settings(
        memory=True, http_port=0, https_port=0, smtp_port=0, trust_anchors=anchors
    ))
    try:
        context = ssl.create_default_context(cafile=running.ready["ca"])
        context.load_cert_chain(identity)
        base = f"{running.ready['https']}/t/a"
        async with httpx.AsyncClient(base_url=base, verify=context, trust_env=False) as caller:
            assert await status(caller) == "revoked"
    finally:
        await running.stop()
