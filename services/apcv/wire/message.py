"""One SOAP message of the apCV service: who sends it, and whether the service takes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lxml import etree

from services.apcv import errors
from services.apcv.domain.appel import Appel, Mode
from services.apcv.domain.reglages import reglages_of
from services.apcv.rules import acces as rules_acces
from services.apcv.rules import appel as rules_appel
from services.kernel.authentication import bearer
from services.kernel.exchange import Exchange
from services.kernel.rules import observe, rules_of
from services.soap.addressing import ACTION, MESSAGE_ID, header_of, http_action
from services.soap.calling import (
    NS_BAM,
    NS_LPS,
    PSC,
    contexte_of,
    identite_of,
    reconnue,
    told_apart,
)
from services.soap.envelope import Envelope, text_of
from services.soap.message import received
from services.soap.namespaces import ADDRESSING, SECURITY
from services.soap.saml import read_assertions, superfluous

APPEL, ACCES = rules_of(rules_appel), rules_of(rules_acces)
UNDERSTOOD = frozenset({ADDRESSING, SECURITY, NS_LPS, NS_BAM})
_TO, _REPLY_TO, _ADDRESS = (f"{{{ADDRESSING}}}{name}" for name in ("To", "ReplyTo", "Address"))


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was let in. holder: who may use the contexts that it makes."""

    payload: etree._Element
    message_id: str
    professional: str
    holder: str


async def admitted(exchange: Exchange) -> Message:
    """The message of a POST. Raises what `services.soap.errors` lists, the refusals of access of
    `errors`, or those of bearer tokens (Pro Santé Connect)."""
    envelope = await received(exchange, UNDERSTOOD)
    appel = _appel(exchange, envelope)
    if appel.mode == "cps" and appel.professionnel is not None:
        appel = replace(appel, professionnel=await reconnue(exchange, appel.professionnel))
    observe(exchange, APPEL, appel, strict=errors.DROITS_INSUFFISANTS)
    if appel.mode == "psc":
        caller = await bearer(exchange)
        appel = replace(appel, jeton=caller.id_nat)
    observe(exchange, ACCES, appel, strict=errors.DROITS_INSUFFISANTS)
    if reglages_of(exchange.tenant.settings).mode == "indisponible":
        raise errors.INDISPONIBLE()
    who = appel.professionnel.name_id if appel.professionnel is not None else ""
    return Message(envelope.payload, appel.message_id, who, f"{who} {appel.logiciel}"[:500])


def _appel(exchange: Exchange, envelope: Envelope) -> Appel:
    own, vitale = told_apart(read_assertions(envelope))
    mode: Mode | None = None
    if own is not None:
        mode = "psc" if own.name_qualifier == PSC else "cps"
    return Appel(
        mode=mode, action=header_of(envelope, ACTION), http_action=http_action(exchange),
        message_id=header_of(envelope, MESSAGE_ID), to=header_of(envelope, _TO),
        reply_to=text_of(envelope.block(_REPLY_TO), _ADDRESS),
        lps=contexte_of(envelope.block(f"{{{NS_LPS}}}ContexteLPS"), NS_LPS),
        bam=envelope.block(f"{{{NS_BAM}}}ContexteBAM") is not None,
        vitale=vitale is not None,
        professionnel=identite_of(
            exchange, own, signed=mode == "cps", now=exchange.tenant.clock.now()
        ) if own is not None else None,
        minutes_ps=reglages_of(exchange.tenant.settings).minutes_ps,
        intrus=superfluous(envelope),
    )
