"""Why Socle does not answer as npm `oidc-provider` does: each difference has its reason here."""

from __future__ import annotations

from collections.abc import Mapping

FLOW, GIVEN, ABOUT = "Code flow", "Tokens", "Userinfo, introspection, revocation"
PUSHED, CIBA, PROOF, END = "Pushed requests", "CIBA", "Certificates of clients", "Log-out"

WHY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "PSC gives `session_state` (dossier §4.3); the plain face does not": (
        (FLOW, "log-in"), (FLOW, "log-in with neither state nor nonce"),
        (FLOW, "log-in answered in the fragment"), (PUSHED, "log-in by a pushed request"),
    ),
    "PSC's answer has three members more, as its engine (§5); the plain face does not": (
        (GIVEN, "code redeemed"), (GIVEN, "code redeemed, secret in the form"),
        (GIVEN, "code redeemed with its verifier"), (GIVEN, "refresh"), (CIBA, "poll, accepted"),
        (PROOF, "code redeemed with the certificate"), (PROOF, "refresh with the same certificate"),
    ),
    "the engine's word for a client that is not authenticated (§15); `invalid_client` on the plain "
    "face": (
        (GIVEN, "wrong secret"), (GIVEN, "client unheard of"), (ABOUT, "revocation with a wrong "
        "secret"), (PUSHED, "pushing with a wrong secret"), (CIBA, "request with a wrong secret"),
    ),
    "the engine's word on introspection (§15, seen in its source)": (
        (ABOUT, "introspection with a wrong secret"),
    ),
    "ours is the engine's answer; RFC 6749 §5.2 allows `invalid_client` and the peer reads a "
    "missing parameter": ((GIVEN, "no client at all"),),
    "the peer takes the only address that is registered; OpenID Connect wants one, and so does "
    "PSC (§4.1)": ((FLOW, "no redirect address"),),
    "the metadata list the type, and the client may not use it (§15); `unsupported_response_type` "
    "in the fragment on the plain face": ((FLOW, "response_type=token"),),
    "the engine refuses what it does not know (§15); the peer ignores it, as the plain face does "
    "(Core §3.1.2.1)": ((FLOW, "scope unheard of"),),
    "PSC's metadata list `plain`, the default (RFC 7636 §4.3); S256 alone on the plain face": (
        (FLOW, "challenge without its method"),
    ),
    "signed objects are read, this one is bad; `request_not_supported` on the plain face": (
        (FLOW, "request object, unsigned"),
    ),
    "the metadata announce registered addresses, and none is registered; "
    "`request_uri_not_supported` on the plain face": ((FLOW, "request_uri that was not pushed"),),
    "the metadata list the grant and no service may use it (§5)": (
        (GIVEN, "grant_type=password"),
    ),
    "the engine's word when nothing is given (§15)": ((ABOUT, "userinfo without a token"),),
    "PSC's userinfo is the whole identity (§7.1)": (
        (ABOUT, "userinfo"), (ABOUT, "userinfo after another client tried to"),
        (PROOF, "bound token with its certificate"),
    ),
    "PSC tells the token's claims (§8); RFC 7662 lets each provider choose": (
        (ABOUT, "introspection of an access token"), (ABOUT, "introspection of a refresh token"),
    ),
    "the engine shows a page: the request that would say where to answer is not known": (
        (PUSHED, "pushed request named twice"), (PUSHED, "pushed request unheard of"),
        (PUSHED, "pushed request named by another client"),
    ),
    "RFC 9126 §2.1 refuses the parameter without naming the error": (
        (PUSHED, "pushing a request_uri"),
    ),
    "`interval` is optional, five seconds by default (CIBA Core §7.3); PSC says it (§9.1)": (
        (CIBA, "request"),
    ),
    "ours counts the seconds between two polls, as the engine (§9.2); the peer leaves `slow_down` "
    "to who installs it": ((CIBA, "poll again at once"),),
    "the engine's word (§9.2): `invalid_grant`, Client not allowed OIDC CIBA Grant": (
        (CIBA, "poll by a client without the flow"),
        (CIBA, "request by a client without the flow"),
    ),
    "the engine's word: `invalid_request`, invalid user, not the specification's (§9.2)": (
        (CIBA, "person unheard of"),
    ),
    "a good hint is enough (RP-Initiated Logout §2 leaves it to the provider); the peer always "
    "asks the person": ((END, "hint, address and state"), (END, "refresh afterwards")),
    "the specification wants POST too, and the public proxy uses it (§10); the peer has GET "
    "alone": ((END, "hint alone, posted"),),
    "a person is there: a page, as the engine shows (§10); the peer answers JSON to a software "
    "that does not ask for a page": (
        (END, "address not registered"), (END, "hint that is no token"),
    ),
    "an address alone says nothing of who asks: refused, as the engine does; the peer asks the "
    "person to leave, and goes nowhere": ((END, "address without a hint"),),
}


def explained() -> dict[tuple[str, str], str]:
    """(part, exchange) → its reason."""
    return {each: reason for reason, those in WHY.items() for each in those}
