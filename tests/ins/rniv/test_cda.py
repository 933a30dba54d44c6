"""`$cda`: what the header of a document tells of an identity, and whom the DMP takes it for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins import codes
from services.cda import CdaHeader, CdaIdentifier, read_header
from services.scenarios.documents.pdsm import deposit_bundle
from services.scenarios.stage import Document, Identity
from services.scenarios.stage import Traits as IdentityTraits
from tests.ins.rniv.conftest import Store, code_of, matricules

Journal = Callable[..., list[dict[str, Any]]]
UUIDS = tuple(f"0000000{n}-1111-4222-8333-444444444444" for n in range(1, 5))


def exported(store: Store, id: str) -> tuple[CdaHeader, str]:
    """The header, and the whole document as text."""
    answer = store.send("GET", f"/Patient/{id}/$cda")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/xml")
    return read_header(answer.content), answer.text


def test_t15_a_document_tells_the_matricule_of_a_qualified_identity_only(store: Store) -> None:
    id = store.create()["id"]
    for operation, status in (("", "PROV"), ("ins-retrieve", "RECUP")):
        if operation:
            store.done(id, operation)
        header, text = exported(store, id)
        assert store.status(id)["statut"] == status
        assert (header.patient.ins, header.patient.oid, header.patient.mailbox) == ("", "", "")
        assert len(header.patient.identifiers) == 1
        assert not matricules(text)

    store.done(id, "validate-identity", document="CN")
    header, text = exported(store, id)
    person = header.patient
    assert (person.ins, person.oid) == ("275126322074974", "1.2.250.1.213.1.4.8")
    assert '<id root="1.2.250.1.213.1.4.8" extension="275126322074974"/>' in text
    assert (person.nom_naissance, person.premier_prenom, person.prenoms) == (
        "ADRUN", "ZOE", ("ZOE",)
    )
    assert (person.sexe, person.date_naissance, person.lieu_naissance) == (
        "F", "1975-12-31", "63220"
    )
    assert (person.nom_utilise, person.prenom_utilise) == ("", "")
    assert header.authors[0].id_nat == "899900000011"

    store.done(id, "flag", attribute="DOUT")
    header, text = exported(store, id)
    assert not header.patient.ins
    assert not matricules(text)


def test_a_validated_identity_has_no_matricule(store: Store) -> None:
    id = store.create()["id"]
    store.done(id, "validate-identity", document="CN")
    assert exported(store, id)[0].patient.ins == ""


def test_a_merged_identity_has_none_any_more(store: Store) -> None:
    gone, kept = store.qualified(), store.create()["id"]
    answer = store.send("POST", "/Patient/$merge", {
        "resourceType": "Parameters", "parameter": [
            {"name": f"{role}-patient", "valueReference": {"reference": f"Patient/{id}"}}
            for role, id in (("source", gone), ("target", kept))
        ],
    })
    assert answer.status_code == 200, answer.text
    assert not matricules(exported(store, gone)[1])


def test_t15_the_mailbox_that_spells_the_matricule_leaves_with_it_only(
    store: Store, journal: Journal
) -> None:
    address = "275126322074974@patient.mssante.fr"
    telecom = [{"system": "phone", "value": "0102030405"}, {"system": "email", "value": address}]
    id = store.create(telecom=telecom)["id"]
    assert "RNIV-ADRESSE-MSSANTE" in {each["rule"] for each in journal()[0]["findings"]}
    for path in (f"/Patient/{id}", f"/Patient/{id}/$pam", f"/Patient/{id}/$cda"):
        text = store.send("GET", path).text
        assert not matricules(text), path
        assert "$cda" in path or "0102030405" in text
    store.done(id, "qualify", document="CN")

    patient = store.read(id) | {"telecom": telecom}
    assert store.send("PUT", f"/Patient/{id}", patient).status_code == 200
    assert "RNIV-ADRESSE-MSSANTE" not in {each["rule"] for each in journal()[0]["findings"]}
    for path in (f"/Patient/{id}", f"/Patient/{id}/$pam"):
        assert address in store.send("GET", path).text, path
    assert exported(store, id)[0].patient.mailbox == address

    store.done(id, "flag", attribute="DOUT")
    for path in (f"/Patient/{id}", f"/Patient/{id}/_history", f"/Patient/{id}/$pam"):
        assert not matricules(store.send("GET", path).text), path


def test_used_names_local_numbers_and_a_date_that_is_no_date(store: Store) -> None:
    oid = {"use": "usual", "system": "urn:oid:1.2.3.4", "value": "77", "type": {"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"},
    ]}}
    lunar = {"url": codes.DATE_LUNAIRE, "valueString": "1950-00-00"}
    patient = store.create(
        "ADRUN", "ZOE", "F", "1950-12-31", identifier=[oid], extension=[lunar],
    )
    patient["name"].append({"use": "usual", "family": "DE <BE> & C", "given": ["ZO\u0001"]})
    answer = store.send("PUT", f"/Patient/{patient['id']}", patient)
    assert answer.status_code == 200, answer.text

    person = exported(store, patient["id"])[0].patient
    assert person.identifiers == (CdaIdentifier("1.2.3.4", "77"),)
    assert (person.nom_utilise, person.prenom_utilise) == ("DE <BE> & C", "ZO?")
    assert (person.date_naissance, person.lieu_naissance) == ("1950-12-31", "")


def test_two_authorities_without_oid_stay_apart(store: Store) -> None:
    first, second = (
        exported(store, store.create()["id"])[0].patient.identifiers[0] for _ in range(2)
    )
    assert first.root == second.root
    assert first.root.startswith("2.25.")
    assert first.extension != second.extension


def test_the_dmp_files_it_for_the_patient_of_the_header(
    store: Store, api: httpx.Client, journal: Journal
) -> None:
    id = store.qualified("PAT-TROIS", "DOMINIQUE MARIE-LOUISE", "F", "1979-03-28", "51215")
    content = store.send("GET", f"/Patient/{id}/$cda").content
    header = read_header(content)
    person = header.patient
    assert (person.ins, person.oid) == ("279035121518989", "1.2.250.1.213.1.4.10")
    document = Document("", content, "", header)
    identity = Identity(person.ins, person.oid, IdentityTraits(
        person.nom_naissance, person.premier_prenom, person.prenoms, person.sexe,
        person.date_naissance, person.lieu_naissance,
    ))
    lot = deposit_bundle(document, identity, header.authors[0], "2026-11-03T10:15:00Z", UUIDS)

    answer = api.post("/dmp/fhir", json=lot, headers=store.headers)

    assert answer.status_code == 200, answer.text
    entry = journal(service="dmp", transaction="ITI-65", limit="1")[0]
    assert entry["findings"] == []


@pytest.mark.parametrize(("headers", "refused"), [
    ({"Accept": "text/html"}, (406, "not-acceptable")),
    ({"Authorization": ""}, (401, "login")),
])
def test_refusals(store: Store, headers: dict[str, str], refused: tuple[int, str]) -> None:
    id = store.create()["id"]
    answer = store.send("GET", f"/Patient/{id}/$cda", **headers)
    assert code_of(answer) == refused
    assert store.send("GET", "/Patient/nobody/$cda").status_code == 404
