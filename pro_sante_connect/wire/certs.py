"""psc.certs: the public keys. Clients choose by `kid` and `use`."""

from __future__ import annotations

from typing import Any

from pro_sante_connect import codes
from pro_sante_connect.domain import rotation
from pro_sante_connect.domain.provider import provider_of
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.transactions import transaction


@transaction(
    "psc.certs",
    name="Clés publiques",
    spec="Pro Santé Connect, métadonnées : jwks_uri ; RFC 7517",
    dialect=OAUTH,
    routes=(f"GET {codes.CONNECT}/certs", f"GET {codes.PLAIN}/jwks"),
    fidelity="derived",
)
async def certs(exchange: Exchange) -> Answer:
    """Keys that sign (RS256): the current one, and former ones whose tokens still live; and, as
    the engine does, one encryption key (RSA-OAEP)."""
    return Answer.json(await key_set(exchange.sandbox, exchange.tenant), cache_control="no-cache")


async def key_set(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    """The tenant's JWK set."""
    provider = provider_of(sandbox)
    keys = [(await provider.signing(number)).jwk for number in rotation.published(tenant)]
    return {"keys": [*keys, (await provider.keys()).encryption]}
