"""Strict tenants: an error-level finding refuses the call, with the engine's own text.

The finding's French sentence stays in the journal: `error_description` is ASCII (RFC 6749 §5.2).
"""

from __future__ import annotations

from services.kernel.errors import CatalogueError
from services.kernel.exchange import Exchange


def refuse_if_strict(exchange: Exchange, error: CatalogueError) -> None:
    """Raise `error` where the first error-level finding is."""
    if not exchange.tenant.strict:
        return
    for finding in exchange.findings:
        if finding.severity == "error":
            raise error(at=finding.at, expected=finding.expected, found=finding.found)
