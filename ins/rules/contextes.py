"""Contexts and addressing of a call: what its header must say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ins import errors
from ins.codes import ACTION_VITALE
from ins.domain.appel import UUID, Appel
from ins.rules.documents import CNDA, CONTRAT, SEL_MP_043, WSA
from services.kernel.clock import SECOND, iso
from services.kernel.rules import Mismatch, rule
from services.soap import software
from services.soap.saml import instant_of

_MESSAGE_ID = re.compile(rf"(?:urn:)?uuid:{UUID.pattern}")
_DRIFT = 3600 * SECOND
_HEADER = "/Envelope/Header"


@rule(
    "INS-CONTEXTES", severity="error",
    message="Un appel porte ContexteLPS et ContexteBAM, en leur version.",
    source=CONTRAT.at("(ctxlps V01_00, ctxbam V01_02)"),
)
def contextes_presents(appel: Appel) -> Iterator[Mismatch]:
    for name, contexte in (("ContexteLPS", appel.lps), ("ContexteBAM", appel.bam)):
        if contexte is None:
            other = next((tag for tag in appel.homonymes if tag.endswith(f"}}{name}")), "(absent)")
            yield Mismatch(_HEADER, name, other)
    for contexte, version, nature in (
        (appel.lps, "01_00", "CTXLPS"), (appel.bam, "01_02", "CTXBAM")
    ):
        if contexte is None:
            continue
        if contexte.version != version:
            yield Mismatch(f"{contexte.at}/@Version", version, contexte.version or "(absente)")
        if contexte.nature not in ("", nature):
            yield Mismatch(f"{contexte.at}/@Nature", nature, contexte.nature)


@rule(
    "INS-CONTEXTE-ID", severity="error", message="L'Id d'un contexte est un UUID.",
    source=SEL_MP_043.at("(contextes)"),
)
def id_de_contexte(appel: Appel) -> Iterator[Mismatch]:
    for contexte in appel.contextes:
        if not UUID.fullmatch(contexte.id):
            yield Mismatch(f"{contexte.at}/Id", "un UUID", contexte.id or "(absent)")


@rule(
    "INS-CONTEXTE-NEUF", severity="error", observable="sequence",
    message="Chaque appel a de nouveaux contextes : leur Id ne resert jamais.",
    source=CNDA.at("(contextes renouvelés)"),
)
def contextes_neufs(appel: Appel) -> Iterator[Mismatch]:
    for contexte in appel.contextes:
        if f"contexte:{contexte.id}" in appel.reused:
            yield Mismatch(f"{contexte.at}/Id", "un Id jamais envoyé", contexte.id)


@rule(
    "INS-TEMPS", severity="warning",
    message="Temps est l'instant de l'appel, en UTC, à une heure près.",
    source=SEL_MP_043.at("(contextes)"),
)
def instant_des_contextes(appel: Appel) -> Iterator[Mismatch]:
    for contexte in appel.contextes:
        instant = instant_of(contexte.temps)
        if instant is None or abs(instant - appel.now) > _DRIFT or contexte.temps[-1] != "Z":
            yield Mismatch(f"{contexte.at}/Temps", iso(appel.now), contexte.temps or "(absent)")


@rule(
    "INS-EMETTEUR", severity="error",
    message="Les deux contextes portent un Emetteur.", source=CNDA.at("(Emetteur)"),
)
def emetteur_present(appel: Appel) -> Iterator[Mismatch]:
    for contexte in appel.contextes:
        if not contexte.emetteur:
            yield Mismatch(f"{contexte.at}/Emetteur", appel.identifiant or "l'appelant", "(absent)")


@rule(
    "INS-EMETTEUR-VALEUR", severity="warning",
    message="Emetteur est l'OU du certificat client, ou l'identifiant du professionnel de "
    "l'assertion.",
    source=SEL_MP_043.at("(contextes)"),
)
def valeur_de_l_emetteur(appel: Appel) -> Iterator[Mismatch]:
    for contexte in appel.contextes:
        expected = appel.identifiant
        if expected and contexte.emetteur not in ("", expected):
            yield Mismatch(f"{contexte.at}/Emetteur", expected, contexte.emetteur)


@rule(
    "INS-COUVERTURE", severity="error",
    message="ContexteBAM porte COUVERTURE, vide s'il le faut.", source=CONTRAT.at("(ctxbam)"),
)
def couverture_presente(appel: Appel) -> Iterator[Mismatch]:
    if appel.bam is not None and not appel.bam.couverture:
        yield Mismatch(f"{appel.bam.at}/COUVERTURE", "un élément, même vide", "(absent)")


@rule(
    "INS-COUVERTURE-CONTENU", severity="warning",
    message="COUVERTURE dit l'assuré de la carte Vitale (ASSURE/Id/Num) dans WS_INS1, et reste "
    "vide dans les autres opérations.",
    source=SEL_MP_043.at("(ContexteBAM)"),
)
def contenu_de_la_couverture(appel: Appel) -> Iterator[Mismatch]:
    bam = appel.bam
    if bam is None or not bam.couverture:
        return
    if appel.action == ACTION_VITALE:
        if not bam.assure:
            yield Mismatch(f"{bam.at}/COUVERTURE/ASSURE/Id/Num", "le NIR de l'ouvrant droit",
                           "(absent)")
    elif bam.remplie:
        yield Mismatch(f"{bam.at}/COUVERTURE", "un élément vide", "remplie")


@rule(
    "INS-IDAM", severity="error",
    message="ContexteLPS porte le numéro d'autorisation du logiciel : IDAM, avec R=\"4\".",
    source=SEL_MP_043.at("(ContexteLPS)"),
)
def idam_present(appel: Appel) -> Iterator[Mismatch]:
    return software.autorisation(appel.lps)


@rule(
    "INS-IDAM-INCONNU", severity="error", observable="state",
    message="Le numéro d'autorisation est l'un de ceux que le CNDA a donnés.",
    source=SEL_MP_043.at("(faute desir_550)"), refuses=errors.LOGICIEL_INCONNU,
)
def idam_connu(appel: Appel) -> Iterator[Mismatch]:
    return software.autorisation_connue(appel.lps)


@rule(
    "INS-LOGICIEL", severity="warning",
    message="LPS porte Instance, un UUID propre à l'installation, et Nom : "
    "urn:lps:logiciel:version.",
    source=SEL_MP_043.at("(ContexteLPS)"),
)
def logiciel_identifie(appel: Appel) -> Iterator[Mismatch]:
    lps = appel.lps
    if lps is not None and not UUID.fullmatch(lps.instance):
        yield Mismatch(f"{lps.at}/LPS/Instance", "un UUID", lps.instance or "(absent)")
    yield from software.nom(lps)


@rule(
    "INS-MESSAGE-ID", severity="error",
    message="wsa:MessageID est uuid:UUID (urn:uuid: est accepté).",
    source=(CNDA.at("(MessageID)"), WSA.at("§3.2")),
)
def message_id(appel: Appel) -> Iterator[Mismatch]:
    if not _MESSAGE_ID.fullmatch(appel.message_id):
        found = appel.message_id or "(absent)"
        yield Mismatch(f"{_HEADER}/MessageID", "uuid:UUID", found)


@rule(
    "INS-MESSAGE-ID-NEUF", severity="error", observable="sequence",
    message="Chaque message a un nouveau wsa:MessageID.", source=WSA.at("§3.2"),
)
def message_id_neuf(appel: Appel) -> Iterator[Mismatch]:
    if f"message:{appel.message_id}" in appel.reused:
        yield Mismatch(f"{_HEADER}/MessageID", "un identifiant jamais envoyé", appel.message_id)


@rule(
    "INS-ACTION", severity="warning",
    message="L'opération se dit dans wsa:Action, et le paramètre action de Content-Type la répète.",
    source=(CONTRAT.at("(wsaw:Action)"), WSA.at("§3.2")),
)
def action_dite(appel: Appel) -> Iterator[Mismatch]:
    if not appel.action:
        yield Mismatch(f"{_HEADER}/Action", appel.http_action, "(absente)")
    elif appel.http_action not in ("", appel.action):
        yield Mismatch("Content-Type", f"action={appel.action}", appel.http_action)


@rule(
    "INS-BLOC-UNIQUE", severity="error",
    message="wsa:Action, wsa:MessageID et chaque contexte viennent une fois ; seul le premier est "
    "lu.",
    source=(CONTRAT.at("(blocs d'en-tête)"), WSA.at("§3.2")),
)
def blocs_uniques(appel: Appel) -> Iterator[Mismatch]:
    for name in appel.repetes:
        yield Mismatch(f"{_HEADER}/{name}", "un seul", "plusieurs")
