"""psc.fi_auth, psc.fi_token…: the CHU Fictif, an identity provider of the hospital's own."""

from __future__ import annotations

import base64
import binascii
import hmac

from pro_sante_connect import codes
from pro_sante_connect.delegation import accounts, errors
from pro_sante_connect.delegation.accounts import ACCOUNTS, CLIENT, NAME, ROOT, Account
from pro_sante_connect.delegation.sealing import seal, unseal
from pro_sante_connect.domain import ecps, rotation
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.provider import PAGE_ALGORITHM, provider_of
from pro_sante_connect.domain.redirection import with_parameters
from pro_sante_connect.wire.certs import key_set
from pro_sante_connect.wire.dialect import PAGE
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.language import Switch
from pro_sante_connect.wire.page import page
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

AUTHORIZE, TOKEN, KEYS = f"{ROOT}/authorize", f"{ROOT}/token", f"{ROOT}/keys"
DISCOVERY = f"{ROOT}/.well-known/openid-configuration"
BROKER = f"{codes.REALM}/broker/{accounts.ALIAS}/endpoint"
CODE_SECONDS, TOKEN_SECONDS = 60, 300
SPEC = "Socle : un fournisseur d'identité local fictif ; OpenID Connect Core §3.1"


@transaction(
    "psc.fi_discovery", name="Métadonnées du fournisseur d'identité local", spec=SPEC,
    dialect=OAUTH, routes=(f"GET {DISCOVERY}",), fidelity="default",
)
async def fi_discovery(exchange: Exchange) -> Answer:
    """Only what is served."""
    base = exchange.base_url
    return Answer.json({
        "issuer": base + ROOT, "authorization_endpoint": base + AUTHORIZE,
        "token_endpoint": base + TOKEN, "jwks_uri": base + KEYS,
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"], "scopes_supported": ["openid"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "claims_supported": ["sub", "tid", "oid", "amr", "name", "preferred_username"],
    })


@transaction(
    "psc.fi_keys", name="Clés publiques du fournisseur d'identité local", spec=SPEC, dialect=OAUTH,
    routes=(f"GET {KEYS}",), fidelity="default",
)
async def fi_keys(exchange: Exchange) -> Answer:
    """Those of the installation."""
    return Answer.json(await key_set(exchange.sandbox, exchange.tenant))


@transaction(
    "psc.fi_auth", name="Connexion au fournisseur d'identité local", spec=SPEC, dialect=PAGE,
    routes=(f"GET {AUTHORIZE}", f"POST {AUTHORIZE}"), fidelity="default", max_body=64 * 1024,
    answers=(200, 302),
)
async def fi_auth(exchange: Exchange) -> Answer:
    """Which agent logs in; `login_hint` says it without a page, where devices answer alone."""
    if exchange.method == "POST":
        form = form_of(exchange)
        claims = await unseal(exchange, "fi-page", form.get("request"))
        account = ACCOUNTS.get(form.get("account"))
        if form.get("action") == "refuse":
            return _back(claims["state"], [("error", "access_denied")], exchange)
        if account is None or form.get("action") != "accept":
            return await _page(exchange, claims["state"], claims["nonce"])
        return await _accepted(exchange, account, claims["state"], claims["nonce"])
    given = Parameters.of(exchange.query)
    known = given.get("redirect_uri") == exchange.base_url + BROKER
    if given.get("client_id") != CLIENT[0] or not known or given.get("response_type") != "code":
        raise errors.INSTITUTION_REQUEST(at="client_id ou redirect_uri")
    hinted = ACCOUNTS.get(given.get("login_hint"))
    if hinted is not None and ecps.mode_of(exchange.tenant.settings, "") == "auto":
        return await _accepted(exchange, hinted, given.get("state"), given.get("nonce"))
    return await _page(exchange, given.get("state"), given.get("nonce"))


@transaction(
    "psc.fi_token", name="Jeton du fournisseur d'identité local", spec=SPEC, dialect=OAUTH,
    routes=(f"POST {TOKEN}",), fidelity="default", max_body=64 * 1024,
)
async def fi_token(exchange: Exchange) -> Answer:
    """Its code, from Pro Santé Connect alone."""
    form = form_of(exchange)
    if not _is_client(exchange):
        raise errors.INSTITUTION_CLIENT(
            at="Authorization", headers={"WWW-Authenticate": f'Basic realm="{NAME}"'}
        )
    provider, now = provider_of(exchange.sandbox), exchange.tenant.clock.seconds()
    claims = await provider.open(form.get("code"), PAGE_ALGORITHM)
    if (
        claims is None or claims.get("typ") != "fi-code" or claims["exp"] <= now
        or claims["space"] != exchange.tenant.key
    ):
        raise errors.INSTITUTION_CODE(at="code")
    account = ACCOUNTS[claims["account"]]
    token = await provider.sign_as("JWT", {
        "iss": exchange.base_url + ROOT, "aud": CLIENT[0], "sub": account.id, "iat": now,
        "exp": now + TOKEN_SECONDS, "nonce": claims["nonce"], "tid": accounts.TENANT_ID,
        **({"oid": account.oid} if account.oid else {}), "amr": list(account.amr),
        "name": account.name, "preferred_username": f"{account.id}@chu-fictif.example",
    }, rotation.current(exchange.tenant))
    return Answer.json({
        "access_token": exchange.tenant.ids.token(), "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS, "id_token": token,
    }, Cache_Control="no-store", Pragma="no-cache")


async def _page(exchange: Exchange, state: str, nonce: str) -> Answer:
    sealed, cookie = await seal(exchange, "fi-page", state=state, nonce=nonce)
    action = exchange.local(AUTHORIZE)
    return page(
        exchange, "institution.html", headers=(cookie,), action=action, sealed=sealed, name=NAME,
        accounts=list(ACCOUNTS.values()), switch=Switch("post", action, [("request", sealed)]),
    )


async def _accepted(exchange: Exchange, account: Account, state: str, nonce: str) -> Answer:
    code = await provider_of(exchange.sandbox).seal({
        "typ": "fi-code", "space": exchange.tenant.key, "account": account.id, "nonce": nonce,
        "exp": exchange.tenant.clock.seconds() + CODE_SECONDS,
    }, PAGE_ALGORITHM)
    exchange.outcome_note = f"{NAME} : {account.name}"
    return _back(state, [("code", code)], exchange)


def _back(state: str, pairs: list[tuple[str, str]], exchange: Exchange) -> Answer:
    location = with_parameters(exchange.local(BROKER), [*pairs, ("state", state)], fragment=False)
    return Answer(302, headers=(("Location", location), ("Cache-Control", "no-store")))


def _is_client(exchange: Exchange) -> bool:
    scheme, _, value = exchange.header("authorization").partition(" ")
    try:
        given = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(given, ":".join(CLIENT).encode())
