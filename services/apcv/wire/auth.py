"""The three operations at `/apcv/wssoap/apcv/auth/1/0`: reading an app, finding its context again,
ending it."""

from __future__ import annotations

from lxml import etree

from services.apcv import codes, errors
from services.apcv.domain.appel import Demande
from services.apcv.domain.reglages import reglages_of
from services.apcv.rules import lecture as rules_lecture
from services.apcv.wire import AUTH
from services.apcv.wire.contextes import (
    close_context,
    context_of,
    identified,
    open_context,
    profile_of,
)
from services.apcv.wire.faults import APCV
from services.apcv.wire.message import UNDERSTOOD, Message, admitted
from services.apcv.wire.reponse import answered, profile
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import MEBIBYTE, transaction
from services.soap import errors as soap_errors
from services.soap.addressing import sought_action
from services.soap.envelope import text_of
from services.soap.message import received

LECTURE = rules_of(rules_lecture)
SPEC = "ApCV_AUTH 1.0.0, échange public d'un connecteur agréé"
ROUTES = (f"POST {AUTH}",)
ACTIONS = (codes.ACTION_AUTHENTIFIER, codes.ACTION_RESTITUER, codes.ACTION_DETRUIRE)
_NS = f"{{{codes.NS_AUTH}}}"


@transaction(
    "apcv.auth", name="Message sans opération reconnue", dialect=APCV, routes=ROUTES,
    spec="WS-Addressing 1.0, SOAP Binding §6.4", fidelity="derived", max_body=MEBIBYTE,
    sorts=sought_action,
)
async def auth(exchange: Exchange) -> Answer:
    await received(exchange, UNDERSTOOD, actions=ACTIONS)
    raise soap_errors.ACTION_NOT_SUPPORTED(at="/Envelope/Header/Action")


@transaction(
    "apcv.authentifierUtilisateurProximite", name="Lecture de l'appli carte Vitale", spec=SPEC,
    dialect=APCV, routes=ROUTES, fidelity="derived", max_body=MEBIBYTE,
    action=codes.ACTION_AUTHENTIFIER,
)
async def authentifier(exchange: Exchange) -> Answer:
    message = await admitted(exchange)
    demande = demande_of(message.payload)
    observe(exchange, LECTURE, demande, strict=errors.REQUETE)
    lecture = await identified(exchange, demande.donnees)
    contexte = await open_context(exchange, lecture, message.holder)
    exchange.outcome_note = f"appli {lecture.numero_appli}, contexte {contexte.id}"
    dependants = reglages_of(exchange.tenant.settings).ins_ayants_droit
    return answered(exchange, message.message_id, profile(contexte, lecture, dependants))


@transaction(
    "apcv.restituerContexteApCV", name="Restitution du contexte apCV", spec=SPEC, dialect=APCV,
    routes=ROUTES, fidelity="default", max_body=MEBIBYTE, action=codes.ACTION_RESTITUER,
)
async def restituer(exchange: Exchange) -> Answer:
    message = await admitted(exchange)
    _require_root(message, f"{_NS}RestituerContexteApCVReq")
    contexte = await context_of(exchange, message.holder)
    lecture = await profile_of(exchange, contexte.patient)
    dependants = reglages_of(exchange.tenant.settings).ins_ayants_droit
    return answered(exchange, message.message_id, profile(contexte, lecture, dependants))


@transaction(
    "apcv.detruireContexteApCV", name="Destruction du contexte apCV", spec=SPEC, dialect=APCV,
    routes=ROUTES, fidelity="default", max_body=MEBIBYTE, action=codes.ACTION_DETRUIRE,
)
async def detruire(exchange: Exchange) -> Answer:
    message = await admitted(exchange)
    _require_root(message, f"{_NS}DetruireContexteApCVReq")
    id = identifiant_of(message.payload, _NS)
    await close_context(exchange, await context_of(exchange, message.holder, id))
    return answered(exchange, message.message_id)


def demande_of(payload: etree._Element) -> Demande:
    """Body of authentifierUtilisateurProximite. Donnees keeps its spaces: Base45 has some."""
    if payload.tag != f"{_NS}AuthentifierUtilisateurProximiteReq":
        return Demande(root=False, corps=str(payload.tag)[:200])
    professional = payload.find(f"{_NS}ProfessionnelSante")
    data = payload.find(f"{_NS}Donnees")
    return Demande(
        True, text_of(professional, f"{_NS}IdentifiantFacturation"),
        text_of(professional, f"{_NS}CodeSpecialiteAMO"),
        (data.text or "") if data is not None else "", version=payload.get("version", ""),
    )


def identifiant_of(payload: etree._Element, ns: str) -> str:
    """ContexteApCV/Identifiant. Raises REQUETE."""
    found = text_of(payload.find(f"{ns}ContexteApCV"), f"{ns}Identifiant")
    if not found:
        raise errors.REQUETE(
            at="ContexteApCV/Identifiant", expected="l'identifiant d'un contexte", found="(absent)"
        )
    return found


def _require_root(message: Message, expected: str) -> None:
    if message.payload.tag != expected:
        raise errors.REQUETE(
            at="/Envelope/Body", expected=expected, found=str(message.payload.tag)[:200]
        )
