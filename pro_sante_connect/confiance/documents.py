"""psc.as_discovery: what an API's authorization server says of itself, and its public keys."""

from __future__ import annotations

from pro_sante_connect.confiance import apis
from pro_sante_connect.confiance.authority import api_of, issuer_of
from pro_sante_connect.wire.certs import key_set
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction


@transaction(
    "psc.as_discovery",
    name="Métadonnées du serveur d'autorisation d'une API",
    spec="RFC 8414 §2 ; RFC 8705 §3.3",
    dialect=OAUTH,
    routes=(f"GET {apis.ROOT}/.well-known/openid-configuration",),
    fidelity="default",
)
async def as_discovery(exchange: Exchange) -> Answer:
    """Only what is served: nobody logs in here."""
    api = api_of(exchange)
    issuer = issuer_of(exchange, api)
    connect = f"{issuer}/protocol/openid-connect"
    return Answer.json({
        "issuer": issuer, "token_endpoint": f"{connect}/token",
        "introspection_endpoint": f"{connect}/token/introspect",
        "revocation_endpoint": f"{connect}/revoke", "jwks_uri": f"{connect}/certs",
        "grant_types_supported": list(apis.GRANTS), "response_types_supported": [],
        "scopes_supported": list(api.scopes), "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["tls_client_auth"],
        "tls_client_certificate_bound_access_tokens": True,
    }, cache_control="no-cache")


@transaction(
    "psc.as_certs",
    name="Clés publiques du serveur d'autorisation d'une API",
    spec="RFC 7517",
    dialect=OAUTH,
    routes=(f"GET {apis.CONNECT}/certs",),
    fidelity="default",
)
async def as_certs(exchange: Exchange) -> Answer:
    """The same keys for all the servers of a tenant."""
    api_of(exchange)
    return Answer.json(await key_set(exchange.sandbox, exchange.tenant), cache_control="no-cache")
