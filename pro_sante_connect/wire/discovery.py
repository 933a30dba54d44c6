"""psc.discovery: the provider's metadata, at PSC's own path and at the engine's."""

from __future__ import annotations

from pro_sante_connect import codes
from pro_sante_connect.domain import plain
from pro_sante_connect.domain.discovery import document
from pro_sante_connect.domain.profile import profile_of
from pro_sante_connect.wire import addresses
from pro_sante_connect.wire.faces import is_plain
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

WALLET_DOCUMENT = codes.REALM + "/.well-known/wallet-openid-configuration"
PLAIN_DOCUMENT = codes.PLAIN + "/.well-known/openid-configuration"
ENGINE_DOCUMENT = codes.REALM + "/.well-known/openid-configuration"


@transaction(
    "psc.discovery",
    name="Métadonnées du fournisseur d'identité",
    spec="Pro Santé Connect, documentation technique ; OpenID Connect Discovery §4",
    dialect=OAUTH,
    routes=(f"GET {WALLET_DOCUMENT}", f"GET {ENGINE_DOCUMENT}", f"GET {PLAIN_DOCUMENT}"),
    fidelity="official",
)
async def discovery(exchange: Exchange) -> Answer:
    """The recorded document; hosts are ours. That of the plain face says what it serves."""
    if is_plain(exchange):
        content = plain.document(addresses.issuer_of(exchange))
        return Answer.json(content, cache_control="no-cache")
    wallet = exchange.path.rstrip("/") == WALLET_DOCUMENT
    content = document(
        addresses.engine(exchange, codes.REALM), addresses.wallet(exchange, codes.WALLET),
        profile_of(exchange.tenant).metadata, wallet=wallet,
    )
    return Answer.json(content, cache_control="no-cache, must-revalidate, no-transform, no-store")
