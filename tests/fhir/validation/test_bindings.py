"""Codes: what is known decides, what is known in part accuses no one, closed codes warn."""

from __future__ import annotations

from typing import Any

import pytest

from services.fhir.validation import Library, Validator, shipped
from services.fhir.validation.library import opened
from services.fhir.validation.packages import packed
from services.fhir.validation.value_sets import ValueSet, ValueSets
from services.kernel.ports import CodeStatus

PROFILE, LIST = "https://example.org/profil", "https://example.org/liste"
NOS = "https://mos.esante.gouv.fr/NOS/"


class Lists:
    """A port that knows one list."""

    def __init__(self, verdict: Any, closed: bool = False) -> None:
        self.verdict, self.closed = verdict, closed

    def check(self, value_set: str, system: str, code: str) -> Any:
        return self.verdict if value_set.startswith((LIST, "urn:whole")) else "unknown"

    def display(self, system: str, code: str) -> str:
        return ""

    def status(self, system: str, code: str) -> CodeStatus:
        return CodeStatus("closed", until="2020-01-01") if self.closed else CodeStatus("active")

    def list_of(self, name: str) -> None:
        return None


def validator(codes: Any, strength: str = "required", *sets: Any) -> Validator:
    source = {
        "kind": "definition", "url": PROFILE, "version": "1", "type": "Patient",
        "sort": "resource", "base": "", "abstract": False, "derivation": "constraint",
        "elements": [{"id": "Patient"}, {
            "id": "Patient.maritalStatus", "binding": [strength, LIST],
        }],
    }
    added = opened(packed("essai", "1", {}, "", [source, *sets]), shipped=False)
    return Validator(Library([*shipped(), added]), codes)


def told(found: Validator, *codings: dict[str, str]) -> set[tuple[str, str]]:
    resource = {"resourceType": "Patient", "maritalStatus": {"coding": [*codings]}}
    if not codings:
        resource["maritalStatus"] = {"text": "célibataire"}
    return {
        (each.rule, each.severity) for each in found.validate(resource, [PROFILE]).faults
        if each.at.startswith("Patient.maritalStatus")
    }


CODE = {"system": "urn:whole", "code": "A"}


@pytest.mark.parametrize(("verdict", "strength", "expected"), [
    ("member", "required", set()), ("member", "extensible", set()),
    ("not-member", "required", {("binding.required", "error")}),
    ("not-member", "extensible", {("binding.extensible", "warning")}),
    ("unknown", "required", {("binding.unresolvable", "information")}),
])
def test_the_port_decides(verdict: str, strength: str, expected: Any) -> None:
    assert told(validator(Lists(verdict), strength), CODE) == expected


def test_a_closed_code_is_a_warning() -> None:
    assert told(validator(Lists("member", closed=True)), CODE) == {("code.closed", "warning")}


def value_set(*parts: Any) -> dict[str, Any]:
    return {"kind": "value-set", "url": LIST, "version": "1", "include": [*parts]}


def test_a_local_list_needs_no_port() -> None:
    found = validator(Lists("unknown"), "required", value_set(
        {"system": "urn:whole", "codes": ["A", "B"]}
    ))
    assert told(found, CODE) == set()
    assert told(found, {"system": "urn:whole", "code": "Z"}) == {("binding.required", "error")}
    assert told(found, {"system": "urn:other", "code": "A"}) == {("binding.required", "error")}
    assert told(found, {"system": "urn:other", "code": "A"}, CODE) == set(), "one is enough"
    assert told(found, {"code": "A"}) == {("binding.required", "error")}
    assert told(found) == {("binding.required", "error")}, "a text is no code"


def test_a_withheld_list_accuses_no_one_but_other_systems() -> None:
    found = validator(Lists("unknown"), "required", value_set(
        {"system": "http://snomed.info/sct", "withheld": True}
    ))
    sct = {"system": "http://snomed.info/sct", "code": "1"}
    assert told(found, sct) == {("binding.unresolvable", "information")}
    placeholder = {"system": "http://placeholder.example", "code": "1"}
    assert told(found, placeholder) == {("binding.required", "error")}


def test_a_whole_system_is_asked_of_the_port() -> None:
    parts = value_set({"system": "urn:whole"})
    assert told(validator(Lists("member"), "required", parts), CODE) == set()
    assert told(validator(Lists("not-member"), "required", parts), CODE) == {
        ("binding.required", "error")
    }


def test_a_nos_table_is_known_by_its_number() -> None:
    found = ValueSet(whole={f"{NOS}TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"})
    assert found.check(f"{NOS}TRE_R13-Commune/FHIR/TRE-R13-Commune", "75114") == "unknown"
    assert found.check(f"{NOS}TRE_R14-TypeDiplome/FHIR/x", "75114") == "not-member"


def test_composition_of_value_sets() -> None:
    sources = {
        ("code-system", "urn:s"): {
            "complete": True, "codes": ["a", "b", "c", "d"], "parents": {"b": ["a"], "c": ["b"]},
        },
        ("value-set", "urn:v"): {"include": [{"system": "urn:s", "codes": ["a", "d"]}]},
    }
    compiled = ValueSets(lambda kind, name: sources.get((kind, name)))

    def codes(*parts: Any, exclude: Any = ()) -> set[str]:
        made = compiled.compile({"include": [*parts], "exclude": [*exclude]})
        return made.codes.get("urn:s", set())

    assert codes({"system": "urn:s"}) == {"a", "b", "c", "d"}
    assert codes({"system": "urn:s", "filters": [["concept", "is-a", "b"]]}) == {"b", "c"}
    assert codes({"system": "urn:s", "filters": [["concept", "descendent-of", "b"]]}) == {"c"}
    assert codes({"system": "urn:s", "filters": [["concept", "is-not-a", "a"]]}) == {"d"}
    assert codes({"sets": ["urn:v"]}) == {"a", "d"}
    assert codes({"system": "urn:s", "sets": ["urn:v"]}) == {"a", "d"}
    assert codes({"system": "urn:s"}, exclude=[{"sets": ["urn:v"]}]) == {"b", "c"}
    odd = compiled.compile({"include": [{"system": "urn:s", "filters": [["x", "=", "y"]]}]})
    assert odd.check("urn:s", "a") == "unknown"
    absent = compiled.compile({"include": [{"sets": ["urn:absent"]}]})
    assert absent.check("urn:s", "a") == "unknown"
