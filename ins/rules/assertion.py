"""What the assertions of a call must be: the professional's, by form and holder, and the card's."""

from __future__ import annotations

from collections.abc import Iterator

from ins import errors
from ins.codes import ACTION_VITALE, SIGNATURES_CARTE
from ins.domain.appel import Appel
from ins.rules.documents import CARTE, SEL_MP_043
from services.kernel.rules import Mismatch, rule
from services.soap import professional
from services.soap.calling import X509_SUBJECT, is_recent
from services.soap.saml import SECURITY_AT


@rule(
    "INS-ASSERTION-TITULAIRE", severity="error",
    message="L'assertion d'une carte CPx nomme le titulaire de la carte qui la signe.",
    source=SEL_MP_043.at("(assertion PS, NameID)"), refuses=errors.CARTE_ERRONEE,
)
def assertion_du_titulaire(appel: Appel) -> Iterator[Mismatch]:
    return professional.titulaire(appel.signataire)


@rule(
    "INS-ASSERTION-FORME", severity="warning",
    message="L'assertion d'une carte CPx a pour NameQualifier CPS, pour Issuer le sujet du "
    "certificat de la carte, et ni Conditions ni AuthnStatement.",
    source=SEL_MP_043.at("(assertion PS)"),
)
def forme_de_l_assertion(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.signataire
    if ps is None:
        return
    if ps.qualifier != "CPS":
        yield Mismatch(f"{ps.at}/Subject/NameID/@NameQualifier", "CPS", ps.qualifier or "(absent)")
    if ps.issuer_format != X509_SUBJECT:
        yield Mismatch(f"{ps.at}/Issuer/@Format", X509_SUBJECT, ps.issuer_format or "(absent)")
    for each in ps.superflus:
        yield Mismatch(f"{ps.at}/{each}", "(absent)", "présent")


@rule(
    "INS-VITALE", severity="error",
    message="La recherche par carte Vitale porte une seconde assertion, celle de la carte.",
    source=SEL_MP_043.at("(WS_INS1)"),
)
def assertion_vitale(appel: Appel) -> Iterator[Mismatch]:
    if appel.mode not in ("cpx", "psc"):
        yield from _sans_carte(appel)


@rule(
    "INS-VITALE-ABSENTE", severity="error",
    message="Qui s'authentifie par une assertion joint celle de la carte Vitale à WS_INS1.",
    source=SEL_MP_043.at("(WS_INS1)"), refuses=errors.DROITS_INSUFFISANTS,
)
def vitale_jointe(appel: Appel) -> Iterator[Mismatch]:
    if appel.mode in ("cpx", "psc"):
        yield from _sans_carte(appel)


def _sans_carte(appel: Appel) -> Iterator[Mismatch]:
    if appel.action == ACTION_VITALE and not (appel.carte and appel.carte.serial):
        found = "sans numéro de série" if appel.carte else "(absente)"
        yield Mismatch(SECURITY_AT, "une assertion de NameQualifier VITALE", found)


@rule(
    "INS-VITALE-FORME", severity="error",
    message="L'assertion de la carte porte un KeyInfo de son espace de noms (Type, Nature, "
    "NumSerieLogique, le numéro du NameID) et l'algorithme de son type.",
    source=CARTE,
)
def forme_de_la_carte(appel: Appel) -> Iterator[Mismatch]:
    carte = appel.carte
    if carte is None:
        return
    at = f"{SECURITY_AT}/Assertion/Signature"
    if carte.type not in SIGNATURES_CARTE:
        expected = ", ".join(SIGNATURES_CARTE)
        yield Mismatch(f"{at}/KeyInfo/KeyInfo/Type", expected, carte.type or "(absent)")
    elif carte.algorithme != SIGNATURES_CARTE[carte.type]:
        yield Mismatch(f"{at}/SignedInfo/SignatureMethod", SIGNATURES_CARTE[carte.type],
                       carte.algorithme or "(absent)")
    if not carte.nature:
        yield Mismatch(f"{at}/KeyInfo/KeyInfo/Nature", "la nature de la carte", "(absente)")
    if carte.serie != carte.serial:
        yield Mismatch(f"{at}/KeyInfo/KeyInfo/NumSerieLogique", carte.serial or "un numéro",
                       carte.serie or "(absent)")


@rule(
    "INS-VITALE-AGE", severity="error",
    message="L'assertion de la carte Vitale est récente (20 minutes par défaut).",
    source=SEL_MP_043.at("(assertion Vitale, durée de vie)"), refuses=errors.DROITS_INSUFFISANTS,
)
def vitale_recente(appel: Appel) -> Iterator[Mismatch]:
    if appel.carte is None or appel.mode == "certificat":
        return
    age = appel.carte.age
    if not is_recent(age, appel.minutes_vitale):
        found = "instant illisible" if age is None else f"{age / 60:.0f} minutes"
        yield Mismatch(SECURITY_AT, f"{appel.minutes_vitale} minutes au plus", found)


@rule(
    "INS-VITALE-REELLE", severity="warning",
    message="Une carte Vitale réelle n'a rien à faire dans le bac à sable.",
    source=SEL_MP_043.at("(assertion Vitale, Nature)"),
)
def vitale_de_test(appel: Appel) -> Iterator[Mismatch]:
    if appel.carte is not None and appel.carte.nature.lower().startswith(("r", "prod")):
        yield Mismatch(SECURITY_AT, "une carte de test", appel.carte.nature)


@rule(
    "INS-VITALE-INCONNUE", severity="information", observable="state",
    message="Le numéro de série de l'assertion est celui d'une carte Vitale virtuelle de l'espace.",
    source=SEL_MP_043.at("(assertion Vitale, NameID)"),
)
def vitale_connue(appel: Appel) -> Iterator[Mismatch]:
    if appel.carte is not None and appel.carte.known is False:
        yield Mismatch(SECURITY_AT, "une carte de /sandbox/cards", appel.carte.serial)
