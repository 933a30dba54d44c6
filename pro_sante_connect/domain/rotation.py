"""Which signing key a tenant uses, and which ones it still publishes.

The installation has a few keys, shared by all tenants; a tenant goes from one to the next, so that
one vendor's rotation is not felt by another. A key stays published as long as a token that it
signed can live, on the tenant's clock.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pro_sante_connect.domain.keys import EC_FROM
from pro_sante_connect.domain.settings import Settings, settings_of
from services.kernel.tenants import Tenant

KEYS = 16
"""Keys of an installation, of each kind; after the last, the first comes back."""

Algorithm = Literal["RS256", "ES256"]
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


def algorithm(tenant: Tenant) -> Algorithm:
    """What tokens are signed with."""
    return "ES256" if current(tenant) >= EC_FROM else "RS256"


def rotated(tenant: Tenant) -> Settings:
    """Settings in which the next key of the same kind signs, and what is over is forgotten."""
    number = current(tenant)
    first = EC_FROM if number >= EC_FROM else 0
    return _signing_with(tenant, first + (number - first + 1) % KEYS)


def converted(tenant: Tenant, wanted: Algorithm) -> Settings:
    """Settings in which a key of this algorithm signs: the first one, if it is another."""
    if algorithm(tenant) == wanted:
        return settings_of(tenant)
    return _signing_with(tenant, EC_FROM if wanted == "ES256" else 0)


def _signing_with(tenant: Tenant, following: int) -> Settings:
    settings, now = settings_of(tenant), tenant.clock.seconds()
    kept = {number: until for number, until in settings.retired.items() if now < until}
    kept[str(settings.key)] = now + LONGEST
    kept.pop(str(following), None)
    return replace(settings, key=following, retired=kept)
