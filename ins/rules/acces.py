"""By which of the three modes a call has access: certificate, signed assertion of a card, assertion
of Pro Santé Connect."""

from __future__ import annotations

from collections.abc import Iterator

from ins import errors
from ins.codes import ACTION_DEPOSER, CN_ADMIS, TEST_HOSTS
from ins.domain.appel import Appel
from ins.rules.documents import SEL_MP_043
from services.kernel.rules import Mismatch, rule
from services.soap.saml import SECURITY_AT


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
    "INS-HOTE", severity="error",
    message="La qualification a un nom par mode d'accès : l'un ne demande pas de certificat client "
    "(assertion d'une carte), l'autre le demande (TLS mutuel).",
    source=SEL_MP_043.at("(modes d'accès, adresses)"),
)
def hote_du_mode(appel: Appel) -> Iterator[Mismatch]:
    if not appel.hote:
        return
    # DEFAULT(INSi with Pro Santé Connect): its address is not public.
    one_way, mutual = TEST_HOSTS
    wanted = {"cpx": one_way, "certificat": mutual}.get(appel.mode or "", "")
    if wanted not in ("", appel.hote):
        yield Mismatch("Host", wanted, appel.hote)


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
