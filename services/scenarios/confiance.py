"""The espace de confiance, which a strict tenant wants: HTTPS, a certificate, exchanged tokens."""

from __future__ import annotations

import ssl
import tempfile
from urllib.parse import urlsplit

import httpx
import orjson

from services.scenarios.answers import refusal
from services.scenarios.login import LoginRefused
from services.scenarios.vendor import TIMEOUT_SECONDS, Vendor

CLIENT = "socle-edc"
EXCHANGE = "/psc/edc/realms/dmp/protocol/openid-connect/token"


def enter(vendor: Vendor) -> None:
    """Where the tenant is strict, go on as a software of that space. Raises SandboxUnreachable."""
    if not vendor.control("GET", "/settings").get("strict"):
        return
    made = vendor.control("POST", "/certificates", {"variant": "valid", "cn": CLIENT, "key": "ec"})
    context = ssl.create_default_context(cadata=vendor.authority)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # ssl reads keys of files alone
        file.write(made["private_key"] + made["certificate"] + made["chain"])
        file.flush()
        context.load_cert_chain(file.name)
    https = vendor.control("GET", "/endpoints")["https"]
    vendor.secure = https.rstrip("/") + urlsplit(vendor.base).path
    vendor.client, vendor.tls = CLIENT, context
    vendor.close()
    vendor.http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, verify=context)


def token_of_dmp(vendor: Vendor, token: str) -> str:
    """The DMP's token for one of Pro Santé Connect (RFC 8693). Raises LoginRefused."""
    answer = vendor.call("POST", EXCHANGE, data={
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "client_id": CLIENT,
        "subject_token": token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_issuer": "psc", "scope": "openid dmp",
    })
    if answer.status_code != 200:
        raise LoginRefused(f"échange du jeton pour le DMP : {refusal(answer)}")
    return str(orjson.loads(answer.content)["access_token"])
