"""Who calls: the assertion of a professional, signed by a card, or of Pro Santé Connect."""

from __future__ import annotations

from collections.abc import Iterator

from services.apcv import errors
from services.apcv.domain.appel import Appel
from services.apcv.rules.documents import ECHANGE, INSI
from services.kernel.rules import Mismatch, rule

_SECURITY = "/Envelope/Header/Security"


@rule(
    "APCV-ASSERTION", severity="error",
    message="Un appel porte l'assertion du professionnel, qui le nomme ; avec Pro Santé Connect, "
    "celui du jeton.",
    source=ECHANGE.at("(wsse:Security)"), refuses=errors.DROITS_INSUFFISANTS,
)
def assertion(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.professionnel
    if ps is None:
        yield Mismatch(_SECURITY, "une assertion", "(absente)")
    elif not ps.name_id or (appel.mode == "psc" and ps.name_id != appel.jeton):
        expected = appel.jeton or "l'identifiant national"
        yield Mismatch(f"{ps.at}/Subject/NameID", expected, ps.name_id or "(absent)")


@rule(
    "APCV-SIGNATURE", severity="error",
    message="L'assertion d'une carte CPS est signée par son certificat, et intacte.",
    source=INSI.at("(assertion PS)"), refuses=errors.CARTE_ERRONEE,
)
def signature(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.professionnel
    if appel.mode == "cps" and ps is not None and ps.flaw:
        yield Mismatch(f"{ps.at}/Signature", "une signature juste", ps.flaw)


@rule(
    "APCV-TITULAIRE", severity="error",
    message="L'assertion d'une carte CPS nomme le titulaire de la carte qui la signe.",
    source=INSI.at("(assertion PS, NameID)"), refuses=errors.CARTE_ERRONEE,
)
def holder(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.professionnel
    if appel.mode == "cps" and ps is not None and ps.titulaire not in ("", ps.name_id):
        yield Mismatch(f"{ps.at}/Subject/NameID", ps.titulaire, ps.name_id or "(absent)")


@rule(
    "APCV-ASSERTION-AGE", severity="error",
    message="L'assertion du professionnel est récente (60 minutes par défaut).",
    source=INSI.at("(assertion PS, durée de vie)"), refuses=errors.DROITS_INSUFFISANTS,
)
def recent(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.professionnel
    if ps is not None and not ps.is_recent(appel.minutes_ps):
        yield Mismatch(
            f"{ps.at}/@IssueInstant", f"il y a {appel.minutes_ps} minutes au plus",
            ps.issue_instant or "(absent)",
        )


@rule(
    "APCV-ATTRIBUTS", severity="error",
    message="L'assertion porte identifiantFacturation et secteurActivite ; codeSpecialite y est un "
    "code SM, quand le corps porte un code de la TRE_G100.",
    source=ECHANGE.at("(assertion PS, attributs)"),
)
def attributes(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.professionnel
    if ps is None:
        return
    at = f"{ps.at}/AttributeStatement"
    if not ps.facturation:
        yield Mismatch(at, "identifiantFacturation", "(absent)")
    if appel.mode == "cps" and not ps.secteur:
        yield Mismatch(at, "secteurActivite (SA05…)", "(absent)")
    if appel.mode == "cps" and ps.specialite and not ps.specialite.startswith(("SM", "SC", "PAC")):
        yield Mismatch(at, "codeSpecialite en SM (SM26…)", ps.specialite)
