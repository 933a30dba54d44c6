"""`$pam`: the HL7 v2 message that another system would get, pulled instead of pushed."""

from __future__ import annotations

from ins.rniv.domain.abonnements import EVENEMENTS
from ins.rniv.fhir.guichet import guichet_of, ouvrir
from ins.rniv.fhir.operation import operation
from ins.rniv.wire.acquittement import MEDIA_TYPE
from ins.rniv.wire.pam_rendu import rendre_message
from services.fhir import errors
from services.kernel.exchange import Answer, Exchange


@operation(
    "rniv.pam", name="Message PAM FR d'une identité ($pam)",
    routes=("GET /Patient/{id}/$pam",), spec="PAM FR 2.11, ITI-30",
)
async def pam(exchange: Exchange) -> Answer:
    """event: A28 (default), A31, or A40 of an identity that was merged."""
    asked = next((value for name, value in exchange.query if name == "event"), "A28")
    guichet = guichet_of(exchange)
    opened = await ouvrir(guichet, exchange.path_params["id"])
    event = next((each for each in EVENEMENTS if each == asked), None)
    merged = opened.identite.remplacee_par
    if event is None or (event == "A40") != bool(merged):
        raise errors.PARAMETER_INVALID(
            at="http.event", expected="A28 ou A31 ; A40 d'une identité fusionnée", found=asked[:20]
        )
    former = None
    if merged:
        former, opened = opened.identite, await ouvrir(guichet, merged)
    text = rendre_message(exchange.tenant, event, opened.identite, opened.patient, former)
    return Answer(200, text.encode(), f"{MEDIA_TYPE}; charset=utf-8")
