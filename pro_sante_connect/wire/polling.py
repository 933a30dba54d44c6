"""grant_type=urn:openid:params:grant-type:ciba: has the professional answered? (dossier §9.2)"""

from __future__ import annotations

from pro_sante_connect import errors
from pro_sante_connect.domain.ciba import Ciba
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.profile import profile_of
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.session import Family, Session
from pro_sante_connect.rules.tokens import Polled, polls_are_apart
from pro_sante_connect.store import Store
from pro_sante_connect.wire import issuing
from pro_sante_connect.wire.addresses import issuer
from pro_sante_connect.wire.ciba import TYPE
from pro_sante_connect.wire.granting import session_id
from services.kernel.clock import SECOND
from services.kernel.database import Conflict
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.population import Client, people


async def poll(exchange: Exchange, client: Client, form: Parameters) -> Answer:
    """Tokens once the professional accepted. Raises the engine's refusals until then."""
    store = Store(exchange.sandbox.database, exchange.tenant)
    asked = await _asked(exchange, store, client, form.get("auth_req_id"))
    status = asked.status(exchange.tenant.clock.now())
    if status == "expired":
        raise errors.CIBA_EXPIRED(at="auth_req_id")
    interval = profile_of(exchange.tenant, client).ciba_interval
    waited = (exchange.tenant.clock.now() - asked.polled) / SECOND if asked.polled else None
    observe(exchange, (polls_are_apart,), Polled(waited, interval))
    try:
        await store.poll(asked, interval * SECOND)
    except Conflict as error:
        if await store.ciba(asked.id) is None:
            raise errors.CIBA_ID_UNKNOWN(at="auth_req_id") from error
        raise errors.CIBA_TOO_FAST(
            at="auth_req_id", expected=f"{interval} s entre deux appels"
        ) from error
    if status == "pending":
        raise errors.CIBA_PENDING(at="auth_req_id")
    if status == "refused":
        raise errors.CIBA_REFUSED(at="auth_req_id", found=f"{asked.channel} {asked.id_nat}")
    return await _grant(exchange, store, client, asked)


async def _asked(exchange: Exchange, store: Store, client: Client, given: str) -> Ciba:
    """The request. Raises CIBA_ID_MISSING, CIBA_ID_UNREADABLE or CIBA_ID_UNKNOWN."""
    if not given:
        raise errors.CIBA_ID_MISSING(at="auth_req_id")
    claims = await provider_of(exchange.sandbox).open(given)
    ours = issuer(exchange.sandbox, exchange.tenant)
    if claims is None or claims.get("typ") != TYPE or claims["iss"] != ours:
        raise errors.CIBA_ID_UNREADABLE(at="auth_req_id")
    if claims["azp"] != client.client_id:
        raise errors.CIBA_ID_UNREADABLE(at="client_id", found=client.client_id)
    asked = await store.ciba(claims["jti"])
    if asked is None:
        raise errors.CIBA_ID_UNKNOWN(at="auth_req_id")
    return asked


async def _grant(exchange: Exchange, store: Store, client: Client, asked: Ciba) -> Answer:
    """The session has no cookie: no browser shares it."""
    ids, now = exchange.tenant.ids, exchange.tenant.clock.now()
    professional = await people(exchange.sandbox.database, exchange.tenant).professional(
        asked.id_nat
    )
    if professional is None:
        raise errors.CIBA_REFUSED(at="auth_req_id", found=asked.id_nat)
    opened = Session(
        session_id(exchange, client), asked.id_nat, asked.channel, "", asked.answered, now
    )
    family = Family(ids.uuid(), opened.id, asked.client_id, asked.scope, ids.uuid4())
    access_id = ids.uuid4()
    try:
        await store.grant(asked, opened, family, access_id)
    except Conflict as error:
        raise errors.CIBA_ID_UNKNOWN(at="auth_req_id") from error
    issue = issuing.issue_of(exchange, client, opened, professional, family, access_id)
    return await issuing.answer(exchange, issue, family)
