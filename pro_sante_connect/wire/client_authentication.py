"""Who calls the back channel: by a secret (RFC 6749 §2.3.1), a certificate (RFC 8705 §2.1) or both.

A certificate is that of the client when its CN is the client_id. The espace de confiance, or a
tenant that requires it, wants one of every client, secret or not.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import unquote_plus

from pro_sante_connect import errors
from pro_sante_connect.codes import REALM_NAME
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.settings import settings_of
from pro_sante_connect.rules import clients as rules
from pro_sante_connect.wire.faces import is_plain
from services.kernel.errors import CatalogueError
from services.kernel.exchange import Exchange
from services.kernel.pki.judgement import Status, judge
from services.kernel.rules import observe, rules_of
from services.population import Client, people
from services.population.codes import AUTH_METHODS

RULES = rules_of(rules)
BASIC, POST, TLS = AUTH_METHODS
CHALLENGE = f'Basic realm="{REALM_NAME}"'


async def authenticate(
    exchange: Exchange, parameters: Parameters,
    refusal: CatalogueError = errors.CLIENT_AUTHENTICATION,
) -> Client:
    """The client that proves itself. Raises `refusal` or one of the CERTIFICATE errors (401).

    On the plain face: INVALID_CLIENT instead, and TWO_METHODS (400) for two at once.
    """
    if is_plain(exchange):
        refusal = errors.INVALID_CLIENT
        if exchange.header("authorization") and parameters.get("client_secret"):
            raise errors.TWO_METHODS(at="client_secret")
    who = people(exchange.sandbox.database, exchange.tenant)
    for client_id, secret in _credentials(exchange, parameters):
        client = await who.client(client_id)
        expected = client.client_secret if client else ""
        same = hmac.compare_digest(expected.encode(), secret.encode())
        if client is None or (secret and not same) or not _is_admitted(exchange, client, secret):
            continue
        await _observe(exchange, parameters, client)
        if needs_certificate(exchange, client) or (not secret and certificate_of(exchange)):
            await _check_certificate(exchange, client)
            return client
        if secret:
            return client
    raise refusal(
        at="Authorization ou client_secret", headers={"WWW-Authenticate": CHALLENGE},
        expected="client_id et secret d'un client enregistré",
    )


def needs_certificate(exchange: Exchange, client: Client) -> bool:
    """Whether a secret is not enough."""
    alone = client.auth_methods == (TLS,)
    return alone or client.space == "edc" or settings_of(exchange.tenant).require_mtls


def _is_admitted(exchange: Exchange, client: Client, secret: str) -> bool:
    """Whether the client registered this way of proving itself; a certificate may join a secret."""
    if not client.auth_methods:
        return True
    by_header = exchange.header("authorization") != ""
    used = TLS if not secret else BASIC if by_header else POST
    return used in client.auth_methods or client.auth_methods == (TLS,)


def certificate_of(exchange: Exchange) -> bytes:
    """DER of what the client presented, good or bad; empty for none."""
    return exchange.tls.certificate if exchange.tls is not None else b""


async def _observe(exchange: Exchange, parameters: Parameters, client: Client) -> None:
    verdict = await judge(exchange.sandbox, exchange.tenant, exchange.tls)
    basic = ("Authorization",) if exchange.header("authorization") else ()
    form = ("client_secret",) if parameters.get("client_secret") else ()
    observe(exchange, RULES, rules.Proof(
        client.client_id, needs_certificate(exchange, client), verdict.cn, basic + form,
        client.space == "edc", exchange.header("x-correlation-id"),
    ))


async def _check_certificate(exchange: Exchange, client: Client) -> None:
    """Raises CERTIFICATE_MISSING, CERTIFICATE_INVALID or CERTIFICATE_MISMATCH."""
    verdict = await judge(exchange.sandbox, exchange.tenant, exchange.tls)
    expected = f"certificat ORG AUTH_CLI de CN {client.client_id}"
    if verdict.status is Status.NONE:
        raise errors.CERTIFICATE_MISSING(at="certificat client", expected=expected)
    if not verdict.valid or verdict.person:
        found = verdict.detail or "certificat d'une personne"
        raise errors.CERTIFICATE_INVALID(at="certificat client", expected=expected, found=found)
    if verdict.cn != client.client_id:
        raise errors.CERTIFICATE_MISMATCH(
            at="certificat client", expected=expected, found=verdict.cn
        )


def _credentials(exchange: Exchange, parameters: Parameters) -> list[tuple[str, str]]:
    """What to try: Basic percent-decoded as Spring sends it, Basic as it is, or the form."""
    scheme, _, value = exchange.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return [(parameters.get("client_id"), parameters.get("client_secret"))]
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    client_id, _, secret = text.partition(":")
    decoded = (unquote_plus(client_id), unquote_plus(secret))
    return list(dict.fromkeys((decoded, (client_id, secret))))
