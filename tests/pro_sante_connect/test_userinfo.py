"""Who the professional is (cases 20 to 22)."""

from __future__ import annotations

from typing import Any

import pytest

from pro_sante_connect.codes import CONNECT
from services.population.base import base
from tests.pro_sante_connect.conftest import DOCTOR, PHARMACIST, RelyingParty

MEMBERS = {
    "codeModeExercice", "codeSecteurDactivite", "codeSectionPharmacien", "codeRole",
    "codeGenreActivite", "numeroSiretSite", "numeroSirenSite", "numeroFinessSite",
    "numeroFinessetablissementJuridique", "identifiantTechniqueDeLaStructure",
    "raisonSocialeSite", "enseigneCommercialeSite", "complementDestinataire",
    "complementPointGeographique", "numeroVoie", "indiceRepetitionVoie", "codeTypeDeVoie",
    "libelleVoie", "mentionDistribution", "bureauCedex", "codePostal", "codeCommune", "codePays",
    "telephone", "telephone2", "telecopie", "adresseEMail", "codeDepartement",
    "ancienIdentifiantDeLaStructure", "autoriteDenregistrement",
}


def userinfo(psc: RelyingParty, id_nat: str) -> dict[str, Any]:
    answer = psc.userinfo(psc.tokens(login_hint=id_nat)["access_token"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    content: dict[str, Any] = answer.json()
    return content


def activities(content: dict[str, Any]) -> list[dict[str, str]]:
    return [each for one in content["SubjectRefPro"]["exercices"] for each in one["activities"]]


def test_t20_a_doctor_has_thirty_members_per_activity(psc: RelyingParty) -> None:
    content = userinfo(psc, DOCTOR)
    assert content["SubjectNameID"] == content["preferred_username"] == DOCTOR
    assert content["SubjectRole"] == ["10^1.2.250.1.213.1.1.5.5"]
    assert content["Secteur_Activite"] == "SA07^1.2.250.1.71.4.2.4"
    assert content["Palier_Authentification"] == "APPPRIP3^1.2.250.1.213.1.5.1.1.1"
    assert content["PSI_Locale"] == "1.2.250.1.213.1.3.1.1"
    assert content["Acces_Regulation_Medicale"] == "FAUX"
    assert content["otherIds"] == [{"identifiant": DOCTOR, "origine": "RPPS", "qualite": 1}]
    assert "email" not in content
    (exercice,) = content["SubjectRefPro"]["exercices"]
    assert set(content["SubjectRefPro"]) == {"exercices"}
    assert exercice["codeSavoirFaire"] == "SM54"
    (activity,) = exercice["activities"]
    assert set(activity) == MEMBERS
    assert len(MEMBERS) == 30
    assert all(isinstance(value, str) for value in activity.values())
    assert activity["autoriteDenregistrement"] == "CNOM/CNOM/CNOM"


@pytest.mark.parametrize("id_nat", base().professionals)
def test_every_professional_agrees_with_the_population(psc: RelyingParty, id_nat: str) -> None:
    who = base().professionals[id_nat]
    content = userinfo(psc, id_nat)
    assert (content["given_name"], content["family_name"]) == (who.prenom, who.nom)
    assert content["codeCivilite"] == who.civilite
    if not who.exercices:
        return
    told = activities(content)
    assert [each["identifiantTechniqueDeLaStructure"] for each in told] == [
        base().structures[each.structure_id].technical_id for each in who.activities
    ]
    assert all(set(each) == MEMBERS for each in told)
    assert (content["Acces_Regulation_Medicale"] == "VRAI") is who.regulation


def test_a_hospital_activity_has_its_finess(psc: RelyingParty) -> None:
    who, hospital = next(
        (one, place) for one in base().professionals.values() if one.profession == "10"
        for place in map(base().structures.get, one.structure_ids) if place and place.finess_ej
    )
    activity = next(each for each in activities(userinfo(psc, who.id_nat))
                    if each["numeroFinessSite"] == hospital.finess)
    assert activity["numeroFinessetablissementJuridique"] == hospital.finess_ej
    assert activity["identifiantTechniqueDeLaStructure"] == f"F{hospital.finess}"
    assert activity["ancienIdentifiantDeLaStructure"] == f"1{hospital.finess}"
    assert activity["autoriteDenregistrement"] == "CNOM/CNOM/ARS"


def test_a_pharmacist_has_a_section(psc: RelyingParty) -> None:
    content = userinfo(psc, PHARMACIST)
    assert content["SubjectRole"] == ["21^1.2.250.1.213.1.1.5.5"]
    assert activities(content)[0]["codeSectionPharmacien"]


def test_t21_a_fictitious_identity_of_edit(psc: RelyingParty) -> None:
    who = next(one for one in base().professionals.values() if one.origine == "EDIT")
    content = userinfo(psc, who.id_nat)
    assert content["SubjectNameID"].startswith("ANS")
    assert content["otherIds"][0]["origine"] == "EDIT"
    assert content["codeCivilite"] == who.civilite
    assert "codeGenreActivite" in content


def test_t22_someone_without_exercise_has_the_short_form(psc: RelyingParty) -> None:
    who = next(one for one in base().professionals.values() if not one.exercices)
    assert set(userinfo(psc, who.id_nat)) == {
        "sub", "preferred_username", "codeCivilite", "given_name", "family_name", "SubjectNameID",
    }


def test_an_exercise_without_activity_leaves_the_structure_empty(psc: RelyingParty) -> None:
    who = next(one for one in base().professionals.values() if one.exercices and not one.activities)
    content = userinfo(psc, who.id_nat)
    assert content["SubjectOrganization"] == content["Secteur_Activite"] == ""
    assert content["SubjectRefPro"]["exercices"][0]["activities"] == []


def test_the_token_may_come_in_a_form(psc: RelyingParty) -> None:
    token = psc.tokens()["access_token"]
    answer = psc.back.post(f"{CONNECT}/userinfo", data={"access_token": token})
    assert answer.json()["SubjectNameID"] == DOCTOR


def test_no_token_is_401_with_a_challenge(psc: RelyingParty) -> None:
    for answer in (psc.back.get(f"{CONNECT}/userinfo"), psc.back.post(f"{CONNECT}/userinfo")):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="esante-wallet"'
        assert answer.json()["error_description"] == "Token not provided"


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "x" * 9000])
def test_an_unreadable_token_is_401(psc: RelyingParty, token: str) -> None:
    answer = psc.back.get(
        f"{CONNECT}/userinfo", headers=[(b"Authorization", b"Bearer " + token.encode())]
    )
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_token", "error_description": "Token verification failed",
    }
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_other_tokens_do_not_open_userinfo(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    for name in ("id_token", "refresh_token"):
        assert psc.userinfo(tokens[name]).status_code == 401
