"""psc.portal: where a professional activates an e-CPS, or puts an end to it."""

from __future__ import annotations

from markupsafe import Markup

from pro_sante_connect.activation import device
from pro_sante_connect.activation.store import SECONDS, Activation, Means
from pro_sante_connect.delegation.sealing import seal, unseal
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.wire import choosing
from pro_sante_connect.wire.dialect import PAGE
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.language import Switch, chosen
from pro_sante_connect.wire.page import page
from services.kernel.barcodes import draw
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import people

PORTAL = "/psc/login-page"
MEANS: dict[str, Means] = {"card": "card", "mail": "mail"}


@transaction(
    "psc.portal",
    name="Portail du professionnel : e-CPS",
    spec="e-CPS, questions fréquentes : activation par carte ou par les données de correspondance",
    dialect=PAGE,
    routes=(f"GET {PORTAL}", f"POST {PORTAL}"),
    fidelity="default",
    max_body=64 * 1024,
)
async def portal(exchange: Exchange) -> Answer:
    """The list of professionals, then a QR code that their telephone reads."""
    if exchange.method != "POST":
        return await _list(exchange)
    form = form_of(exchange)
    await unseal(exchange, "portal", form.get("request"))
    action = form.get("action")
    if chosen(exchange) or action == "filter":
        return await _list(exchange, form)
    if action == "read":
        return await _read(exchange, form)
    who = await people(exchange.sandbox.database, exchange.tenant).professional(
        form.get("id_nat")
    )
    if who is None:
        return await _list(exchange, form, "trouble.unchosen")
    if action == "deactivate":
        await device.deactivate(exchange.sandbox, exchange.tenant, who.id_nat)
        return await _list(exchange, form, done="deactivated")
    if action not in MEANS:
        return await _list(exchange, form)
    try:
        made = await device.begin(exchange.sandbox, exchange.tenant, who, MEANS[action])
    except device.OnlyByCard:
        return await _list(exchange, form, "trouble.only_card")
    return await _code(exchange, made)


async def _read(exchange: Exchange, form: Parameters) -> Answer:
    try:
        known = await device.read(
            exchange.sandbox, exchange.tenant, form.get("code"), form.get("second")
        )
    except device.Expired:
        return await _list(exchange, form, "trouble.code_expired")
    except device.Unknown:
        return await _list(exchange, form, "trouble.code_unknown")
    exchange.outcome_note = f"e-CPS activée : {known.id_nat}"
    return await _list(exchange, form, done="activated")


async def _list(
    exchange: Exchange, form: Parameters | None = None, trouble: str = "", done: str = ""
) -> Answer:
    form = form or Parameters({})
    values = await choosing.listing(
        exchange, "", chosen=form.get("id_nat"), query=form.get("q"), trouble=trouble
    )
    sealed, cookie = await seal(exchange, "portal")
    action = exchange.local(PORTAL)
    return page(
        exchange, "portal.html", headers=(cookie,), action=action, sealed=sealed, done=done,
        seconds=SECONDS, switch=Switch("post", action, [("request", sealed)]), **values,
    )


async def _code(exchange: Exchange, made: Activation) -> Answer:
    sealed, cookie = await seal(exchange, "portal")
    who = await people(exchange.sandbox.database, exchange.tenant).professional(made.id_nat)
    # Our own drawing, of a code that we made.
    drawn = Markup(draw(made.code, "QRCode").svg(made.code))  # noqa: S704
    return page(
        exchange, "activation.html", headers=(cookie,), action=exchange.local(PORTAL),
        sealed=sealed, made=made, professional=who, drawn=drawn, seconds=SECONDS,
    )
