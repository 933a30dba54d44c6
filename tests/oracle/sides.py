"""One of the two providers, seen from a software: its metadata lead to everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

RETURN, LEFT = "http://127.0.0.1:9099/retour", "http://127.0.0.1:9099/sortie"
DOCTOR = "899900000011"
FS, OTHER, BOUND = ("fs", "fs"), ("autre", "autre"), "lps-edc"
CIBA = "urn:openid:params:grant-type:ciba"
HOPS = 8
Open = Callable[[str], httpx.Client]


@dataclass(slots=True)
class Side:
    """about: metadata; open: a client that presents a certificate ("", "valid", "other",
    "expired"); secure: an address of the metadata, as it is over TLS; act: what the person does on
    the device; refuse: makes the next log-in a refusal; by_hand: devices no longer answer by
    themselves.
    """

    about: dict[str, Any]
    open: Open
    secure: Callable[[str], str]
    act: Callable[[str], None]
    refuse: Callable[[], dict[str, str]]
    by_hand: Callable[[], None]
    browser: httpx.Client = field(init=False)
    back: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.browser, self.back = self.open(""), self.open("")

    def request(self, **changes: str | None) -> dict[str, str]:
        """An authorization request; None takes a parameter away."""
        usual = {
            "response_type": "code", "client_id": FS[0], "redirect_uri": RETURN, "state": "s",
            "scope": "openid scope_all", "nonce": "n" * 43, "login_hint": DOCTOR,
            "acr_values": "eidas1",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def ask(self, **changes: str | None) -> httpx.Response:
        """The answer that the software or the person gets in the end."""
        return self.follow(self.request(**changes))

    def follow(self, parameters: Any) -> httpx.Response:
        """Through the provider's own redirects."""
        answer = self.browser.get(self.about["authorization_endpoint"], params=parameters)
        for _ in range(HOPS):
            location = answer.headers.get("location", "")
            if not location or location.startswith("http://127.0.0.1:9099"):
                break
            answer = self.browser.get(answer.url.join(location))
        return answer

    def code(self, **changes: str | None) -> str:
        return dict(parse_qsl(urlsplit(self.ask(**changes).headers["location"]).query))["code"]

    def post(
        self, endpoint: str, form: dict[str, str], auth: tuple[str, str] | None = FS,
        by: httpx.Client | None = None,
    ) -> httpx.Response:
        """A call of the back channel; by: with this certificate, over TLS."""
        url = self.about[f"{endpoint}_endpoint"]
        if by is not None:
            return by.post(self.secure(url), data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
        return self.back.post(url, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)

    def token(self, auth: tuple[str, str] | None = FS, **form: str) -> httpx.Response:
        return self.post("token", form, auth)

    def redeem(self, auth: tuple[str, str] | None = FS, **form: str) -> httpx.Response:
        usual = {"grant_type": "authorization_code", "redirect_uri": RETURN}
        wanted = usual | form
        if "code" not in wanted:
            wanted["code"] = self.code()
        return self.token(auth, **wanted)

    def tokens(self) -> dict[str, str]:
        answer = self.redeem()
        assert answer.status_code == 200, answer.text
        content: dict[str, str] = answer.json()
        return content

    def refresh(self, token: str, auth: tuple[str, str] = FS, **form: str) -> httpx.Response:
        return self.token(auth, grant_type="refresh_token", refresh_token=token, **form)

    def userinfo(self, token: str, by: httpx.Client | None = None) -> httpx.Response:
        url, bearer = self.about["userinfo_endpoint"], {"Authorization": f"Bearer {token}"}
        if by is not None:
            return by.get(self.secure(url), headers=bearer)
        return self.back.get(url, headers=bearer if token else {})

    def push(self, auth: tuple[str, str] = FS, **changes: str | None) -> httpx.Response:
        form = self.request(**{"client_id": auth[0], **changes})
        return self.post("pushed_authorization_request", form, auth)

    def ciba(self, auth: tuple[str, str] = FS, **changes: str | None) -> httpx.Response:
        usual = {"scope": "openid scope_all", "login_hint": DOCTOR, "binding_message": "42",
                 "acr_values": "eidas1", "channel": "MOBILE"}
        form = {name: value for name, value in (usual | changes).items() if value is not None}
        return self.post("backchannel_authentication", form, auth)

    def poll(self, id: str, auth: tuple[str, str] = FS) -> httpx.Response:
        return self.token(auth, grant_type=CIBA, auth_req_id=id)

    def asked(self) -> str:
        return str(self.ciba().json()["auth_req_id"])

    def prove(self, certificate: str, **form: str) -> httpx.Response:
        """The client of a certificate redeems a code."""
        code = self.code(client_id=BOUND)
        usual = {"grant_type": "authorization_code", "redirect_uri": RETURN, "code": code,
                 "client_id": BOUND}
        return self.post("token", usual | form, None, self.open(certificate))

    def logout(self, method: str = "GET", **parameters: str) -> httpx.Response:
        url = self.about["end_session_endpoint"]
        if method == "GET":
            return self.browser.get(url, params=parameters)
        return self.browser.post(url, data=parameters)
