"""Each call of the FHIR doors names the SOAP message that asks the same, which SOAP then answers
alike."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins.fhir.ins_verify_batch import LARGE
from ins.wire.envoi import EN_TETE
from tests.conftest import Server
from tests.ins.conftest import bundle, fhir_patient, patient_to_verify
from tests.ins.lps import LPS, MEDIA, report, send, tree
from tests.ins.rniv.conftest import Store
from tests.ins.test_verification import RUTH

Journal = Callable[..., list[dict[str, Any]]]
MATCH, VERIFY = "/ins/fhir/Patient/$match", "/ins/fhir/Patient/$ins-verify"
BATCH = "/ins/fhir/$ins-verify-batch"
SMALL = fhir_patient("adrun")


def said(api: httpx.Client, number: str) -> bytes:
    """The SOAP message of that number."""
    answer = api.get(f"/sandbox/ins/messages/{number}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA
    return answer.content


def number_of(answer: httpx.Response) -> str:
    number = answer.headers[EN_TETE]
    assert number == f"uuid:{answer.headers['x-sandbox-exchange']}"
    return number


@pytest.mark.parametrize(("path", "patient", "code"), [
    (MATCH, fhir_patient(), "00"), (MATCH, fhir_patient("HOUILLES", "PIERRE", "M", "1993-01-27"),
                                    "01"),
    (MATCH, fhir_patient("DE VINCI", "LEONARDO", "M", "2014-02-01"), "02"),
    (MATCH, fhir_patient("DE VINCI", "LEONARDO", "M", "2014-02-01", "63220"), "00"),
    (MATCH, SMALL, "insi_19"), (MATCH, fhir_patient(""), "insi_19"),
    (MATCH, fhir_patient("A&<B>\u0001"), "insi_19"),
    (VERIFY, patient_to_verify(*RUTH), "00"),
    (VERIFY, patient_to_verify(*RUTH[:3], "NATHALIE"), "01"),
])
def test_soap_answers_the_message_of_a_call_alike(
    api: httpx.Client, bearer: dict[str, str], journal: Journal, path: str,
    patient: dict[str, Any], code: str,
) -> None:
    number = number_of(api.post(path, json=patient, headers=bearer))
    message = said(api, number)

    answer = send(api, message)

    assert report(answer) == code
    assert number.encode() in message
    [entry] = journal(service="ins", limit="1")
    assert entry["request"]["path"].endswith(LPS)
    assert {each["rule"] for each in entry["findings"]} <= {
        "INS-CERTIFICAT-ABSENT", "Sentinelle.05", "EF_INS01_03", "INS-NOM",
        "INS-VERIFIER-ECART",
    }


def test_a_lot_left_by_soap_is_the_one_left_by_fhir(
    api: httpx.Client, bearer: dict[str, str]
) -> None:
    api.put("/sandbox/ins/settings", json={"delai_lot": 2, "nouveau_delai": 2})
    right, wrong = patient_to_verify(*RUTH), patient_to_verify(*RUTH[:3], "NATHALIE")
    lot = bundle(right, wrong | {"contact": [{"name": {"text": "A" * LARGE}}]})
    left = api.post(BATCH, json=lot, headers=bearer | {"Prefer": "respond-async"})
    assert left.status_code == 202, left.text
    assert report(send(api, said(api, number_of(left)))) == "00"

    waiting = api.get(left.headers["content-location"], headers=bearer)
    assert waiting.status_code == 202
    assert report(send(api, said(api, number_of(waiting)))) == "02"
    api.put("/sandbox/clock", json={"shift_seconds": 20})
    done = api.get(left.headers["content-location"], headers=bearer)
    assert done.status_code == 200
    found = send(api, said(api, number_of(done)))
    codes = [each.text for each in tree(found).iterfind("{*}Rapport/{*}CR/{*}CodeCR")]
    assert codes == ["00", "01"]


def test_calls_of_the_store_are_whole_messages(
    store: Store, api: httpx.Client, journal: Journal
) -> None:
    patient = store.create("NESSI", "RUTH ISABELLE", "F", "1977-07-14", "63220")
    answer = store.do(patient["id"], "ins-retrieve")
    [number] = answer.headers[EN_TETE].split(", ")
    message = said(api, number)
    assert report(send(api, message)) == "00"
    [call, _] = journal(transaction="WS_INS2")[::-1]
    assert (number, call["caller"]) == (f"uuid:{call['id']}", "899900000011")

    answer = store.do(patient["id"], "verify-ins")
    assert report(send(api, said(api, answer.headers[EN_TETE]))) == "00"

    unknown = store.create("HOUILLES", "PIERRE PAUL JACQUES", "M", "1993-01-27")
    answer = store.do(unknown["id"], "qualify", document="CN")
    assert len(answer.headers[EN_TETE].split(", ")) == 4

    api.put("/sandbox/ins/settings", json={"mode": "cnda"})
    refused = store.do(unknown["id"], "ins-retrieve")
    assert refused.status_code >= 400
    assert len(refused.headers[EN_TETE].split(", ")) == 1


def test_a_list_that_insi_refuses_makes_no_thousand_calls(
    store: Store, journal: Journal
) -> None:
    names = " ".join(f"Z{chr(65 + rank // 26 % 26)}{chr(65 + rank % 26)}" for rank in range(500))
    id = store.create("HOUILLES", names, "M", "1993-01-27")["id"]
    answer = store.do(id, "ins-retrieve")
    assert answer.status_code == 422
    assert len(answer.headers[EN_TETE].split(", ")) == len(journal(transaction="WS_INS2")) == 2


def test_a_card_of_the_store_names_the_insured_person(store: Store, api: httpx.Client) -> None:
    id = store.create("NESSI", "RUTH ISABELLE", "F", "1977-07-14", "63220")["id"]
    answer = store.do(id, "ins-retrieve", card_nir="277076322082910")
    assert answer.status_code == 422
    assert report(send(api, said(api, answer.headers[EN_TETE]))) == "insi_19"
    answer = store.do(id, "ins-retrieve", card_nir="277076322082910", card_name="NESSI",
                      card_birthdate="770714", card_rank="1")
    message = said(api, answer.headers[EN_TETE])
    assert b"<ASSURE><Id><Num>2770763220829</Num><Cle>10</Cle></Id></ASSURE>" in message
    assert report(send(api, message)) == "00"


def test_what_has_no_message(
    api: httpx.Client, bearer: dict[str, str], server: Server
) -> None:
    for answer in (
        api.get("/ins/fhir/metadata"), api.get("/ins/fhir/Patient", headers=bearer),
    ):
        assert EN_TETE not in answer.headers
    unread = api.post(MATCH, content=b"{", headers=bearer | {
        "Content-Type": "application/fhir+json",
    })
    for number in (
        number_of(unread), f"uuid:{uuid.uuid4()}", "x", "../journal",
    ):
        assert api.get(f"/sandbox/ins/messages/{number}").status_code == 404
    asked = number_of(api.post(MATCH, json=fhir_patient(), headers=bearer))
    elsewhere = f"{server.url}/t/another-one/sandbox/ins/messages/{asked}"
    assert httpx.get(elsewhere, trust_env=False).status_code == 404
