"""How the authorization endpoint answers its client: redirect or form, with `state` and `iss`."""

from __future__ import annotations

from collections.abc import Sequence

from pro_sante_connect.domain.authorization import Target
from pro_sante_connect.domain.profile import profile_of
from pro_sante_connect.domain.redirection import with_parameters
from pro_sante_connect.wire.addresses import issuer_of
from pro_sante_connect.wire.page import page
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange

Pairs = Sequence[tuple[str, str]]
Headers = tuple[tuple[str, str], ...]


def success(
    exchange: Exchange, target: Target, session_id: str, code: str, headers: Headers = ()
) -> Answer:
    """`state`, `session_state`, `iss` (RFC 9207) and `code`."""
    pairs = [("session_state", session_id), *_issuer(exchange, target), ("code", code)]
    return _answer(exchange, target, pairs, headers)


def failure(exchange: Exchange, target: Target, refusal: Refusal, headers: Headers = ()) -> Answer:
    """`error`, `error_description`, `state` and `iss`, sent to the client."""
    text = refusal.details or refusal.error.label
    exchange.error = refusal.error
    exchange.outcome_note = f"Refus redirigé : {refusal.error.code}, {text}"
    pairs = [("error", refusal.error.code), ("error_description", text),
             *_issuer(exchange, target)]
    return _answer(exchange, target, pairs, headers)


def _answer(exchange: Exchange, target: Target, pairs: Pairs, headers: Headers) -> Answer:
    if target.state:
        pairs = [("state", target.state), *pairs]
    if target.response_mode == "form_post":
        return page(
            exchange, "form_post.html", headers=headers, action=target.redirect_uri, pairs=pairs
        )
    location = with_parameters(
        target.redirect_uri, pairs, fragment=target.response_mode == "fragment"
    )
    return Answer(302, headers=(
        ("Location", location), ("Cache-Control", "no-store"), ("Pragma", "no-cache"),
        ("Referrer-Policy", "no-referrer"), *headers,
    ))


def _issuer(exchange: Exchange, target: Target) -> Pairs:
    """`iss` (RFC 9207), since the metadata promise it."""
    if not profile_of(exchange.tenant, target.client).says_issuer:
        return ()
    return [("iss", issuer_of(exchange))]
