"""What travels through the browser between the two providers, sealed and bound to it."""

from __future__ import annotations

from typing import Any

from pro_sante_connect import errors
from pro_sante_connect.domain.provider import PAGE_ALGORITHM, provider_of
from pro_sante_connect.wire import browser
from services.kernel.exchange import Exchange

Claims = dict[str, Any]
Header = tuple[str, str]
SECONDS = 1800


async def seal(exchange: Exchange, typ: str, **values: Any) -> tuple[str, Header]:
    """A JWT of this type, and the header that ties it to the browser."""
    cookie = browser.cookie_of(exchange, browser.LOGIN) or exchange.tenant.ids.token()
    text = await provider_of(exchange.sandbox).seal({
        "typ": typ, "jti": exchange.tenant.ids.uuid(), "space": exchange.tenant.key,
        "browser": browser.digest(cookie), "exp": exchange.tenant.clock.seconds() + SECONDS,
        **values,
    }, PAGE_ALGORITHM)
    return text, browser.set_cookie(exchange, browser.LOGIN, cookie)


async def unseal(exchange: Exchange, typ: str, text: str) -> Claims:
    """What was sealed, for this browser and tenant. Raises PAGE_EXPIRED."""
    claims = await provider_of(exchange.sandbox).open(text, PAGE_ALGORITHM)
    cookie = browser.cookie_of(exchange, browser.LOGIN)
    if (
        claims is None or claims.get("typ") != typ or claims["space"] != exchange.tenant.key
        or claims["browser"] != browser.digest(cookie)
        or claims["exp"] <= exchange.tenant.clock.seconds()
    ):
        raise errors.PAGE_EXPIRED()
    return claims
