"""apcv.telephone: the patient's phone. Ours: the app has no public interface."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from services.apcv import errors
from services.apcv.domain.reglages import reglages_of
from services.apcv.wire import TELEPHONE
from services.apcv.wire.cartes import Cartes
from services.apcv.wire.contextes import profile_of
from services.apcv.wire.page import is_from_elsewhere, page
from services.apcv.wire.telephone_codes import make_code
from services.kernel import barcodes
from services.kernel import errors as kernel_errors
from services.kernel.clock import SECOND
from services.kernel.dialects import HTML
from services.kernel.exchange import Answer, Exchange
from services.kernel.guards import credentials, is_admitted
from services.kernel.transactions import transaction
from services.population import Patient

LISTED = 60
MOST = 200
"""Characters of what is searched, and of who is chosen."""


@transaction(
    "apcv.telephone", name="Téléphone du patient : appli carte Vitale", dialect=HTML,
    spec="Socle : l'appli carte Vitale n'a pas d'interface publique",
    routes=(f"GET {TELEPHONE}", f"POST {TELEPHONE}"), fidelity="default", max_body=16 * 1024,
    answers=(200, 303),
)
async def telephone(exchange: Exchange) -> Answer:
    """GET: choose a patient, and what his app shows; POST: revoke the app, or take that back."""
    _require_secret(exchange)
    cartes = Cartes(exchange.sandbox, exchange.tenant)
    if exchange.method != "POST":
        return await _shown(exchange, cartes)
    if is_from_elsewhere(exchange):
        raise errors.PAGE_PERIMEE()
    form = dict(exchange.form())
    patient = await _patient(cartes, form.get("patient", ""))
    await cartes.revoke(patient.id, form.get("action") == "revoke")
    place = exchange.local(TELEPHONE) + "?" + urlencode({"patient": patient.id})
    return Answer(303, headers=(("Location", place), ("Cache-Control", "no-store")))


def _require_secret(exchange: Exchange) -> None:
    """The phone shows what the control API does, and changes what it changes: on a shared
    installation it asks for the same secret, as the console does."""
    given = credentials(exchange.header("authorization"))
    if not is_admitted(given, exchange.sandbox.settings, exchange.tenant):
        raise kernel_errors.TOKEN_MISSING(
            "Installation partagée : le secret de l'espace est attendu, comme mot de passe.",
            at="Authorization", headers={"WWW-Authenticate": 'Basic realm="socle"'},
        )


async def _shown(exchange: Exchange, cartes: Cartes) -> Answer:
    asked = {name: value[:MOST] for name, value in exchange.query}
    query = asked.get("q", "").strip()
    chosen = await _patient(cartes, asked["patient"]) if asked.get("patient") else None
    found = await cartes.who.patients(query, LISTED)
    return page(
        exchange, "telephone.html", address=exchange.local(TELEPHONE), query=query, people=found,
        chosen=chosen, full=len(found) == LISTED,
        **(await _screen(exchange, cartes, chosen) if chosen is not None else NOTHING),
    )


NOTHING: dict[str, Any] = {"revoked": False, "lecture": None, "picture": "", "text": "",
                               "seconds": 0}


async def _screen(exchange: Exchange, cartes: Cartes, chosen: Patient) -> dict[str, Any]:
    """What the phone of a patient shows: a fresh code, or that the app is revoked."""
    if await cartes.is_revoked(chosen.id) or await cartes.of(chosen) is None:
        return NOTHING | {"revoked": True}
    code = make_code(exchange.sandbox, exchange.tenant, chosen.id)
    drawn = await asyncio.to_thread(barcodes.draw, code.text, "QRCode")
    return {
        "revoked": False, "lecture": await profile_of(exchange, chosen.id),
        "picture": drawn.svg(f"Code de {chosen.prenoms[0]} {chosen.nom_naissance}", 4),
        "text": code.text,
        "seconds": min(reglages_of(exchange.tenant.settings).secondes_code,
                       (code.until - exchange.tenant.clock.now()) // SECOND + 1),
    }


async def _patient(cartes: Cartes, name: str) -> Patient:
    found = await cartes.patient(name[:MOST])
    if found is None:
        raise errors.PATIENT_INCONNU()
    return found
