"""What software sends to read an app: the professional, and the code as it was scanned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.apcv import errors
from services.apcv.codes import NS_AUTH, SPECIALITES
from services.apcv.domain.appel import Demande
from services.apcv.domain.code import ALPHABET, NFC
from services.apcv.rules.documents import ECHANGE
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule

DATAMATRIX_INS = "IS01"
_FACTURATION = re.compile(r"[0-9][0-9AB][0-9]{7}")


@rule(
    "APCV-CORPS", severity="error",
    message="Le corps est celui de l'opération, dans son espace de noms.",
    source=ECHANGE.at("(authentifierUtilisateurProximite)"), refuses=errors.REQUETE,
)
def body(demande: Demande) -> Iterator[Mismatch]:
    if not demande.root:
        expected = f"{{{NS_AUTH}}}AuthentifierUtilisateurProximiteReq"
        yield Mismatch(demande.at[0], expected, demande.corps or "un autre élément")


@rule(
    "APCV-VERSION", severity="warning", message="La racine du corps porte version=\"1.0\".",
    source=ECHANGE.at("(authentifierUtilisateurProximite)"),
)
def version(demande: Demande) -> Iterator[Mismatch]:
    if demande.root and demande.version != "1.0":
        at = f"{demande.at[0]}/AuthentifierUtilisateurProximiteReq/@version"
        yield Mismatch(at, "1.0", demande.version[:20] or "(absent)")


@rule(
    "APCV-FACTURATION", severity="error",
    message="IdentifiantFacturation est le numéro AM et sa clé (9 chiffres), ou un FINESS.",
    source=ECHANGE.at("(ProfessionnelSante)"), refuses=errors.REQUETE,
)
def billing(demande: Demande) -> Iterator[Mismatch]:
    if demande.root and not _FACTURATION.fullmatch(demande.facturation):
        yield Mismatch(demande.at[1], "9 caractères",
                       demande.facturation or "(absent)")


@rule(
    "APCV-SPECIALITE", severity="error",
    message="CodeSpecialiteAMO est un code de la TRE_G100 : deux chiffres, jamais un code SM.",
    source=ECHANGE.at("(ProfessionnelSante, TRE_G100)"), refuses=errors.REQUETE,
)
def speciality(demande: Demande) -> Iterator[Mismatch]:
    if demande.root and demande.specialite not in SPECIALITES:
        yield Mismatch(demande.at[2], "deux chiffres, 01 à 89",
                       demande.specialite or "(absent)")


@rule(
    "APCV-DONNEES", severity="error",
    message="Donnees porte ce qui a été lu du téléphone.",
    source=ECHANGE.at("(Donnees)"), refuses=errors.REQUETE,
)
def data(demande: Demande) -> Iterator[Mismatch]:
    if demande.root and not demande.donnees.strip():
        yield Mismatch(demande.at[3], "le texte du QR code ou de la puce", "(absent)")


@rule(
    "APCV-BASE45", severity="warning",
    message="Le texte d'un QR code passe tel quel, espaces compris : ni casse changée, ni espace "
    "ôté, ni retour à la ligne du lecteur.",
    source=ECHANGE.at("(QR code)"),
)
def base45(demande: Demande) -> Iterator[Mismatch]:
    text = demande.donnees.removeprefix(NFC)
    wrong = next((place for place, letter in enumerate(text) if letter not in ALPHABET), None)
    if wrong is not None:
        yield Mismatch(f"{demande.at[3]}, caractère {wrong + 1}", "0-9 A-Z espace $%*+-./:",
                       repr(text[wrong]))


@rule(
    "APCV-AUTRE-CODE", severity="warning",
    message="Le début de ce qui est lu dit quel code c'est : un datamatrix INS (IS01) se compare à "
    "l'identité, il n'ouvre pas d'appli.",
    source=SOCLE,
)
def another_code(demande: Demande) -> Iterator[Mismatch]:
    if demande.donnees.startswith(DATAMATRIX_INS):
        yield Mismatch(demande.at[3], "le texte du QR code de l'appli", DATAMATRIX_INS)
