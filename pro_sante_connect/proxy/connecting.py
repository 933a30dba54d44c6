"""CIBA, then an exchange at each API: what /connect does with Pro Santé Connect (dossier §12.6)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from pro_sante_connect import codes
from pro_sante_connect.confiance import apis
from pro_sante_connect.proxy import errors, inside
from pro_sante_connect.proxy.backends import Backend, backends_of
from pro_sante_connect.proxy.inside import Headers, Reply
from pro_sante_connect.proxy.session import Identity
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Exchange
from services.population import Client

RESOURCE = "psc.proxy"
MOST_WAITING = 100
"""Calls of /connect that one process lets wait for a professional."""
GRANTED = "urn:ietf:params:oauth:grant-type:token-exchange"
PENDING = ("authorization_pending", "slow_down")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The body of /connect."""

    id_nat: str
    message: str
    client_id: str
    channel: str

    def refuse(self, error: CatalogueError, details: str = "", found: str = "") -> Refusal:
        """A refusal that names the two."""
        return error(
            details, found=found, nationalId=self.id_nat, clientId=self.client_id
        )


async def log_in(
    exchange: Exchange, client: Client, identity: Identity, wanted: Wanted
) -> dict[str, Any]:
    """The token answer of Pro Santé Connect. Raises NOT_FOUND, NOT_AUTHENTICATED, UNAVAILABLE."""
    headers, own = _proof(client)
    asked = await _post(exchange, f"{codes.CONNECT}/ext/ciba/auth", own | {
        "scope": "openid scope_all", "acr_values": codes.EIDAS1, "login_hint": wanted.id_nat,
        "binding_message": wanted.message, "channel": wanted.channel,
    }, identity, headers, wanted)
    content = asked.json()
    if asked.status != 200:
        if content.get("error_description") == "invalid user":
            raise wanted.refuse(errors.NOT_FOUND, found=wanted.id_nat)
        raise _refused(wanted, content)
    form = own | {"grant_type": codes.CIBA_GRANT, "auth_req_id": str(content["auth_req_id"])}
    async with _turn(exchange, wanted):
        left = int(content["expires_in"])
        while True:
            answer = await _post(
                exchange, f"{codes.CONNECT}/token", form, identity, headers, wanted
            )
            if answer.status == 200:
                return answer.json()
            if answer.json().get("error") not in PENDING or left <= 0:
                raise _refused(wanted, answer.json())
            left -= int(content["interval"])
            await _pause(exchange, int(content["interval"]), wanted)


async def exchange_everywhere(
    exchange: Exchange, client: Client, identity: Identity, wanted: Wanted, token: str
) -> str:
    """JSON: back end → its tokens. Raises NOT_AUTHENTICATED or UNAVAILABLE."""
    found = {}
    for backend in backends_of(exchange.tenant):
        answer = await _post(exchange, token_path(backend), {
            "grant_type": GRANTED, "client_id": client.client_id, "subject_token": token,
            "subject_token_type": apis.ACCESS_TYPE, "subject_issuer": apis.PSC_ALIAS,
            "scope": f"openid {backend.api}",
        }, identity, [], wanted)
        if answer.status != 200:
            raise _refused(wanted, answer.json())
        found[backend.id] = kept(answer.json(), exchange.tenant.clock.seconds())
    return orjson.dumps(found).decode()


def token_path(backend: Backend) -> str:
    """Of the token endpoint of its API's authorization server."""
    return f"{apis.CONNECT.format(api=backend.api)}/token"


def kept(content: dict[str, Any], now: int) -> dict[str, Any]:
    """What is remembered of a token answer; ends: second of the tenant's clock."""
    return {
        "access": content["access_token"], "refresh": content["refresh_token"],
        "ends": now + int(content["expires_in"]),
    }


def _proof(client: Client) -> tuple[Headers, dict[str, str]]:
    """How a software proves itself beside its certificate: by its secret, if it is not enough."""
    if client.space == "edc":
        return [], {"client_id": client.client_id}
    pair = f"{client.client_id}:{client.client_secret}".encode()
    return [(b"authorization", b"Basic " + base64.b64encode(pair))], {}


async def _post(
    exchange: Exchange, path: str, form: dict[str, str], identity: Identity, headers: Headers,
    wanted: Wanted,
) -> Reply:
    try:
        answer = await inside.post_form(exchange, path, form, identity, headers)
    except TimeoutError as error:
        raise wanted.refuse(errors.UNAVAILABLE) from error
    if answer.status >= 500:
        raise wanted.refuse(errors.UNAVAILABLE, found=str(answer.status))
    return answer


def _refused(wanted: Wanted, content: dict[str, Any]) -> Refusal:
    told = content.get("error_description") or content.get("error") or "no reason given"
    return wanted.refuse(errors.NOT_AUTHENTICATED, f"Authentication failed: {told}")


@asynccontextmanager
async def _turn(exchange: Exchange, wanted: Wanted) -> AsyncIterator[None]:
    """One of the calls that wait. Raises UNAVAILABLE when they are too many."""
    turns: asyncio.Semaphore = exchange.sandbox.resources[RESOURCE]
    if turns.locked():
        raise wanted.refuse(errors.UNAVAILABLE, found=f"{MOST_WAITING} attentes en cours")
    async with turns:
        yield


async def _pause(exchange: Exchange, seconds: int, wanted: Wanted) -> None:
    """The interval between polls. Raises UNAVAILABLE when the sandbox stops meanwhile."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(exchange.sandbox.stopping.wait(), seconds)
        raise wanted.refuse(errors.UNAVAILABLE)
