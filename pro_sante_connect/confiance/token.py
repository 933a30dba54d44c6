"""psc.as_token: an API's authorization server gives its tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pro_sante_connect import errors
from pro_sante_connect.confiance import apis
from pro_sante_connect.confiance.apis import Api
from pro_sante_connect.confiance.authority import api_of
from pro_sante_connect.confiance.errors import EXCHANGE_CLOSED
from pro_sante_connect.confiance.exchanging import exchange_token, granted_to
from pro_sante_connect.confiance.renewing import renew
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.wire.client_authentication import authenticate
from pro_sante_connect.wire.form import form_of
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Client

GRANTS: Mapping[str, Callable[[Exchange, Api, Client, Parameters], Awaitable[Answer]]] = {
    apis.EXCHANGE_GRANT: exchange_token,
    "refresh_token": renew,
}


@transaction(
    "psc.as_token",
    name="Échange de jetons auprès d'une API Pro Santé Connectée",
    spec="Volet de sécurisation du transport du CI-SIS ; RFC 8693 §2",
    dialect=OAUTH,
    routes=(f"POST {apis.CONNECT}/token", f"POST {apis.DMP_TOKEN}"),
    fidelity="derived",
    max_body=64 * 1024,
)
async def as_token(exchange: Exchange) -> Answer:
    """Grant type, client, enrolment, then the grant itself."""
    api = api_of(exchange)
    form = form_of(exchange)
    grant_type = form.get("grant_type")
    if not grant_type:
        raise errors.GRANT_TYPE_MISSING(at="grant_type")
    if grant_type not in GRANTS:
        raise errors.GRANT_TYPE_UNKNOWN(
            at="grant_type", expected=" ou ".join(GRANTS), found=grant_type
        )
    client = await authenticate(exchange, form)
    if form.duplicated:
        raise errors.DUPLICATED_PARAMETER(at=form.duplicated[0])
    require_enrolled(client, api)
    return await GRANTS[grant_type](exchange, api, client, form)


def require_enrolled(client: Client, api: Api) -> None:
    """Raises EXCHANGE_CLOSED for a client that the API's server does not know."""
    if client.space != "edc":
        raise EXCHANGE_CLOSED(at="client_id", expected="space edc", found=client.space)
    if api.id not in granted_to(client, api):
        raise EXCHANGE_CLOSED(
            at="client_id", expected=f"api_scopes avec {api.id}",
            found=" ".join(client.api_scopes),
        )
