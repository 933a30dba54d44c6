"""Userinfo of every persona, member by member, at every date of the service (dossier §7)."""

from __future__ import annotations

from typing import Any

import pytest

from pro_sante_connect.domain.profile import PROFILES
from pro_sante_connect.domain.userinfo import userinfo
from services.population import Professional
from services.population.base import base
from tests.pro_sante_connect.test_userinfo import MEMBERS

EXERCICE = {
    "codeProfession", "codeCategorieProfessionnelle", "codeCiviliteDexercice", "nomDexercice",
    "prenomDexercice", "codeTypeSavoirFaire", "codeSavoirFaire", "activities",
}
SHORT = {
    "sub", "SubjectNameID", "preferred_username", "given_name", "family_name", "codeCivilite",
}
ALWAYS = SHORT - {"codeCivilite"} | {
    "UITVersion", "Palier_Authentification", "PSI_Locale", "Mode_Acces_Raison",
    "Acces_Regulation_Medicale", "Secteur_Activite", "SubjectOrganization",
    "SubjectOrganizationID", "SubjectRole", "SubjectRefPro",
}
DATED = {
    "2021": {"email_verified"}, "2023-02": {"authMode", "otherIds"},
    "2023-11": {"authMode", "otherIds", "codeCivilite", "codeGenreActivite"},
    "2026": {"authMode", "otherIds", "codeCivilite", "codeGenreActivite"},
}
# What is told of each: origin, then per exercise "profession category: structure of each activity".
TABLE: dict[str, tuple[str, ...]] = {
    "medecin-exemplaire": ("RPPS", "10C: L/SA07 R99900001"),
    "pharmacien-officinal": ("RPPS", "21C: L/SA33 F990200016"),
    "medecin-remplacant": ("RPPS", "10C: L/SA07 R99900001"),
    "medecin-hospitalier": ("RPPS", "10C: S/SA01 F990780017"),
    "infirmiere-pansecourt": ("RPPS", "60C: L/SA08 C00099008500011"),
    "biologiste-eprouvette": ("RPPS", "10C: L/SA25 F990610016"),
    "secretaire-registre": ("FINESS", "C: S/SA01 F990780017"),
    "regulateur-quinze": ("RPPS", "10C: S/SA01 F990781155"),
    "medecin-deux-activites": ("RPPS", "10C: L/SA52 F990052011, S/SA01 F990780017"),
    "pediatre-marmot": ("RPPS", "10C: L/SA52 F990052011"),
    "etudiant-externat": ("RPPS", "10E:"),
    "personne-sans-exercice": ("RPPS",),
    "identite-edit": ("EDIT", "10C: S/SA01 F990780017"),
    "kinesitherapeute-renfort": ("RPPS", "70C: L/SA08 C00099009300015"),
    "sage-femme-berceau": ("RPPS", "50C: L/SA52 F990052011"),
    "dentiste-quenotte": ("RPPS", "40C: L/SA09 C00099010100016"),
    "medecin-retraite": ("RPPS", "10C:"),
    "pharmacien-hospitalier": ("RPPS", "21C: S/SA01 F990780017"),
    "pharmacien-biologiste": ("RPPS", "21C: L/SA25 F990610016"),
    "orthophoniste-syllabe": ("RPPS", "91C: L/SA08 C00099009300015"),
    "orthoptiste-prisme": ("RPPS", "92C: S/SA01 F990780017"),
    "podologue-semelle": ("RPPS", "80C: L/SA08 C00099009300015"),
    "opticien-lorgnon": ("RPPS", "28C: L/SA42 C00099011900018"),
    "interne-garde": ("RPPS", "10E: S/SA01 F990780017"),
    "medecin-coordonnateur": ("RPPS", "10C: S/SA17 F990783219"),
    "double-exercice": ("RPPS", "70C: L/SA08 C00099009300015", "10E:"),
    "nom-d-exercice": ("RPPS", "10C: L/SA52 F990052011"),
    "secretaire-cabinet": ("SIRET", "C: S/SA07 R99900001"),
    "medecin-militaire": ("RPPS", "10M: S/SA01 F990780017"),
    "opticienne-adeli": ("ADELI", "28C: S/SA42 C00099011900018"),
}
PREFIXES = {"RPPS": "8", "ADELI": "0", "FINESS": "3", "SIRET": "5", "EDIT": "ANS"}


def told(who: Professional, date: str) -> dict[str, Any]:
    return userinfo(who, base().structures, PROFILES[date], "MOBILE")


def activities(content: dict[str, Any]) -> list[dict[str, str]]:
    return [each for one in content["SubjectRefPro"]["exercices"] for each in one["activities"]]


@pytest.mark.parametrize("date", DATED)
def test_everyone_has_every_member_and_none_is_null(date: str) -> None:
    for who in base().professionals.values():
        content = told(who, date)
        if not who.exercices:
            assert set(content) == SHORT, who.id
            continue
        assert set(content) == ALWAYS | DATED[date], who.id
        inside = {"exercices"} | ({"codeCivilite"} if date < "2023-11" else set())
        assert set(content["SubjectRefPro"]) == inside, who.id
        for exercice in content["SubjectRefPro"]["exercices"]:
            assert set(exercice) == EXERCICE, who.id
        members = MEMBERS - ({"codeGenreActivite"} if date == "2021" else set())
        for activity in activities(content):
            assert set(activity) == members, who.id
        assert leaves(content) <= {str, bool, int}
        assert all(isinstance(each, str) for one in activities(content) for each in one.values())


def leaves(content: object) -> set[type]:
    if isinstance(content, dict):
        return set().union(*map(leaves, content.values()))
    if isinstance(content, list):
        return set().union(*map(leaves, content))
    return {type(content)}


@pytest.mark.parametrize("id", sorted(each.id for each in base().professionals.values()))
def test_each_persona_is_told_as_the_table_says(id: str) -> None:
    who = next(each for each in base().professionals.values() if each.id == id)
    content = told(who, "2026")
    found = [
        f"{one['codeProfession']}{one['codeCategorieProfessionnelle']}: " + ", ".join(
            f"{each['codeModeExercice']}/{each['codeSecteurDactivite']} "
            f"{each['identifiantTechniqueDeLaStructure']}" for each in one["activities"])
        for one in content.get("SubjectRefPro", {"exercices": []})["exercices"]
    ]
    assert (who.origine, *(each.rstrip(" ") for each in found)) == TABLE[id]


def test_an_identifier_begins_as_its_origin_wants() -> None:
    for who in base().professionals.values():
        assert who.id_nat.startswith(PREFIXES[who.origine])
        content = told(who, "2026")
        assert content["SubjectNameID"] == who.id_nat
        assert content["sub"].endswith(f":{who.id_nat}")
        if who.exercices:
            assert content["otherIds"] == [
                {"identifiant": who.id_nat, "origine": who.origine, "qualite": 1}
            ]


def test_structures_are_named_by_one_of_three_kinds_of_number() -> None:
    former = {"F": "1", "C": "3", "R": "4"}
    kinds = set()
    for who in base().professionals.values():
        for activity in activities(told(who, "2026")) if who.exercices else ():
            kind, number = (activity["identifiantTechniqueDeLaStructure"][0],
                            activity["identifiantTechniqueDeLaStructure"][1:])
            kinds.add(kind)
            assert activity["ancienIdentifiantDeLaStructure"].startswith(former[kind])
            assert number in {
                "F": activity["numeroFinessSite"], "C": activity["numeroSiretSite"], "R": number,
            }[kind]
    assert kinds == set(former)


def test_the_population_has_every_kind_of_professional() -> None:
    everyone = base().professionals.values()
    assert {each.origine for each in everyone} == set(PREFIXES)
    categories = {one.categorie for each in everyone for one in each.exercices}
    assert categories == {"C", "E", "M"}
    assert any(len(each.exercices) > 1 for each in everyone)
    assert any(len(each.structure_ids) > 1 for each in everyone)
    assert any(not each.exercices for each in everyone)
    assert any(each.exercices and not each.activities for each in everyone)  # retired, student
