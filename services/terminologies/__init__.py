"""Code lists of the French services and of FHIR R4, looked up in memory. See README.md."""

from __future__ import annotations

from functools import cache

from services.terminologies.codes import Lists
from services.terminologies.store import Archive


@cache
def code_lists() -> Lists:
    """The lists that Socle ships: one base for all tenants, each list read when asked for."""
    return Lists(Archive.shipped())
