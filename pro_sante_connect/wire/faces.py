"""Two faces over one core: Pro Santé Connect as it is, and a plain OpenID provider beside it.

The plain one, at an issuer of its own, does what the OpenID specifications ask wherever PSC does
otherwise; what one face issues is worth nothing on the other.
"""

from __future__ import annotations

from pro_sante_connect import codes
from pro_sante_connect.domain.profile import PLAIN, Profile, profile_of
from pro_sante_connect.wire.browser import digest
from services.kernel.exchange import Exchange
from services.population import Client


def is_plain(exchange: Exchange) -> bool:
    """Whether the client called the plain face."""
    return exchange.path.startswith(codes.PLAIN)


def digest_of(exchange: Exchange, code: str) -> str:
    """What is stored of a code: one face does not know those of the other."""
    return digest(f"{codes.PLAIN} {code}" if is_plain(exchange) else code)


def profile_for(exchange: Exchange, client: Client | None = None) -> Profile:
    """What the face that was called answers, to this client if there is one."""
    return PLAIN if is_plain(exchange) else profile_of(exchange.tenant, client)
