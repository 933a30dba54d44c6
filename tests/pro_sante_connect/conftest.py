"""A relying party reduced to its requests, with every parameter open to a test's hand."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jws

from pro_sante_connect.codes import CIBA_GRANT, CONNECT, PLAIN, REALM
from services.kernel.authorities import authorities
from tests.conftest import Server

if TYPE_CHECKING:
    from tests.pro_sante_connect.openid import Party

DOCTOR = "899900000011"
PHARMACIST = "899900000029"
REDIRECT = "http://127.0.0.1:9099/retour"
DEMO = ("socle-demo", "socle-demo")
EXACT = ("socle-exact", "socle-exact")
EDC = "lps-edc"
Secure = Callable[..., httpx.Client]
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def callback(answer: httpx.Response) -> dict[str, str]:
    """Parameters of a redirect to the client."""
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query, keep_blank_values=True))


def claims(token: str) -> dict[str, Any]:
    """The payload of a JWT, unverified."""
    import json

    content: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return content


def hidden(page: httpx.Response, name: str = "request") -> str:
    """The value of a hidden field."""
    found = re.search(f'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found.group(1)


@dataclass(slots=True)
class RelyingParty:
    """`api` keeps cookies, as a browser does; back-channel calls go through `back`."""

    api: httpx.Client
    back: httpx.Client
    secure: Secure

    @property
    def issuer(self) -> str:
        return str(self.api.base_url).rstrip("/") + REALM

    def authorize(self, **changes: str | None) -> httpx.Response:
        """The usual request; None takes a parameter away."""
        usual = {
            "response_type": "code", "client_id": DEMO[0], "redirect_uri": REDIRECT,
            "scope": "openid scope_all", "acr_values": "eidas1", "state": "état/1+&",
            "nonce": "n" * 43, "login_hint": DOCTOR,
        }
        wanted = {name: value for name, value in (usual | changes).items() if value is not None}
        return self.api.get("/psc/auth", params=wanted)

    def code(self, **changes: str | None) -> str:
        return callback(self.authorize(**changes))["code"]

    def token(self, auth: tuple[str, str] | None = DEMO, **form: str) -> httpx.Response:
        return self.back.post(f"{CONNECT}/token", data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)

    def redeem(self, code: str, auth: tuple[str, str] | None = DEMO, **form: str) -> httpx.Response:
        usual = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.token(auth, **(usual | form))

    def refresh(self, token: str, auth: tuple[str, str] = DEMO, **form: str) -> httpx.Response:
        return self.token(auth, grant_type="refresh_token", refresh_token=token, **form)

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """The answer of a whole log-in."""
        answer = self.redeem(self.code(**changes))
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def push(self, auth: tuple[str, str] | None = DEMO, **changes: str | None) -> httpx.Response:
        """The usual authorization request, pushed."""
        usual = {
            "response_type": "code", "redirect_uri": REDIRECT, "scope": "openid scope_all",
            "acr_values": "eidas1", "state": "s", "nonce": "n" * 43, "login_hint": DOCTOR,
        }
        wanted = {name: value for name, value in (usual | changes).items() if value is not None}
        return self.back.post(
            f"{CONNECT}/ext/par/request", data=wanted, auth=auth or httpx.USE_CLIENT_DEFAULT
        )

    def named(self, uri: str, client_id: str = DEMO[0], **others: str) -> httpx.Response:
        """The authorization request that only names a pushed one."""
        return self.api.get(
            "/psc/auth", params={"client_id": client_id, "request_uri": uri, **others}
        )

    def ciba(self, auth: tuple[str, str] | None = DEMO, **changes: str | None) -> httpx.Response:
        """The usual CIBA request; None takes a parameter away."""
        usual = {
            "scope": "openid scope_all", "login_hint": DOCTOR, "binding_message": "42",
            "acr_values": "eidas1", "channel": "MOBILE",
        }
        wanted = {name: value for name, value in (usual | changes).items() if value is not None}
        return self.back.post(
            f"{CONNECT}/ext/ciba/auth", data=wanted, auth=auth or httpx.USE_CLIENT_DEFAULT
        )

    def asked(self, **changes: str | None) -> str:
        """The `auth_req_id` of a CIBA request."""
        answer = self.ciba(**changes)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["auth_req_id"])

    def poll(self, auth_req_id: str, auth: tuple[str, str] = DEMO) -> httpx.Response:
        return self.token(auth, grant_type=CIBA_GRANT, auth_req_id=auth_req_id)

    def shown(self) -> list[dict[str, Any]]:
        """What the devices show."""
        content: list[dict[str, Any]] = self.api.get("/sandbox/ecps/requests").json()["requests"]
        return content

    def act(self, action: str, id: str | None = None) -> httpx.Response:
        """The professional answers on the device; the latest request when none is named."""
        return self.api.post(
            f"/sandbox/ecps/requests/{id or self.shown()[0]['id']}", json={"action": action}
        )

    def userinfo(self, token: str, method: str = "GET") -> httpx.Response:
        return self.back.request(
            method, f"{CONNECT}/userinfo", headers={"Authorization": f"Bearer {token}"}
        )

    def introspect(self, token: str, auth: tuple[str, str] = EXACT) -> httpx.Response:
        return self.back.post(f"{CONNECT}/token/introspect", data={"token": token}, auth=auth)

    def logout(self, method: str = "GET", **parameters: str) -> httpx.Response:
        if method == "GET":
            return self.api.get(f"{CONNECT}/logout", params=parameters)
        return self.api.post(f"{CONNECT}/logout", data=parameters)

    def ecps(self, mode: str, id_nat: str | None = None) -> None:
        wanted = {"mode": mode} if id_nat is None else {"mode": mode, "id_nat": id_nat}
        answer = self.api.put("/sandbox/ecps", json=wanted)
        assert answer.status_code == 200, answer.text

    def register(self, client_id: str, **members: Any) -> None:
        """A client whose secret is its name."""
        answer = self.api.post("/sandbox/clients", json={
            "client_id": client_id, "client_secret": client_id} | members)
        assert answer.status_code == 201, answer.text

    def served(self, **change: Any) -> dict[str, Any]:
        """Another Pro Santé Connect."""
        answer = self.api.put("/sandbox/psc", json=change)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def trusted(self) -> None:
        """Register a client of the espace de confiance."""
        self.register(EDC, any_loopback=True, space="edc", flows=[
            "authorization_code", "refresh_token", CIBA_GRANT])

    def prove(self, by: httpx.Client, **form: str) -> httpx.Response:
        """That client redeems a code."""
        usual = {
            "grant_type": "authorization_code", "redirect_uri": REDIRECT, "client_id": EDC,
            "code": self.code(client_id=EDC),
        }
        return by.post(f"{CONNECT}/token", data=usual | form)

    def strict(self) -> None:
        assert self.api.put("/sandbox/settings", json={"strict": True}).status_code == 200

    def at(self, seconds: float) -> None:
        """Freeze the tenant's clock that long after the start of the story."""
        moment = (START + timedelta(seconds=seconds)).isoformat()
        assert self.api.put("/sandbox/clock", json={"freeze": moment}).status_code == 200

    def press(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Press a button of a page."""
        form = {"request": hidden(page), "action": action} | fields
        return self.api.post("/psc/auth/login", data=form)


@pytest.fixture
def secure(server: Server, tenant: str, api: httpx.Client, tmp_path: Path) -> Iterator[Secure]:
    """The tenant over HTTPS, with a certificate of this variant and CN, or without one."""
    opened: list[httpx.Client] = []

    def make(variant: str = "valid", cn: str = EDC) -> httpx.Client:
        context = ssl.create_default_context(cafile=server.ca)
        if variant:
            body = {"variant": variant, "cn": cn, "key": "ec"}
            answer = api.post("/sandbox/certificates", json=body)
            assert answer.status_code == 201, answer.text
            made = answer.json()
            path = tmp_path / f"{len(opened)}.pem"
            path.write_text(made["private_key"] + made["certificate"] + made["chain"])
            context.load_cert_chain(path)
        base = f"{server.sandbox.endpoints['https']}/t/{tenant}"
        opened.append(httpx.Client(base_url=base, verify=context, trust_env=False, timeout=30))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def op(psc: RelyingParty, secure: Secure) -> Party:
    """The plain face, over HTTPS, and two clients that it knows by their exact addresses."""
    from tests.pro_sante_connect.openid import CLIENT, OTHER, RETURN, Party

    for client_id, secret in (CLIENT, OTHER):
        psc.register(
            client_id, client_secret=secret, redirect_uris=[RETURN],
            post_logout_redirect_uris=["https://rp.example.test/left"],
            flows=["authorization_code", "refresh_token"],
        )
    browser = secure("")
    return Party(browser, secure(""), str(browser.base_url).rstrip("/") + PLAIN)


@pytest.fixture
def psc(api: httpx.Client, secure: Secure) -> Iterator[RelyingParty]:
    with httpx.Client(
        base_url=api.base_url, timeout=30, trust_env=False, verify=authorities(str(api.base_url))
    ) as back:
        yield RelyingParty(api, back, secure)
