"""AUTH XOAUTH2 and OAUTHBEARER: a Pro Santé Connect access token opens a mailbox.

The tenant is the one that issued the token: its `iss` names it, and the token is then verified
there. Mails before that belong to no tenant.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

import orjson

from mssante import errors
from services.kernel.authentication import holds
from services.kernel.dialects import SMTP
from services.kernel.ports import Caller
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import DEFAULT, NAME, Tenant
from services.kernel.transactions import Transaction
from services.population import Mailbox, people

SMTP_AUTH = Transaction(
    "smtp.AUTH", "Ouvrir une boîte aux lettres", "Référentiel #2 v1.0.1 ECO.1.2.1 ; XOAUTH2",
    SMTP, ("SMTP AUTH",), "derived", None,
)
# What Google's XOAUTH2 sends before the refusal; RFC 7628 §3.2.2 for OAUTHBEARER.
CHALLENGES = {
    "XOAUTH2": b'{"status":"400","schemes":"Bearer"}',
    "OAUTHBEARER": b'{"status":"invalid_token"}',
}
_ISSUER = re.compile(rf"/t/({NAME.pattern})/psc/(?:auth|edc)/realms/")
_USER = re.compile(rb"user=([^\x01]*)\x01")
_GS2_USER = re.compile(rb"n,a=([^,\x01]*),\x01")
_TOKEN = re.compile(rb"\x01auth=Bearer +([^\x01\s]+)\x01", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A mailbox address and an access token, as the client gave them."""

    user: str
    token: str


@dataclass(frozen=True, slots=True)
class Access:
    """An opened mailbox."""

    tenant: Tenant
    caller: Caller
    mailbox: Mailbox


def read_response(mechanism: str, response: bytes) -> Credentials:
    """A decoded SASL response. Raises JETON_REFUSE when it is not what the mechanism says."""
    user = (_USER if mechanism == "XOAUTH2" else _GS2_USER).match(response)
    token = _TOKEN.search(response)
    if user is None or token is None:
        raise errors.JETON_REFUSE(
            "Réponse SASL illisible.", at=f"AUTH {mechanism}",
            expected=r"user=<BAL>\x01auth=Bearer <jeton>\x01\x01",
        )
    return Credentials(
        user[1].decode("utf-8", "replace").replace("=40", "@"), token[1].decode("ascii", "replace")
    )


def issuing_tenant(token: str) -> str:
    """The tenant named by the token's `iss`, not yet verified; `default` when it names none."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return DEFAULT
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    found = _ISSUER.search(issuer) if isinstance(issuer, str) else None
    return found[1] if found else DEFAULT


async def authenticate(
    sandbox: Sandbox, tenant: Tenant, credentials: Credentials, certificate: bytes = b""
) -> Access:
    """Open the mailbox. certificate: DER of the connection's, empty for none.

    Raises JETON_REFUSE or BAL_ETRANGERE.
    """
    caller = await sandbox.ports.tokens.verify(tenant, credentials.token)
    if caller is None or caller.api not in ("", "mssante"):
        raise errors.JETON_REFUSE(at="AUTH")
    if not holds(caller, certificate):
        raise errors.JETON_REFUSE(
            "Le jeton est lié à un certificat que la connexion ne présente pas.",
            at="AUTH", expected="le certificat du jeton",
        )
    population = people(sandbox.database, tenant)
    mailbox = await population.mailbox(credentials.user)
    professional = await population.professional(caller.id_nat)
    owns = (
        mailbox is not None and professional is not None
        and mailbox.type == "PER" and mailbox.owner_id == professional.id
    )
    if mailbox is None or not (owns or caller.id_nat in mailbox.delegates):
        raise errors.BAL_ETRANGERE(at="user", found=credentials.user)
    return Access(tenant, caller, mailbox)
