"""What a desk may type, merges, versions, who may see what, and whether answers are conformant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Server
from tests.ins.rniv.conftest import BASE, INS, ZOE, Store, by_name, code_of, identity, matricules

Json = dict[str, Any]
IPP = {
    "use": "usual", "system": "urn:oid:1.2.3.4", "value": "000003",
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"}]},
}
MATRICULE = {
    "use": "official", "system": f"{INS}8", "value": "275126322074974", "type": {"coding": [{
        "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203", "code": "INS-NIR"
    }]},
}
STATUS = {
    "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability",
    "extension": [{"url": "identityStatus", "valueCoding": {
        "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445", "code": "VALI"
    }}],
}


def lunar(date: str) -> Json:
    return {"url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-lunar-date",
            "valueString": date}


def put(store: Store, patient: Json, **headers: str) -> httpx.Response:
    return store.send("PUT", f"/Patient/{patient['id']}", patient, **headers)


@pytest.mark.parametrize(("change", "code"), [
    ({"identifier": [MATRICULE]}, "rniv-matricule-saisi"),
    ({"extension": [STATUS]}, "rniv-statut-saisi"),
    ({"gender": None}, "rniv-traits-absents"),
    ({"birthDate": None}, "rniv-traits-absents"),
    ({"name": None}, "rniv-traits-absents"),
    ({"name": [{"use": "official", "family": " ", "given": ["ZOE"]}]}, "rniv-traits-absents"),
    ({"name": [{"use": "official", "family": "A\x01B", "given": ["ZOE"]}]}, "rniv-trait"),
    ({"extension": [lunar("hier")]}, "rniv-trait"),
    ({"extension": [lunar("1975")]}, "rniv-trait"),
    ({"extension": [lunar("-1-1-1")]}, "rniv-trait"),
    ({"extension": [lunar("0000-00-00")]}, "rniv-trait"),
    ({"extension": [lunar("\u0661975-00-00")]}, "rniv-trait"),
])
def test_what_is_not_typed(store: Store, change: Json, code: str) -> None:
    patient = {k: v for k, v in (identity(*ZOE) | change).items() if v is not None}
    assert code_of(store.send("POST", "/Patient", patient)) == (422, code)


def test_a_given_list_alone_is_enough(store: Store) -> None:
    patient = identity(*ZOE)
    del patient["name"][0]["given"]
    made = store.send("POST", "/Patient", patient).json()
    assert made["name"][0]["given"] == ["ZOE"]


def test_a_lunar_date_is_kept(store: Store) -> None:
    patient = identity("ADRUN", "ZOE", "F", "1950-12-31", "99100",
                       extension=[lunar("1950-00-00")])
    made = store.send("POST", "/Patient", patient).json()
    assert made["birthDate"] == "1950-12-31"
    assert "1950-00-00" in str(made["extension"])


def test_an_attribute_may_be_typed(store: Store) -> None:
    doubtful: Json = {**STATUS, "extension": [{"url": "identityStatus", "valueCoding": {
        "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445", "code": "DOUT"
    }}]}
    id = store.create(extension=[doubtful])["id"]
    assert store.status(id)["attribut"] == "DOUT"


def test_a_local_identifier_is_of_one_identity(store: Store) -> None:
    first = store.create(identifier=[IPP])
    assert first["identifier"] == [IPP]
    again = store.send("POST", "/Patient", identity(*ZOE, identifier=[IPP]))
    assert code_of(again) == (409, "rniv-ipp")
    unless = {"If-None-Exist": "identifier=urn:oid:1.2.3.4|000003"}
    same = store.send("POST", "/Patient", identity(*ZOE, identifier=[IPP]), **unless)
    assert (same.status_code, same.json()["id"]) == (200, first["id"])


def test_what_insi_gave_is_not_altered(store: Store) -> None:
    id = store.qualified()
    patient = store.read(id)
    same = put(store, patient | {"telecom": [{"system": "phone", "value": "0102030405"}]})
    assert same.status_code == 200
    assert matricules(same.text)
    assert store.status(id)["statut"] == "QUAL"
    patient["name"][0]["family"] = "ADRUNE"
    assert code_of(put(store, patient)) == (422, "rniv-traits-certifies")
    other = store.read(id)
    other["identifier"][0]["value"] = "1" + other["identifier"][0]["value"][1:]
    assert code_of(put(store, other)) == (422, "rniv-matricule-saisi")
    bare = store.read(id)
    bare["identifier"] = bare["identifier"][1:]
    assert matricules(put(store, bare).text)


def test_a_status_is_not_typed_over(store: Store) -> None:
    patient = store.create()
    patient["extension"] = [*patient["extension"], STATUS]
    assert code_of(put(store, patient)) == (422, "rniv-statut-saisi")


def test_a_corrected_trait_is_checked_again(store: Store) -> None:
    patient = store.create()
    store.done(patient["id"], "validate-identity", document="CN")
    current = store.read(patient["id"])
    current["name"][0]["given"] = ["ZOEE"]
    current["name"][0]["extension"][0]["valueString"] = "ZOEE"
    assert put(store, current).status_code == 200
    assert store.status(patient["id"])["statut"] == "PROV"


def test_a_patch_and_a_stale_version(store: Store) -> None:
    patient = store.create()
    patch = [{"op": "add", "path": "/maritalStatus", "value": {"text": "célibataire"}}]
    answer = store.api.patch(
        f"{BASE}/Patient/{patient['id']}", json=patch,
        headers=store.headers | {"Content-Type": "application/json-patch+json"},
    )
    assert answer.status_code == 200
    assert answer.json()["maritalStatus"] == {"text": "célibataire"}
    stale = put(store, patient, **{"If-Match": 'W/"1"'})
    assert code_of(stale) == (412, "version-conflict")


@pytest.mark.parametrize(("method", "named"), [
    ("PUT", "« update » conditionnel"), ("PATCH", "« patch » conditionnel"),
    ("DELETE", "« delete » conditionnel"),
])
def test_what_is_not_offered_is_named(store: Store, method: str, named: str) -> None:
    answer = store.send(method, "/Patient?family=ADRUN", identity(*ZOE))
    assert answer.status_code == 501
    assert answer.json()["issue"][0]["diagnostics"].startswith(f"{named} n'est pas proposé")


def test_nothing_is_deleted(store: Store) -> None:
    id = store.create()["id"]
    assert store.send("DELETE", f"/Patient/{id}").status_code == 501


def merge(store: Store, source: str, target: str) -> httpx.Response:
    return store.send("POST", "/Patient/$merge", {"resourceType": "Parameters", "parameter": [
        {"name": "source-patient", "valueReference": {"reference": f"Patient/{source}"}},
        {"name": "target-patient", "valueReference": {"reference": f"Patient/{target}"}},
    ]})


def test_two_records_become_one_and_two_again(store: Store) -> None:
    source, target = store.qualified(), store.create()["id"]
    answer = merge(store, source, target)
    assert answer.status_code == 200
    result = by_name(answer.json())["result"]
    assert result["link"] == [
        {"other": {"reference": f"Patient/{source}"}, "type": "replaces"}
    ]
    gone = store.read(source)
    assert gone["active"] is False
    assert gone["link"][0]["type"] == "replaced-by"
    assert not matricules(store.send("GET", f"/Patient/{source}/_history").text)
    assert store.status(source)["remplacee-par"] == {"reference": f"Patient/{target}"}
    for operation in ("ins-retrieve", "downgrade"):
        assert code_of(store.do(source, operation)) == (409, "rniv-remplacee")
    assert code_of(put(store, gone)) == (409, "rniv-remplacee")
    assert code_of(merge(store, source, target)) == (409, "rniv-remplacee")
    found = store.send("GET", f"/Patient?link=Patient/{source}").json()
    assert [each["resource"]["id"] for each in found["entry"]] == [target]

    back = store.done(source, "unmerge")
    assert back["active"] is True
    assert "link" not in back
    assert matricules(str(back))
    assert "link" not in store.read(target)
    assert code_of(store.do(source, "unmerge")) == (422, "rniv-transition")


def test_two_people_are_not_merged(store: Store) -> None:
    first = store.qualified()
    second = store.qualified("ADRTROIS", "TOUSSAINT", "M", "1960-01-01", "2B020")
    assert code_of(merge(store, first, second)) == (409, "rniv-fusion")
    assert code_of(merge(store, first, first)) == (409, "rniv-fusion")
    assert merge(store, first, "absent").status_code == 404


def test_operations_want_a_caller_and_their_own_parameters(store: Store) -> None:
    id = store.create()["id"]
    anonymous = Store(store.api, {})
    assert anonymous.do(id, "ins-retrieve").status_code == 401
    assert anonymous.send("GET", f"/Patient/{id}/$identity-status").status_code == 401
    assert anonymous.send("GET", f"/Patient/{id}").status_code == 401
    assert code_of(store.do(id, "flag", couleur="bleu")) == (400, "parameter-invalid")
    assert code_of(store.do(id, "flag", attribute=True)) == (400, "parameter-invalid")
    assert code_of(store.do(id, "ins-retrieve", accept="oui")) == (400, "parameter-invalid")
    twice = {"resourceType": "Parameters", "parameter": [
        {"name": "accept", "valueBoolean": True}, {"name": "accept", "valueBoolean": True}
    ]}
    assert store.send("POST", f"/Patient/{id}/$ins-retrieve", twice).status_code == 400
    assert store.do("absent", "ins-retrieve").status_code == 404
    assert store.do(id, "inconnue").status_code == 501
    assert code_of(store.send("POST", "/Patient/$merge")) == (400, "parameter-invalid")
    wrong = {"resourceType": "Parameters", "parameter": [
        {"name": "source-patient", "valueReference": {"reference": "Device/1"}},
    ]}
    assert code_of(store.send("POST", "/Patient/$merge", wrong)) == (400, "parameter-invalid")


def test_a_tenant_sees_its_own(
    server: Server, store: Store, tenant: str, token: Callable[..., str]
) -> None:
    id = store.qualified()
    other = f"{tenant}-autre"
    headers = {"Authorization": f"Bearer {token(tenant_name=other)}"}
    with httpx.Client(base_url=f"{server.url}/t/{other}", trust_env=False, timeout=30) as api:
        theirs = Store(api, headers)
        assert theirs.send("GET", f"/Patient/{id}").status_code == 404
        assert theirs.do(id, "flag", attribute="DOUT").status_code == 404
        assert theirs.send("GET", "/Patient").json()["total"] == 0
        assert theirs.create(identifier=[IPP])["identifier"] == [IPP]


def test_a_strict_tenant_refuses_more(store: Store) -> None:
    store.api.put("/sandbox/settings", json={"strict": True})
    patient = identity(*ZOE)
    assert store.send("POST", "/Patient", patient).status_code == 201
    patient["name"][0]["extension"][0]["valueString"] = "LEA ZOE"
    assert code_of(store.send("POST", "/Patient", patient)) == (422, "rniv-exigence")


@pytest.mark.parametrize(("rule", "change"), [
    ("EXI ID 08", {"name": [
        {"use": "official", "family": "ADRUN", "given": ["ZOE"]},
        {"use": "usual", "family": "ADRUN", "given": ["ZOE"]},
    ]}),
    ("RNIV-LISTE-PRENOMS", {"name": [{
        "use": "official", "family": "ADRUN", "given": ["ZOE"], "extension": [{
            "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/"
                   "fr-core-patient-birth-list-given-name", "valueString": "LEA ZOE",
        }],
    }]}),
    ("RNIV-CAPITALES", {"name": [{"use": "official", "family": "Adrun", "given": ["Zoé"]}]}),
    ("RNIV-LIEU-NAISSANCE", {"extension": []}),
    ("RNIV-LIEU-INCONNU", {"extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": {
            "extension": [{
                "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code",
                "valueCoding": {"code": "99999"},
            }],
        },
    }]}),
])
def test_what_is_typed_is_looked_at(
    store: Store, journal: Callable[..., list[Json]], rule: str, change: Json
) -> None:
    patient = {k: v for k, v in (identity(*ZOE) | change).items() if v != []}
    assert store.send("POST", "/Patient", patient).status_code == 201
    [entry] = journal(transaction="rniv.create")
    assert rule in {each["rule"] for each in entry["findings"]}
    store.create()
    assert rule not in {
        each["rule"] for each in journal(transaction="rniv.create")[0]["findings"]
    }


def test_every_rendering_is_conformant(store: Store) -> None:
    """Each status, by the profile that it claims."""
    id = store.create(telecom=[{"system": "phone", "value": "0102030405"}])["id"]
    steps = [
        ("flag", {"attribute": "HOMA"}), ("ins-retrieve", {}), ("downgrade", {}),
        ("validate-identity", {"document": "CS"}), ("qualify", {"document": "CS"}),
        ("downgrade", {"status": "RECUP"}), ("validate-identity", {"document": "CN"}),
        ("flag", {"attribute": "HOMA", "value": False}), ("flag", {"attribute": "DOUT"}),
    ]
    for operation, given in steps:
        store.done(id, operation, **given)
        judged = store.send("POST", "/Patient/$validate", store.read(id)).json()
        broken = [each for each in judged["issue"] if each["severity"] in ("error", "fatal")]
        assert not broken, (operation, broken)


def test_operations_speak_xml(store: Store) -> None:
    id = store.create()["id"]
    body = (
        '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="document"/>'
        '<valueCode value="CN"/></parameter></Parameters>'
    )
    answer = store.api.post(
        f"{BASE}/Patient/{id}/$validate-identity", content=body, headers=store.headers | {
            "Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"
        },
    )
    assert answer.status_code == 200
    assert answer.text.startswith("<Patient") or "<Patient" in answer.text
    assert store.status(id)["statut"] == "VALI"


def test_changes_at_the_same_time_lose_nothing(server: Server, store: Store, tenant: str) -> None:
    id = store.create()["id"]

    async def change(client: httpx.AsyncClient, n: int) -> int:
        answer = await client.post(
            f"{server.url}/t/{tenant}{BASE}/Patient/{id}/$flag", headers=store.headers,
            json={"resourceType": "Parameters", "parameter": [
                {"name": "attribute", "valueCode": "HOMA"},
                {"name": "reason", "valueString": str(n)},
            ]},
        )
        return answer.status_code

    async def all_of_them() -> list[int]:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return await asyncio.gather(*(change(client, n) for n in range(6)))

    statuses = asyncio.run(all_of_them())
    assert {*statuses} <= {200, 409}
    made = statuses.count(200)
    assert len(store.status(id)["actes"]) == made + 1
    assert store.read(id)["meta"]["versionId"] == str(made + 1)


def test_a_bundle_of_identities(store: Store) -> None:
    entries = [{
        "fullUrl": f"urn:uuid:0b9a1c9e-0000-4000-8000-00000000000{n}",
        "resource": identity(*ZOE, identifier=[IPP | {"value": f"B{n}"}]),
        "request": {"method": "POST", "url": "Patient"},
    } for n in range(2)]
    answer = store.send("POST", "", {
        "resourceType": "Bundle", "type": "transaction", "entry": entries
    })
    assert answer.status_code == 200, answer.text
    assert store.send("GET", "/Patient?family=ADRUN").json()["total"] == 2
    entries[1]["resource"] = identity("X", "Y", "F", "2000-01-01", identifier=[MATRICULE])
    refused = store.send("POST", "", {
        "resourceType": "Bundle", "type": "transaction", "entry": entries[1:]
    })
    assert refused.status_code == 422
