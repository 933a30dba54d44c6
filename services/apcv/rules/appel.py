"""Header of a call: addressing and context of the software."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.apcv import errors
from services.apcv.domain.appel import Appel
from services.apcv.rules.documents import ECHANGE, INSI, WSA
from services.kernel.rules import Mismatch, rule
from services.soap import software
from services.soap.calling import UUID
from services.soap.saml import SECURITY_AT

_MESSAGE_ID = re.compile(rf"(?:urn:)?uuid:{UUID.pattern}")
_HEADER = "/Envelope/Header"
ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"


@rule(
    "APCV-MESSAGE-ID", severity="error",
    message="wsa:MessageID est urn:uuid:UUID ; la réponse le reprend.",
    source=(ECHANGE.at("(wsa:MessageID)"), WSA.at("§3.2")),
)
def message_id(appel: Appel) -> Iterator[Mismatch]:
    if not _MESSAGE_ID.fullmatch(appel.message_id):
        yield Mismatch(f"{_HEADER}/MessageID", "urn:uuid:UUID", appel.message_id or "(absent)")


@rule(
    "APCV-ADRESSAGE", severity="warning",
    message="wsa:Action, wsa:To et wsa:ReplyTo (anonyme) sont présents.",
    source=(ECHANGE.at("(en-tête)"), WSA.at("§3.2")),
)
def addressing(appel: Appel) -> Iterator[Mismatch]:
    if not appel.action:
        yield Mismatch(f"{_HEADER}/Action", appel.http_action, "(absente)")
    if not appel.to:
        yield Mismatch(f"{_HEADER}/To", "l'adresse du service", "(absent)")
    if appel.reply_to != ANONYMOUS:
        yield Mismatch(f"{_HEADER}/ReplyTo/Address", ANONYMOUS, appel.reply_to or "(absent)")


@rule(
    "APCV-CONTEXTE-LPS", severity="error",
    message="Un appel porte ContexteLPS en version 01_00, avec l'IDAM (R=\"4\") et le nom du "
    "logiciel.",
    source=ECHANGE.at("(ctxlps)"),
)
def context(appel: Appel) -> Iterator[Mismatch]:
    lps = appel.lps
    if lps is None:
        yield Mismatch(_HEADER, "ContexteLPS", "(absent)")
        return
    if lps.version != "01_00":
        yield Mismatch(f"{lps.at}/@Version", "01_00", lps.version or "(absente)")
    yield from software.autorisation(lps)
    yield from software.nom(lps)


@rule(
    "APCV-IDAM-INCONNU", severity="error", observable="state",
    message="Le numéro d'autorisation est l'un de ceux que le CNDA a donnés pour l'apCV : il "
    "diffère de celui d'INSi.",
    source=INSI.at("(faute desir_550)"), refuses=errors.LOGICIEL_INCONNU,
)
def known_software(appel: Appel) -> Iterator[Mismatch]:
    return software.autorisation_connue(appel.lps)


@rule(
    "APCV-SANS-CARTE", severity="warning",
    message="Ni ContexteBAM ni assertion d'une carte Vitale : l'apCV les remplace.",
    source=ECHANGE.at("(en-tête)"),
)
def no_card(appel: Appel) -> Iterator[Mismatch]:
    if appel.bam:
        yield Mismatch(f"{_HEADER}/ContexteBAM", "(absent)", "présent")
    if appel.vitale:
        yield Mismatch(SECURITY_AT, "l'assertion du professionnel seule", "VITALE")
