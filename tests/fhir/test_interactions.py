"""Read and search answers, judged by independent FHIR models."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from services.fhir import errors, store, structure
from services.fhir.bundle import Entry, searchset
from services.fhir.capability import Operation, ResourceType, capability_statement
from services.fhir.criteria import Parameter
from services.fhir.interactions import read_type, search_type
from services.fhir.store import Indexes
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from tests.fhir.conftest import Ground

pytestmark = pytest.mark.anyio

MakeExchange = Callable[..., Exchange]
PARAMETERS = (
    Parameter("gender", "token", "Sexe"),
    Parameter("general-practitioner", "reference", targets=("Practitioner",)),
)
BASE = "/dmp/fhir"


def patient(rid: str) -> bytes:
    return b'{"resourceType":"Patient", "id":"%b", "multipleBirthInteger":2}' % rid.encode()


@pytest.fixture
async def patients(ground: Ground) -> None:
    for n, rid in enumerate("abc"):
        await ground.database.write(store.writes_for(
            ground.tenant, "dmp", "Patient", rid, patient(rid),
            Indexes(tokens=[("gender", "g", "male")]), updated=1_700_000_000_000_000 + n,
        ))


@pytest.mark.usefixtures("patients")
async def test_read_answers_stored_bytes(exchange: MakeExchange) -> None:
    answer = await read_type(exchange("GET", params={"id": "b"}), "dmp", "Patient")
    assert answer.body == patient("b")
    assert dict(answer.headers)["ETag"] == 'W/"1"'
    for unknown in ("zz", "a b", "a\0", "a" * 65):
        with pytest.raises(Refusal) as caught:
            await read_type(exchange("GET", params={"id": unknown}), "dmp", "Patient")
        assert caught.value.error is errors.RESOURCE_UNKNOWN
    with pytest.raises(Refusal):
        await read_type(exchange("GET", params={"id": "b"}, accept="text/xml"), "dmp", "Patient")


@pytest.mark.usefixtures("patients")
async def test_pages_follow_their_links(exchange: MakeExchange) -> None:
    query, seen, pages = "gender=g|male&_count=2", [], 0
    while query:
        answer = await search_type(
            exchange("GET", query=query), "dmp", BASE, "Patient", PARAMETERS
        )
        found = orjson.loads(answer.body)
        Bundle.model_validate(found)
        assert structure.check(found) == []
        seen += [entry["fullUrl"] for entry in found["entry"]]
        links = {link["relation"]: link["url"] for link in found["link"]}
        assert links["self"] == "http://socle.test/t/espace/dmp/fhir/Patient?gender=g|male&_count=2"
        query = urlsplit(links.get("next", "")).query
        pages += 1
    assert pages == 2
    assert seen == [f"http://socle.test/t/espace/dmp/fhir/Patient/{rid}" for rid in "cba"]


@pytest.mark.usefixtures("patients")
async def test_post_search_reads_the_form_too(exchange: MakeExchange) -> None:
    asked = exchange(
        "POST", query="_count=1", body=b"gender=male&_total=accurate",
        content_type="application/x-www-form-urlencoded",
    )
    found = orjson.loads((await search_type(asked, "dmp", BASE, "Patient", PARAMETERS)).body)
    assert (found["total"], len(found["entry"])) == (3, 1)


async def test_a_lenient_search_says_what_it_ignored(exchange: MakeExchange) -> None:
    asked = exchange("GET", query="couleur=bleu", prefer="handling=lenient")
    found = orjson.loads((await search_type(asked, "dmp", BASE, "Patient", PARAMETERS)).body)
    Bundle.model_validate(found)
    assert (found["total"], found["entry"][0]["search"]["mode"]) == (0, "outcome")
    assert found["entry"][0]["resource"]["issue"][0]["location"] == ["http.couleur"]
    assert found["link"] == [
        {"relation": "self", "url": "http://socle.test/t/espace/dmp/fhir/Patient"}
    ]


def test_a_bundle_is_a_concatenation() -> None:
    text = searchset(
        [Entry("http://x/1", b'{"a": 1.50}', "match", b',"score":1')], 1, [("self", "http://x?a")]
    )
    assert b'"resource":{"a": 1.50},"search":{"mode":"match","score":1}' in text
    assert searchset([]) == b'{"resourceType":"Bundle","type":"searchset"}'
    assert orjson.loads(searchset([], 0, {"self": "u"}))["total"] == 0


def test_the_capability_statement_is_r4(exchange: MakeExchange) -> None:
    statement = capability_statement(
        exchange("GET"), BASE, "DMP", "Description.",
        [ResourceType(
            "Patient", ("read", "search-type"), PARAMETERS,
            (Operation("match", "http://hl7.org/fhir/OperationDefinition/Patient-match"),),
            ("https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient",), "Patients",
        )],
        guides=["https://profiles.ihe.net/ITI/PDQm"], interactions=("transaction",),
    )
    CapabilityStatement.model_validate(statement)
    assert structure.check(statement) == []
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["name"] == "SocleDmpFhir"
