"""Rules of the INS service: each with requests that keep it and requests that break it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins import codes
from ins.fhir.demande import read_demande
from ins.rules import demande, lexique
from services.kernel.rules import Finding, rules_of
from tests.ins.conftest import birth_place, checked, fhir_patient, parameters

Json = dict[str, Any]
RULES = rules_of(demande, lexique)


def findings(received: Json) -> list[Finding]:
    asked = read_demande(received)
    return [finding for rule in RULES for finding in rule.findings(asked)]


def status(code: str) -> Json:
    coding = {"system": codes.STATUT_IDENTITE, "code": code}
    return {
        "url": codes.FIABILITE, "extension": [{"url": "identityStatus", "valueCoding": coding}]
    }


def with_list(prenom: str, liste: str) -> Json:
    made = fhir_patient(prenoms=prenom)
    made["name"][0]["extension"] = [{"url": codes.LISTE_PRENOMS, "valueString": liste}]
    return made


def identifier(value: str, oid: str = "1.2.250.1.213.1.4.8") -> Json:
    return {"system": f"urn:oid:{oid}", "value": value}


@pytest.mark.parametrize("received", [
    fhir_patient(), parameters(fhir_patient()), fhir_patient(lieu="63220"),
    fhir_patient(lieu="2A020", date="1980-01-01"), fhir_patient(lieu="20020", date="1975-01-01"),
    fhir_patient(prenoms=("PIERRE-ALAIN", "GUNTHER")), fhir_patient(nom="'T HOOFT"),
    fhir_patient(extension=[status("PROV")]), with_list("PIERRE", "PIERRE PAUL"),
    with_list("JEAN-PAUL", "JEAN PAUL MARIE"), fhir_patient(identifier=[identifier("1")]),
    fhir_patient(identifier=[identifier("275126322074974", "1.2.250.1.213.1.4.10")]),
    fhir_patient(identifier=[{"system": "urn:x", "value": "275126322074974"}]),
    parameters(
        fhir_patient(), {"name": "onlyCertainMatches", "valueBoolean": True},
        {"name": "count", "valueInteger": 3},
    ),
    fhir_patient(nom="A" * 100),
])
def test_a_right_request_has_no_finding(received: Json) -> None:
    assert findings(received) == []


@pytest.mark.parametrize(("rule", "at", "received"), [
    ("INS-NOM", "Patient.name[0].family", fhir_patient(nom="")),
    ("INS-NOM", "Patient.name.family", {"resourceType": "Patient", "gender": "male"}),
    ("INS-TRAITS", "Patient.name[0].given", fhir_patient(prenoms="")),
    ("INS-TRAITS", "Patient.gender", fhir_patient(sexe="")),
    ("INS-TRAITS", "Patient.birthDate", fhir_patient(date="")),
    ("EF_INS01_03", "Patient.name[0].family", fhir_patient(nom="Adrun")),
    ("EF_INS01_03", "Patient.name[0].given[1]", fhir_patient(prenoms=("ZOE", "Anaïs"))),
    ("EF_INS01_03", "Patient.name[0].given[0]", fhir_patient(prenoms="ANNE-")),
    ("EF_INS25_01", "Patient.name[0].family", fhir_patient(nom="A" * 101)),
    ("EF_INS25_01", "Patient.name[0].given", fhir_patient(prenoms=("A" * 60, "B" * 40))),
    ("INS-DATE", "Patient.birthDate", fhir_patient(date="1975-12")),
    ("INS-DATE", "Patient.extension[0].value",
     fhir_patient(extension=[{"url": codes.DATE_LUNAIRE, "valueString": "0000-00-00"}])),
    ("INS-SEXE", "Patient.gender", fhir_patient(sexe="other")),
    ("INS-COG", "Patient.extension[0].value.extension[0].value.code", fhir_patient(lieu="6322")),
    ("EXI ID 26", "Patient.extension[0].extension[0].value.code",
     fhir_patient(extension=[status("DOUT")])),
    ("EXI ID 26", "Patient.extension[0].extension[0].value.code",
     fhir_patient(extension=[status("FICT")])),
    ("EXI ID 10", "Patient.name[0].extension[0]", with_list("PAUL", "PIERRE PAUL")),
    ("INS-CODE-POSTAL", "Patient.extension[0].value.extension[0].value.code",
     fhir_patient(lieu="63000")),
    ("INS-CODE-POSTAL", "Patient.extension[0].value.extension[0].value.code",
     fhir_patient(extension=[birth_place("63220", postalCode="63220")])),
    ("INS-CORSE", "Patient.extension[0].value.extension[0].value.code",
     fhir_patient(lieu="20020", date="1980-01-01")),
    ("INS-NOM-OFFICIEL", "Patient.name[0].use",
     fhir_patient(name=[{"family": "ADRUN", "given": ["ZOE"]}])),
    ("INS-CLE", "Patient.identifier[0].value",
     fhir_patient(identifier=[identifier("275126322074975")])),
    ("INS-DONNEE-REELLE", "Patient.identifier[0].value",
     fhir_patient(identifier=[identifier("275126322074974")])),
    ("INS-CANDIDATS", "Parameters.parameter[1].value",
     parameters(fhir_patient(), {"name": "onlyCertainMatches", "valueBoolean": False})),
    ("INS-PARAMETRE", "Parameters.parameter[1].name",
     parameters(fhir_patient(), {"name": "seuil", "valueDecimal": 0.5})),
    *(("INS-PARAMETRE", "Parameters.parameter[1]", parameters(fhir_patient(), wrong)) for wrong in (
        {"name": "onlyCertainMatches", "valueString": "false"}, {"name": "count"},
        {"name": "count", "valueInteger": 0}, {"name": "count", "valueString": "1"},
        {"name": "resource", "resource": fhir_patient(nom="AUTRE")},
    )),
])
def test_a_wrong_request_breaks_its_rule(rule: str, at: str, received: Json) -> None:
    found = [finding for finding in findings(received) if finding.rule == rule]
    assert [finding.at for finding in found] == [at]


def test_paths_follow_the_parameters() -> None:
    (found,) = findings(parameters(fhir_patient(nom="Adrun")))
    assert found.at == "Parameters.parameter[0].resource.ofType(Patient).name[0].family"
    assert found.expected.startswith("« ADRUN »")


def test_a_used_name_is_not_searched() -> None:
    used = {"use": "usual", "family": "ADRUN", "given": ["ZOE"]}
    broken = {finding.rule for finding in findings(fhir_patient(name=[used]))}
    assert broken == {"INS-NOM", "INS-TRAITS"}


@pytest.mark.parametrize(("body", "rule", "outcome"), [
    (fhir_patient(extension=[status("DOUT")]), "EXI ID 26", "fail"),
    (fhir_patient(lieu="63000"), "INS-CODE-POSTAL", "pass"),
    (fhir_patient(name=2 * fhir_patient()["name"]), "INS-NOM-OFFICIEL", "pass"),
    (fhir_patient(identifier=[identifier("177076322082909")]), "INS-CLE", "pass"),
    (fhir_patient(identifier=[identifier("277076322082910")]), None, "pass"),
    (fhir_patient(identifier=[identifier("185075505012364")]), "INS-DONNEE-REELLE", "pass"),
])
def test_findings_are_in_the_journal_beside_the_answer(
    match: Callable[[Json], httpx.Response], journal: Callable[..., list[Json]], body: Json,
    rule: str | None, outcome: str,
) -> None:
    assert match(body).status_code == 200
    (entry,) = journal(service="ins")
    told = [each["rule"] for each in entry["findings"] if each["rule"] != "Sentinelle.02"]
    assert told == ([rule] if rule else [])
    assert entry["outcome"] == outcome
    assert "185075505012364" not in str(entry["findings"])


def test_a_strict_tenant_refuses_error_level_findings(
    api: httpx.Client, match: Callable[[Json], httpx.Response]
) -> None:
    doubtful = fhir_patient(extension=[status("DOUT")])
    assert api.put("/sandbox/settings", json={"strict": True}).status_code == 200
    refused = match(doubtful)
    assert refused.status_code == 422
    (issue,) = checked(refused)["issue"]
    assert issue["expression"] == ["Patient.extension[0].extension[0].value.code"]
    assert match(fhir_patient(lieu="63000")).status_code == 200
    several = checked(match(fhir_patient(extension=[status("DOUT"), status("FICT")])))["issue"]
    assert [each["expression"] for each in several] == [
        [f"Patient.extension[{rank}].extension[0].value.code"] for rank in range(2)
    ]
    assert ["DOUT" in several[0]["diagnostics"], "FICT" in several[1]["diagnostics"]] == [True] * 2


def test_a_refusal_tells_everything_that_refuses(
    match: Callable[[Json], httpx.Response], journal: Callable[..., list[Json]]
) -> None:
    refused = checked(match(fhir_patient(nom="Adrun", prenoms=("Zoé",), lieu="632")))
    (entry,) = journal(service="ins")
    told = [each["expression"][0] for each in refused["issue"]]
    assert told == [
        "Patient.name[0].family", "Patient.name[0].given[0]",
        "Patient.extension[0].value.extension[0].value.code",
    ]
    assert told == [each["at"] for each in entry["findings"] if each["severity"] == "error"]


def test_a_rule_that_a_message_breaks_without_end_is_told_a_hundred_times(
    match: Callable[[Json], httpx.Response], journal: Callable[..., list[Json]]
) -> None:
    refused = match(fhir_patient(prenoms=("Zoé",) * 500))
    assert refused.status_code == 422
    assert len(checked(refused)["issue"]) == 100
    (entry,) = journal(service="ins")
    broken = [finding["rule"] for finding in entry["findings"]]
    assert broken.count("EF_INS01_03") == 100


def test_only_the_first_identifiers_are_looked_up(
    match: Callable[[Json], httpx.Response], journal: Callable[..., list[Json]]
) -> None:
    others = [identifier("1")] * 20
    unseen = fhir_patient(identifier=[*others, identifier("185075505012364")])
    assert match(unseen).status_code == 200
    (entry,) = journal(service="ins")
    assert entry["findings"] == []
