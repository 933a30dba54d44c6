"""Messages to other systems."""

from __future__ import annotations

from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant


def kick(sandbox: Sandbox, tenant: Tenant) -> None:
    """Have what waits be sent."""
