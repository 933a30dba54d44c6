"""Is this token of an API alive?"""

from __future__ import annotations

from pro_sante_connect.confiance.apis import APIS
from pro_sante_connect.confiance.authority import issuer
from pro_sante_connect.confiance.store import Accesses
from pro_sante_connect.confiance.tokens import Access, Claims
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant


async def live_access(
    sandbox: Sandbox, tenant: Tenant, claims: Claims | None, typ: str = "Bearer"
) -> Access | None:
    """What gave these claims, of a token of this installation, when the token is an API's in this
    tenant, neither expired nor ended."""
    if claims is None or claims.get("typ") != typ:
        return None
    api = claims["iss"].rpartition("/")[2]
    if api not in APIS or claims["iss"] != issuer(sandbox, tenant, api):
        return None
    if claims["exp"] <= tenant.clock.seconds():
        return None
    known = await Accesses(sandbox.database, tenant).get(claims["sid"])
    return known if known is not None and known.api == api else None
