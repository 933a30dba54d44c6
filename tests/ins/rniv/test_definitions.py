"""The operations of the store take and give what their definitions say."""

from __future__ import annotations

from typing import Any

from tests.ins.rniv.conftest import Store, code_of, parameters
from tests.ins.test_definitions import STORE, definitions

Json = dict[str, Any]


def named(definition: Json, use: str) -> list[str]:
    return [each["name"] for each in definition.get("parameter", ()) if each["use"] == use]


def kept(definition: Json, answer: Json) -> None:
    """Whether an answer has the parameters of a definition, as often and of the types it says."""
    parts = definition["parameter"]
    told = [each["name"] for each in answer["parameter"]]
    for each in (one for one in parts if one["use"] == "out"):
        times = told.count(each["name"])
        assert times >= each["min"], (definition["name"], each["name"])
        assert each["max"] == "*" or times <= 1
    types = {each["name"]: each for each in parts if each["use"] == "out"}
    for given in answer["parameter"]:
        same(types[given["name"]], given)


def same(said: Json, given: Json) -> None:
    if "part" in said:
        inside = {each["name"]: each for each in said["part"]}
        for each in given["part"]:
            same(inside[each["name"]], each)
        assert {each["name"] for each in said["part"] if each["min"]} <= {
            each["name"] for each in given["part"]
        }
    elif "resource" in given:
        assert given["resource"]["resourceType"] == said["type"]
    else:
        (kind,) = given.keys() - {"name"}
        assert kind.removeprefix("value").lower() == said["type"].lower(), given


def test_each_operation_takes_the_parameters_of_its_definition(store: Store) -> None:
    id = store.create()["id"]
    for name, each in definitions(store.api, "/ins/rniv/fhir").items():
        if name in ("identity-status", "pam", "cda"):
            continue
        refused = store.do(id, name, autre="x")
        assert code_of(refused) == (400, "parameter-invalid")
        expected = ", ".join(named(each, "in")) or "(aucun)"
        assert f"Attendu : {expected}." in refused.json()["issue"][0]["diagnostics"]


def test_each_operation_gives_what_its_definition_says(store: Store) -> None:
    found = definitions(store.api, "/ins/rniv/fhir")
    first, other = store.create()["id"], store.create()["id"]
    given: dict[str, Json] = {
        "ins-retrieve": {}, "verify-ins": {}, "validate-identity": {"document": "CN"},
        "downgrade": {}, "qualify": {"document": "PA"}, "flag": {"attribute": "HOMA"},
    }
    answers = {name: store.done(first, name, **each) for name, each in given.items()}
    merged = parameters(
        source_patient={"reference": f"Patient/{first}"},
        target_patient={"reference": f"Patient/{other}"},
    )
    assert store.send("POST", "/Patient/$merge", merged).status_code == 200
    answers["identity-status"] = store.send("GET", f"/Patient/{first}/$identity-status").json()
    answers["unmerge"] = store.done(first, "unmerge")
    for name, answer in answers.items():
        if answer["resourceType"] == "Parameters":
            kept(found[name], answer)
        else:
            assert named(found[name], "out") == ["return"]
            assert answer["resourceType"] == "Patient"
    for name in ("pam", "cda"):
        assert store.send("GET", f"/Patient/{first}/${name}").status_code == 200
        assert named(found[name], "out") == ["return"]
    assert {*answers, "pam", "cda"} == STORE
