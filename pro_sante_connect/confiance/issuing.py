"""The answer of an API's authorization server (dossier §12.3)."""

from __future__ import annotations

import orjson

from pro_sante_connect.confiance.apis import ACCESS_TYPE, Api
from pro_sante_connect.confiance.authority import audience_of, issuer_of
from pro_sante_connect.confiance.tokens import (
    Access,
    Given,
    access_claims,
    id_claims,
    refresh_claims,
)
from pro_sante_connect.domain import rotation
from pro_sante_connect.domain.profile import profile_of
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.wire.client_authentication import certificate_of
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.population import Client, Professional


async def answer(
    exchange: Exchange, api: Api, client: Client, who: Professional, access: Access
) -> Answer:
    """Sign and answer; what is given is bound to the certificate of the call."""
    given = Given(
        access, who, issuer_of(exchange, api), audience_of(exchange, api),
        exchange.tenant.clock.seconds(), certificate_of(exchange),
        profile_of(exchange.tenant, client).cnf,
        orjson.loads(access.actor) if access.actor else {},
    )
    provider, ids = provider_of(exchange.sandbox), exchange.tenant.ids
    token, id_token = await provider.sign(
        orjson.dumps(access_claims(given, ids.uuid4())), id_claims(given, ids.uuid4()),
        rotation.current(exchange.tenant),
    )
    exchange.caller = Caller(
        who.id_nat, who.prenom, who.nom, who.profession, client.client_id, access.id,
        access.scope, 0,
    )
    members: dict[str, object] = {
        "access_token": token, "expires_in": given.seconds,
        "refresh_expires_in": given.refresh_seconds,
        "refresh_token": await provider.seal(refresh_claims(given)), "token_type": "Bearer",
    }
    if id_token is not None:
        members["id_token"] = id_token
    members |= {
        "not-before-policy": 0, "session_state": access.id, "scope": access.scope,
        "issued_token_type": ACCESS_TYPE,
    }
    return Answer.json(members, Cache_Control="no-cache, no-store", Pragma="no-cache")
