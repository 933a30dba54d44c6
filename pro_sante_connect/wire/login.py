"""psc.login: the answer to the wallet's page. Ours: the real wallet's exchange is not public."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.delegation import broker
from pro_sante_connect.domain import ecps
from pro_sante_connect.domain.authorization import AuthorizationRequest, request_of, target_of
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.wire import answering, choosing
from pro_sante_connect.wire.dialect import PAGE
from pro_sante_connect.wire.faces import is_plain
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.granting import Consent, current_session, grant
from pro_sante_connect.wire.language import chosen
from pro_sante_connect.wire.reading import expected
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import people

TROUBLES = {
    "wrong_pin": "trouble.wrong_pin", "unreachable": "trouble.unreachable",
    "inactive": "trouble.inactive",
}
UNCHOSEN, UNKNOWN = "trouble.unchosen", "trouble.unknown"


@transaction(
    "psc.login",
    name="Réponse du professionnel à la page de connexion",
    spec="Socle : l'échange interne du portefeuille n'est pas public",
    dialect=PAGE,
    routes=(f"POST {choosing.LOGIN}", f"POST {choosing.PLAIN_LOGIN}"),
    fidelity="default",
    max_body=64 * 1024, answers=(302, 200),
)
async def login(exchange: Exchange) -> Answer:
    """Accept, refuse, filter the list, confirm the session, change professional or language."""
    form = form_of(exchange)
    asked = await choosing.reopen(exchange, form.get("request"))
    who = people(exchange.sandbox.database, exchange.tenant)
    client = await who.client(asked.parameters.get("client_id"))
    target = target_of(asked.parameters, client, plain=is_plain(exchange))
    try:
        request = await expected(
            exchange, asked.parameters, request_of(asked.parameters, target)
        )
        return await _act(exchange, form, asked, request)
    except Refusal as refusal:
        if refusal.error is errors.PAGE_EXPIRED:
            raise
        return await answering.failure(exchange, target, refusal)


async def _act(
    exchange: Exchange, form: Parameters, asked: choosing.Asked, request: AuthorizationRequest
) -> Answer:
    action = form.get("action")
    if chosen(exchange):
        return await _again(exchange, asked, request)
    if action == "refuse":
        raise errors.ACCESS_DENIED(found="refus sur la page")
    if action == "delegate" and not request.target.plain:
        return await broker.start(exchange, asked.parameters)
    if action == "continue":
        return await _continue(exchange, asked, request)
    if action in ("filter", "change"):
        return await choosing.choose(
            exchange, asked.parameters, request, chosen=form.get("id_nat"), query=form.get("q"),
            means=form.get("means"),
        )
    return await _accept(exchange, form, asked, request)


async def _again(
    exchange: Exchange, asked: choosing.Asked, request: AuthorizationRequest
) -> Answer:
    """The page that was shown, in the language just chosen."""
    found = await current_session(exchange)
    if found is None or found[0].id != asked.session_id:
        return await choosing.choose(exchange, asked.parameters, request)
    return await choosing.confirm(exchange, asked.parameters, request, *found)


async def _continue(
    exchange: Exchange, asked: choosing.Asked, request: AuthorizationRequest
) -> Answer:
    """Only for the session that the page named: another tab may have changed it since."""
    found = await current_session(exchange)
    if found is None or found[0].id != asked.session_id:
        return await choosing.choose(exchange, asked.parameters, request)
    session = found[0]
    consent = Consent(session.id_nat, session.mode, asked.request_id)
    return await grant(exchange, request, consent, session)


async def _accept(
    exchange: Exchange, form: Parameters, asked: choosing.Asked, request: AuthorizationRequest
) -> Answer:
    id_nat, means = form.get("id_nat"), form.get("means")
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(id_nat)
    if professional is None:
        trouble = UNKNOWN if id_nat else UNCHOSEN
        return await choosing.choose(
            exchange, asked.parameters, request, trouble=trouble, means=means
        )
    mode = ecps.mode_of(exchange.tenant.settings, id_nat)
    if mode in ("refuse", "blocked"):
        raise errors.ACCESS_DENIED(found=f"e-CPS {id_nat} : {mode}")
    if mode == "timeout":
        raise errors.AUTHENTICATION_EXPIRED(found=f"e-CPS {id_nat} : timeout")
    if mode in TROUBLES and (mode, means) != ("inactive", "card"):
        return await choosing.choose(
            exchange, asked.parameters, request, chosen=id_nat, trouble=TROUBLES[mode],
            means=means,
        )
    by = codes.CARD if means == "card" else codes.MOBILE
    return await grant(exchange, request, Consent(id_nat, by, asked.request_id))
