"""A software of the espace de confiance: its certificate, its log-in, its tokens of APIs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import Server

CLIENT = "lps-edc"
CIBA = "urn:openid:params:grant-type:ciba"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
JWT = "urn:ietf:params:oauth:token-type:jwt"
PSC = "/psc/auth/realms/esante-wallet/protocol/openid-connect"


def realm(api: str) -> str:
    return f"/psc/edc/realms/{api}/protocol/openid-connect"


@dataclass(slots=True)
class Software:
    """`api` is the tenant over plain HTTP; certificates go to `folder`."""

    server: Server
    tenant: str
    api: httpx.Client
    folder: Path
    opened: list[httpx.Client] = field(default_factory=list)

    def secure(self, cn: str = CLIENT, variant: str = "valid") -> httpx.Client:
        """The tenant over HTTPS, with a new certificate of this CN, or without one."""
        context = ssl.create_default_context(cafile=self.server.ca)
        if variant:
            answer = self.api.post(
                "/sandbox/certificates", json={"variant": variant, "cn": cn, "key": "ec"}
            )
            assert answer.status_code == 201, answer.text
            made = answer.json()
            path = self.folder / f"edc-{len(self.opened)}.pem"
            path.write_text(made["private_key"] + made["certificate"] + made["chain"])
            context.load_cert_chain(path)
        base = f"{self.server.sandbox.endpoints['https']}/t/{self.tenant}"
        self.opened.append(
            httpx.Client(base_url=base, verify=context, trust_env=False, timeout=30)
        )
        return self.opened[-1]

    def register(self, client_id: str = CLIENT, **members: Any) -> None:
        answer = self.api.post("/sandbox/clients", json={
            "client_id": client_id, "client_secret": client_id, "space": "edc",
            "any_loopback": True, "flows": ["authorization_code", "refresh_token", CIBA],
            **members,
        })
        assert answer.status_code == 201, answer.text

    def log_in(
        self, by: httpx.Client, id_nat: str = "899900000011", client_id: str = CLIENT
    ) -> dict[str, Any]:
        """The token answer of Pro Santé Connect, by CIBA."""
        asked = by.post(f"{PSC}/ext/ciba/auth", data={
            "client_id": client_id, "scope": "openid scope_all", "login_hint": id_nat,
            "binding_message": "42", "acr_values": "eidas1", "channel": "MOBILE",
        })
        assert asked.status_code == 200, asked.text
        answer = by.post(f"{PSC}/token", data={
            "client_id": client_id, "grant_type": CIBA,
            "auth_req_id": asked.json()["auth_req_id"],
        })
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def exchange(
        self, by: httpx.Client, token: str, api: str, **changes: str | None
    ) -> httpx.Response:
        """The usual exchange; None takes a parameter away."""
        usual = {
            "grant_type": EXCHANGE, "client_id": CLIENT, "subject_token": token,
            "subject_token_type": ACCESS, "subject_issuer": "psc", "scope": f"openid {api}",
        }
        wanted = {name: value for name, value in (usual | changes).items() if value is not None}
        return by.post(f"{realm(api)}/token", data=wanted)

    def token(self, by: httpx.Client, api: str, id_nat: str = "899900000011") -> str:
        """A token of an API, from nothing."""
        answer = self.exchange(by, self.log_in(by, id_nat)["access_token"], api)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def close(self) -> None:
        for client in self.opened:
            client.close()
