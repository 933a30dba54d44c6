"""The APIs behind the proxy: those of the sandbox, unless the tenant names others."""

from __future__ import annotations

from dataclasses import dataclass

from pro_sante_connect.confiance.apis import APIS
from pro_sante_connect.domain.settings import settings_of
from services.kernel.tenants import Tenant

CONFORMITY = "/mockservice/apipsc"
PATHS = {
    "signsessiondata": CONFORMITY, "dmp": "/dmp", "ins": "/ins", "mssante": "/mssante",
    "e_prescription": "/e-prescription",
}


@dataclass(frozen=True, slots=True)
class Backend:
    """One API. api: whose authorization server gives the token; path: where it is in the sandbox,
    or url: elsewhere."""

    id: str
    api: str
    path: str = ""
    url: str = ""


def backends_of(tenant: Tenant) -> tuple[Backend, ...]:
    """Those that the tenant configured; else every API of the sandbox."""
    configured = settings_of(tenant).backends
    if not configured:
        return tuple(Backend(id, id, PATHS[id]) for id in APIS)
    return tuple(
        Backend(each["id"], each["api"], PATHS[each["api"]] if not each["url"] else "", each["url"])
        for each in configured
    )
