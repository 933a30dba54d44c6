"""psc.devices: the virtual phone and card reader, as professionals meet them. Ours: a sandbox's."""

from __future__ import annotations

from typing import cast, get_args

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.provider import PAGE_ALGORITHM, provider_of
from pro_sante_connect.wire import browser, device
from pro_sante_connect.wire.dialect import PAGE
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.language import Switch
from pro_sante_connect.wire.page import page
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

DEVICES = codes.WALLET + "/ecps"
PAGE_SECONDS = 12 * 3600
GONE, DONE = "devices.gone", "devices.done"


@transaction(
    "psc.devices",
    name="e-CPS et cartes virtuelles",
    spec="Socle : l'application e-CPS et CPS-Gestion n'ont pas d'interface publique",
    dialect=PAGE,
    routes=(f"GET {DEVICES}", f"POST {DEVICES}"),
    fidelity="default",
    max_body=64 * 1024,
    answers=(200, 303),
)
async def devices(exchange: Exchange) -> Answer:
    """GET: the requests that wait; POST: what the professional does with one of them."""
    if exchange.method != "POST":
        return await _page(exchange)
    form = form_of(exchange)
    await _check(exchange, form.get("page"))
    action = form.get("action")
    if action not in get_args(device.Action):
        return await _page(exchange)
    try:
        await device.act(
            exchange.sandbox, exchange.tenant, form.get("id"), cast("device.Action", action)
        )
    except device.NoSuchRequest:
        return await _page(exchange, GONE)
    except device.Answered:
        return await _page(exchange, DONE)
    location = exchange.base_url + DEVICES
    return Answer(303, headers=(("Location", location), ("Cache-Control", "no-store")))


async def _page(exchange: Exchange, trouble: str = "") -> Answer:
    cookie = browser.cookie_of(exchange, browser.LOGIN) or exchange.tenant.ids.token()
    sealed = await provider_of(exchange.sandbox).seal({
        "typ": "devices", "space": exchange.tenant.key, "browser": browser.digest(cookie),
        "exp": exchange.tenant.clock.seconds() + PAGE_SECONDS,
    }, PAGE_ALGORITHM)
    return page(
        exchange, "devices.html", headers=(browser.set_cookie(exchange, browser.LOGIN, cookie),),
        action=exchange.base_url + DEVICES, sealed=sealed, trouble=trouble,
        switch=Switch("get", exchange.base_url + DEVICES, ()),
        requests=await device.shown(exchange.sandbox, exchange.tenant),
    )


async def _check(exchange: Exchange, sealed: str) -> None:
    """The page was shown to this browser. Raises PAGE_EXPIRED."""
    claims = await provider_of(exchange.sandbox).open(sealed, PAGE_ALGORITHM)
    cookie = browser.cookie_of(exchange, browser.LOGIN)
    if (
        claims is None or claims.get("typ") != "devices"
        or claims["space"] != exchange.tenant.key or claims["browser"] != browser.digest(cookie)
        or claims["exp"] <= exchange.tenant.clock.seconds()
    ):
        raise errors.PAGE_EXPIRED()
