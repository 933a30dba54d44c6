"""ITI-65 and ITI-105 over the wire: what is accepted and how it is stored."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import httpx
import pytest

from tests.confiance import Software
from tests.dmp import messages
from tests.dmp.conftest import Dmp
from tests.dmp.messages import (
    BINARY,
    DOCTOR,
    HOSPITAL_DOCTOR,
    INS,
    LIST,
    OID,
    PATIENT_ID,
    SECRETARY,
    Json,
    attachment,
    binary,
    bundle,
    cda,
    coded,
    document,
    labels,
    lot,
    new_oid,
    post,
    subject,
    submission_set,
)

Findings = Callable[..., list[str]]


def fiche_of(body: Json) -> Json:
    found: Json = body["entry"][1]["resource"]
    return found


def test_a_lot_is_filed_with_an_answer_for_each_entry(dmp: Dmp, findings: Findings) -> None:
    answer = dmp.post(lot())

    assert answer.status_code == 200
    assert answer.headers["x-sandbox-fidelity"] == "derived"
    body = answer.json()
    assert (body["resourceType"], body["type"]) == ("Bundle", "transaction-response")
    responses = [one["response"] for one in body["entry"]]
    assert [one["status"] for one in responses] == ["201 Created"] * 3
    assert [one["location"].split("/")[0] for one in responses] == [
        "List", "DocumentReference", "Binary",
    ]
    assert findings() == []


def test_the_stored_fiche_refers_to_what_was_filed(dmp: Dmp) -> None:
    content, oid = cda(), new_oid()
    id = dmp.deposit(lot(content, oid))

    stored = dmp.get(f"DocumentReference/{id}").json()

    assert stored["id"] == id
    assert stored["meta"]["versionId"] == "1"
    assert stored["masterIdentifier"]["value"] == f"urn:oid:{oid}"
    assert stored["identifier"][0]["value"].startswith("urn:uuid:")
    assert stored["subject"] == {"reference": f"Patient/{PATIENT_ID}", **subject()}
    assert attachment(stored)["url"] == f"Binary/{id}"
    assert attachment(stored)["size"] == len(content)
    assert stored["status"] == "current"
    assert "urn:uuid:0000000" not in str(stored)


@pytest.mark.parametrize("designated", [
    {"reference": f"Patient?identifier=urn:oid:{OID}|{INS}"},
    {"reference": f"Patient?identifier=urn%3Aoid%3A{OID}%7C{INS}"},
    {"reference": f"Patient/{PATIENT_ID}"},
    {"reference": "#patient"},
    {"reference": "urn:uuid:00000009-1111-4222-8333-444444444444"},
    subject(oid="1.2.250.1.213.1.4.8"),
], ids=["query", "escaped query", "id", "contained", "in the bundle", "production authority"])
def test_a_patient_can_be_designated_in_every_way(dmp: Dmp, designated: Json) -> None:
    patient = {"resourceType": "Patient", **_identifiers()}
    body = lot(subject=designated, contained=[
        *messages.practitioner(), {**patient, "id": "patient"},
    ])
    body["entry"][0]["resource"]["subject"] = subject()
    body["entry"].append(post("urn:uuid:00000009-1111-4222-8333-444444444444", patient))

    id = dmp.deposit(body)

    assert dmp.get(f"DocumentReference/{id}").json()["subject"]["reference"] == (
        f"Patient/{PATIENT_ID}"
    )


def _identifiers() -> Json:
    return {"identifier": [
        {"system": "urn:oid:1.2.3.4", "value": "IPP"},
        {"system": f"urn:oid:{OID}", "value": INS},
    ]}


def test_people_sent_along_become_contained(dmp: Dmp, findings: Findings) -> None:
    role, person, structure = messages.practitioner()
    names = {one["id"]: f"urn:uuid:0000000a-1111-4222-8333-44444444444{rank}"
             for rank, one in enumerate((role, person, structure))}
    role["practitioner"]["reference"] = names["personne"]
    role["organization"]["reference"] = names["structure"]
    body = lot(
        contained=None, author=[{"reference": names["auteur"]}],
        authenticator={"reference": names["personne"]},
        custodian={"reference": names["structure"]},
    )
    body["entry"] += [post(names[one["id"]], one) for one in (role, person, structure)]

    answer = dmp.post(body)

    assert [one["response"]["status"] for one in answer.json()["entry"]] == (
        ["201 Created"] * 3 + ["200 OK"] * 3
    )
    assert {*findings()} == {"slice.closed"}, "PDSm wants people contained, its lot takes no others"
    stored = dmp.documents()[0]
    held = {one["id"]: one["resourceType"] for one in stored["contained"]}
    assert sorted(held.values()) == ["Organization", "Practitioner", "PractitionerRole"]
    assert held[stored["author"][0]["reference"][1:]] == "PractitionerRole"
    assert "urn:uuid:0000000a" not in str(stored)


def test_a_role_that_names_itself_is_filed(dmp: Dmp) -> None:
    name = "urn:uuid:0000000a-1111-4222-8333-444444444440"
    role = {"resourceType": "PractitionerRole", "practitioner": {"reference": name}}
    body = lot(author=[{"reference": name}])
    body["entry"].append(post(name, role))

    assert dmp.post(body).status_code == 200


def test_several_documents_make_one_lot(dmp: Dmp) -> None:
    contents = [cda(), cda()]
    names = [f"urn:uuid:1000000{n}-1111-4222-8333-444444444444" for n in range(4)]
    body = bundle(
        post(LIST, submission_set(*names[:2])),
        post(names[0], document(contents[0], new_oid(), url=names[2])),
        post(names[1], document(contents[1], new_oid(), url=names[3])),
        post(names[2], binary(contents[0])), post(names[3], binary(contents[1])),
    )

    answer = dmp.post(body)

    locations = [one["response"]["location"] for one in answer.json()["entry"]]
    assert [dmp.get(one).content for one in locations[3:]] == contents
    lots = dmp.get(
        "List", patient=PATIENT_ID, code="submissionset", status="current"
    ).json()["entry"]
    cited = [one["item"]["reference"] for one in lots[0]["resource"]["entry"]]
    assert cited == locations[1:3]


def test_hash_and_size_are_computed_when_absent(dmp: Dmp, findings: Findings) -> None:
    content = cda()
    body = lot(content)
    del attachment(fiche_of(body))["hash"], attachment(fiche_of(body))["size"]

    id = dmp.deposit(body)

    assert set(findings()) >= {"SOCLE-DMP-EMPREINTE-ABSENTE"}
    stored = attachment(dmp.get(f"DocumentReference/{id}").json())
    assert base64.b64decode(stored["hash"]) == hashlib.sha1(content).digest()
    assert stored["size"] == len(content)


def test_a_document_may_stand_in_the_attachment(dmp: Dmp) -> None:
    content = cda()
    body = lot(content)
    body["entry"].pop()
    del attachment(fiche_of(body))["url"]
    attachment(fiche_of(body))["data"] = base64.b64encode(content).decode()

    id = dmp.deposit(body)

    assert dmp.get(f"Binary/{id}").content == content
    assert "data" not in attachment(dmp.get(f"DocumentReference/{id}").json())


def test_simplified_publish_files_one_document(dmp: Dmp) -> None:
    content = cda()
    resource = document(content, new_oid())
    attachment(resource).update(data=base64.b64encode(content).decode())
    del attachment(resource)["url"]

    answer = dmp.post(resource, "DocumentReference")

    assert answer.status_code == 201, answer.text
    id = answer.json()["id"]
    assert answer.headers["location"].endswith(f"/dmp/fhir/DocumentReference/{id}")
    assert dmp.get(f"Binary/{id}").content == content


def test_base64_may_hold_white_space(dmp: Dmp) -> None:
    content = cda()
    body = lot(content)
    data = body["entry"][2]["resource"]["data"]
    body["entry"][2]["resource"]["data"] = f"{data[:76]}\r\n{data[76:]}\n"

    assert dmp.get(f"Binary/{dmp.deposit(body)}").content == content


def test_a_size_may_be_written_as_a_decimal(dmp: Dmp, findings: Findings) -> None:
    body = lot()
    attachment(fiche_of(body))["size"] = float(attachment(fiche_of(body))["size"])
    dmp.deposit(body)
    assert findings() == ["value.format"], "FHIR writes an unsignedInt without a point"


def test_feeding_needs_no_authorisation(dmp: Dmp) -> None:
    """Dossier §14: no authorisation, ITI-41: success."""
    ruth = subject("277076322082910", OID)
    dmp.deposit(lot(subject=ruth))
    dmp.refused(
        dmp.get("DocumentReference", patient="nessi-ruth", status="current"), 403,
        "DMPAccessDeniedByRightsService",
    )


def test_a_secretary_deposits_for_her_structure(dmp: Dmp) -> None:
    assert dmp.post(lot(), by=SECRETARY).status_code == 200


def test_a_stranger_among_the_authors_is_a_finding(dmp: Dmp, findings: Findings) -> None:
    """Dossier §14: author not in VIHF."""
    dmp.deposit(lot(), by=HOSPITAL_DOCTOR)
    assert findings() == ["EX_2.1-1140"]


def test_a_strict_tenant_refuses_error_findings(
    dmp: Dmp, api: httpx.Client, software: Software
) -> None:
    software.register()
    dmp.api = software.secure()
    dmp.token = lambda id_nat: software.token(dmp.api, "dmp", id_nat)
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    answer = dmp.post(lot(), by=HOSPITAL_DOCTOR)
    issue = dmp.refused(answer, 422, "XDSRegistryMetadataError")
    assert issue["expression"] == ["Bundle.entry[1].resource.author"]


def test_a_signature_may_be_masked_and_invisible(dmp: Dmp) -> None:
    """Dossier §14: MASQUE_PS + INVISIBLE_PATIENT accepted for the signature of the lot."""
    signature = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'
    id = dmp.deposit(lot(
        signature, type=coded("E1762"),
        securityLabel=labels("N", "MASQUE_PS", "INVISIBLE_PATIENT"),
    ))
    assert dmp.get(f"Binary/{id}").content == signature


def test_a_lot_has_at_most_a_hundred_documents(dmp: Dmp) -> None:
    body = lot()
    body["entry"] += [
        post(f"urn:uuid:{n:08d}-1111-4222-8333-444444444444", body["entry"][1]["resource"])
        for n in range(100, 200)
    ]
    issue = dmp.refused(dmp.post(body), 422, "XDSRegistryMetadataError")
    assert issue["expression"] == ["Bundle.entry"]


def test_the_writer_is_in_the_journal(dmp: Dmp, journal: Callable[..., list[Json]]) -> None:
    dmp.deposit(lot())
    entry = journal(service="dmp", transaction="ITI-65", limit="1")[0]
    assert entry["fidelity"] == "derived"
    assert DOCTOR in str(entry)
    assert BINARY.encode() in dmp.api.get(f"/sandbox/journal/{entry['id']}/request").content
