"""What the portal and the telephone do with each other."""

from __future__ import annotations

import hmac

from pro_sante_connect.activation.store import Activation, Activations, Means
from pro_sante_connect.domain import ecps
from services.kernel.database import Conflict
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import Professional

REGISTERED = ("RPPS", "EDIT")
"""Who may activate by correspondence; the others need their card."""


class OnlyByCard(Exception):
    """This person has no correspondence data in the register."""


class Unknown(Exception):
    """No such code, or it was read already."""


class Expired(Exception):
    """Older than ninety seconds."""


async def begin(
    sandbox: Sandbox, tenant: Tenant, who: Professional, means: Means
) -> Activation:
    """A QR code for this person. Raises OnlyByCard."""
    if means == "mail" and who.origine not in REGISTERED:
        raise OnlyByCard
    second = tenant.ids.digits(6) if means == "mail" else ""
    made = Activation(tenant.ids.token(24), who.id_nat, means, second, tenant.clock.now())
    await Activations(sandbox.database, tenant).add(made)
    return made


async def read(sandbox: Sandbox, tenant: Tenant, code: str, second: str) -> Activation:
    """The telephone reads the code: its e-CPS is active. Raises Unknown or Expired.

    A wrong second code spends the first: there is one try.
    """
    store = Activations(sandbox.database, tenant)
    known = await store.get(code)
    if known is None or known.used:
        raise Unknown
    if tenant.clock.now() >= known.ends:
        raise Expired
    try:
        await store.use(code)
    except Conflict as error:
        raise Unknown from error
    if not hmac.compare_digest(known.second.encode(), second.encode()):
        raise Unknown
    await _set(sandbox, tenant, known.id_nat, "auto")
    return known


async def deactivate(sandbox: Sandbox, tenant: Tenant, id_nat: str) -> None:
    """No telephone of this person answers any more."""
    await _set(sandbox, tenant, id_nat, "inactive")


async def _set(sandbox: Sandbox, tenant: Tenant, id_nat: str, mode: ecps.Mode) -> None:
    tenant.settings[ecps.SETTING] = ecps.changed(tenant.settings, mode, id_nat)
    await sandbox.tenants.save(tenant)
