"""The certificate that the proxy presents for a software: one each, made at its first use."""

from __future__ import annotations

import asyncio

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pro_sante_connect.proxy.session import Identity
from pro_sante_connect.proxy.store import Store
from services.kernel.clock import real_now, to_datetime
from services.kernel.database import Duplicate
from services.kernel.exchange import Exchange
from services.kernel.pki import private_pem
from services.kernel.pki.issuing import Kind, Variant, issue, organisation_name
from services.kernel.pki.judgement import Status, judge
from services.kernel.pki.register import Register
from services.kernel.tls import TlsPeer
from services.population import Client

OVER = (Status.EXPIRED, Status.NOT_YET_VALID, Status.UNTRUSTED)


async def identity_of(exchange: Exchange, client: Client) -> Identity:
    """That of this software. One whose dates are over on the tenant's clock is replaced; a revoked
    one is not: Pro Santé Connect then refuses it."""
    store = Store(exchange.sandbox.database, exchange.tenant)
    known = _identity(await store.pem(client.client_id))
    if known is not None:
        peer = TlsPeer(certificate=known.certificate)
        verdict = await judge(exchange.sandbox, exchange.tenant, peer)
        if verdict.status not in OVER:
            return known
    made = await _made(exchange, client)
    try:
        await store.keep_pem(client.client_id, made.pem)
    except Duplicate:
        return _identity(await store.pem(client.client_id)) or made
    return made


def _identity(pem: str) -> Identity | None:
    if not pem:
        return None
    found = x509.load_pem_x509_certificates(pem.encode())[0]
    return Identity(pem, found.public_bytes(Encoding.DER), found.subject.rfc4514_string())


async def _made(exchange: Exchange, client: Client) -> Identity:
    tenant, sandbox = exchange.tenant, exchange.sandbox
    issued = await asyncio.to_thread(
        issue, sandbox.pki, Kind.ORGANISATION,
        organisation_name(client.client_id, "", "", ""), sandbox.public_url + tenant.url_prefix,
        Variant.VALID, (to_datetime(real_now()), tenant.clock.datetime()), elliptic=True,
    )
    await Register(sandbox.database, tenant).add(issued)
    parts = [private_pem(issued.key)]
    parts += [each.public_bytes(Encoding.PEM) for each in (issued.certificate, *issued.chain)]
    pem = b"".join(parts).decode()
    return Identity(
        pem, issued.certificate.public_bytes(Encoding.DER),
        issued.certificate.subject.rfc4514_string(),
    )
