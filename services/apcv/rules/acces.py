"""Who calls: the assertion of a professional, signed by a card, or of Pro Santé Connect."""

from __future__ import annotations

from collections.abc import Iterator

from services.apcv import errors
from services.apcv.domain.appel import Appel
from services.apcv.rules.documents import ECHANGE, INSI
from services.kernel.rules import Mismatch, rule
from services.soap import professional
from services.soap.saml import SECURITY_AT


@rule(
    "APCV-ASSERTION", severity="error",
    message="Un appel porte l'assertion du professionnel, qui le nomme ; avec Pro Santé Connect, "
    "celui du jeton.",
    source=ECHANGE.at("(wsse:Security)"), refuses=errors.DROITS_INSUFFISANTS,
)
def assertion(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.professionnel
    if ps is None:
        yield Mismatch(SECURITY_AT, "une assertion", "(absente)")
    yield from professional.nom(ps, appel.jeton if appel.mode == "psc" else None)


@rule(
    "APCV-SECURITE-CONTENU", severity="warning",
    message="wsse:Security ne porte que l'assertion du professionnel : ni jeton ni horodatage. Le "
    "reste n'est pas lu.",
    source=ECHANGE.at("(wsse:Security)"),
)
def only_assertion(appel: Appel) -> Iterator[Mismatch]:
    return professional.seule(appel.intrus)


@rule(
    "APCV-SIGNATURE", severity="error",
    message="L'assertion d'une carte CPS est signée par son certificat, et intacte.",
    source=INSI.at("(assertion PS)"), refuses=errors.CARTE_ERRONEE,
)
def signature(appel: Appel) -> Iterator[Mismatch]:
    return professional.signature(appel.signataire)


@rule(
    "APCV-TITULAIRE", severity="error",
    message="L'assertion d'une carte CPS nomme le titulaire de la carte qui la signe.",
    source=INSI.at("(assertion PS, NameID)"), refuses=errors.CARTE_ERRONEE,
)
def holder(appel: Appel) -> Iterator[Mismatch]:
    return professional.titulaire(appel.signataire)


@rule(
    "APCV-ASSERTION-AGE", severity="error",
    message="L'assertion du professionnel est récente (60 minutes par défaut).",
    source=INSI.at("(assertion PS, durée de vie)"), refuses=errors.DROITS_INSUFFISANTS,
)
def recent(appel: Appel) -> Iterator[Mismatch]:
    return professional.age(appel.professionnel, appel.minutes_ps)


@rule(
    "APCV-ATTRIBUTS", severity="error",
    message="L'assertion porte identifiantFacturation et secteurActivite ; codeSpecialite y est un "
    "code SM, quand le corps porte un code de la TRE_G100.",
    source=ECHANGE.at("(assertion PS, attributs)"),
)
def attributes(appel: Appel) -> Iterator[Mismatch]:
    yield from professional.facturation(appel.professionnel)
    ps = appel.signataire
    if ps is None:
        return
    at = f"{ps.at}/AttributeStatement"
    if not ps.secteur:
        yield Mismatch(at, "secteurActivite (SA05…)", "(absent)")
    if ps.specialite and not ps.specialite.startswith(("SM", "SC", "PAC")):
        yield Mismatch(at, "codeSpecialite en SM (SM26…)", ps.specialite)
