"""What the façade says of its own operations, and whether it is so."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fhir.resources.R4B.operationdefinition import OperationDefinition

from tests.ins.conftest import bundle, patient_to_verify
from tests.ins.test_verification import RUTH

Json = dict[str, Any]


FACADE = {"ins-verify", "ins-verify-batch"}
STORE = {
    "ins-retrieve", "verify-ins", "validate-identity", "qualify", "flag", "downgrade", "unmerge",
    "identity-status", "pam", "cda",
}


def definitions(api: httpx.Client, fhir: str = "/ins/fhir") -> dict[str, Json]:
    """Name → definition, of each operation whose definition the statement places here."""
    (rest,) = api.get(f"{fhir}/metadata").json()["rest"]
    said = [*rest["operation"], *(one for each in rest["resource"]
                                  for one in each.get("operation", ()))]
    assert all(each["definition"].startswith("http") for each in said)
    base = str(api.base_url)
    return {
        each["name"]: httpx.get(each["definition"], trust_env=False).raise_for_status().json()
        for each in said if each["definition"].startswith(base)
    }


@pytest.mark.parametrize(("fhir", "names"), [
    ("/ins/fhir", FACADE), ("/ins/rniv/fhir", STORE), ("/apcv/fhir", {"apcv-read"}),
])
def test_each_operation_of_our_own_is_defined(
    api: httpx.Client, fhir: str, names: set[str]
) -> None:
    found = definitions(api, fhir)
    assert set(found) == names
    for name, each in found.items():
        OperationDefinition.model_validate(each)
        assert (each["id"], each["code"]) == (name, name)
        verdict = api.post(f"{fhir}/$validate", json=each, headers={
            "Content-Type": "application/fhir+json",
        }).json()
        assert {issue["severity"] for issue in verdict["issue"]} <= {"information"}, verdict
    unknown = api.get(f"{fhir}/OperationDefinition/autre")
    assert unknown.status_code == 404
    assert min(names) in unknown.text
    assert "<OperationDefinition" in api.get(
        f"{fhir}/OperationDefinition/{min(names)}", params={"_format": "xml"}
    ).text


def test_a_definition_is_kept(api: httpx.Client, bearer: dict[str, str]) -> None:
    """Called from its definition alone, each operation answers what it says."""
    headers = bearer | {"Content-Type": "application/fhir+json", "Prefer": "respond-async"}
    for name, each in definitions(api).items():
        (given,) = [one for one in each["parameter"] if one["use"] == "in"]
        returned = [one["name"] for one in each["parameter"] if one["use"] == "out"]
        where = f"/ins/fhir/{'Patient/' if each['type'] else ''}${name}"
        body = {"resourceType": "Parameters", "parameter": [
            {"name": given["name"], "resource": patient_to_verify(*RUTH)}
        ]}
        answer = api.post(where, json=body, headers=headers)
        if name == "ins-verify":
            assert [one["name"] for one in answer.json()["parameter"]] == returned
        else:
            assert (answer.status_code, returned) == (202, ["return"])
            assert api.post(where, json=bundle(patient_to_verify(*RUTH)), headers=headers
                            ).status_code == 202
