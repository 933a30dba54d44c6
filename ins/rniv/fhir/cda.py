"""`$cda`: the identity as the documents of its domain carry it, in a CDA header."""

from __future__ import annotations

from ins.rniv.fhir.guichet import guichet_of, ouvrir
from ins.rniv.fhir.operation import operation
from ins.rniv.wire.cda_rendu import MEDIA_TYPE, rendre_document
from services.cda import CdaAuthor, CdaCode, CdaStructure
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.population import people

_SPECIALITE, _SECTEUR, _CADRE = (
    "1.2.250.1.213.1.1.4.5", "1.2.250.1.71.4.2.4", "1.2.250.1.213.1.1.4.9"
)
_HOPITAUX = ("SA01", "SA02", "SA03", "SA04")
"""Sectors of hospitals (TRE_R02)."""


@operation(
    "rniv.cda", name="Document CDA d'une identité ($cda)", routes=("GET /Patient/{id}/$cda",),
    spec="CI-SIS, volet Structuration minimale ; guide d'implémentation INS v3.0, EXI ID 29",
)
async def cda(exchange: Exchange) -> Answer:
    """Written by the caller. The matricule of a qualified identity, with its OID and traits."""
    opened = await ouvrir(guichet_of(exchange), exchange.path_params["id"])
    auteur, secteur, cadre = await _auteur(exchange)
    content = rendre_document(
        exchange.tenant, opened.identite, opened.patient, auteur, secteur, cadre
    )
    return Answer(200, content, f"{MEDIA_TYPE}; charset=utf-8")


async def _auteur(exchange: Exchange) -> tuple[CdaAuthor, CdaCode, CdaCode]:
    """The caller with the structure of the first activity, its sector, the practice setting."""
    caller = exchange.caller
    assert isinstance(caller, Caller)  # noqa: S101  (the operation has a caller)
    known = people(exchange.sandbox.database, exchange.tenant)
    who = await known.professional(caller.id_nat)
    exercice = who.exercices[0] if who is not None and who.exercices else None
    activity = who.activities[0] if who is not None and who.activities else None
    place = await known.structure(activity.structure_id) if activity is not None else None
    savoir = f"/{exercice.savoir_faire}" if exercice is not None and exercice.savoir_faire else ""
    specialite = f"G15_{exercice.profession}{savoir}" if exercice is not None else ""
    secteur = activity.secteur if activity is not None else ""
    cadre = "ETABLISSEMENT" if secteur in _HOPITAUX else "AMBULATOIRE"
    author = CdaAuthor(
        caller.id_nat, caller.family_name, caller.given_name,
        _code(exchange, _SPECIALITE, specialite),
        CdaStructure(place.id_nat, place.nom) if place is not None else CdaStructure(),
    )
    return author, _code(exchange, _SECTEUR, secteur), _code(exchange, _CADRE, cadre)


def _code(exchange: Exchange, system: str, code: str) -> CdaCode:
    if not code:
        return CdaCode()
    return CdaCode(code, system, exchange.sandbox.ports.codes.display(system, code))
