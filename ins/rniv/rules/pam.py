"""What messages of other systems must keep: PAM FR 2.11 and the référentiel INS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ins.domain.recherche import commence_par
from ins.rniv.codes import BLOQUANTS, OUI_NON
from ins.rniv.rules.saisie import espace
from ins.rniv.wire.er7 import Message
from ins.rniv.wire.pam_rendu import STRUCTURES
from ins.rniv.wire.pid import EXCLUSIFS, Recu
from ins.rules.documents import GUIDE, RNIV
from services.kernel.requirements import Document
from services.kernel.rules import Mismatch, rule
from services.population.matricule import OIDS, has_right_key
from services.population.traits import defaut_lexical, est_cog

PAM = Document("PAM FR 2.11 (Interop'Santé)")
HL7 = Document("HL7 v2.5")


@rule(
    "EXI ID 29", severity="error",
    message="Le matricule INS ne part qu'avec une identité qualifiée (PID-32 VALI).",
    source=(GUIDE.requires("EXI ID 29"), PAM.at("(PID-3, PID-32)")),
)
def ins_des_qualifiees(recu: Recu) -> Iterator[Mismatch]:
    if recu.ins is not None and not recu.validee:
        yield Mismatch("PID^1^3", "aucun identifiant de type INS",
                       ", ".join(sorted(recu.statuts)) or "PID-32 vide")


@rule(
    "RNIV-INS-TRAITS", severity="error",
    message="Le matricule INS voyage avec son OID et les cinq traits stricts.",
    source=RNIV.at("(partage de l'INS)"),
)
def ins_avec_traits(recu: Recu) -> Iterator[Mismatch]:
    if recu.ins is None:
        return
    if recu.ins.oid not in OIDS:
        yield Mismatch("PID^1^3^1^4", "l'OID d'une autorité d'affectation",
                       recu.ins.oid or "(vide)")
    absent = {
        "PID^1^5^1^2": recu.traits.prenom, "PID^1^11": recu.traits.lieu_naissance,
        "PID^1^8": recu.traits.sexe.replace("I", ""),
    }
    for at, value in absent.items():
        if not value:
            yield Mismatch(at, "un trait strict", "(absent)")
    if recu.traits.lieu_naissance and not est_cog(recu.traits.lieu_naissance):
        yield Mismatch("PID^1^11", "le code COG, composante 9 de l'adresse BDL",
                       recu.traits.lieu_naissance[:30])


@rule(
    "RNIV-INS-CLE", severity="warning",
    message="Le matricule INS a quinze caractères, clé comprise.",
    source=RNIV.at("(matricule INS)"),
)
def cle_juste(recu: Recu) -> Iterator[Mismatch]:
    if recu.ins is not None and not has_right_key(recu.ins.value, recu.ins.cle):
        yield Mismatch("PID^1^3^1^1", "quinze caractères et la bonne clé", recu.ins.ins[:20])


@rule(
    "RNIV-INS-PERSONNE", severity="warning", observable="state",
    message="Le matricule INS et les traits qui voyagent avec lui sont ceux d'une même personne, "
    "tels qu'INSi la connaît ; le message fait foi.",
    source=RNIV.at("(partage de l'INS)"),
)
def ins_de_la_personne(differences: Sequence[Mismatch]) -> Iterator[Mismatch]:
    yield from differences


@rule(
    "PAM-DOUTE", severity="error",
    message="Une identité douteuse ou fictive reste provisoire (EXI SI 09).",
    source=(RNIV.at("(EXI SI 09)"), PAM.at("(PID-32)")),
)
def doute_provisoire(recu: Recu) -> Iterator[Mismatch]:
    if "VALI" in recu.statuts and recu.statuts.intersection(BLOQUANTS):
        yield Mismatch("PID^1^32", "PROV avec DOUT ou FICT", ", ".join(sorted(recu.statuts)))


@rule(
    "PAM-FICTIVE", severity="error",
    message="Fictive ne se cumule avec aucun autre attribut.",
    source=(GUIDE.at("(EXI ID 24)"), PAM.at("(PID-32)")),
)
def fictive_seule(recu: Recu) -> Iterator[Mismatch]:
    if "FICT" in recu.attributs and len(recu.attributs) > 1:
        yield Mismatch("PID^1^32", "FICT seul", ", ".join(recu.attributs))


@rule(
    "PAM-STATUT", severity="warning", message="PID-32 dit le statut de confiance, et un seul.",
    source=PAM.at("(PID-32)"),
)
def statut_dit(recu: Recu) -> Iterator[Mismatch]:
    if len(recu.statuts & {*EXCLUSIFS}) != 1:
        yield Mismatch("PID^1^32", "VALI, PROV ou VIDE",
                       ", ".join(sorted(recu.statuts)) or "(vide)")


@rule(
    "PAM-PRENOMS", severity="warning",
    message="Le premier prénom (PID-5.2) commence la liste des prénoms de naissance (PID-5.3).",
    source=(GUIDE.at("(EXI ID 10)"), PAM.at("(PID-5)")),
)
def liste_coherente(recu: Recu) -> Iterator[Mismatch]:
    first, listed = recu.traits.prenom, recu.traits.prenoms
    if first and not commence_par(espace(listed), espace(first)):
        yield Mismatch("PID^1^5^1^3", f"une liste qui commence par {first}", listed)


@rule(
    "PAM-METHODE", severity="warning",
    message="ZFD-5 dit comment l'identité a été obtenue (INSI, CV, CB, RFID, AV ou SM) ; une "
    "identité qualifiée le dit toujours.",
    source=PAM.at("(ZFD-5)"),
)
def methode_dite(recu: Recu) -> Iterator[Mismatch]:
    if recu.methode is None and (recu.ins is not None or recu.zfd5):
        yield Mismatch("ZFD^1^5", "INSI, CV, CB, RFID, AV ou SM", recu.zfd5[:30] or "(vide)")


@rule(
    "PAM-INDICATEURS", severity="warning",
    message="ZFD-3 (consentement aux SMS) et ZFD-4 (date de naissance corrigée) valent Y ou N.",
    source=PAM.at("(ZFD-3, ZFD-4)"),
)
def indicateurs_lisibles(recu: Recu) -> Iterator[Mismatch]:
    for field, value in recu.indicateurs:
        if value and value not in OUI_NON:
            yield Mismatch(f"ZFD^1^{field}", "Y, N ou rien", value[:30])


@rule(
    "PAM-TYPE-INS", severity="warning",
    message="Le matricule INS est de type INS ; PI est le type des identifiants locaux.",
    source=PAM.at("(PID-3)"),
)
def matricule_de_type_ins(recu: Recu) -> Iterator[Mismatch]:
    if recu.ins is not None and recu.type_ins != "INS":
        yield Mismatch("PID^1^3^1^5", "INS", recu.type_ins[:20] or "(vide)")


@rule(
    "PAM-CAPITALES", severity="warning",
    message="Les traits de naissance s'écrivent en capitales, sans accent ni ligature.",
    source=RNIV.at("(saisie des traits stricts)"),
)
def traits_en_capitales(recu: Recu) -> Iterator[Mismatch]:
    own = recu.traits
    for at, text, given in (("PID^1^5^1^1", own.nom_naissance, False),
                            ("PID^1^5^1^2", own.prenom, True), ("PID^1^5^1^3", own.prenoms, True)):
        expected = defaut_lexical(text, prenom=given)
        if expected:
            yield Mismatch(at, expected, text[:100])


@rule(
    "PAM-LIEU-NAISSANCE", severity="warning",
    message="Le lieu de naissance est un code COG, composante 9 de l'adresse de type BDL.",
    source=PAM.at("(PID-11)"),
)
def lieu_en_cog(recu: Recu) -> Iterator[Mismatch]:
    place = recu.traits.lieu_naissance
    if recu.ins is None and place and not est_cog(place):
        yield Mismatch("PID^1^11^1^9", "cinq caractères du COG", place[:30])


@rule(
    "PAM-JEU-DE-CARACTERES", severity="warning",
    message="Un message qui n'est pas en ASCII déclare son jeu de caractères (MSH-18).",
    source=HL7.at("§2.15.9.18"),
)
def jeu_declare(message: Message) -> Iterator[Mismatch]:
    plain = str(message.parsed).isascii()
    if not plain and message.entete.declared in ("", "ASCII"):
        yield Mismatch("MSH^1^18", "UNICODE UTF-8 ou 8859/1", message.entete.declared or "(vide)")


@rule(
    "PAM-STRUCTURE", severity="warning",
    message="Le message a un segment EVN, et dit sa structure en MSH-9.3.",
    source=HL7.at("§3.3.28, §3.3.31, §3.3.40"),
)
def structure_annoncee(message: Message) -> Iterator[Mismatch]:
    event = message.entete.evenement
    expected = STRUCTURES.get(event)
    if expected is None:
        return
    told = message.get("MSH", 9, 3)
    if told != expected:
        yield Mismatch("MSH^1^9^1^3", expected, told[:30] or "(vide)")
    if not message.has("EVN"):
        yield Mismatch("EVN^1", "un segment EVN", "(absent)")
    elif message.get("EVN", 1) not in ("", event):
        yield Mismatch("EVN^1^1", event, message.get("EVN", 1)[:30])


@rule(
    "PAM-VERSION", severity="warning",
    message="MSH-12 dit la version de PAM FR : 2.5^FRA^2.11.",
    source=PAM.at("(MSH-12)"),
)
def version_francaise(message: Message) -> Iterator[Mismatch]:
    told = [message.get("MSH", 12, each) for each in (2, 3)]
    if told[0] != "FRA" or not told[1]:
        yield Mismatch("MSH^1^12", "2.5^FRA^2.11", "^".join(filter(None, (
            message.entete.version, *told
        ))))
