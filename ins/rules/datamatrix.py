"""What an INS datamatrix must hold, field by field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ins.domain.datamatrix import CHAMPS, ENTETE, GS, Bloc, Lecture, traits_of
from ins.domain.recherche import ressemble_a_un_code_postal
from ins.rules.documents import COG, DATAMATRIX, GUIDE, SEL_MP_043
from services.kernel.rules import Mismatch, rule
from services.population.matricule import OIDS, has_right_key, is_well_formed
from services.population.traits import defaut_lexical, est_cog

_OID = re.compile(r"1(?:\.[0-9]+)+")
_DATE = re.compile(r"[0-9]{2}-[0-9]{2}-(?!0000)[0-9]{4}")
_SECTION = "(structure du datamatrix)"


@rule(
    "INS-DM-ENTETE", severity="error",
    message="Le datamatrix commence par IS01 et 22 zéros.", source=DATAMATRIX.at(_SECTION),
)
def entete(lecture: Lecture) -> Iterator[Mismatch]:
    if lecture.entete != ENTETE:
        yield Mismatch("en-tête, caractère 1", ENTETE, lecture.entete or "(vide)")


@rule(
    "INS-DM-BLOC-INCONNU", severity="error",
    message="Après l'en-tête, il n'y a que des blocs S1 à S7.", source=DATAMATRIX.at(_SECTION),
)
def bloc_inconnu(lecture: Lecture) -> Iterator[Mismatch]:
    if lecture.reste:
        found = lecture.reste[:40].replace(GS, "<GS>")
        yield Mismatch(f"caractère {lecture.reste_at}", ", ".join(CHAMPS), found)


@rule(
    "INS-DM-BLOCS", severity="error",
    message="Chaque bloc est présent une fois ; S7, le lieu de naissance, est facultatif.",
    source=DATAMATRIX.at(_SECTION),
)
def blocs_presents(lecture: Lecture) -> Iterator[Mismatch]:
    counted = Counter(each.id for each in lecture.blocs)
    for id, champ in CHAMPS.items():
        if counted[id] > 1:
            yield Mismatch(id, f"un seul bloc {id}", f"{counted[id]} blocs")
        if champ.obligatoire and not counted[id]:
            swallowed = next((b for b in lecture.blocs if id in b.value), None)
            hint = f"(absent ; {swallowed.place}, contient « {id} » : un <GS> manque sans doute)" \
                if swallowed is not None else "(absent)"
            yield Mismatch(id, f"{id}, {champ.nom}", hint)


@rule(
    "INS-DM-LONGUEUR", severity="error",
    message="La valeur d'un bloc a la longueur dite : cent caractères au plus pour S3 et S4.",
    source=DATAMATRIX.at("(S1 à S7, longueurs)"),
)
def longueurs(lecture: Lecture) -> Iterator[Mismatch]:
    for bloc in lecture.blocs:
        champ = CHAMPS[bloc.id]
        if not champ.least <= len(bloc.value) <= champ.most:
            size = f"{champ.most}" if champ.fixe else f"de {champ.least} à {champ.most}"
            long = f"{len(bloc.value)} caractères : " if len(bloc.value) > champ.most else ""
            yield Mismatch(bloc.place, f"{champ.nom}, {size} caractères", long + _shown(bloc))


@rule(
    "INS-DM-SEPARATEUR", severity="error",
    message="<GS> (0x1D) suit une valeur variable qui n'est ni de longueur maximale, ni la "
    "dernière ; nulle autre.",
    source=DATAMATRIX.at(_SECTION),
)
def separateurs(lecture: Lecture) -> Iterator[Mismatch]:
    for bloc in lecture.blocs:
        champ = CHAMPS[bloc.id]
        is_last = bloc is lecture.blocs[-1] and not lecture.reste
        if bloc.end == GS and (champ.fixe or len(bloc.value) == champ.most):
            yield Mismatch(bloc.place, "pas de <GS> après cette valeur", "<GS>")
        elif bloc.end == GS and is_last:
            yield Mismatch(bloc.place, "pas de <GS> après le dernier bloc", "<GS>")


@rule(
    "INS-DM-MATRICULE", severity="error",
    message="S1 est un matricule INS de 15 caractères, clé comprise.",
    source=DATAMATRIX.at("(S1)"),
)
def matricule(lecture: Lecture) -> Iterator[Mismatch]:
    bloc = lecture.bloc("S1")
    if bloc is not None and not (is_well_formed(bloc.value[:13]) and bloc.value[13:].isdecimal()):
        yield Mismatch(bloc.place, "13 caractères et une clé de 2 chiffres", _shown(bloc))


@rule(
    "INS-DM-CLE", severity="warning",
    message="La clé est celle du matricule ; des identités publiées en ont une fausse.",
    source=DATAMATRIX.at("(S1)"),
)
def cle(lecture: Lecture) -> Iterator[Mismatch]:
    bloc = lecture.bloc("S1")
    if bloc is None or not is_well_formed(bloc.value[:13]):
        return
    if not has_right_key(bloc.value[:13], bloc.value[13:]):
        yield Mismatch(bloc.place, "97 - (numéro modulo 97)", bloc.value[13:])


@rule(
    "INS-DM-OID", severity="error", message="S2 est l'OID d'une autorité qui attribue l'INS.",
    source=DATAMATRIX.at("(S2)"),
)
def oid(lecture: Lecture) -> Iterator[Mismatch]:
    bloc = lecture.bloc("S2")
    if bloc is None or bloc.value in OIDS:
        return
    if not _OID.fullmatch(bloc.value) and bloc.value[:19] in OIDS:
        yield Mismatch(bloc.place, f"{bloc.value[:19]}<GS>", f"{bloc.value} : un <GS> manque")
    else:
        yield Mismatch(bloc.place, ", ".join(OIDS), _shown(bloc))


@rule(
    "INS-DM-NOMS", severity="error",
    message="S3 et S4 suivent les règles lexicales de l'INSi ; les prénoms sont séparés par un "
    "espace.",
    source=(DATAMATRIX.at("(S3, S4)"), SEL_MP_043.at("§2")),
)
def noms(lecture: Lecture) -> Iterator[Mismatch]:
    for id, prenom in (("S3", True), ("S4", False)):
        bloc = lecture.bloc(id)
        for part in (bloc.value.split(" ") if prenom else (bloc.value,)) if bloc else ():
            expected = defaut_lexical(part, prenom=prenom) or ("" if part else "un seul espace")
            if bloc is not None and expected:
                yield Mismatch(bloc.place, expected, _shown(bloc))
                break


@rule(
    "INS-DM-SEXE", severity="error", message="S5 vaut M ou F.", source=DATAMATRIX.at("(S5)"),
)
def sexe(lecture: Lecture) -> Iterator[Mismatch]:
    bloc = lecture.bloc("S5")
    if bloc is not None and bloc.value not in ("M", "F"):
        yield Mismatch(bloc.place, "M ou F", _shown(bloc))


@rule(
    "INS-DM-DATE", severity="error",
    message="S6 est une date JJ-MM-AAAA ; une date lunaire y est telle quelle.",
    source=DATAMATRIX.at("(S6)"),
)
def date(lecture: Lecture) -> Iterator[Mismatch]:
    bloc = lecture.bloc("S6")
    if bloc is not None and not _DATE.fullmatch(bloc.value):
        yield Mismatch(bloc.place, "JJ-MM-AAAA", _shown(bloc))


@rule(
    "INS-DM-LIEU", severity="error",
    message="S7 est un code officiel géographique, jamais un code postal.",
    source=(DATAMATRIX.at("(S7)"), COG),
)
def lieu(lecture: Lecture) -> Iterator[Mismatch]:
    bloc = lecture.bloc("S7")
    if bloc is None:
        return
    born = lecture.traits["date_naissance"]
    if not est_cog(bloc.value) or ressemble_a_un_code_postal(bloc.value, born):
        yield Mismatch(bloc.place, "un code COG : 63220, 2A020, 99100", _shown(bloc))


@rule(
    "INS-DM-PERSONNE", severity="information", observable="state",
    message="Le matricule et les traits sont ceux d'une personne du bac à sable : ce qui est lu "
    "d'un datamatrix se compare, rien ne le signe.",
    source=GUIDE.at("(lecture du datamatrix)"),
)
def personne(lecture: Lecture) -> Iterator[Mismatch]:
    if not lecture.looked_up:
        return
    if lecture.known is None:
        yield Mismatch("S1", "un matricule connu du bac à sable", lecture.value("S1"))
        return
    known = traits_of(lecture.known)
    for name, value in lecture.traits.items():
        if value and name not in ("cle", "oid") and value != known[name]:
            yield Mismatch(name, known[name], value)


@rule(
    "INS-DM-STATUT", severity="error",
    message="Seule une identité qualifiée a un datamatrix INS.",
    source=GUIDE.at("(datamatrix des identités qualifiées)"),
)
def statut(said: str) -> Iterator[Mismatch]:
    if said not in ("", "QUAL"):
        yield Mismatch("statut", "QUAL", said)


def _shown(bloc: Bloc) -> str:
    return bloc.value.replace(GS, "<GS>") or "(vide)"


CONTENU = (
    entete, bloc_inconnu, blocs_presents, longueurs, separateurs, matricule, cle, oid, noms, sexe,
    date, lieu, personne,
)
"""Those about what a datamatrix holds."""
