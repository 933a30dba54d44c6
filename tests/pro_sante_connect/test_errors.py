"""Every error of the catalogue, obtained over the wire."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from pro_sante_connect import errors
from pro_sante_connect.codes import CIBA_GRANT, CONNECT, PLAIN
from services.kernel.errors import CatalogueError, catalogue
from tests.pro_sante_connect.conftest import DEMO, DOCTOR, EDC, EXACT, REDIRECT, RelyingParty

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Provoke = Callable[[RelyingParty], httpx.Response]


def _strict_auth(psc: RelyingParty) -> httpx.Response:
    psc.strict()
    return psc.api.get(f"{CONNECT}/auth")


def _strict_level(psc: RelyingParty) -> httpx.Response:
    psc.strict()
    return psc.authorize(acr_values="eidas3")


def _strict_browser(psc: RelyingParty) -> httpx.Response:
    psc.strict()
    return psc.back.post(f"{CONNECT}/token", data={}, headers={"Origin": "https://a.test"})


def _refusing(psc: RelyingParty) -> httpx.Response:
    psc.ecps("refuse")
    return psc.authorize()


def _silent(psc: RelyingParty) -> httpx.Response:
    psc.ecps("timeout")
    return psc.authorize()


def _late_code(psc: RelyingParty) -> httpx.Response:
    psc.at(0)
    code = psc.code()
    psc.at(60)
    return psc.redeem(code)


def _late_refresh(psc: RelyingParty) -> httpx.Response:
    psc.at(0)
    token = psc.tokens()["refresh_token"]
    psc.at(1800)
    return psc.refresh(token)


def _reused_refresh(psc: RelyingParty) -> httpx.Response:
    token = psc.tokens()["refresh_token"]
    psc.refresh(token)
    return psc.refresh(token)


def _closed(psc: RelyingParty) -> httpx.Response:
    tokens = psc.tokens()
    psc.logout(id_token_hint=tokens["id_token"])
    return psc.refresh(tokens["refresh_token"])


def _duplicated(psc: RelyingParty) -> httpx.Response:
    return psc.api.get(
        f"/psc/auth?client_id=socle-demo&redirect_uri={REDIRECT}&response_type=code"
        "&scope=openid&scope=openid"
    )


def _strict_channel(psc: RelyingParty) -> httpx.Response:
    psc.strict()
    return psc.ciba(channel="FAX")


def _unreachable(psc: RelyingParty) -> httpx.Response:
    psc.ecps("unreachable")
    return psc.ciba()


def _polled(psc: RelyingParty, mode: str) -> httpx.Response:
    psc.ecps(mode)
    return psc.poll(psc.asked())


def _ciba_twice(psc: RelyingParty) -> httpx.Response:
    asked = psc.asked()
    assert psc.poll(asked).status_code == 200
    return psc.poll(asked)


def _too_fast(psc: RelyingParty) -> httpx.Response:
    psc.ecps("manual")
    asked = psc.asked()
    psc.poll(asked)
    return psc.poll(asked)


def _late_ciba(psc: RelyingParty) -> httpx.Response:
    psc.at(0)
    asked = psc.asked()
    psc.at(120)
    return psc.poll(asked)


def _late_pushed(psc: RelyingParty) -> httpx.Response:
    psc.at(0)
    uri = psc.push().json()["request_uri"]
    psc.at(60)
    return psc.named(uri)


def _proved(psc: RelyingParty, *identity: str) -> httpx.Response:
    psc.trusted()
    return psc.prove(psc.secure(*identity))


def _bound(psc: RelyingParty) -> tuple[dict[str, str], httpx.Client]:
    """Tokens of one certificate, and a caller with another."""
    tokens: dict[str, str] = _proved(psc).json()
    return tokens, psc.secure()


def _bound_userinfo(psc: RelyingParty) -> httpx.Response:
    tokens, other = _bound(psc)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    return other.get(f"{CONNECT}/userinfo", headers=bearer)


def _bound_refresh(psc: RelyingParty) -> httpx.Response:
    tokens, other = _bound(psc)
    return other.post(f"{CONNECT}/token", data={
        "grant_type": "refresh_token", "client_id": EDC,
        "refresh_token": tokens["refresh_token"]})


def _plainly(psc: RelyingParty, **changes: str) -> httpx.Response:
    """A request to the plain face, where the virtual e-CPS answers by itself."""
    asked = {"response_type": "code", "client_id": EXACT[0], "redirect_uri": REDIRECT,
             "scope": "openid", "login_hint": DOCTOR}
    return psc.api.get(f"{PLAIN}/authorize", params=asked | changes)


def _unagreed(psc: RelyingParty) -> httpx.Response:
    """Another client's session: this one has not been let in."""
    psc.register("autre", redirect_uris=[REDIRECT], flows=["authorization_code"])
    psc.api = psc.secure("")
    _plainly(psc, client_id="autre")
    return _plainly(psc, prompt="none")


def _plain_token(psc: RelyingParty, secret: str, **form: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": "x"} | form
    return psc.back.post(f"{PLAIN}/token", data=form, auth=(EXACT[0], secret))


UNSIGNED = "eyJhbGciOiJub25lIn0.e30."
CHALLENGE = "c" * 43
PROVOKED: dict[str, Provoke] = {
    "CLIENT_MISSING": lambda psc: psc.authorize(client_id=None),
    "CLIENT_NOT_FOUND": lambda psc: psc.authorize(client_id="inconnu"),
    "REDIRECT_URI": lambda psc: psc.authorize(redirect_uri="https://example.org/"),
    "PAGE_EXPIRED": lambda psc: psc.api.post("/psc/auth/login", data={"request": "x"}),
    "NOT_THE_WALLET": _strict_auth,
    "DUPLICATED_PARAMETER": _duplicated,
    "RESPONSE_TYPE_MISSING": lambda psc: psc.authorize(response_type=None),
    "RESPONSE_TYPE_UNKNOWN": lambda psc: psc.authorize(response_type="jeton"),
    "RESPONSE_TYPE_CLOSED": lambda psc: psc.authorize(response_type="token id_token"),
    "PARAMETER": lambda psc: psc.authorize(prompt="jamais"),
    "ACR_VALUES": _strict_level,
    "REQUEST_OBJECT": lambda psc: psc.authorize(request="a.b.c"),
    "REQUEST_URI": lambda psc: psc.authorize(request_uri="https://a.test/r"),
    "INVALID_SCOPE": lambda psc: psc.authorize(scope="openid tout"),
    "ACCESS_DENIED": _refusing,
    "LOGIN_REQUIRED": lambda psc: psc.authorize(prompt="none"),
    "AUTHENTICATION_EXPIRED": _silent,
    "FORM_EXPECTED": lambda psc: psc.back.post(f"{CONNECT}/token", json={}),
    "GRANT_TYPE_MISSING": lambda psc: psc.token(x="1"),
    "GRANT_TYPE_UNKNOWN": lambda psc: psc.token(grant_type="x"),
    "GRANT_TYPE_CLOSED": lambda psc: psc.token(grant_type="password"),
    "CIBA_CLOSED": lambda psc: psc.ciba(EXACT),
    "CLIENT_AUTHENTICATION": lambda psc: psc.redeem("x", ("socle-demo", "faux")),
    "CERTIFICATE_MISSING": lambda psc: _proved(psc, ""),
    "CERTIFICATE_INVALID": lambda psc: _proved(psc, "expired"),
    "CERTIFICATE_MISMATCH": lambda psc: _proved(psc, "valid", "autre"),
    "TOKEN_BOUND": _bound_userinfo,
    "REFRESH_BOUND": _bound_refresh,
    "CODE_MISSING": lambda psc: psc.token(grant_type="authorization_code"),
    "CODE_NOT_VALID": lambda psc: psc.redeem("x"),
    "CODE_EXPIRED": _late_code,
    "CODE_OF_OTHER_CLIENT": lambda psc: psc.redeem(psc.code(), EXACT),
    "CODE_REDIRECT_URI": lambda psc: psc.redeem(psc.code(), redirect_uri="http://localhost/"),
    "VERIFIER_MISSING": lambda psc: psc.redeem(psc.code(code_challenge=CHALLENGE)),
    "VERIFIER_UNEXPECTED": lambda psc: psc.redeem(psc.code(), code_verifier=CHALLENGE),
    "VERIFIER_MISMATCH": lambda psc: psc.redeem(
        psc.code(code_challenge=CHALLENGE), code_verifier="d" * 43),
    "SESSION_NOT_ACTIVE": _closed,
    "REFRESH_MISSING": lambda psc: psc.token(grant_type="refresh_token"),
    "REFRESH_INVALID": lambda psc: psc.refresh("x"),
    "REFRESH_EXPIRED": _late_refresh,
    "REFRESH_REUSED": _reused_refresh,
    "BROWSER_CALL": _strict_browser,
    "TOKEN_NOT_PROVIDED": lambda psc: psc.back.get(f"{CONNECT}/userinfo"),
    "TOKEN_NOT_VALID": lambda psc: psc.userinfo("x"),
    "SCOPE_OPENID": lambda psc: psc.userinfo(psc.tokens(scope="scope_all")["access_token"]),
    "INTROSPECTED_MISSING": lambda psc: psc.back.post(
        f"{CONNECT}/token/introspect", auth=DEMO, headers=FORM),
    "INTROSPECTION_DENIED": lambda psc: psc.introspect("x", ("socle-demo", "faux")),
    "LOGOUT_REDIRECT_URI": lambda psc: psc.logout(
        client_id="socle-demo", post_logout_redirect_uri="https://example.org/"),
    "LOGOUT_HINT": lambda psc: psc.logout(id_token_hint="x"),
    "LOGOUT_HINT_MISSING": lambda psc: psc.logout(post_logout_redirect_uri=REDIRECT),
    "PUSHED_NOT_FOUND": lambda psc: psc.named("urn:ietf:params:oauth:request_uri:x"),
    "PUSHED_EXPIRED": _late_pushed,
    "PUSHED_REQUEST_URI": lambda psc: psc.push(request_uri="https://a.test/r"),
    "CIBA_SCOPE_MISSING": lambda psc: psc.ciba(scope=None),
    "CIBA_HINT_MISSING": lambda psc: psc.ciba(login_hint=None),
    "CIBA_USER": lambda psc: psc.ciba(login_hint="899900009999"),
    "CIBA_MESSAGE": lambda psc: psc.ciba(binding_message="4 2"),
    "CIBA_USER_CODE": lambda psc: psc.ciba(user_code="1234"),
    "CIBA_CHANNEL": _strict_channel,
    "CIBA_DEVICE": _unreachable,
    "CIBA_ID_MISSING": lambda psc: psc.token(grant_type=CIBA_GRANT),
    "CIBA_ID_UNREADABLE": lambda psc: psc.poll("x"),
    "CIBA_ID_UNKNOWN": _ciba_twice,
    "CIBA_PENDING": lambda psc: _polled(psc, "manual"),
    "CIBA_TOO_FAST": _too_fast,
    "CIBA_REFUSED": lambda psc: _polled(psc, "refuse"),
    "CIBA_EXPIRED": _late_ciba,
    "REQUEST_UNSUPPORTED": lambda psc: _plainly(psc, request=UNSIGNED),
    "REQUEST_URI_UNSUPPORTED": lambda psc: _plainly(psc, request_uri="https://a.test/r"),
    "CONSENT_REQUIRED": _unagreed,
    "UNMET_LEVEL": lambda psc: _plainly(
        psc, claims='{"id_token":{"acr":{"essential":true,"value":"eidas3"}}}'),
    "HINT_UNUSABLE": lambda psc: _plainly(psc, id_token_hint="x"),
    "INVALID_CLIENT": lambda psc: _plain_token(psc, "faux"),
    "TWO_METHODS": lambda psc: _plain_token(psc, EXACT[1], client_secret=EXACT[1]),
}


def test_the_table_is_the_catalogue() -> None:
    named = {name for name, value in vars(errors).items() if isinstance(value, CatalogueError)}
    assert named == set(PROVOKED)
    assert len(named) == len(list(catalogue(errors)))


@pytest.mark.parametrize("name", PROVOKED)
def test_every_error_is_obtained_with_its_code_and_text(psc: RelyingParty, name: str) -> None:
    error: CatalogueError = getattr(errors, name)
    code, text, status = obtained(PROVOKED[name](psc))
    assert code == error.code
    assert text.startswith(error.label.rstrip("…"))
    assert status in (302, error.status)


def obtained(answer: httpx.Response) -> tuple[str, str, int]:
    """Code, text and status, from a redirect, a page or JSON."""
    if answer.status_code == 302:
        given = parse_qs(urlsplit(answer.headers["location"]).query)
        return given["error"][0], given["error_description"][0], 302
    if answer.headers["content-type"].startswith("text/html"):
        from html import unescape
        from re import DOTALL, search

        shown = search(r'role="alert">.*?<p>(.*?)</p>.*?<code>(.*?)</code>', answer.text, DOTALL)
        assert shown
        return shown.group(2), unescape(shown.group(1)), answer.status_code
    content = answer.json()
    return content["error"], content["error_description"], answer.status_code
