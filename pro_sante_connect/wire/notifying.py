"""Telling the other softwares of a session that it ended: from the server, or in the browser.

The call of the server is made after the answer, and each attempt has its own line in the journal,
under psc.logout (OpenID Connect Back-Channel Logout 1.0).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from pro_sante_connect.domain import rotation
from pro_sante_connect.domain.claims import Claims, subject
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.redirection import with_parameters
from pro_sante_connect.domain.session import Session
from pro_sante_connect.domain.settings import settings_of
from pro_sante_connect.wire.addresses import issuer_of
from services.kernel.clock import real_now
from services.kernel.exchange import Exchange
from services.kernel.journal import Entry
from services.kernel.outbound import (
    Destination,
    addresses_of,
    destination,
    own_ports,
    refusal,
)
from services.kernel.sandbox import Sandbox
from services.population import Client

RESOURCE = "psc.notices"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
SECONDS = 5.0
LIFETIME = 120
"""Seconds that a logout token is good for."""
Tasks = set[asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class Notice:
    """One call to make. entry_id, tenant_key: of its line in the journal."""

    entry_id: str
    tenant_key: str
    id_nat: str
    client_id: str
    uri: str
    body: bytes
    listed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """status: of the answer, "-" for none; reason: French, why there is none."""

    status: str
    reason: str = ""
    request: bytes = b""
    response: bytes = b""

    @property
    def heard(self) -> bool:
        """200 as the text says; 204 is what many frameworks answer to nothing to say."""
        return self.status in ("200", "204")


async def tell(exchange: Exchange, session: Session, clients: Sequence[Client]) -> None:
    """Begin to call those that registered an address for it."""
    tasks: Tasks = exchange.sandbox.resources[RESOURCE]
    for client in clients:
        if client.backchannel_logout_uri:
            notice = await _notice(exchange, session, client)
            task = asyncio.create_task(_deliver(exchange.sandbox, notice))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


def frames(exchange: Exchange, session: Session, clients: Sequence[Client]) -> tuple[str, ...]:
    """Addresses that the browser must load, each with `iss` and `sid` (Front-Channel Logout §3)."""
    pairs = [("iss", issuer_of(exchange)), ("sid", session.id)]
    return tuple(
        with_parameters(client.frontchannel_logout_uri, pairs)
        for client in clients if client.frontchannel_logout_uri
    )


async def hush(sandbox: Sandbox) -> None:
    """The sandbox stops: what is not told by now will not be."""
    for task in tuple(sandbox.resources.get(RESOURCE, ())):
        task.cancel()


async def _notice(exchange: Exchange, session: Session, client: Client) -> Notice:
    tenant = exchange.tenant
    now = tenant.clock.seconds()
    claims: Claims = {
        "iss": issuer_of(exchange), "sub": subject(session.id_nat), "aud": client.client_id,
        "iat": now, "exp": now + LIFETIME, "jti": tenant.ids.uuid4(), "typ": "Logout",
        "sid": session.id, "events": {EVENT: {}},
    }
    token = await provider_of(exchange.sandbox).sign_as(
        "logout+jwt", claims, rotation.current(tenant)
    )
    return Notice(
        tenant.ids.uuid(), tenant.key, session.id_nat, client.client_id,
        client.backchannel_logout_uri, urlencode({"logout_token": token}).encode(),
        settings_of(tenant).outbound,
    )


async def _deliver(sandbox: Sandbox, notice: Notice) -> None:
    at = real_now()
    outcome = await _attempt(sandbox, notice)
    told = f"Déconnexion annoncée à {notice.client_id}" if outcome.heard else (
        f"Déconnexion non annoncée à {notice.client_id} : "
        f"{outcome.reason or 'réponse ' + outcome.status}"
    )
    sandbox.journal.record(Entry(
        notice.entry_id, notice.tenant_key, at, "psc", "psc.logout", "sortant",
        urlsplit(notice.uri).netloc, f"POST {notice.uri}", outcome.status,
        "pass" if outcome.heard else "fail", "derived", outcome.request, outcome.response,
        caller=notice.id_nat, note=told, duration=real_now() - at,
    ))


async def _attempt(sandbox: Sandbox, notice: Notice) -> Outcome:
    wanted = destination(notice.uri)
    if wanted is None:
        return Outcome("-", "adresse inutilisable")
    addresses = await addresses_of(wanted, SECONDS)
    reason = refusal(wanted, addresses, notice.listed, own_ports(sandbox))
    if reason:
        return Outcome("-", reason)
    request = _request(notice)
    context = None
    if wanted.scheme == "https":
        context = ssl.create_default_context()
        context.load_verify_locations(str(sandbox.pki.ca))
    try:
        async with asyncio.timeout(SECONDS):
            status_line = await _post(addresses[0], wanted, context, request)
    except TimeoutError:
        return Outcome("-", f"pas de réponse en {SECONDS:.0f} s", request)
    except (OSError, EOFError, ValueError) as error:  # ValueError: an endless line
        return Outcome("-", f"injoignable ({type(error).__name__})", request)
    found = STATUS.match(status_line)
    if found is None:
        return Outcome("-", "réponse qui n'est pas du HTTP", request, status_line)
    return Outcome(found.group(1).decode(), "", request, status_line + b"\r\n")


def _request(notice: Notice) -> bytes:
    parts = urlsplit(notice.uri)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(notice.body)}\r\n\r\n"
    ).encode() + notice.body


async def _post(
    address: str, wanted: Destination, context: ssl.SSLContext | None, request: bytes
) -> bytes:
    """The status line; what follows it is not read, so that nothing is followed."""
    reader, writer = await asyncio.open_connection(
        address, wanted.port, ssl=context, server_hostname=wanted.host if context else None
    )
    try:
        writer.write(request)
        return await reader.readuntil(b"\r\n")
    finally:
        writer.close()
