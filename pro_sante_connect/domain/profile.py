"""Dated profiles: what changed over the years in tokens and lifetimes, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pro_sante_connect.codes import EIDAS1
from services.kernel.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Profile:
    """How the service answered at a date. Lifetimes are in seconds.

    session_state: form of `sid` and `session_state`; always_granted: scopes echoed beside the
    requested ones; nonce_in_access_token: DRIMbox compares it in both tokens.
    """

    id: str
    code_seconds: int = 60
    access_seconds: int = 120
    refresh_seconds: int = 1800
    session_seconds: int = 4 * 3600
    idle_seconds: int = 1800
    id_token_acr: str = EIDAS1
    access_token_acr: str = EIDAS1
    session_state: Literal["opaque", "uuid"] = "opaque"
    nonce_in_access_token: bool = True
    always_granted: tuple[str, ...] = ("profile", "identity")

    def granted(self, requested: tuple[str, ...]) -> tuple[str, ...]:
        """Scopes of the answer: wider than the request, in the order seen in samples."""
        first = tuple(scope for scope in requested if scope == "openid")
        wider = (*first, self.always_granted[0], *requested, *self.always_granted[1:])
        return tuple(dict.fromkeys(wider))


# DEFAULT(code lifetime): 60 s, the engine's default; source unknown for the real service.
P2026 = Profile("2026")

PROFILES: Mapping[str, Profile] = {P2026.id: P2026}


def profile_of(tenant: Tenant) -> Profile:
    """The profile that a tenant's settings name, else the current one."""
    return PROFILES.get(str(tenant.settings.get("psc_profile", "")), P2026)
