"""Authlib with the addresses of the real test environment, as with entries in a hosts file."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from authlib.integrations.starlette_client import OAuth

from tests.clients.test_oidc_authlib import DOCTOR, LOGGED_OUT, REDIRECT, Application
from tests.conftest import Server

ENVIRONMENTS = ("bas.psc.esante.gouv.fr", "bas.esw.esante.gouv.fr")


class HostsFile(httpx.AsyncBaseTransport):
    """Official test names lead to the sandbox's HTTPS port; nothing else is reached."""

    def __init__(self, server: Server, names: tuple[str, ...]) -> None:
        context = ssl.create_default_context(cafile=server.ca)
        self._inner = httpx.AsyncHTTPTransport(verify=context)
        self._port = urlsplit(server.sandbox.endpoints["https"]).port
        self._names = names

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        assert request.url.scheme == "https"
        assert name in self._names
        return await self._inner.handle_async_request(httpx.Request(
            request.method, request.url.copy_with(host="127.0.0.1", port=self._port),
            headers=request.headers, stream=request.stream,
            extensions={**request.extensions, "sni_hostname": name},
        ))

    async def close(self) -> None:
        await self._inner.aclose()


@pytest.fixture(params=ENVIRONMENTS)
async def domain(request: pytest.FixtureRequest) -> str:
    """What follows `wallet.` and `auth.`."""
    found: str = request.param
    return found


@pytest.fixture
async def network(server: Server, domain: str) -> AsyncIterator[HostsFile]:
    transport = HostsFile(server, (f"wallet.{domain}", f"auth.{domain}"))
    yield transport
    await transport.close()


@pytest.fixture
def application(network: HostsFile, domain: str) -> Application:
    made = Application("https://replaced")
    realm = f"https://auth.{domain}/auth/realms/esante-wallet"
    made.psc = OAuth().register(
        "psc", client_id="socle-demo", client_secret="socle-demo",
        server_metadata_url=f"{realm}/.well-known/wallet-openid-configuration",
        client_kwargs={
            "scope": "openid scope_all", "code_challenge_method": "S256", "transport": network,
        },
    )
    return made


async def pressed(browser: httpx.AsyncClient, page: httpx.Response, **fields: str) -> (
    httpx.Response
):
    """Send the page's form, to where it says."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    sealed = re.search(r'name="request" value="([^"]+)"', page.text)
    assert action is not None
    assert sealed is not None
    form = {"request": sealed[1], **fields}
    return await browser.post(urljoin(str(page.url), action[1]), data=form)


async def test_the_whole_journey(
    application: Application, network: HostsFile, domain: str
) -> None:
    async with httpx.AsyncClient(transport=network) as browser:
        address = await application.start()
        assert address.startswith(f"https://wallet.{domain}/auth?")
        page = await browser.get(address)
        assert page.status_code == 200
        back = await pressed(browser, page, action="accept", id_nat=DOCTOR, means="ecps")
        location = back.headers["location"]
        said = dict(parse_qsl(urlsplit(location).query))
        assert said["iss"] == f"https://auth.{domain}/auth/realms/esante-wallet"
        token = await application.psc.authorize_access_token(application.request(location))
        assert token["userinfo"]["iss"] == said["iss"]
        assert token["userinfo"]["SubjectNameID"] == DOCTOR
        userinfo = await application.psc.userinfo(token=token)
        assert userinfo["SubjectNameID"] == DOCTOR

        # Single sign-on: the same browser is known again.
        again = await browser.get(await application.start())
        assert "Est-ce bien vous" in again.text
        back = await pressed(browser, again, action="continue")
        second = await application.psc.authorize_access_token(
            application.request(back.headers["location"])
        )
        assert second["userinfo"]["sid"] == token["userinfo"]["sid"]

        renewed = await application.psc.fetch_access_token(
            grant_type="refresh_token", refresh_token=token["refresh_token"]
        )
        leaving = await application.psc.logout_redirect(
            application.request(), LOGGED_OUT, id_token_hint=renewed["id_token"]
        )
        left = await browser.get(leaving.headers["location"])
        assert left.headers["location"].startswith(LOGGED_OUT)
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await application.psc.userinfo(token=renewed)


async def test_a_token_of_an_official_name_opens_the_services(
    application: Application, network: HostsFile, server: Server
) -> None:
    async with httpx.AsyncClient(transport=network) as browser:
        back = await browser.get(await application.start(login_hint=DOCTOR))
        token = await application.psc.authorize_access_token(
            application.request(back.headers["location"])
        )
    ours = "/psc/auth/realms/esante-wallet/protocol/openid-connect/userinfo"
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    answers = [httpx.get(f"{server.url}{prefix}{ours}", headers=bearer, trust_env=False)
               for prefix in ("", "/t/other-space")]
    assert [answer.status_code for answer in answers] == [200, 401]


async def test_pages_of_an_official_name_stay_there(
    application: Application, network: HostsFile, server: Server
) -> None:
    async with httpx.AsyncClient(transport=network) as browser:
        page = await browser.get(await application.start())
        cookie = page.headers["set-cookie"]
        assert "; Path=/;" in cookie
        assert cookie.endswith("; Secure")
        secure = server.sandbox.endpoints["https"]
        assert f'href="{secure}/console/static/tokens.css"' in page.text
        assert f"style-src {secure} " in page.headers["content-security-policy"]
        assert REDIRECT not in page.headers["content-security-policy"]
