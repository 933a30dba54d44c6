"""What the assertions of a call must be: the professional's and the carte Vitale's.

None is broken by a call that has no assertion, but by a search by card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ins import errors
from ins.codes import ACTION_VITALE, SIGNATURES_CARTE
from ins.domain.appel import Appel
from ins.rules.documents import CARTE, SEL_MP_043
from services.kernel.rules import Mismatch, rule
from services.soap import professional
from services.soap.calling import X509_SUBJECT, is_recent
from services.soap.saml import SECURITY_AT

_FACTURATION = re.compile(r"[0-9][0-9AB][0-9]{7}|[0-9]{14}")
MEDECIN = "10"
"""TRE_G15; a doctor in training has it too."""


@rule(
    "INS-ASSERTION-SIGNATURE", severity="error",
    message="L'assertion d'une carte CPx est signée par son certificat, et intacte.",
    source=SEL_MP_043.at("(assertion PS)"), refuses=errors.CARTE_ERRONEE,
)
def assertion_signee(appel: Appel) -> Iterator[Mismatch]:
    return professional.signature(appel.signataire)


@rule(
    "INS-CARTE-AUTORITE", severity="information", observable="state",
    message="Le certificat de la carte vient d'une autre autorité que celle du bac à sable : une "
    "carte de test convient, une carte de production est refusée en réalité.",
    source=SEL_MP_043.at("(faute desir_620)"),
)
def carte_du_bac_a_sable(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.signataire
    if ps is not None and ps.foreign:
        yield Mismatch(f"{ps.at}/Signature", "AC des personnes du bac à sable", ps.foreign)


@rule(
    "INS-ASSERTION-AGE", severity="error",
    message="L'assertion du professionnel est récente (60 minutes par défaut).",
    source=SEL_MP_043.at("(assertion PS, durée de vie)"), refuses=errors.DROITS_INSUFFISANTS,
)
def assertion_recente(appel: Appel) -> Iterator[Mismatch]:
    return professional.age(appel.porteur, appel.minutes_ps)


@rule(
    "INS-ASSERTION-NOM", severity="error",
    message="L'assertion nomme le professionnel ; avec Pro Santé Connect, celui du jeton.",
    source=SEL_MP_043.at("(assertion PS, NameID)"), refuses=errors.DROITS_INSUFFISANTS,
)
def assertion_nommee(appel: Appel) -> Iterator[Mismatch]:
    return professional.nom(appel.porteur, appel.jeton if appel.mode == "psc" else None)


@rule(
    "INS-FACTURATION", severity="error",
    message="L'assertion porte identifiantFacturation.",
    source=SEL_MP_043.at("(assertion PS, attributs)"),
)
def identifiant_de_facturation(appel: Appel) -> Iterator[Mismatch]:
    return professional.facturation(appel.porteur)


@rule(
    "INS-FACTURATION-FORME", severity="warning",
    message="identifiantFacturation est un numéro de facturation ou un FINESS géographique (9 "
    "caractères), à défaut un SIRET (14 chiffres).",
    source=SEL_MP_043.at("(assertion PS, identifiantFacturation)"),
)
def forme_de_facturation(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.porteur
    if ps is not None and ps.facturation and not _FACTURATION.fullmatch(ps.facturation):
        yield Mismatch(
            f"{ps.at}/AttributeStatement", "9 caractères, ou 14 chiffres", ps.facturation
        )


@rule(
    "INS-SPECIALITE", severity="error", observable="state",
    message="L'assertion d'un médecin, ou d'un médecin en formation, porte codeSpecialite "
    "(codeSpecialiteAMO avec Pro Santé Connect).",
    source=SEL_MP_043.at("(assertion PS, codeSpecialite)"),
)
def specialite_du_medecin(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.porteur
    if ps is not None and not ps.specialite and MEDECIN in appel.professions:
        yield Mismatch(f"{ps.at}/AttributeStatement", "codeSpecialite d'un médecin", "(absent)")


@rule(
    "INS-SPECIALITE-CODE", severity="warning", observable="state",
    message="codeSpecialite de l'assertion d'une carte est un code de la TRE_R38 (SM26…), ou d'un "
    "autre savoir-faire (TRE_R01).",
    source=SEL_MP_043.at("(assertion PS, codeSpecialite)"),
)
def specialite_repertoriee(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.signataire
    if ps is not None and appel.specialite_inconnue:
        yield Mismatch(f"{ps.at}/AttributeStatement", "un code de la TRE_R38", ps.specialite[:30])


@rule(
    "INS-PROFESSION", severity="warning", observable="state",
    message="Avec Pro Santé Connect, gipProfessionCode dit laquelle, quand le professionnel a "
    "plusieurs professions, et seulement alors.",
    source=SEL_MP_043.at("(assertion Pro Santé Connect, gipProfessionCode)"),
)
def profession_choisie(appel: Appel) -> Iterator[Mismatch]:
    ps = appel.professionnel
    if ps is None or appel.mode != "psc" or not appel.professions:
        return
    several = len(appel.professions) > 1
    if several != bool(ps.profession):
        known = ", ".join(appel.professions)
        yield Mismatch(
            f"{ps.at}/AttributeStatement",
            f"gipProfessionCode parmi {known}" if several else "pas de gipProfessionCode",
            ps.profession or "(absent)",
        )


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
    # Names of subjects are written in several orders: the holder's is in all of them.
    if ps.titulaire not in ps.issuer:
        expected = f"le sujet du certificat : CN={ps.titulaire}…"
        yield Mismatch(f"{ps.at}/Issuer", expected, ps.issuer or "(absent)")
    for each in ps.superflus:
        yield Mismatch(f"{ps.at}/{each}", "(absent)", "présent")


@rule(
    "INS-SECURITE-CONTENU", severity="warning",
    message="wsse:Security ne porte que des assertions : celle du professionnel et, pour WS_INS1, "
    "celle de la carte Vitale ; ni jeton ni horodatage. Le reste n'est pas lu.",
    source=SEL_MP_043.at("(wsse:Security)"),
)
def assertions_seules(appel: Appel) -> Iterator[Mismatch]:
    if appel.mode != "certificat":
        yield from professional.seule(appel.intrus)


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
    "INS-VITALE-EMETTEUR", severity="warning",
    message="L'assertion de la carte Vitale a pour Issuer le CN du certificat du professionnel qui "
    "signe l'autre.",
    source=CARTE,
)
def emetteur_de_la_carte(appel: Appel) -> Iterator[Mismatch]:
    ps, carte = appel.signataire, appel.carte
    if ps is not None and carte is not None and ps.titulaire not in ("", carte.emetteur):
        yield Mismatch(
            f"{SECURITY_AT}/Assertion/Issuer", ps.titulaire, carte.emetteur[:100] or "(absent)"
        )


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
