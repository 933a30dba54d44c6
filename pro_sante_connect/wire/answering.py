"""How the authorization endpoint answers its client: redirect or form, with `state` and `iss`.

In the `jwt` modes (JARM), all of it is in one signed parameter, `response`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pro_sante_connect import codes
from pro_sante_connect.domain import rotation
from pro_sante_connect.domain.authorization import Target
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.redirection import with_parameters
from pro_sante_connect.wire.addresses import issuer_of
from pro_sante_connect.wire.faces import is_plain, profile_for
from pro_sante_connect.wire.page import page
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange

RESPONSE_SECONDS = 600
Pairs = Sequence[tuple[str, str]]
Headers = tuple[tuple[str, str], ...]


async def success(
    exchange: Exchange, target: Target, session_id: str, code: str, headers: Headers = ()
) -> Answer:
    """`state`, `session_state` (of PSC only), `iss` (RFC 9207) and `code`."""
    session = () if is_plain(exchange) else (("session_state", session_id),)
    pairs = [*session, *_issuer(exchange, target), ("code", code)]
    return await _answer(exchange, target, pairs, headers)


async def failure(
    exchange: Exchange, target: Target, refusal: Refusal, headers: Headers = ()
) -> Answer:
    """`error`, `error_description`, `state` and `iss`, sent to the client."""
    text = refusal.details or refusal.error.label
    exchange.error = refusal.error
    exchange.outcome_note = f"Refus redirigé : {refusal.error.code}, {text}"
    pairs = [("error", refusal.error.code), ("error_description", text),
             *_issuer(exchange, target)]
    return await _answer(exchange, target, pairs, headers)


async def _answer(
    exchange: Exchange, target: Target, pairs: Pairs, headers: Headers
) -> Answer:
    if target.state:
        pairs = [("state", target.state), *pairs]
    mode = target.response_mode
    if mode in codes.JWT_MODES:
        pairs = [("response", await _signed(exchange, target, pairs))]
    if mode.startswith("form_post"):
        return page(
            exchange, "form_post.html", headers=headers, action=target.redirect_uri, pairs=pairs
        )
    location = with_parameters(
        target.redirect_uri, pairs, fragment=mode.startswith("fragment")
    )
    return Answer(302, headers=(
        ("Location", location), ("Cache-Control", "no-store"), ("Pragma", "no-cache"),
        ("Referrer-Policy", "no-referrer"), *headers,
    ))


async def _signed(exchange: Exchange, target: Target, pairs: Pairs) -> str:
    """JARM §2.1: the parameters of the answer, for this client and ten minutes at most."""
    return await provider_of(exchange.sandbox).sign_as("JWT", {
        **dict(pairs), "iss": issuer_of(exchange), "aud": target.client.client_id,
        "exp": exchange.tenant.clock.seconds() + RESPONSE_SECONDS,
    }, rotation.current(exchange.tenant))


def _issuer(exchange: Exchange, target: Target) -> Pairs:
    """`iss` (RFC 9207), since the metadata promise it."""
    if not profile_for(exchange, target.client).says_issuer:
        return ()
    return [("iss", issuer_of(exchange))]
