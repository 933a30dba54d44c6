"""`$identity-status`: what the identity desk alone sees, the kept matricule and the acts."""

from __future__ import annotations

from ins.fhir.elements import Json
from ins.rniv import store
from ins.rniv.codes import METHODES, PIECES, STATUTS
from ins.rniv.fhir.guichet import guichet_of, ouvrir
from ins.rniv.fhir.operation import operation, parameters, part
from services.fhir.resource import answer
from services.kernel.clock import iso
from services.kernel.exchange import Answer, Exchange


@operation(
    "rniv.identity-status", name="Statut et actes d'une identité ($identity-status)",
    routes=("GET /Patient/{id}/$identity-status",),
)
async def identity_status(exchange: Exchange) -> Answer:
    """Never for other systems: the matricule is here whatever the status."""
    guichet = guichet_of(exchange)
    opened = await ouvrir(guichet, exchange.path_params["id"])
    one = opened.identite
    own = one.matricule
    acts = await store.events(exchange.sandbox.database, exchange.tenant, opened.id)
    matricule: Json = {"name": "matricule", "valueIdentifier": {
        "system": f"urn:oid:{own.oid}", "value": own.ins
    }} if own is not None else {}
    replaced: Json = {"name": "remplacee-par", "valueReference": {
        "reference": f"Patient/{one.remplacee_par}"
    }} if one.remplacee_par else {}
    return answer(parameters(
        part("statut", valueCode=one.statut), part("libelle", valueString=STATUTS[one.statut]),
        *(part("attribut", valueCode=each) for each in one.attributs),
        part("insi", valueBoolean=one.retrouvee), part("piece-controlee",
                                                       valueBoolean=one.controlee),
        matricule, part("partage", valueBoolean=one.partagee),
        part("methode", valueString=METHODES[one.methode]),
        part("interrogee-le", valueDate=one.interrogee_le),
        part("controlee-le", valueDate=one.controlee_le),
        part("piece", valueString=PIECES.get(one.piece, "")), replaced,
        *(_act(each) for each in acts),
    ))


def _act(event: Json) -> Json:
    parts = (
        part("le", valueInstant=iso(event["at"])), part("action", valueString=event["action"]),
        part("acteur", valueString=event["acteur"]), part("porte", valueCode=event["porte"]),
        part("de", valueCode=event["de"]), part("vers", valueCode=event["vers"]),
        part("attributs", valueString=", ".join(event["attributs"])),
        part("detail", valueString=event["detail"]),
        part("matricule", valueString=event["ins"]),
    )
    return {"name": "acte", "part": [each for each in parts if each]}
