"""psc.certs: the public keys. Clients choose by `kid` and `use`."""

from __future__ import annotations

from pro_sante_connect import codes
from pro_sante_connect.domain.provider import provider_of
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
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
    """One signing key (RS256) and, as the engine does, one encryption key (RSA-OAEP)."""
    keys = await provider_of(exchange.sandbox).keys()
    return Answer.json(keys.jwks, cache_control="no-cache")
