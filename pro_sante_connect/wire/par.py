"""psc.par: an authorization request pushed by a server (RFC 9126), then named on /auth."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.authorization import request_of, target_of
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.store import Store
from pro_sante_connect.wire.client_authentication import authenticate
from pro_sante_connect.wire.faces import is_plain, profile_for
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.reading import read
from services.kernel.clock import SECOND
from services.kernel.database import Conflict
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

URN = "urn:ietf:params:oauth:request_uri:"
SECRET = ("client_secret", "client_assertion", "client_assertion_type")


@transaction(
    "psc.par",
    name="Demande d'authentification déposée d'avance",
    spec="Pro Santé Connect, métadonnées : pushed_authorization_request_endpoint ; RFC 9126",
    dialect=OAUTH,
    routes=(f"POST {codes.CONNECT}/ext/par/request", f"POST {codes.PLAIN}/par"),
    fidelity="derived",
    max_body=64 * 1024,
    answers=(201,),
)
async def par(exchange: Exchange) -> Answer:
    """`request_uri`, good once and for a minute. Refused here as it would be on /auth."""
    form = form_of(exchange)
    client = await authenticate(exchange, form)
    if form.get("request_uri"):
        raise errors.PUSHED_REQUEST_URI(at="request_uri")
    kept = {name: value for name, value in form.values.items() if name not in SECRET}
    given = Parameters({**kept, "client_id": client.client_id}, form.duplicated)
    asked, refused = read(exchange, given, client)
    if refused is not None:
        raise refused
    request_of(asked, target_of(asked, client, plain=is_plain(exchange)))
    id = exchange.tenant.ids.uuid4()
    store = Store(exchange.sandbox.database, exchange.tenant)
    await store.push(id, client.client_id, urlencode(asked.values))
    seconds = profile_for(exchange).pushed_seconds
    answer = {"request_uri": URN + id, "expires_in": seconds}
    return Answer.json(answer, 201, Cache_Control="no-store", Pragma="no-cache")


async def pushed(exchange: Exchange, parameters: Parameters) -> Parameters:
    """The request that `request_uri` names, or the parameters themselves when it names none.

    What else the address says is ignored (RFC 9126 §4). Raises PUSHED_NOT_FOUND or PUSHED_EXPIRED.
    """
    uri = parameters.get("request_uri")
    if not uri.startswith(URN):
        return parameters
    store, id = Store(exchange.sandbox.database, exchange.tenant), uri.removeprefix(URN)
    found = await store.pushed(id)
    if found is None or found[0] != parameters.get("client_id"):
        raise errors.PUSHED_NOT_FOUND(at="request_uri", found=uri)
    try:
        await store.take(id)
    except Conflict as error:
        raise errors.PUSHED_NOT_FOUND(at="request_uri", found=uri) from error
    age = exchange.tenant.clock.now() - found[2]
    if age >= profile_for(exchange).pushed_seconds * SECOND:
        raise errors.PUSHED_EXPIRED(at="request_uri", found=f"{age // SECOND} s")
    return Parameters.of(parse_qsl(found[1]))
