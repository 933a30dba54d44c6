"""Which signing key a tenant uses, and which ones it still publishes.

The installation has a few keys, shared by all tenants; a tenant goes from one to the next, so that
one vendor's rotation is not felt by another. A key stays published as long as a token that it
signed can live, on the tenant's clock.
"""

from __future__ import annotations

from dataclasses import replace

from pro_sante_connect.domain.settings import Settings, settings_of
from services.kernel.tenants import Tenant

KEYS = 16
"""Keys of an installation; after the last, the first comes back."""

LONGEST = 4 * 3600
"""Seconds that a signed token lives at most: an API's."""


def current(tenant: Tenant) -> int:
    """Number of the key that signs."""
    return settings_of(tenant).key


def published(tenant: Tenant) -> tuple[int, ...]:
    """Numbers of the keys to publish, the current one first."""
    settings, now = settings_of(tenant), tenant.clock.seconds()
    kept = (int(number) for number, until in settings.retired.items() if now < until)
    return (settings.key, *kept)


def rotated(tenant: Tenant) -> Settings:
    """Settings in which the next key signs, and what is over is forgotten."""
    settings, now = settings_of(tenant), tenant.clock.seconds()
    following = (settings.key + 1) % KEYS
    kept = {number: until for number, until in settings.retired.items() if now < until}
    kept[str(settings.key)] = now + LONGEST
    kept.pop(str(following), None)
    return replace(settings, key=following, retired=kept)
