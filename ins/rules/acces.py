"""The three access modes: certificate, signed card assertion, Pro Santé Connect assertion."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ins import errors
from ins.codes import ACTION_DEPOSER, CN_ADMIS
from ins.domain.appel import Appel
from ins.rules.documents import SEL_MP_043
from services.kernel.rules import Mismatch, rule
from services.soap import professional
from services.soap.saml import SECURITY_AT

_FACTURATION = re.compile(r"[0-9][0-9AB][0-9]{7}|[0-9]{14}")
MEDECIN = "10"
"""TRE_G15; a doctor in training has it too."""


@rule(
    "INS-AUTHENTIFICATION", severity="error",
    message="Un appel est authentifié : certificat client, ou assertion dans wsse:Security.",
    source=SEL_MP_043.at("(modes d'accès)"), refuses=errors.DROITS_INSUFFISANTS,
)
def appel_authentifie(appel: Appel) -> Iterator[Mismatch]:
    if appel.mode is None and appel.tls:
        yield Mismatch(SECURITY_AT, "une assertion, ou un certificat client", "(absente)")


@rule(
    "INS-CERTIFICAT-ABSENT", severity="warning",
    message="Le vrai téléservice n'existe qu'en HTTPS ; sans assertion, il veut un certificat "
    "client INSI-AUTO ou INSI-MANU.",
    source=SEL_MP_043.at("(modes d'accès)"),
)
def certificat_presente(appel: Appel) -> Iterator[Mismatch]:
    if appel.mode is None and not appel.tls:
        yield Mismatch("connexion", "HTTPS et un certificat client", "HTTP")


@rule(
    "INS-CERTIFICAT", severity="error",
    message="Le certificat client est valable et se nomme exactement INSI-AUTO ou INSI-MANU.",
    source=SEL_MP_043.at("(faute desir_560)"), refuses=errors.DROITS_INSUFFISANTS,
)
def certificat_admis(appel: Appel) -> Iterator[Mismatch]:
    if appel.mode != "certificat":
        return
    if appel.certificate_flaw:
        yield Mismatch("certificat client", "un certificat valable", appel.certificate_flaw)
    elif appel.certificate_cn not in CN_ADMIS:
        yield Mismatch("certificat client, CN", " ou ".join(CN_ADMIS), appel.certificate_cn)


@rule(
    "INS-CERTIFICAT-LOT", severity="warning",
    message="Les lots se déposent avec le certificat INSI-AUTO.",
    source=SEL_MP_043.at("(vérification en masse)"),
)
def certificat_de_lot(appel: Appel) -> Iterator[Mismatch]:
    if appel.action == ACTION_DEPOSER and appel.certificate_cn == "INSI-MANU":
        yield Mismatch("certificat client, CN", "INSI-AUTO", "INSI-MANU")


@rule(
    "INS-SECURITE-INUTILE", severity="information",
    message="Avec un certificat client, wsse:Security est ignoré.",
    source=SEL_MP_043.at("(modes d'accès)"),
)
def securite_inutile(appel: Appel) -> Iterator[Mismatch]:
    if appel.mode == "certificat" and appel.security:
        yield Mismatch(SECURITY_AT, "(absent)", "présent")


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
