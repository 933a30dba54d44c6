"""What a tenant sets of its Pro Santé Connect, and keeps through resets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from services.kernel.tenants import Tenant

SETTING = "psc"
CURRENT = "2026"


@dataclass(frozen=True, slots=True)
class Settings:
    """profile: date of the service (see `profile`); quirks: members of the profile set otherwise.

    require_mtls: every client needs its certificate, not only those of the espace de confiance;
    outbound: hosts that may be told of a log-out, beside this machine; api_seconds: lifetime of
    the tokens of APIs; api_form: rules of every API's authorization server, "" for its own;
    backends: APIs behind the proxy e-santé (id, api, url), every one of the sandbox when empty;
    key, retired: number of the key that signs, and those of former ones with the second at which
    nothing that they signed lives any more.
    """

    profile: str = CURRENT
    quirks: Mapping[str, Any] = field(default_factory=dict)
    require_mtls: bool = False
    outbound: tuple[str, ...] = ()
    api_seconds: int = 14400
    api_form: Literal["", "ci-sis", "keycloak"] = ""
    backends: tuple[Mapping[str, str], ...] = ()
    key: int = 0
    retired: Mapping[str, int] = field(default_factory=dict)


DEFAULT = Settings()


def settings_of(tenant: Tenant) -> Settings:
    """Those in force."""
    stored = tenant.settings.get(SETTING)
    if not stored:
        return DEFAULT
    return Settings(**(stored | {
        "outbound": tuple(stored["outbound"]), "backends": tuple(stored.get("backends", ())),
    }))


def store(tenant: Tenant, wanted: Settings) -> None:
    """Set them; the caller saves the tenant."""
    tenant.settings[SETTING] = asdict(wanted)
