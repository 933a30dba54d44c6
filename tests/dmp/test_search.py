"""ITI-66 and ITI-67: what is found, by what, in which order, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.dmp.conftest import Dmp
from tests.dmp.messages import (
    DOCTOR,
    INS,
    OID,
    PATIENT_ID,
    PHARMACIST,
    Json,
    coded,
    labels,
    lot,
    new_oid,
    subject,
)

BY_INS = {"patient__identifier": f"urn:oid:{OID}|{INS}"}
LOINC = "http://loinc.org"


@pytest.fixture
def two(dmp: Dmp) -> tuple[str, str, str]:
    """(id of a consultation report, id of a prescription, uniqueId of the prescription)."""
    first = dmp.deposit(lot())
    oid = new_oid()
    second = dmp.deposit(lot(
        unique_id=oid,
        type={"coding": [{"system": LOINC, "code": "57833-6"}]}, category=[coded("42")],
        securityLabel=labels("R"), date="2025-01-02T08:00:00Z",
        context={
            "event": [coded("MED-1098")],
            "period": {"start": "2025-01-01", "end": "2025-01-31"},
            "facilityType": coded("SA01"), "practiceSetting": coded("ETABLISSEMENT"),
        },
    ))
    return first, second, oid


FOUND = [
    ("type", "57833-6"), ("type", f"{LOINC}|57833-6"), ("category", "42"),
    ("setting", "ETABLISSEMENT"), ("facility", "SA01"), ("event", "MED-1098"),
    ("security-label", "R"), ("date", "lt2026"), ("date", "2025-01-02"),
    ("period", "eb2025-06"), ("period-start", "2025-01-01"), ("period-end", "ge2025-01-31"),
]


@pytest.mark.parametrize(("name", "value"), FOUND)
def test_a_document_is_found_by_each_parameter(
    dmp: Dmp, two: tuple[str, str, str], name: str, value: str
) -> None:
    assert [one["id"] for one in dmp.documents(**{name: value})] == [two[1]]


@pytest.mark.parametrize(("name", "value"), [
    ("author__identifier", DOCTOR), ("author__identifier", f"urn:oid:1.2.250.1.71.4.2.1|{DOCTOR}"),
    ("author__family", "exemplaire"), ("author__given", "Claire"), ("isArchived", "false"),
    ("creation", "ge2026-11-03"), ("format", "urn:ihe:iti:xds-sd:text:2008"),
    ("type", "57833-6,11488-4"), ("category", "10,42"),
])
def test_both_documents_are_found(
    dmp: Dmp, two: tuple[str, str, str], name: str, value: str
) -> None:
    assert [one["id"] for one in dmp.documents(**{name: value})] == [two[1], two[0]]


def test_a_document_is_found_by_its_identifiers(dmp: Dmp, two: tuple[str, str, str]) -> None:
    _, id, oid = two
    logical = dmp.get(f"DocumentReference/{id}").json()["identifier"][-1]["value"]
    for value in (f"urn:oid:{oid}", f"urn:ietf:rfc:3986|urn:oid:{oid}", logical):
        assert [one["id"] for one in dmp.documents(identifier=value)] == [id]
    assert [one["id"] for one in dmp.documents(_id=id)] == [id]


@pytest.mark.parametrize("patient", [
    {"patient": PATIENT_ID}, {"patient": f"Patient/{PATIENT_ID}"}, BY_INS,
    {"patient:identifier": f"urn:oid:{OID}|{INS}"}, {"patient__identifier": INS},
    {"patient__identifier": f"urn:oid:1.2.250.1.213.1.4.8|{INS}"},
], ids=str)
def test_the_patient_is_named_in_every_way(
    dmp: Dmp, two: tuple[str, str, str], patient: dict[str, str]
) -> None:
    answer = dmp.get("DocumentReference", status="current", **patient)
    assert [one["resource"]["id"] for one in answer.json()["entry"]] == [two[1], two[0]]


def test_entries_have_their_address_and_mode(dmp: Dmp, two: tuple[str, str, str]) -> None:
    body = dmp.get("DocumentReference", status="current", **BY_INS).json()
    base = str(dmp.api.base_url).rstrip("/")
    assert body["total"] == 2
    assert body["entry"][0]["fullUrl"] == f"{base}/dmp/fhir/DocumentReference/{two[1]}"
    assert body["entry"][0]["search"]["mode"] == "match"
    assert "_audience" not in str(body)


def test_a_post_finds_the_same(dmp: Dmp, two: tuple[str, str, str]) -> None:
    answer = dmp.api.post(
        "/dmp/fhir/DocumentReference/_search",
        data={"patient.identifier": f"urn:oid:{OID}|{INS}", "status": "current"},
        headers=dmp.bearer(DOCTOR),
    )
    assert [one["resource"]["id"] for one in answer.json()["entry"]] == [two[1], two[0]]


def test_pages_are_newest_first_and_complete(dmp: Dmp) -> None:
    ids = [dmp.deposit(lot()) for _ in range(7)]
    url, found = "", []
    answer = dmp.get("DocumentReference", status="current", _count="3", **BY_INS)
    for _ in range(3):
        body = answer.json()
        found += [one["resource"]["id"] for one in body["entry"]]
        url = next((one["url"] for one in body["link"] if one["relation"] == "next"), "")
        if url:
            answer = dmp.api.get(url, headers=dmp.bearer(DOCTOR))
    assert found == ids[::-1]
    assert not url


def test_lots_are_found(dmp: Dmp, two: tuple[str, str, str]) -> None:
    answer = dmp.get(
        "List", code="https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes|submissionset",
        status="current", **BY_INS,
    )
    lots = [one["resource"] for one in answer.json()["entry"]]
    assert [one["entry"][0]["item"]["reference"] for one in lots] == [
        f"DocumentReference/{two[1]}", f"DocumentReference/{two[0]}",
    ]
    assert lots[0]["subject"]["reference"] == f"Patient/{PATIENT_ID}"
    for name, value in (
        ("designationType", "07"), ("sourceId", "urn:oid:1.2.250.1.999.1"),
        ("source__identifier", DOCTOR), ("date", "2026-11-03"),
    ):
        more = {name: value, "code": "submissionset", "status": "current", **BY_INS}
        assert dmp.get("List", **more).json()["total"] == 2


@pytest.mark.parametrize(("path", "params", "missing"), [
    ("DocumentReference", {"status": "current"}, "patient"),
    ("DocumentReference", BY_INS, "status"),
    ("DocumentReference", {**BY_INS, "status:missing": "false"}, "status"),
    ("DocumentReference", {"patient": f"{PATIENT_ID},nessi-ruth", "status": "current"}, "patient"),
    ("List", {**BY_INS, "status": "current"}, "code"),
    ("List", {**BY_INS, "code": "submissionset"}, "status"),
    ("List", {"code": "submissionset", "status": "current"}, "patient"),
    ("Patient", {}, "identifier"),
    ("Consent", {}, "patient"),
])
def test_t_mandatory_parameters(
    dmp: Dmp, path: str, params: dict[str, str], missing: str
) -> None:
    """Dossier §14: no patientId slot; List search without code or status."""
    issue = dmp.refused(dmp.get(path, **params), 400, "XDSStoredQueryMissingParam")
    assert issue["location"] == [f"http.{missing}"]


@pytest.mark.parametrize(("ins", "status", "code"), [
    ("299999999999999", 404, "XDSUnknownPatientId"),
    ("153078987658513", 404, "XDSUnknownPatientId"),
    ("202096615708958", 403, "DMPClosed"),
])
def test_a_patient_without_an_open_dmp(dmp: Dmp, ins: str, status: int, code: str) -> None:
    issue = dmp.refused(
        dmp.get("DocumentReference", status="current", patient__identifier=ins), status, code
    )
    assert issue["location"] == ["http.patient"]


@pytest.mark.parametrize(("path", "params", "name", "transaction"), [
    ("DocumentReference", {"status": "current"}, "patient__identifier", "ITI-67"),
    ("List", {"status": "current", "code": "submissionset"}, "patient__identifier", "ITI-66"),
    ("Consent", {}, "patient__identifier", "dmp.authorisations"),
    ("Patient", {}, "identifier", "dmp.existence"),
])
def test_a_search_by_nia_is_a_finding(
    dmp: Dmp, findings: Callable[..., list[str]], path: str, params: dict[str, str], name: str,
    transaction: str,
) -> None:
    """Dossier §14: NIA patient, LPS flow."""
    dmp.get(path, **params, **{name: "urn:oid:1.2.250.1.213.1.4.9|109076322088835"})
    assert findings(transaction) == ["0.2-080"]
    dmp.get(path, **params, **{name: "1090763220888"})
    assert findings(transaction) == ["SOCLE-DMP-INS", "SOCLE-DMP-INS-OID"]


def test_a_closed_dmp_tells_since_when_and_why(dmp: Dmp) -> None:
    """Dossier §14: closed DMP, with date and motive."""
    answer = dmp.get("DocumentReference", status="current", patient__identifier="202096615708958")
    assert "2024-03-15" in answer.text
    assert "Fermeture demandée par le titulaire" in answer.text


@pytest.mark.parametrize("patient", [
    f"Group/{PATIENT_ID}", f"urn:oid:{OID}|{INS}", "http://ailleurs/Patient/x", "absent",
])
def test_what_is_no_patient_of_ours_is_unknown(dmp: Dmp, patient: str) -> None:
    answer = dmp.get("DocumentReference", status="current", patient=patient)
    dmp.refused(answer, 404, "XDSUnknownPatientId")


def test_unknown_parameters_are_refused_unless_lenient(dmp: Dmp) -> None:
    answer = dmp.get("DocumentReference", status="current", couleur="bleu", **BY_INS)
    assert answer.status_code == 400
    lenient = dmp.get(
        "DocumentReference", status="current", couleur="bleu",
        headers={"Prefer": "handling=lenient"}, **BY_INS,
    )
    assert lenient.status_code == 200


@pytest.mark.parametrize(("name", "value"), [
    ("_include", "DocumentReference:relatesto"), ("_include", "*"),
    ("_revinclude", "List:item"), ("_revinclude:iterate", "DocumentReference:relatesto"),
    ("_has:DocumentReference:relatesto:status", "current"), ("relatesto.status", "current"),
    ("relatesto:DocumentReference.type", "11488-4"), ("_filter", "status eq current"),
    ("patient.identifier:not", INS), ("_audience", "tous"), ("_audience:not", DOCTOR),
])
def test_no_parameter_goes_round_what_may_be_seen(dmp: Dmp, name: str, value: str) -> None:
    """What another resource holds could tell of documents that this professional may not see."""
    dmp.deposit(lot(securityLabel=labels("N", "MASQUE_PS")))
    asked = {"patient": PATIENT_ID, "status": "current", name: value}
    dmp.refused(dmp.get("DocumentReference", by=PHARMACIST, **asked), 400, "parameter-unknown")


@pytest.mark.parametrize("params", [
    {"_total": "accurate"}, {"_summary": "count"}, {"_count": "0"},
    {"status": "superseded,current"},
    {"identifier:missing": "false"}, {"security-label": "MASQUE_PS"}, {"_sort": "-_lastUpdated"},
], ids=str)
def test_masked_documents_are_not_even_counted(dmp: Dmp, params: dict[str, str]) -> None:
    id = dmp.deposit(lot(securityLabel=labels("N", "MASQUE_PS")))
    asked = {"patient": PATIENT_ID, "status": "current", **params}
    assert dmp.get("DocumentReference", by=PHARMACIST, **asked).json()["total"] == 0
    assert dmp.get("DocumentReference", **asked).json()["total"] == 1
    found = dmp.get("DocumentReference", by=PHARMACIST, **asked, _id=id).json()
    assert (found["total"], id in str(found.get("entry"))) == (0, False)


def test_nobody_can_ask_for_another_audience(dmp: Dmp) -> None:
    dmp.deposit(lot(securityLabel=labels("N", "MASQUE_PS")))
    answer = dmp.get(
        "DocumentReference", by=PHARMACIST, status="current", _audience=DOCTOR, **BY_INS
    )
    assert answer.status_code == 400
    assert dmp.documents(by=PHARMACIST) == []


def test_archived_documents_are_told_apart(dmp: Dmp) -> None:
    archived = {
        "url": "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/"
        "pdsm-ext-is-archived", "valueBoolean": True,
    }
    id = dmp.deposit(lot(extension=[archived]))
    dmp.deposit(lot())
    assert [one["id"] for one in dmp.documents(isArchived="true")] == [id]


def test_another_patients_documents_are_not_found(dmp: Dmp) -> None:
    dmp.deposit(lot(subject=subject("277076322082910")))
    assert dmp.documents() == []


def test_capabilities_are_open_and_complete(api: httpx.Client) -> None:
    answer = api.get("/dmp/fhir/metadata")
    assert answer.status_code == 200
    rest = answer.json()["rest"][0]
    assert rest["interaction"] == [{"code": "transaction"}]
    types: dict[str, Json] = {one["type"]: one for one in rest["resource"]}
    assert set(types) == {"DocumentReference", "List", "Binary", "Patient", "Consent"}
    names = {one["name"] for one in types["DocumentReference"]["searchParam"]}
    assert {"patient", "status", "type", "security-label", "period"} <= names
    assert "_audience" not in names


@pytest.mark.parametrize("path", [
    "DocumentReference", "List", "Binary/x", "DocumentReference/x", "Patient", "Patient/x",
    "Consent", "Consent/x",
])
def test_a_token_is_required_everywhere(api: httpx.Client, path: str) -> None:
    answer = api.get(f"/dmp/fhir/{path}")
    assert answer.status_code == 401
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["", "DocumentReference", "Consent"])
def test_a_token_is_required_to_write(api: httpx.Client, path: str) -> None:
    assert api.post(f"/dmp/fhir/{path}".rstrip("/"), json=lot()).status_code == 401


def test_another_tenants_token_and_documents_stay_there(
    dmp: Dmp, api: httpx.Client, token: Callable[..., str], tenant: str
) -> None:
    id = dmp.deposit(lot())
    foreign = token(DOCTOR, tenant_name=f"{tenant}-autre")
    headers = {"Authorization": f"Bearer {foreign}"}
    assert api.get(f"/dmp/fhir/Binary/{id}", headers=headers).status_code == 401
    there = str(api.base_url).rstrip("/") + "-autre"
    absent = httpx.get(f"{there}/dmp/fhir/Binary/{id}", headers=headers, trust_env=False)
    assert absent.status_code == 404
    found = httpx.get(
        f"{there}/dmp/fhir/DocumentReference", headers=headers, trust_env=False,
        params={"patient": PATIENT_ID, "status": "current"},
    )
    assert found.json()["total"] == 0


def test_a_reset_empties_the_dmp(dmp: Dmp, api: httpx.Client) -> None:
    id = dmp.deposit(lot())
    api.post("/sandbox/reset", json={}).raise_for_status()
    dmp._tokens.clear()
    assert dmp.get(f"Binary/{id}").status_code == 404
    assert dmp.documents() == []
