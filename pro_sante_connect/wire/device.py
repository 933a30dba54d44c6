"""The professional's device: the requests it shows, and what the professional does with them."""

from __future__ import annotations

from typing import Any, Literal

from pro_sante_connect.codes import MOBILE
from pro_sante_connect.domain import ecps
from pro_sante_connect.domain.ciba import ATTEMPTS, Ciba
from pro_sante_connect.store import Store
from services.kernel.clock import iso
from services.kernel.database import Conflict
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import people

Action = Literal["accept", "refuse", "wrong_pin", "block", "ignore"]
MOST = 100
"""Requests that the devices of a tenant show."""


class NoSuchRequest(Exception):
    """No request of this number, or its time is over."""


class Answered(Exception):
    """The device has answered already."""


async def shown(sandbox: Sandbox, tenant: Tenant) -> list[dict[str, Any]]:
    """Requests in progress, latest first, as `described`."""
    asked = await Store(sandbox.database, tenant).pending(MOST)
    return [
        await described(sandbox, tenant, each) for each in asked if not _is_nowhere(tenant, each)
    ]


async def described(sandbox: Sandbox, tenant: Tenant, asked: Ciba) -> dict[str, Any]:
    """What the control API says of a request; instants as RFC 3339."""
    who = people(sandbox.database, tenant)
    client, professional = await who.client(asked.client_id), await who.professional(asked.id_nat)
    return {
        "id": asked.id, "id_nat": asked.id_nat,
        "nom": professional.nom if professional else "",
        "prenom": professional.prenom if professional else "",
        "client_id": asked.client_id, "client": client.name if client else "",
        "channel": asked.channel, "binding_message": asked.message,
        "status": asked.status(tenant.clock.now()), "attempts": asked.attempts,
        "issued": iso(asked.issued), "expires": iso(asked.expires),
    }


async def act(sandbox: Sandbox, tenant: Tenant, id: str, action: Action) -> dict[str, Any]:
    """Answer in the professional's place. Raises NoSuchRequest or Answered.

    A third wrong PIN blocks the device, which refuses; an ignored request waits for its end, even
    where the device would have answered by itself.
    """
    store, now = Store(sandbox.database, tenant), tenant.clock.now()
    asked = await store.ciba(id)
    if asked is None or asked.status(now) == "expired" or _is_nowhere(tenant, asked):
        raise NoSuchRequest
    if asked.status(now) != "pending":
        raise Answered
    attempts = asked.attempts + (action == "wrong_pin")
    refused = action in ("refuse", "block") or attempts >= ATTEMPTS
    try:
        if action == "accept":
            await store.answer(asked, "accepted", now, attempts)
        elif refused:
            await store.answer(asked, "refused", now, attempts)
        else:
            await store.answer(asked, "pending", asked.due, attempts)
    except Conflict as error:
        raise Answered from error
    answered = await store.ciba(id)
    if answered is None:
        raise NoSuchRequest
    return await described(sandbox, tenant, answered)


def _is_nowhere(tenant: Tenant, asked: Ciba) -> bool:
    """No telephone shows it: the e-CPS is not active."""
    return asked.channel == MOBILE and ecps.mode_of(tenant.settings, asked.id_nat) == "inactive"
