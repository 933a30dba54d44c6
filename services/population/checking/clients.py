"""Adding or changing an OAuth client of Pro Santé Connect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from services.population.checking.problems import Checked, Problem, require, settled, text_problem
from services.population.codes import AUTH_METHODS, GRANTS, PROFILES, SPACES
from services.population.draft import Draft
from services.population.models import Client
from services.population.shapes import ClientShape

_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~@+-]{0,99}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_SCOPE = re.compile(r"[!#-\[\]-~]{1,100}")
_EXECUTED = ("javascript", "data", "vbscript", "file", "blob", "about")
"""Schemes that a browser would run or open itself."""
DEFAULT_GRANTS = ("authorization_code", "refresh_token")


async def check(given: ClientShape, draft: Draft, known: Client | None) -> Checked[Client]:
    """The client as it will be. Raises Refused. known: what is changed; it keeps its client_id."""
    flows = given.flows
    require(_problems(given, known))
    ids = draft.tenant.ids
    client_id = known.client_id if known else given.client_id or f"client-{ids.digits(6)}"
    if flows is None:
        flows = list(known.flows if known else DEFAULT_GRANTS)
    loopback = given.any_loopback
    if loopback is None:
        loopback = known.any_loopback if known else not given.redirect_uris
    wildcard = given.wildcard
    if wildcard is None:
        wildcard = known.wildcard if known else False
    return settled(draft, Client(
        client_id, given.client_secret or (known.client_secret if known else ids.token(24)),
        given.name.strip() or client_id, loopback, tuple(given.redirect_uris),
        tuple(given.post_logout_redirect_uris), tuple(dict.fromkeys(flows)), wildcard,
        "edc" if given.space == "edc" else "communautaire", given.profile,
        given.backchannel_logout_uri, given.frontchannel_logout_uri,
        tuple(dict.fromkeys(given.api_scopes)), given.require_pkce,
        tuple(dict.fromkeys(given.auth_methods)),
    ), ())


def _problems(given: ClientShape, known: Client | None) -> Iterator[Problem]:
    if given.client_id and _CLIENT_ID.fullmatch(given.client_id) is None:
        yield Problem("client_id", "Lettres, chiffres, . _ ~ @ + et -, 100 au plus.")
    if known is not None and given.client_id not in ("", known.client_id):
        yield Problem("client_id", "Ne change pas : supprimez ce client et créez l'autre.")
    for at in ("name", "client_secret"):
        yield from text_problem(at, getattr(given, at))
    for at in ("redirect_uris", "post_logout_redirect_uris"):
        for place, uri in enumerate(getattr(given, at)):
            open_ended = given.wildcard and at == "redirect_uris" and uri.endswith("/*")
            if problem := uri_problem(uri[:-1] if open_ended else uri):
                yield Problem(f"{at}.{place}", problem)
    for at in ("backchannel_logout_uri", "frontchannel_logout_uri"):
        uri = getattr(given, at)
        if uri and (problem := uri_problem(uri) or _unreached(uri)):
            yield Problem(at, problem)
    for at, known_values in (("space", SPACES), ("profile", PROFILES)):
        if getattr(given, at) not in ("", *known_values):
            yield Problem(at, f"Attendu : {', '.join(known_values)}.")
    for place, scope in enumerate(given.api_scopes):
        if _SCOPE.fullmatch(scope) is None:
            yield Problem(f"api_scopes.{place}", "Une portée sans espace (RFC 6749 §3.3).")
    for place, method in enumerate(given.auth_methods):
        if method not in AUTH_METHODS:
            yield Problem(f"auth_methods.{place}", f"Attendu : {', '.join(AUTH_METHODS)}.")
    for flow in given.flows or ():
        if flow not in GRANTS:
            yield Problem("flows", f"{flow} : attendu {', '.join(GRANTS)}.")
    if given.any_loopback is False and not given.redirect_uris and "authorization_code" in (
        given.flows or DEFAULT_GRANTS
    ):
        yield Problem("redirect_uris", "Au moins une adresse de retour, ou any_loopback.")


def _unreached(uri: str) -> str:
    return "" if uri.startswith(("http://", "https://")) else "Une adresse http ou https."


def uri_problem(uri: str) -> str:
    """What keeps an address from being registered, in French; "" when nothing does."""
    if any(not "!" <= letter <= "~" for letter in uri) or "\\" in uri:
        return "Une adresse en ASCII, sans espace ni barre oblique inverse."
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return "Adresse illisible."
    if _SCHEME.fullmatch(parts.scheme) is None or parts.scheme in _EXECUTED:
        return "Une adresse absolue (https://logiciel.example/retour, monlogiciel:/retour)."
    if parts.scheme in ("http", "https") and not parts.hostname:
        return "Un nom d'hôte est attendu."
    if "#" in uri or "@" in parts.netloc:
        return "Ni fragment (#) ni nom d'utilisateur (RFC 6749 §3.1.2)."
    if "*" in uri:
        return "Pas de joker : la comparaison est exacte, sauf /* en fin d'adresse avec wildcard."
    return ""
