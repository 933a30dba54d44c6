"""What is played against both providers, and what is told of each answer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.oracle.sides import BOUND, CIBA, LEFT, OTHER, RETURN, Side

Play = Callable[[Side], httpx.Response]
CHALLENGE, VERIFIER = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM", "v" * 43
UNSIGNED = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + ".e30."
MOST = 9
"""Members that are named; of more, the number is told."""
URN = "urn:ietf:params:oauth:request_uri:unknown"


def told(answer: httpx.Response) -> str:
    """Status, where the answer is, its error or the names of its members."""
    location = answer.headers.get("location", "")
    if location:
        parts = urlsplit(location)
        given = dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))
        said = f"`{given['error']}`" if "error" in given else "redirect"
        where = " in the fragment" if parts.fragment else ""
        return f"{said}{where}: {_names(given)}"
    if answer.headers.get("content-type", "").startswith("text/html"):
        return f"{answer.status_code} page"
    if not answer.content:
        return f"{answer.status_code}, empty"
    if "json" not in answer.headers.get("content-type", ""):
        return f"{answer.status_code} text"
    content = answer.json()
    challenge = answer.headers.get("www-authenticate", "").partition(" ")[0]
    asks = f", asks for {challenge}" if challenge else ""
    if "error" in content:
        return f"{answer.status_code} `{content['error']}`{asks}"
    if set(content) == {"active"}:
        return f"{answer.status_code} active: {str(content['active']).lower()}"
    return f"{answer.status_code}: {_names(content)}{asks}"


def _names(content: Mapping[str, object]) -> str:
    return ", ".join(sorted(content)) if len(content) <= MOST else f"{len(content)} members"


def _twice(side: Side) -> httpx.Response:
    code = side.code()
    side.redeem(code=code)
    return side.redeem(code=code)


def _after_reuse(side: Side) -> httpx.Response:
    code = side.code()
    token = side.redeem(code=code).json()["access_token"]
    side.redeem(code=code)
    return side.userinfo(token)


def _refreshed_twice(side: Side) -> httpx.Response:
    token = side.tokens()["refresh_token"]
    side.refresh(token)
    return side.refresh(token)


def _after_replay(side: Side) -> httpx.Response:
    token = side.tokens()["refresh_token"]
    renewed = side.refresh(token).json()
    side.refresh(token)
    return side.refresh(renewed["refresh_token"])


def _introspect(side: Side, token: str, auth: tuple[str, str] = OTHER) -> httpx.Response:
    return side.post("introspection", {"token": token} if token else {"x": "y"}, auth)


def _revoke(side: Side, token: str, auth: tuple[str, str] = ("fs", "fs")) -> httpx.Response:
    return side.post("revocation", {"token": token} if token else {"x": "y"}, auth)


def _revoked(side: Side, name: str) -> httpx.Response:
    tokens = side.tokens()
    _revoke(side, tokens[name])
    return side.userinfo(tokens["access_token"])


def _revoked_by_another(side: Side) -> httpx.Response:
    tokens = side.tokens()
    _revoke(side, tokens["access_token"], OTHER)
    return side.userinfo(tokens["access_token"])


def _pushed(side: Side, client_id: str = "fs") -> httpx.Response:
    uri = side.push().json()["request_uri"]
    return side.follow({"client_id": client_id, "request_uri": uri})


def _pushed_twice(side: Side) -> httpx.Response:
    uri = side.push().json()["request_uri"]
    side.follow({"client_id": "fs", "request_uri": uri})
    return side.follow({"client_id": "fs", "request_uri": uri})


def _accepted(side: Side) -> httpx.Response:
    id = side.asked()
    side.act("accept")
    return side.poll(id)


def _accepted_twice(side: Side) -> httpx.Response:
    id = side.asked()
    side.act("accept")
    side.poll(id)
    return side.poll(id)


def _refused(side: Side) -> httpx.Response:
    id = side.asked()
    side.act("refuse")
    return side.poll(id)


def _too_fast(side: Side) -> httpx.Response:
    id = side.asked()
    side.poll(id)
    return side.poll(id)


def _bound(side: Side, certificate: str | None) -> httpx.Response:
    token = side.prove("valid").json()["access_token"]
    return side.userinfo(token, None if certificate is None else side.open(certificate))


def _bound_refresh(side: Side, certificate: str) -> httpx.Response:
    by = side.open("valid")
    code = side.code(client_id=BOUND)
    form = {"client_id": BOUND}
    token = side.post("token", form | {
        "grant_type": "authorization_code", "code": code, "redirect_uri": RETURN}, None, by).json()
    again = by if certificate == "same" else side.open(certificate)
    return side.post("token", form | {
        "grant_type": "refresh_token", "refresh_token": token["refresh_token"]}, None, again)


def _left(side: Side, method: str = "GET", **parameters: str) -> httpx.Response:
    return side.logout(method, id_token_hint=side.tokens()["id_token"], **parameters)


def _after_logout(side: Side) -> httpx.Response:
    tokens = side.tokens()
    side.logout(id_token_hint=tokens["id_token"])
    return side.refresh(tokens["refresh_token"])


CODE: dict[str, Play] = {
    "log-in": lambda side: side.ask(),
    "log-in with neither state nor nonce": lambda side: side.ask(state=None, nonce=None),
    "log-in answered by a form": lambda side: side.ask(response_mode="form_post"),
    "log-in answered in the fragment": lambda side: side.ask(response_mode="fragment"),
    "log-in that the person refuses": lambda side: side.ask(**side.refuse()),
    "unknown client": lambda side: side.ask(client_id="inconnu"),
    "redirect address not registered": lambda side: side.ask(redirect_uri=RETURN + "/"),
    "no redirect address": lambda side: side.ask(redirect_uri=None),
    "no response_type": lambda side: side.ask(response_type=None),
    "response_type=token": lambda side: side.ask(response_type="token"),
    "response_type unheard of": lambda side: side.ask(response_type="jeton"),
    "scope unheard of": lambda side: side.ask(scope="openid jamais-vu"),
    "prompt=none without a session": lambda side: side.ask(prompt="none"),
    "prompt=none with another": lambda side: side.ask(prompt="none login"),
    "max_age that is no number": lambda side: side.ask(max_age="demain"),
    "a parameter twice": lambda side: side.follow(
        [*side.request().items(), ("scope", "openid")]),
    "challenge too short": lambda side: side.ask(
        code_challenge="court", code_challenge_method="S256"),
    "challenge without its method": lambda side: side.ask(code_challenge=CHALLENGE),
    "request object, unsigned": lambda side: side.ask(request=UNSIGNED),
    "request_uri that was not pushed": lambda side: side.ask(request_uri="https://a.test/r"),
}
TOKENS: dict[str, Play] = {
    "code redeemed": lambda side: side.redeem(),
    "code redeemed, secret in the form": lambda side: side.redeem(
        None, client_id="fs", client_secret="fs"),
    "code redeemed with its verifier": lambda side: side.redeem(
        code=side.code(code_challenge=CHALLENGE, code_challenge_method="S256"),
        code_verifier=VERIFIER),
    "no grant_type": lambda side: side.token(x="y"),
    "grant_type unheard of": lambda side: side.token(grant_type="don"),
    "grant_type=password": lambda side: side.token(
        grant_type="password", username="a", password="b"),
    "wrong secret": lambda side: side.redeem(("fs", "faux"), code="x"),
    "client unheard of": lambda side: side.redeem(("inconnu", "x"), code="x"),
    "no client at all": lambda side: side.redeem(None, code="x"),
    "no code": lambda side: side.token(grant_type="authorization_code", redirect_uri=RETURN),
    "code unheard of": lambda side: side.redeem(code="x"),
    "code twice": _twice,
    "userinfo after a code was given twice": _after_reuse,
    "code with another redirect address": lambda side: side.redeem(redirect_uri=RETURN + "/"),
    "code of another client": lambda side: side.redeem(OTHER),
    "verifier missing": lambda side: side.redeem(
        code=side.code(code_challenge=CHALLENGE, code_challenge_method="S256")),
    "verifier wrong": lambda side: side.redeem(
        code=side.code(code_challenge=CHALLENGE, code_challenge_method="S256"),
        code_verifier="w" * 43),
    "verifier without a challenge": lambda side: side.redeem(code_verifier=VERIFIER),
    "refresh": lambda side: side.refresh(side.tokens()["refresh_token"]),
    "refresh without a token": lambda side: side.token(grant_type="refresh_token"),
    "refresh with what is no token": lambda side: side.refresh("x"),
    "refresh with a token already used": _refreshed_twice,
    "refresh after such a replay": _after_replay,
    "refresh by another client": lambda side: side.refresh(side.tokens()["refresh_token"], OTHER),
    "refresh for more than was granted": lambda side: side.refresh(
        side.tokens()["refresh_token"], scope="openid scope_all address"),
}
RESOURCES: dict[str, Play] = {
    "userinfo": lambda side: side.userinfo(side.tokens()["access_token"]),
    "userinfo without a token": lambda side: side.userinfo(""),
    "userinfo with what is no token": lambda side: side.userinfo("x"),
    "introspection of an access token": lambda side: _introspect(
        side, side.tokens()["access_token"], ("fs", "fs")),
    "introspection of a refresh token": lambda side: _introspect(
        side, side.tokens()["refresh_token"], ("fs", "fs")),
    "introspection of what is no token": lambda side: _introspect(side, "x"),
    "introspection without a token": lambda side: _introspect(side, ""),
    "introspection with a wrong secret": lambda side: _introspect(side, "x", ("fs", "faux")),
    "revocation of an access token": lambda side: _revoke(side, side.tokens()["access_token"]),
    "revocation of what is no token": lambda side: _revoke(side, "x"),
    "revocation without a token": lambda side: _revoke(side, ""),
    "revocation with a wrong secret": lambda side: _revoke(side, "x", ("fs", "faux")),
    "userinfo after its token was revoked": lambda side: _revoked(side, "access_token"),
    "userinfo after its refresh token was": lambda side: _revoked(side, "refresh_token"),
    "userinfo after another client tried to": _revoked_by_another,
}
PUSHED: dict[str, Play] = {
    "request pushed": lambda side: side.push(),
    "log-in by a pushed request": _pushed,
    "pushed request named twice": _pushed_twice,
    "pushed request named by another client": lambda side: _pushed(side, OTHER[0]),
    "pushed request unheard of": lambda side: side.follow({"client_id": "fs", "request_uri": URN}),
    "pushing with a wrong secret": lambda side: side.push(("fs", "faux")),
    "pushing a request_uri": lambda side: side.push(request_uri="https://a.test/r"),
    "pushing an address not registered": lambda side: side.push(redirect_uri=RETURN + "/"),
    "pushing no response_type": lambda side: side.push(response_type=None),
}
CIBA_: dict[str, Play] = {
    "request": lambda side: side.ciba(),
    "poll, not answered yet": lambda side: side.poll(side.asked()),
    "poll again at once": _too_fast,
    "poll, accepted": _accepted,
    "poll, refused": _refused,
    "poll after the tokens were given": _accepted_twice,
    "poll with an id unheard of": lambda side: side.poll("x"),
    "poll by a client without the flow": lambda side: side.poll(side.asked(), OTHER),
    "poll without an id": lambda side: side.token(grant_type=CIBA),
    "no scope": lambda side: side.ciba(scope=None),
    "no login_hint": lambda side: side.ciba(login_hint=None),
    "person unheard of": lambda side: side.ciba(login_hint="899900009999"),
    "binding_message with a space": lambda side: side.ciba(binding_message="4 2"),
    "request with a wrong secret": lambda side: side.ciba(("fs", "faux")),
    "request by a client without the flow": lambda side: side.ciba(OTHER),
}
MTLS: dict[str, Play] = {
    "code redeemed with the certificate": lambda side: side.prove("valid"),
    "without a certificate": lambda side: side.prove(""),
    "with the certificate of another name": lambda side: side.prove("other"),
    "with an expired certificate": lambda side: side.prove("expired"),
    "bound token with its certificate": lambda side: _bound_userinfo(side),
    "bound token with another certificate": lambda side: _bound(side, "other"),
    "bound token without a certificate": lambda side: _bound(side, ""),
    "refresh with the same certificate": lambda side: _bound_refresh(side, "same"),
    "refresh with the certificate of another name": lambda side: _bound_refresh(side, "other"),
}


def _bound_userinfo(side: Side) -> httpx.Response:
    by, code = side.open("valid"), side.code(client_id=BOUND)
    given = side.post("token", {
        "grant_type": "authorization_code", "code": code, "redirect_uri": RETURN,
        "client_id": BOUND}, None, by).json()
    return side.userinfo(given["access_token"], by)


LOGOUT: dict[str, Play] = {
    "hint, address and state": lambda side: _left(
        side, post_logout_redirect_uri=LEFT, state="s"),
    "hint alone": lambda side: _left(side),
    "hint alone, posted": lambda side: _left(side, "POST"),
    "address not registered": lambda side: _left(side, post_logout_redirect_uri=LEFT + "/"),
    "hint that is no token": lambda side: side.logout(id_token_hint="x"),
    "address without a hint": lambda side: side.logout(post_logout_redirect_uri=LEFT),
    "nothing, with a session": lambda side: (side.tokens(), side.logout())[1],
    "refresh afterwards": _after_logout,
}
PARTS: dict[str, dict[str, Play]] = {
    "Code flow": CODE, "Tokens": TOKENS, "Userinfo, introspection, revocation": RESOURCES,
    "Pushed requests": PUSHED, "CIBA": CIBA_, "Certificates of clients": MTLS, "Log-out": LOGOUT,
}
