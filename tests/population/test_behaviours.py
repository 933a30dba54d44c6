"""What the personas announce is what the services do."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from ins.domain.recherche import Traits, date_civile, rechercher
from services.e_prescription.codes import EVERY_TYPE
from services.e_prescription.domain.habilitation import executable, prescriptible
from services.population import Patient, Professional
from services.population.base import base
from services.population.kinds import PATIENTS, traits_key
from tests.conftest import Server

DOCTOR, PHARMACIST = "medecin-exemplaire", "pharmacien-officinal"
DOCUMENT_SEARCHES = [
    (DOCTOR, "pat-trois-dominique", ""),
    (PHARMACIST, "pat-trois-dominique", ""),
    (DOCTOR, "adrun-zoe", "DMPAccessDeniedByRightsService"),
    (DOCTOR, "sansdossier-marcel", "XDSUnknownPatientId"),
    (DOCTOR, "conteste-jean", "XDSUnknownPatientId"),
    (DOCTOR, "provisoire-matricule", "XDSUnknownPatientId"),
    (DOCTOR, "fermeture-odile", "DMPClosed"),
    (DOCTOR, "maximop-nadine", "DMPClosed"),
    ("medecin-hospitalier", "opposante-solange", "DMPAccessForbidden"),
    ("secretaire-registre", "pat-trois-dominique", "DMPAccessDeniedByRightsService"),
    ("secretaire-cabinet", "pat-trois-dominique", "DMPAccessDeniedByRightsService"),
    (DOCTOR, "feu-edmond", "DMPClosed"),
]
PRESCRIPTION_RIGHTS = [
    ("kinesitherapeute-renfort", {"dispositifMedical"}, {"acteKinesitherapie"}),
    ("sage-femme-berceau", EVERY_TYPE, set()),
    ("dentiste-quenotte", EVERY_TYPE, set()),
    ("medecin-retraite", EVERY_TYPE, set()),
    ("pharmacien-hospitalier", set(), {"medicament", "dispositifMedical"}),
    ("pharmacien-biologiste", set(),
     {"medicament", "dispositifMedical", "acteBiologieMedicale"}),
    ("orthophoniste-syllabe", {"dispositifMedical"}, {"acteOrthophonie"}),
    ("orthoptiste-prisme", {"dispositifMedical"}, {"acteOrthoptie"}),
    ("podologue-semelle", {"medicament", "dispositifMedical"}, {"actePedicurie"}),
    ("opticien-lorgnon", set(), {"dispositifMedical"}),
    ("double-exercice", {"dispositifMedical"}, {"acteKinesitherapie"}),
    ("infirmiere-pansecourt", {"medicament", "dispositifMedical"}, {"acteInfirmier"}),
    ("secretaire-registre", set(), set()),
]


def professional(id: str) -> Professional:
    return next(one for one in base().professionals.values() if one.id == id)


def patient(id: str) -> Patient:
    return base().patients[id]


def namesakes(one: Patient) -> tuple[Patient, ...]:
    """Everyone with its birth name, sex and birth date."""
    key = traits_key(one.nom_naissance, one.sexe, one.date_naissance)
    return base().find(PATIENTS, "traits", key)


@pytest.mark.parametrize("one", base().patients.values(), ids=lambda one: one.id)
def test_search_by_first_given_name_alone_gives_the_announced_code(one: Patient) -> None:
    same = namesakes(one)
    asked = Traits(one.nom_naissance, one.prenoms[:1], one.sexe, one.date_naissance)
    assert rechercher(asked, same).code == one.behaviours["ins"][:2]


@pytest.mark.parametrize(("subject", "prenoms", "lieu", "code"), [
    ("de-vinci-leonardo", ("LEONARDO",), "", "02"),
    ("de-vinci-leonardo", ("LEONARDO",), "63220", "00"),
    ("de-vinci-leonardo", ("LEONARDO", "PIERO"), "", "00"),
    ("de-vinci-leonardo-homonyme", ("LEONARDO",), "55050", "00"),
    ("nessi-ruth", ("NATHALIE",), "", "01"),
    ("tchitchi-catarina", ("OLA",), "", "01"),
    ("tchitchi-catarina", ("BELLA",), "", "01"),
    ("gemelle-lise", ("LISE",), "", "00"),
    ("gemelle-elise", ("ELISE",), "55050", "00"),
    ("homonyme-anne-louise", ("ANNE",), "", "02"),
    ("homonyme-anne-louise", ("ANNE",), "55039", "00"),
    ("homonyme-anne-sophie", ("ANNE", "SOPHIE"), "", "00"),
    ("particule-jeanne", ("MARIE",), "", "01"),
    ("particule-jeanne", ("MARIE-JEANNE",), "", "00"),
])
def test_search_ends_as_the_personas_say(
    subject: str, prenoms: tuple[str, ...], lieu: str, code: str
) -> None:
    one = patient(subject)
    asked = Traits(one.nom_naissance, prenoms, one.sexe, one.date_naissance, lieu)
    assert rechercher(asked, namesakes(one)).code == code
    assert code in one.behaviours["ins"]


def test_a_changed_identity_is_no_longer_found_by_the_former_sex() -> None:
    one = patient("changement-camille")
    assert not namesakes(replace(one, sexe="M"))
    assert "01 avec M" in one.behaviours["ins"]


@pytest.mark.parametrize("subject", ["lunaire-aminata", "demilune-ferenc"])
def test_a_lunar_date_is_completed_as_announced(subject: str) -> None:
    one = patient(subject)
    assert f"complétée en FHIR ({date_civile(one.date_naissance)})" in one.behaviours["ins"]


@pytest.mark.parametrize(("subject", "prescribes", "executes"), PRESCRIPTION_RIGHTS)
def test_prescription_rights_are_the_announced_ones(
    subject: str, prescribes: set[str], executes: set[str]
) -> None:
    who = professional(subject)
    assert who.behaviours["e_prescription"]
    assert prescriptible(who.profession) == prescribes
    assert executable(who.profession, who) == executes


@pytest.mark.parametrize(("reader", "subject", "code"), DOCUMENT_SEARCHES)
def test_document_search_ends_as_the_personas_say(
    api: httpx.Client, token: Callable[[str], str], reader: str, subject: str, code: str
) -> None:
    who, of = professional(reader), patient(subject)
    answer = api.get(
        "/dmp/fhir/DocumentReference",
        params={"patient.identifier": f"urn:oid:{of.matricule.oid}|{of.ins}", "status": "current"},
        headers={"Authorization": f"Bearer {token(who.id_nat)}"},
    )
    assert answer.is_success is (code == "")
    assert code in answer.text
    assert code in of.behaviours["dmp"] + who.behaviours.get("dmp", "")


@pytest.mark.parametrize("old", ["192025505091315", "887115505091849"])
def test_a_former_matricule_leads_to_the_dmp(
    api: httpx.Client, token: Callable[[str], str], old: str
) -> None:
    answer = api.get(
        "/dmp/fhir/DocumentReference",
        params={"patient.identifier": f"urn:oid:1.2.250.1.213.1.4.10|{old}", "status": "current"},
        headers={"Authorization": f"Bearer {token(professional(DOCTOR).id_nat)}"},
    )
    assert "DMPAccessDeniedByRightsService" in answer.text


def test_the_dmp_shows_the_year_alone_of_a_lunar_date(
    api: httpx.Client, token: Callable[[str], str]
) -> None:
    answer = api.get(
        "/dmp/fhir/Patient/lunaire-aminata",
        headers={"Authorization": f"Bearer {token(professional(DOCTOR).id_nat)}"},
    )
    assert answer.json()["birthDate"] == "1950"


def test_a_regulation_doctor_and_a_person_without_exercise_in_userinfo(
    api: httpx.Client, token: Callable[[str], str]
) -> None:
    def userinfo(id: str) -> dict[str, object]:
        answer = api.get(
            "/psc/auth/realms/esante-wallet/protocol/openid-connect/userinfo",
            headers={"Authorization": f"Bearer {token(professional(id).id_nat)}"},
        )
        content: dict[str, object] = answer.raise_for_status().json()
        return content

    assert userinfo("regulateur-quinze")["Acces_Regulation_Medicale"] == "VRAI"
    assert userinfo(DOCTOR)["Acces_Regulation_Medicale"] == "FAUX"
    assert "SubjectRefPro" not in userinfo("personne-sans-exercice")
    assert userinfo("secretaire-registre")["SubjectNameID"] == "3990780017/SECR0001"
    assert userinfo("secretaire-cabinet")["otherIds"] == [
        {"identifiant": "500099001000019/SECR0002", "origine": "SIRET", "qualite": 1}
    ]
    retired = userinfo("medecin-retraite")
    assert (retired["Secteur_Activite"], retired["SubjectOrganization"]) == ("", "")
    both = userinfo("double-exercice")["SubjectRole"]
    assert both == ["70^1.2.250.1.213.1.1.5.5", "10^1.2.250.1.213.1.1.5.5"]
    named = userinfo("nom-d-exercice")
    exercice = named["SubjectRefPro"]["exercices"][0]  # type: ignore[index]
    assert named["family_name"] != exercice["nomDexercice"]
    assert named["given_name"] != exercice["prenomDexercice"]


def reply(
    server: Server, sender: str, access_token: str, recipient: str
) -> tuple[int, bytes]:
    """The reply to AUTH when it is refused, else to RCPT."""
    response = f"user={sender}\x01auth=Bearer {access_token}\x01\x01".encode()
    with smtplib.SMTP(*server.smtp, timeout=30) as client:
        client.starttls(context=ssl.create_default_context(cafile=server.ca))
        client.ehlo()
        code, text = client.docmd("AUTH", f"XOAUTH2 {base64.b64encode(response).decode()}")
        if code == 334:
            code, text = client.docmd("")
        if code != 235:
            return code, text
        client.mail(sender)
        return client.rcpt(recipient)


@pytest.mark.parametrize(("writer", "box", "recipient", "expected"), [
    (DOCTOR, "claire.exemplaire@medecin", "279035121518989@patient.mssante.fr", "250"),
    ("secretaire-registre", "cardiologie@ch-fictiville", "160012B02077713@patient.mssante.fr",
     "250"),
    ("secretaire-cabinet", "secretariat@cabinet-exemplaire", "160012B02077713@patient.mssante.fr",
     "250"),
    ("medecin-coordonnateur", "accueil@ehpad-tilleuls", "144105505091271@patient.mssante.fr",
     "550 5.1.1"),
    ("personne-sans-exercice", "claire.exemplaire@medecin", "", "550 5.7.1"),
    (DOCTOR, "claire.exemplaire@medecin", "162115505090387@patient.mssante.fr", "550 5.1.1"),
])
def test_submission_ends_as_the_personas_say(
    server: Server, token: Callable[[str], str], writer: str, box: str, recipient: str,
    expected: str,
) -> None:
    who = professional(writer)
    code, text = reply(server, f"{box}.socle.mssante.fr", token(who.id_nat), recipient)
    assert f"{code} {text.decode()}".startswith(expected)
