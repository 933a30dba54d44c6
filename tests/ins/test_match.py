"""`Patient/$match` over the wire: every public identity and request, and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins import codes
from ins.fhir.fr_core import profile
from services.population import DmpState, Matricule, Patient
from tests.conftest import Server
from tests.ins.conftest import checked, fhir_patient, parameters, report
from tests.population.adding import add_patient

Json = dict[str, Any]
Match = Callable[[Json], httpx.Response]
NIR, NIA, TEST, DEMO = (f"1.2.250.1.213.1.4.{end}" for end in (8, 9, 10, 11))

PEOPLE = [
    ("ADRUN", "ZOE", "F", "1975-12-31", "63220", "275126322074974", NIR),
    ("ADRUN", "BAPTISTE", "M", "1975-01-01", "", "175016322074846", NIR),
    ("ADRDEUX", "LAURENT", "M", "1981-01-01", "63220", "181016322075140", NIR),
    ("ADRTROIS", "TOUSSAINT", "M", "1960-01-01", "2B020", "160012B02077713", NIR),
    ("ADRTROIS", "DOMINIQUE", "F", "1997-02-26", "2A020", "297022A02077878", NIR),
    ("ADRQUATRE", "ADRIEN GERMAINE MARCELLE", "M", "1940-01-01", "53300", "140016322075508", NIR),
    ("ROCO", "LUCIENNE", "F", "1950-10-10", "", "250106322075696", NIR),
    ("D'ARTAGNAN DE L'HERAULT", "PIERRE-ALAIN GUNTHER", "M", "2001-06-17", "63220",
     "101066322075460", NIR),
    ("D'ARTAGNAN DE L'HERAULT", "PIERRE-ALAIN BRUCE GORDON", "M", "1990-04-14", "63220",
     "190046322089981", NIR),
    ("NESSI", "RUTH ISABELLE", "F", "1977-07-14", "63220", "277076322082910", NIR),
    ("NESSI", "MICHELANGELO ANTHONY", "M", "2010-08-07", "63220", "110086322083060", NIR),
    ("DE VINCI", "DONATELLO THIERRY MICHEL", "M", "2010-08-07", "63220", "110086322083159", NIR),
    ("DE VINCI", "RAPHAEL", "M", "2010-08-07", "63220", "110086322083258", NIR),
    ("DE VINCI", "LEONARDO PIERO", "M", "2014-02-01", "63220", "114026322083356", NIR),
    ("ECETINSI", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220",
     "109076322083489", NIR),
    ("TCHITCHI", "CATARINA BELLA", "F", "1936-06-21", "63220", "236066322083656", NIR),
    ("PROVISOIRE", "MATRICULE", "M", "2009-07-01", "63220", "109076322088835", NIA),
    ("CORSE", "ANTHONY", "M", "1980-03-02", "2B020", "180032B02040123", NIR),
    ("HERMANN", "GATIEN", "M", "1981-03-24", "63220", "181036322045660", NIR),
    ("BENSA", "DANIELLE", "F", "2000-10-20", "27631", "200102763178979", NIR),
    ("PAT-TROIS", "DOMINIQUE MARIE-LOUISE", "F", "1979-03-28", "51215", "279035121518989", TEST),
    ("DESMAUX", "NATHALIE GERMAINE MARCELLE", "F", "1955-06-15", "53300", "255069999999934", DEMO),
    ("DESMAUX", "PAUL", "M", "1998-01-01", "", "198019999999931", DEMO),
]
REQUESTS = [
    (("NESSI", "NATHALIE", "F", "1977-07-14", "63220"), "01"),
    (("DE VINCI", "RUTH", "F", "1976-07-14", ""), "01"),
    (("DE VINCI", "RUTH", "F", "1977-07-14", ""), "01"),
    (("D'AEION", "COEUR", "M", "1987-01-25", "2B020"), "01"),
    (("D'AEION", "COEUR", "M", "1987-01-01", ""), "01"),
    (("PATB-QUATRE", "LAURENCE", "F", "1907-05-25", ""), "01"),
    (("HERMAN", "GATIEN", "M", "1981-03-24", ""), "01"),
    (("ADRDEUX", "LAURENT", "M", "1981-01-01", "75056"), "01"),
    (("DE VINCI", "LEONARDO", "M", "2014-02-01", ""), "02"),
    (("DE VINCI", "LEONARDO", "M", "2014-02-01", "63220"), "00"),
    (("DE VINCI", "LEONARDO PIERO", "M", "2014-02-01", ""), "00"),
    (("ADRQUATRE", "ADRIEN", "M", "1940-01-01", ""), "00"),
    (("ADRQUATRE", "GERMAINE", "M", "1940-01-01", ""), "01"),
    (("D'ARTAGNAN DE L'HERAULT", "PIERRE", "M", "2001-06-17", ""), "01"),
    (("D'ARTAGNAN DE L'HERAULT", "PIERRE ALAIN", "M", "2001-06-17", ""), "01"),
]


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: f"{p[0]} {p[1]}")
def test_t01_every_public_person_is_found(match: Match, person: tuple[str, ...]) -> None:
    nom, prenoms, sexe, date, lieu, ins, oid = person
    bundle = checked(match(fhir_patient(nom, tuple(prenoms.split()), sexe, date, lieu)))
    assert report(bundle) == "00"
    found = bundle["entry"][0]["resource"]
    assert (found["name"][0]["family"], found["birthDate"]) == (nom, date)
    assert found["name"][0]["given"] == prenoms.split()[:1]
    assert found["name"][0]["extension"][0]["valueString"] == prenoms
    official = [one for one in found["identifier"] if one["use"] == "official"]
    assert [(one["system"], one["value"]) for one in official] == [(f"urn:oid:{oid}", ins)]
    assert official[0]["type"]["coding"][0]["code"] == codes.TYPES_MATRICULE[oid][0]


@pytest.mark.parametrize(("request_", "code"), REQUESTS)
def test_every_public_request_gets_its_report(
    match: Match, request_: tuple[str, ...], code: str
) -> None:
    nom, prenom, sexe, date, lieu = request_
    answer = match(parameters(fhir_patient(nom, prenom, sexe, date, lieu)))
    assert answer.status_code == 200
    assert report(checked(answer)) == code


def test_t02_several_people_are_never_listed(match: Match) -> None:
    answer = match(fhir_patient("DE VINCI", "LEONARDO", "M", "2014-02-01"))
    assert "114026322083356" not in answer.text
    (issue,) = checked(answer)["entry"][0]["resource"]["issue"]
    assert (issue["severity"], issue["code"]) == ("warning", "multiple-matches")
    assert issue["diagnostics"].startswith("Plusieurs identités approchantes")
    found = checked(match(fhir_patient("DE VINCI", "LEONARDO", "M", "2014-02-01", "63220")))
    assert found["entry"][0]["resource"]["identifier"][0]["value"] == "114026322083356"


def test_t03_tchitchi_answers_to_her_first_name_only(match: Match) -> None:
    reports = [
        report(checked(match(fhir_patient("TCHITCHI", name, "F", "1936-06-21"))))
        for name in ("OLA", "BELLA", "CATARINA")
    ]
    assert reports == ["01", "01", "00"]


def test_t04_houilles_is_four_times_unknown(
    match: Match, journal: Callable[..., list[Json]]
) -> None:
    for name in ("PIERRE", "PAUL", "JACQUES", "PIERRE PAUL JACQUES"):
        bundle = checked(match(fhir_patient("HOUILLES", name, "M", "1993-01-27")))
        assert report(bundle) == "01"
    (issue,) = bundle["entry"][0]["resource"]["issue"]
    assert (issue["severity"], issue["code"]) == ("information", "not-found")
    assert issue["diagnostics"] == "Aucune identité n'a été trouvée par le téléservice INSi"
    entries = journal(service="ins", transaction="ITI-119")
    assert [entry["outcome"] for entry in entries] == ["pass"] * 4
    assert {entry["fidelity"] for entry in entries} == {"derived"}


def test_t05_ecetinsi_keeps_the_former_number(match: Match) -> None:
    bundle = checked(match(fhir_patient("ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14")))
    old = [i for i in bundle["entry"][0]["resource"]["identifier"] if i["use"] == "old"]
    assert [one["value"] for one in old] == ["209076322083439"]
    assert old[0]["period"] == {"end": "2019-02-28"}


def test_t06_provisoire_has_a_nia(match: Match) -> None:
    bundle = checked(match(fhir_patient("PROVISOIRE", "MATRICULE", "M", "2009-07-01")))
    (identifier,) = bundle["entry"][0]["resource"]["identifier"]
    assert identifier["system"] == f"urn:oid:{NIA}"
    assert identifier["type"]["coding"][0]["code"] == "INS-NIA"


def test_t13_a_lunar_date_is_searched_as_it_is_and_completed_in_the_answer(
    match: Match, server: Server, tenant: str
) -> None:
    lunar = Patient(
        "lunaire", Matricule("1500099999901", "00", TEST), "LUNAIRE", ("ALI",), "M", "1950-00-00",
        "99350", dmp=DmpState("none"),
    )
    space = server.run(server.sandbox.tenants.get(tenant))
    server.run(add_patient(server.sandbox, space, lunar))
    asked = fhir_patient(
        "LUNAIRE", "ALI", "M", "",
        extension=[{"url": codes.DATE_LUNAIRE, "valueString": "1950-00-00"}],
    )
    bundle = checked(match(asked))
    assert report(bundle) == "00"
    found = bundle["entry"][0]["resource"]
    assert found["birthDate"] == "1950-12-31"
    assert {"url": codes.DATE_LUNAIRE, "valueString": "1950-00-00"} in found["extension"]
    place = found["extension"][0]["valueAddress"]["extension"][0]["valueCoding"]
    assert place == {"system": codes.COMMUNES, "code": "99350"}
    civil = fhir_patient("LUNAIRE", "ALI", "M", "1950-12-31")
    assert report(checked(match(civil))) == "01"


def test_t13_a_lunar_date_out_of_place_is_told_its_place(match: Match) -> None:
    for date, status in (("1950-00-00", 400), ("1950-12", 422)):
        answer = match(fhir_patient("LUNAIRE", "AMINATA", "F", date))
        (issue,) = checked(answer)["issue"]
        assert answer.status_code == status
        assert issue["expression"] == ["Patient.birthDate"]
        assert "fr-core-lunar-date" in issue["diagnostics"]


def test_the_patient_says_how_it_was_retrieved(match: Match) -> None:
    patient = checked(match(fhir_patient(lieu="63220")))["entry"][0]["resource"]
    assert patient["meta"]["profile"] == [codes.PROFIL_PATIENT_INS]
    (reliability,) = [e for e in patient["extension"] if e["url"] == codes.FIABILITE]
    parts = {part["url"]: part for part in reliability["extension"]}
    assert parts["identityStatus"]["valueCoding"]["code"] == "PROV"
    assert parts["methodCollection"]["valueCoding"]["code"] == "INSI"
    assert len(parts["dateCollection"]["valueDate"]) == 10


def test_the_ins_profile_is_not_claimed_without_a_birth_place(match: Match) -> None:
    found = checked(match(fhir_patient("ROCO", "LUCIENNE", "F", "1950-10-10")))
    assert found["entry"][0]["resource"]["meta"]["profile"] == [profile("2.2.0", ins=False)]


def test_the_match_is_certain(match: Match) -> None:
    search = checked(match(fhir_patient()))["entry"][0]["search"]
    assert search == {
        "mode": "match", "score": 1,
        "extension": [{"url": codes.MATCH_GRADE, "valueCode": "certain"}],
    }


def test_the_birth_list_serves_when_no_given_name_is_sent(match: Match) -> None:
    asked = fhir_patient("TCHITCHI", "", "F", "1936-06-21")
    asked["name"][0]["extension"] = [
        {"url": codes.LISTE_PRENOMS, "valueString": "CATARINA BELLA"}
    ]
    assert report(checked(match(asked))) == "00"


def test_a_person_of_another_tenant_is_unknown(
    match: Match, server: Server, tenant: str
) -> None:
    mine = Patient(
        "voisin", Matricule("1800155050903", "00", TEST), "VOISIN", ("LUC",), "M", "1980-01-01",
        dmp=DmpState("none"),
    )
    other = server.run(server.sandbox.tenants.get(f"{tenant}-autre"))
    server.run(add_patient(server.sandbox, other, mine))
    assert report(checked(match(fhir_patient("VOISIN", "LUC", "M", "1980-01-01")))) == "01"


def test_the_answer_keeps_what_fr_core_publishes(shared: Any, match: Match) -> None:
    """Codes, displays and extension URLs are those of the FR Core 2.2.0 package."""
    import json
    import tarfile

    package = shared / "data" / "profiles" / "hl7.fhir.fr.core-2.2.0.tgz"
    if not package.exists():
        pytest.skip("the FR Core package is not in ../shared/data/profiles")
    published: dict[str, Json] = {}
    with tarfile.open(package) as archive:
        for member in archive:
            if member.name.startswith("package/") and member.name.endswith(".json"):
                content = json.load(archive.extractfile(member))  # type: ignore[arg-type]
                published[content.get("url", "")] = content
    answer = checked(match(fhir_patient("ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14")))
    patient = answer["entry"][0]["resource"]
    seen = list(_walk(patient))
    for url in {e["url"] for e in seen if e.get("url", "").startswith(codes.FR_CORE)}:
        assert url in published
    codings = [e for e in seen if e.get("system", "").startswith(codes.FR_CORE)]
    assert len(codings) == 4
    for one in codings:
        displays = {c["code"]: c["display"] for c in published[one["system"]]["concept"]}
        assert displays[one["code"]] == one["display"]
    profile = published[codes.PROFIL_PATIENT_INS.removesuffix("|2.2.0")]
    mandatory = {
        element["path"].split(".")[1] for element in profile["snapshot"]["element"]
        if element["path"].count(".") == 1 and element["min"] > 0
    }
    assert mandatory <= patient.keys()


def _walk(node: Any) -> Any:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)
