"""psc.ciba: a software without a browser asks a professional to authenticate (dossier §9.1)."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.domain import ecps
from pro_sante_connect.domain.ciba import MESSAGE, Ciba, expiry, outcome_of
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.profile import profile_of
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.rules import ciba as rules
from pro_sante_connect.rules.authorization import Observed, level_is_eidas1
from pro_sante_connect.store import Store
from pro_sante_connect.wire.addresses import issuer
from pro_sante_connect.wire.client_authentication import authenticate
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.strictness import refuse_if_strict
from services.kernel.clock import SECOND
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import Client, Professional, people

RULES = rules_of(rules)
TYPE = "CIBA"
"""`typ` of what an `auth_req_id` holds; opaque to clients."""


@transaction(
    "psc.ciba",
    name="Demande d'authentification sans navigateur",
    spec="Pro Santé Connect, documentation CIBA ; OpenID Connect CIBA Core §7",
    dialect=OAUTH,
    routes=(f"POST {codes.CONNECT}/ext/ciba/auth",),
    fidelity="official",
    max_body=64 * 1024,
)
async def ciba(exchange: Exchange) -> Answer:
    """`auth_req_id`, to be polled on the token endpoint while the professional answers."""
    form = form_of(exchange)
    client = await authenticate(exchange, form)
    if codes.CIBA_GRANT not in client.flows:
        raise errors.CIBA_CLOSED(at="client_id", found=client.client_id)
    observe(exchange, RULES, form)
    observe(exchange, (level_is_eidas1,), Observed(form, exchange.path))
    scope = _scope(exchange, client, form)
    _check(exchange, form)
    who = await _professional(exchange, form)
    asked = _asked(exchange, client, who, scope, form)
    await Store(exchange.sandbox.database, exchange.tenant).ask(asked)
    return await _answer(exchange, client, asked)


def _scope(exchange: Exchange, client: Client, form: Parameters) -> str:
    """The granted scopes. Raises CIBA_SCOPE_MISSING or INVALID_SCOPE."""
    wanted = tuple(dict.fromkeys(form.get("scope").split()))
    if not wanted:
        raise errors.CIBA_SCOPE_MISSING(at="scope", expected="openid scope_all")
    if any(each not in codes.SCOPES for each in wanted):
        raise errors.INVALID_SCOPE(
            f"Invalid scopes: {' '.join(wanted)}", at="scope", expected="openid scope_all",
            found=" ".join(wanted),
        )
    return " ".join(profile_of(exchange.tenant, client).granted(wanted))


def _check(exchange: Exchange, form: Parameters) -> None:
    """The engine's own checks, then what only a strict tenant refuses."""
    message = form.get("binding_message")
    if message and not MESSAGE.fullmatch(message):
        raise errors.CIBA_MESSAGE(
            at="binding_message", expected="1 à 50 caractères sans espace", found=message
        )
    if form.get("user_code"):
        raise errors.CIBA_USER_CODE(at="user_code")
    for at, error in (
        ("binding_message", errors.CIBA_MESSAGE), ("channel", errors.CIBA_CHANNEL),
        ("acr_values", errors.ACR_VALUES),
    ):
        if any(finding.at == at for finding in exchange.findings):
            refuse_if_strict(exchange, error)


async def _professional(exchange: Exchange, form: Parameters) -> Professional:
    """Who is to answer. Raises CIBA_HINT_MISSING, CIBA_USER or CIBA_DEVICE."""
    hint = form.get("login_hint").strip()
    if not hint:
        raise errors.CIBA_HINT_MISSING(at="login_hint", expected="un identifiant national")
    who = await people(exchange.sandbox.database, exchange.tenant).professional(hint)
    if who is None:
        raise errors.CIBA_USER(at="login_hint", expected="un identifiant national", found=hint)
    if ecps.mode_of(exchange.tenant.settings, hint) == "unreachable":
        raise errors.CIBA_DEVICE(at="login_hint", found=f"e-CPS {hint} : injoignable")
    # DEFAULT(CIBA without an active e-CPS): the request waits in vain; refused in a strict tenant.
    mobile = form.get("channel") != codes.CARD
    if exchange.tenant.strict and mobile and ecps.mode_of(
        exchange.tenant.settings, hint
    ) == "inactive":
        raise errors.CIBA_USER(at="login_hint", expected="une e-CPS active", found=hint)
    return who


def _asked(
    exchange: Exchange, client: Client, who: Professional, scope: str, form: Parameters
) -> Ciba:
    settings, now = exchange.tenant.settings, exchange.tenant.clock.now()
    profile = profile_of(exchange.tenant, client)
    # DEFAULT(channel): MOBILE when the client names none; source unknown.
    channel = form.get("channel") if form.get("channel") in codes.CHANNELS else codes.MOBILE
    return Ciba(
        exchange.tenant.ids.uuid(), client.client_id, who.id_nat, scope, channel,
        form.get("binding_message"), now, expiry(now, profile.ciba_seconds), 0,
        outcome_of(ecps.mode_of(settings, who.id_nat), channel),
        now + ecps.delay_of(settings) * SECOND,
    )


async def _answer(exchange: Exchange, client: Client, asked: Ciba) -> Answer:
    profile = profile_of(exchange.tenant, client)
    sealed = await provider_of(exchange.sandbox).seal({
        "typ": TYPE, "jti": asked.id, "iss": issuer(exchange.sandbox, exchange.tenant),
        "azp": asked.client_id, "iat": asked.issued // SECOND, "exp": asked.expires // SECOND,
    })
    exchange.outcome_note = f"Demande envoyée à {asked.id_nat} ({asked.channel})"
    members = {
        "auth_req_id": sealed, "expires_in": profile.ciba_seconds,
        "interval": profile.ciba_interval,
    }
    return Answer.json(members, Cache_Control="no-store", Pragma="no-cache")
