"""Authlib, unmodified, as the relying party: it judges our provider while it logs in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from starlette.requests import Request

from pro_sante_connect.codes import REALM
from tests.conftest import Server

DOCTOR = "899900000011"
REDIRECT = "http://127.0.0.1:9099/retour"
LOGGED_OUT = "http://127.0.0.1:9099/sortie"


class Application:
    """A web application with its session, reduced to what Authlib reads of requests."""

    def __init__(self, base: str) -> None:
        self.session: dict[str, Any] = {}
        oauth = OAuth()
        self.psc = oauth.register(
            "psc", client_id="socle-demo", client_secret="socle-demo",
            server_metadata_url=f"{base}{REALM}/.well-known/wallet-openid-configuration",
            client_kwargs={
                "scope": "openid scope_all", "code_challenge_method": "S256", "trust_env": False,
            },
        )

    def request(self, url: str = REDIRECT, method: str = "GET", body: bytes = b"") -> Request:
        """A request that the browser makes to the application."""
        parts = urlsplit(url)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        form = (b"content-type", b"application/x-www-form-urlencoded")
        return Request({
            "type": "http", "method": method, "path": parts.path, "scheme": parts.scheme,
            "query_string": parts.query.encode(), "headers": [(b"host", b"127.0.0.1:9099"), form],
            "session": self.session, "server": ("127.0.0.1", 9099),
        }, receive)

    async def start(self, **extra: str) -> str:
        """The address to which the application sends the browser."""
        answer = await self.psc.authorize_redirect(
            self.request(), REDIRECT, acr_values="eidas1", **extra
        )
        location: str = answer.headers["location"]
        return location


@pytest.fixture
def application(server: Server, tenant: str) -> Application:
    return Application(f"{server.url}/t/{tenant}")


async def browse(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
        return await browser.get(url)


async def test_the_whole_journey(
    application: Application, findings: Callable[[], dict[str, int]]
) -> None:
    callback = await browse(await application.start(login_hint=DOCTOR))
    request = application.request(callback.headers["location"])
    token = await application.psc.authorize_access_token(request)
    assert token["userinfo"]["SubjectNameID"] == DOCTOR
    assert token["userinfo"]["acr"] == "eidas1"
    userinfo = await application.psc.userinfo(token=token)
    assert userinfo["sub"] == token["userinfo"]["sub"]
    assert userinfo["SubjectRefPro"]["exercices"][0]["codeProfession"] == "10"

    renewed = await application.psc.fetch_access_token(
        grant_type="refresh_token", refresh_token=token["refresh_token"]
    )
    assert renewed["access_token"] != token["access_token"]

    leaving = await application.psc.logout_redirect(
        application.request(), LOGGED_OUT, id_token_hint=renewed["id_token"]
    )
    back = (await browse(leaving.headers["location"])).headers["location"]
    assert back.startswith(LOGGED_OUT)
    assert await application.psc.validate_logout_response(application.request(back))
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await application.psc.userinfo(token=renewed)
    # Its nonce has twenty characters; the token is renewed at once, to see it renewed.
    assert findings() == {"PSC-NONCE-COURT": 1, "PSC-REFRESH-SONDAGE": 1}


async def test_an_answer_by_form_post(application: Application) -> None:
    from urllib.parse import urlencode

    from tests.pro_sante_connect.conftest import hidden

    page = await browse(await application.start(login_hint=DOCTOR, response_mode="form_post"))
    fields = {name: hidden(page, name) for name in ("state", "code", "iss", "session_state")}
    posted = application.request(method="POST", body=urlencode(fields).encode())
    token = await application.psc.authorize_access_token(posted)
    assert token["userinfo"]["family_name"] == "EXEMPLAIRE"


async def test_a_refusal_reaches_the_application(application: Application, api: httpx.Client) -> (
    None
):
    api.put("/sandbox/ecps", json={"mode": "refuse"})
    callback = await browse(await application.start(login_hint=DOCTOR))
    request = application.request(callback.headers["location"])
    with pytest.raises(OAuthError) as refusal:
        await application.psc.authorize_access_token(request)
    assert refusal.value.error == "access_denied"
    assert refusal.value.description == "The user denied the request"
