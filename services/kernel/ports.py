"""Ports: what one service needs from another. `services/catalog.py` fills them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.kernel.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Caller:
    """The professional behind an access token.

    expires_at: microseconds, tenant's clock; card: `CPS`, `CPE` or `CPF`.
    """

    id_nat: str
    given_name: str
    family_name: str
    profession: str
    client_id: str
    session_id: str
    scope: str
    expires_at: int
    card: str = "CPS"


class TokenVerifier(Protocol):
    """Who stands behind an access token (filled by Pro Santé Connect)."""

    async def verify(self, tenant: Tenant, token: str) -> Caller | None:
        """The caller, or None when the token is unknown, expired, ended or another tenant's."""
        ...


class _Unfilled:
    async def verify(self, tenant: Tenant, token: str) -> Caller | None:
        return None


@dataclass(slots=True)
class Ports:
    """One attribute per port. An unfilled port refuses."""

    tokens: TokenVerifier = field(default_factory=_Unfilled)
