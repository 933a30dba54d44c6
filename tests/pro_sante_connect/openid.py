"""What the OpenID conformance plans do with a provider: log in by the page, then judge the answers.

Nothing is taken for granted that the metadata do not say; the checks are those of the plans'
descriptions, written anew.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc import jws
from joserfc.jwk import KeySet

from pro_sante_connect.codes import PLAIN
from pro_sante_connect.domain.keys import base64url
from tests.pro_sante_connect.conftest import DOCTOR, callback, claims, hidden

CLIENT, OTHER = ("rp", "rp-secret: % é"), ("rp-2", "rp-2")
RETURN = "https://rp.example.test/callback"
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
"""What an `error_description` may hold (RFC 6749 §4.1.2.1)."""


@dataclass(slots=True)
class Party:
    """`browser` keeps cookies; `back` is the software's server."""

    browser: httpx.Client
    back: httpx.Client
    issuer: str
    about: dict[str, Any] = field(default_factory=dict)

    def discover(self) -> dict[str, Any]:
        """The metadata, asked for once."""
        if not self.about:
            self.about = self.back.get(f"{PLAIN}/.well-known/openid-configuration").json()
        return self.about

    def request(self, **changes: str | None) -> dict[str, str]:
        """An authorization request; None takes a parameter away."""
        usual = {
            "response_type": "code", "client_id": CLIENT[0], "redirect_uri": RETURN,
            "scope": "openid", "state": "s" * 20, "nonce": "n" * 20,
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def ask(self, **changes: str | None) -> httpx.Response:
        return self.browser.get(
            self.discover()["authorization_endpoint"], params=self.request(**changes))

    def answer(self, page: httpx.Response, id_nat: str = DOCTOR) -> httpx.Response:
        """The person logs in, or goes on, on the page that is shown; or none was shown."""
        if page.status_code == 302:
            return page
        assert page.status_code == 200, page.text
        assert page.headers["content-type"].startswith("text/html")
        form = re.search(r'action="([^"]+/login)"', page.text)
        assert form, page.text
        again = 'value="continue"' in page.text
        fields = {"action": "continue"} if again else {"action": "accept", "id_nat": id_nat}
        sent = self.browser.post(
            httpx.URL(self.issuer).join(form[1]), data={"request": hidden(page), **fields})
        return sent

    def log_in(self, **changes: str | None) -> dict[str, str]:
        """What comes back to the client, by the page."""
        return self.returned(self.answer(self.ask(**changes)), changes.get("state", "s" * 20))

    def returned(self, answer: httpx.Response, state: str | None = "s" * 20) -> dict[str, str]:
        """A success: a code, the same state, the issuer, and nothing of a fragment."""
        given = callback(answer)
        assert answer.headers["location"].startswith(f"{RETURN}?")
        assert given.get("state") == state
        assert given["iss"] == self.issuer
        assert "code" in given, given
        assert set(given) <= {"code", "state", "iss"}
        return given

    def refused(self, answer: httpx.Response, *errors: str, state: str = "s" * 20) -> None:
        """A refusal sent to the client, well formed."""
        parts = urlsplit(answer.headers["location"])
        given = dict(parse_qsl(parts.query))
        assert given["error"] in errors
        assert given["state"] == state
        assert given["iss"] == self.issuer
        assert set(given) <= {"error", "error_description", "error_uri", "state", "iss"}
        assert DESCRIPTION.fullmatch(given["error_description"])

    def redeem(
        self, code: str, auth: tuple[str, str] | None = CLIENT, **form: str
    ) -> httpx.Response:
        usual = {"grant_type": "authorization_code", "code": code, "redirect_uri": RETURN}
        return self.token(auth, **(usual | form))

    def token(self, auth: tuple[str, str] | None = CLIENT, **form: str) -> httpx.Response:
        from urllib.parse import quote_plus

        credentials = tuple(map(quote_plus, auth)) if auth else httpx.USE_CLIENT_DEFAULT
        answer = self.back.post(
            self.discover()["token_endpoint"], data=form, auth=credentials)  # type: ignore[arg-type]
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        return answer

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """A log-in by the page, to the end, with its ID token judged."""
        answer = self.redeem(self.log_in(**changes)["code"])
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        assert content["token_type"] == "Bearer"
        nonce = changes.get("nonce", "n" * 20)
        self.judge(content["id_token"], content["access_token"], nonce)
        return content

    def judge(
        self, id_token: str, access_token: str, nonce: str | None, client_id: str = CLIENT[0]
    ) -> dict[str, Any]:
        """OpenID Connect Core §3.1.3.7: claims of a token that is good."""
        keys = self.back.get(self.discover()["jwks_uri"]).json()
        header = jws.extract_compact(id_token.encode()).headers()
        assert header["alg"] == "RS256"
        assert len([each for each in keys["keys"] if each["kid"] == header["kid"]]) == 1
        jws.deserialize_compact(id_token, KeySet.import_key_set(keys), algorithms=["RS256"])
        said = claims(id_token)
        assert said["iss"] == self.issuer
        assert said["aud"] == client_id
        assert said["azp"] == client_id
        assert said.get("nonce") == nonce
        assert 0 < len(said["sub"]) <= 255
        assert said["sub"].isascii()
        assert all(type(said[name]) is int for name in ("exp", "iat", "auth_time"))
        assert said["auth_time"] <= said["iat"] < said["exp"]
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        assert said["at_hash"] == base64url(half)
        assert not {"name", "email", "address"} & set(said)
        return said

    def userinfo(self, access_token: str, method: str = "GET", *, body: bool = False) -> Any:
        """The claims; by the header, or in the form."""
        url = self.discover()["userinfo_endpoint"]
        if body:
            answer = self.back.post(url, data={"access_token": access_token})
        else:
            bearer = {"Authorization": f"Bearer {access_token}"}
            answer = self.back.request(method, url, headers=bearer)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()


def well_typed(said: dict[str, Any]) -> None:
    """OpenID Connect Core §5.1: the type of each standard claim."""
    texts = ("sub", "name", "given_name", "family_name", "preferred_username", "email",
             "phone_number")
    assert all(isinstance(said[name], str) and said[name] for name in texts if name in said)
    for name in ("email_verified", "phone_number_verified"):
        assert isinstance(said.get(name, False), bool)
    assert all(isinstance(each, str) for each in said.get("address", {}).values())
    assert "@" in said.get("email", "@")
    assert re.fullmatch(r"\+[0-9]{8,15}", said.get("phone_number", "+33199000001"))
