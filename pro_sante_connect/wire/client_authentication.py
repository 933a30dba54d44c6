"""Who calls the back channel: client_secret_basic and client_secret_post (RFC 6749 §2.3.1)."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import unquote_plus

from pro_sante_connect import errors
from pro_sante_connect.codes import REALM_NAME
from pro_sante_connect.domain.parameters import Parameters
from services.kernel.errors import CatalogueError
from services.kernel.exchange import Exchange
from services.population import Client, people

CHALLENGE = f'Basic realm="{REALM_NAME}"'


async def authenticate(
    exchange: Exchange, parameters: Parameters,
    refusal: CatalogueError = errors.CLIENT_AUTHENTICATION,
) -> Client:
    """The client whose secret this is. Raises `refusal` (401)."""
    who = people(exchange.sandbox.database, exchange.tenant)
    for client_id, secret in _credentials(exchange, parameters):
        client = await who.client(client_id)
        expected = client.client_secret if client else ""
        same = hmac.compare_digest(expected.encode(), secret.encode())
        if client is not None and expected and same:
            return client
    raise refusal(
        at="Authorization ou client_secret", headers={"WWW-Authenticate": CHALLENGE},
        expected="client_id et secret d'un client enregistré",
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
