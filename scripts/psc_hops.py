"""A log-in and a CIBA exchange by Pro Santé Connect, played on a sandbox and told hop by hop.

The tenant has a seed and a frozen clock: the same run says the same. What belongs to the
installation (keys, seals and what they sign) is replaced by its name in angle brackets.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from services import app
from services.settings import Settings

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8080"
CLIENT, SECRET = "socle-demo", "socle-demo"
RETURN, LEFT = "http://127.0.0.1:9000/retour", "http://127.0.0.1:9000/sortie"
DOCTOR = "899900000011"
REALM = "/psc/auth/realms/esante-wallet"
CONNECT = f"{REALM}/protocol/openid-connect"
SHOWN = ("location", "content-type", "cache-control", "www-authenticate")
ASKED = ("authorization", "content-type")
TOKEN = re.compile(r"eyJ[\w-]+(?:\.[\w-]*){2,4}")
SEALED = re.compile(r'name="(request|page)" value="([^"]+)"')
# Of the discovery document: what this story uses.
USED = (
    "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri",
    "introspection_endpoint", "end_session_endpoint", "backchannel_authentication_endpoint",
    "authorization_response_iss_parameter_supported", "acr_values_supported",
)


@dataclass(slots=True)
class Story:
    """Hops so far, and the names of the tokens seen in them."""

    http: httpx.AsyncClient
    told: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    hops: int = 0

    async def at(self, seconds: float) -> None:
        """Freeze the tenant's clock."""
        moment = (START + timedelta(seconds=seconds)).isoformat()
        await self.control("PUT", "clock", {"freeze": moment})

    async def control(self, method: str, path: str, body: dict[str, Any]) -> None:
        answer = await self.http.request(method, f"/sandbox/{path}", json=body)
        answer.raise_for_status()

    async def hop(
        self, title: str, who: str, method: str, path: str, why: str = "",
        only: tuple[str, ...] = (), **options: Any,
    ) -> httpx.Response:
        """One exchange, told. only: members of a long JSON answer that are shown."""
        answer = await self.http.request(method, path, **options)
        self.hops += 1
        text = f"### {self.hops}. {title}\n\n*{who}*"
        self.told.append(f"{text} {why}" if why else text)
        self.told.append(self.block(answer, only))
        return answer

    def named(self, token: str, name: str) -> str:
        """A token that is shown by this name from now on."""
        self.names[token] = f"<{name}>"
        return token

    def decoded(self, title: str, token: str) -> None:
        """A token's header and claims."""
        head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in
                        token.split(".")[:2])
        head["kid"] = "<a key of the installation>"
        if "at_hash" in claims:
            claims["at_hash"] = "<left half of the access token's hash>"
        self.told.append(f"{title}:")
        self.told.append(self.fenced(f"{pretty(head)}\n.\n{pretty(claims)}", "json"))

    def block(self, answer: httpx.Response, only: tuple[str, ...]) -> str:
        request, url = answer.request, urlsplit(str(answer.request.url))
        lines = [f"{request.method} {url.path}" + (f"?{url.query}" if url.query else "")]
        lines += [f"{name.title()}: {request.headers[name]}" for name in ASKED
                  if name in request.headers]
        if request.content:
            pairs = parse_qsl(request.content.decode())
            lines += ["", *(f"{name}={value}" for name, value in pairs)]
        lines += ["", f"{answer.status_code} {answer.reason_phrase}"]
        lines += [f"{name.title()}: {answer.headers[name]}" for name in SHOWN
                  if answer.headers.get(name)]
        lines += body_of(answer, only)
        return self.fenced("\n".join(lines), "http")

    def fenced(self, text: str, language: str) -> str:
        for token, name in sorted(self.names.items(), key=lambda one: -len(one[0])):
            text = text.replace(token, name)
        text, here = TOKEN.sub("<sealed>", text), str(self.http.base_url).rstrip("/")
        text = text.replace(here, BASE).replace(quote(here, safe=""), quote(BASE, safe=""))
        return f"```{language}\n{text}\n```"


def body_of(answer: httpx.Response, only: tuple[str, ...]) -> list[str]:
    if not answer.content:
        return []
    if "json" not in answer.headers["content-type"]:
        title = re.search(r"<h1>(.*?)</h1>", answer.text)
        return ["", f"(the page “{title[1] if title else ''}”)"]
    content = answer.json()
    if only:
        content = {name: content[name] for name in only} | {"…": "…"}
    return ["", pretty(content)]


def pretty(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)


def blocks() -> Iterator[str]:
    """The page, without its title."""
    yield (
        "What passes between an application, the professional's browser and Pro Santé Connect, "
        "played on a sandbox by `make docs` and written down as it was said. Tokens are shown by "
        "their name and decoded where they first appear. The professional is a persona, the "
        f"application `{CLIENT}`; the parameters of forms are decoded, one a line."
    )
    yield from asyncio.run(played())
    yield (
        "Every exchange above is in the journal, with its findings: `socle journal`. How to do the "
        "same with curl is in the [service's card](../../pro_sante_connect/README.md)."
    )


async def played() -> list[str]:
    """Both stories, on a sandbox of their own."""
    running = await app.start(Settings(memory=True, http_port=0, https_port=0, smtp_port=0))
    try:
        async with httpx.AsyncClient(base_url=running.ready["http"], trust_env=False) as http:
            story = Story(http)
            await story.at(0)
            await story.control("PUT", "settings", {"seed": 1})
            await log_in(story)
            http.cookies.clear()
            await ciba(story)
            return story.told
    finally:
        await running.stop()


async def log_in(story: Story) -> None:
    """Code flow with PKCE, userinfo, introspection, renewal, log-out."""
    story.told.append("## A log-in")
    await story.hop(
        "Discovery", "application → Pro Santé Connect.", "GET",
        f"{REALM}/.well-known/wallet-openid-configuration",
        "The path is not the standard one, and the authorization endpoint is on another host in "
        "reality: the wallet.", USED,
    )
    verifier = "verifier-of-the-example-forty-three-letters"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    asked = {
        "response_type": "code", "client_id": CLIENT, "redirect_uri": RETURN,
        "scope": "openid scope_all", "acr_values": "eidas1", "state": "state-of-the-software",
        "nonce": "nonce-of-the-software-0000", "code_challenge_method": "S256",
        "code_challenge": challenge.decode().rstrip("="),
    }
    page = await story.hop(
        "The application sends the browser to the wallet", "browser → wallet.", "GET", "/psc/auth",
        "`state` and `nonce` are unguessable, `acr_values` is always `eidas1`.", params=asked,
    )
    await story.at(20)
    sealed = SEALED.search(page.text)
    form = {"request": sealed[2] if sealed else "", "action": "accept", "means": "ecps",
            "id_nat": DOCTOR}
    back = await story.hop(
        "The professional accepts", "browser → wallet.", "POST", "/psc/auth/login",
        "Here with the virtual e-CPS. This exchange is the sandbox's own; what follows it is the "
        "real answer: a code good for one minute, once, with `iss` (RFC 9207).", data=form,
    )
    code = dict(parse_qsl(urlsplit(back.headers["location"]).query))["code"]
    await story.at(21)
    answer = await story.hop(
        "The code becomes tokens", "application → Pro Santé Connect, from its server.", "POST",
        f"{CONNECT}/token", "`state` was compared before.", auth=(CLIENT, SECRET), data={
            "grant_type": "authorization_code", "code": code, "redirect_uri": RETURN,
            "code_verifier": verifier,
        },
    )
    tokens = name_tokens(story, answer, "first")
    story.decoded("The access token, two minutes", tokens["access_token"])
    story.decoded("The ID token; `sub` is technical, the national identifier is `SubjectNameID`",
                  tokens["id_token"])
    story.decoded("The refresh token, thirty minutes, a JWT too", tokens["refresh_token"])
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    await story.hop(
        "Who it is", "application → Pro Santé Connect.", "GET", f"{CONNECT}/userinfo",
        "`sub` is that of the ID token. Every activity has thirty members, empty rather than "
        "absent.", headers=bearer,
    )
    await story.hop(
        "Is this token good?", "another registered client → Pro Santé Connect.", "POST",
        f"{CONNECT}/token/introspect", "How an API checks the token that it is shown.",
        auth=("socle-exact", "socle-exact"), data={"token": tokens["access_token"]},
    )
    await story.at(125)
    answer = await story.hop(
        "The tokens are renewed", "application → Pro Santé Connect.", "POST", f"{CONNECT}/token",
        "Before the access token ends. The refresh token is new each time, the former is dead.",
        auth=(CLIENT, SECRET), data={
            "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"],
        },
    )
    renewed = name_tokens(story, answer, "second")
    story.decoded("The second access token: same session, same `auth_time`",
                  renewed["access_token"])
    await story.at(600)
    await story.hop(
        "The professional leaves", "browser → Pro Santé Connect.", "GET", f"{CONNECT}/logout",
        "Both sessions end, the application's and Pro Santé Connect's. An ID token past its term "
        "is still a hint.", params={
            "id_token_hint": renewed["id_token"], "post_logout_redirect_uri": LEFT,
            "state": "state-of-the-log-out",
        },
    )
    await story.hop(
        "Nothing is left of it", "application → Pro Santé Connect.", "POST", f"{CONNECT}/token",
        auth=(CLIENT, SECRET), data={
            "grant_type": "refresh_token", "refresh_token": renewed["refresh_token"],
        },
    )


async def ciba(story: Story) -> None:
    """A request that waits, the phone, the tokens."""
    story.told.append("## CIBA: no browser")
    await story.at(3600)
    await story.control("PUT", "ecps", {"mode": "manual"})
    answer = await story.hop(
        "The application asks", "application → Pro Santé Connect, from its server.", "POST",
        f"{CONNECT}/ext/ciba/auth",
        "`binding_message` is two digits that the application shows; `channel` is the phone "
        "(`MOBILE`) or the card reader (`CARD`).", auth=(CLIENT, SECRET), data={
            "scope": "openid scope_all", "login_hint": DOCTOR, "binding_message": "42",
            "acr_values": "eidas1", "channel": "MOBILE",
        },
    )
    asked = story.named(answer.json()["auth_req_id"], "auth_req_id")
    poll = {"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": asked}
    await story.at(3605)
    await story.hop(
        "Not yet", "application → Pro Santé Connect.", "POST", f"{CONNECT}/token",
        "Every `interval` seconds, never faster.", auth=(CLIENT, SECRET), data=poll,
    )
    shown = await story.http.get("/psc/auth/ecps")
    found = re.search(r'name="id" value="([^"]+)"', shown.text)
    sealed = SEALED.search(shown.text)
    await story.hop(
        "The professional finds 42 on the phone and accepts", "virtual phone → sandbox.", "POST",
        "/psc/auth/ecps", "The e-CPS application has no public interface: this is the sandbox's.",
        data={
            "page": sealed[2] if sealed else "", "id": found[1] if found else "",
            "action": "accept",
        },
    )
    await story.at(3610)
    answer = await story.hop(
        "The tokens", "application → Pro Santé Connect.", "POST", f"{CONNECT}/token",
        "The same answer as for a code. No session opens in any browser.", auth=(CLIENT, SECRET),
        data=poll,
    )
    tokens = name_tokens(story, answer, "CIBA")
    story.decoded("The access token: `authMode` tells the channel", tokens["access_token"])
    story.decoded("The ID token", tokens["id_token"])
    await story.hop(
        "A second time", "application → Pro Santé Connect.", "POST", f"{CONNECT}/token",
        "An `auth_req_id` is good once.", auth=(CLIENT, SECRET), data=poll,
    )


def name_tokens(story: Story, answer: httpx.Response, which: str) -> dict[str, str]:
    """The tokens of an answer that has just been told: its block is told anew, with their names."""
    content: dict[str, str] = answer.json()
    for name in ("access_token", "refresh_token", "id_token"):
        story.named(content[name], f"{which} {name.replace('_', ' ')}")
    story.told[-1] = story.block(answer, ())
    return content
