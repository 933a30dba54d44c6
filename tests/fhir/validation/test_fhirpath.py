"""Our FHIRPath: the language by small cases, and an independent engine as judge of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.fhir.validation import Validator
from services.fhir.validation.fhirpath import Environment, Model, Undecidable, compiled
from services.fhir.validation.fhirpath.values import plain
from services.fhir.validation.walk import Walk
from tests.fhir.validation.conftest import SHARED, everything, examples

Json = dict[str, Any]

PATIENT: Json = {
    "resourceType": "Patient", "id": "p", "active": True, "birthDate": "1980-02-03",
    "_birthDate": {"extension": [{"url": "urn:e", "valueCode": "x"}]},
    "name": [
        {"use": "official", "family": "PAT-UN", "given": ["ANNE", None],
         "_given": [None, {"extension": [{"url": "urn:g", "valueString": "y"}]}]},
        {"use": "usual", "family": "PAT-DEUX"},
    ],
    "multipleBirthInteger": 2,
    "contact": [{"period": {"start": "2020-01", "end": "2020-01-31"}}],
    "managingOrganization": {"reference": "#o"},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "S"}],
}


def evaluated(expression: str, resource: Json = PATIENT) -> list[Any]:
    walk = Walk(None, None)
    walk.resource = walk.root = resource
    model = Model(everything().types)
    node = model.node(resource, "Resource")
    return [plain(each) for each in compiled(expression)(Environment(model, walk, node), [node])]


@pytest.mark.parametrize(("expression", "expected"), [
    ("name.family", ["PAT-UN", "PAT-DEUX"]), ("Patient.name[1].family", ["PAT-DEUX"]),
    ("name.where(use = 'usual').family", ["PAT-DEUX"]), ("name.exists(use = 'old')", [False]),
    ("name.given.count()", [2]), ("name.given.hasValue()", [False]),
    ("name.given.first().hasValue()", [True]), ("birthDate.extension('urn:e').value", ["x"]),
    ("name.given.extension('urn:g').value", ["y"]), ("multipleBirth", [2]),
    ("multipleBirth is integer", [True]), ("multipleBirth is Integer", [True]),
    ("multipleBirth is boolean", [False]), ("multipleBirth.ofType(boolean)", []),
    ("(multipleBirth as integer) > 1", [True]), ("$this is Patient", [True]),
    ("$this is DomainResource", [True]), ("$this is Organization", [False]),
    ("managingOrganization.resolve().name", ["S"]), ("contained.ofType(Organization).id", ["o"]),
    ("active and {}", []), ("active or {}", [True]), ("{} and false", [False]),
    ("active implies name.empty()", [False]), ("{} implies active", [True]),
    ("active xor active", [False]), ("active.not()", [False]), ("{}.not()", []),
    ("contact.period.start <= contact.period.end", [True]), ("birthDate < @1990", [True]),
    ("birthDate = @1980-02-03", [True]), ("@2020-01-01T10:00:00+02:00 = @2020-01-01T08:00:00Z",
                                          [True]),
    ("('a' | 'b' | 'a').count()", [2]), ("'a' in ('b' | 'a')", [True]),
    ("(1 | 2) contains 2", [True]), ("1 + 2 * 3", [7]), ("-2 + 5", [3]), ("7 div 2", [3]),
    ("7 mod 2", [1]), ("'a' & {} & 'b'", ["ab"]), ("'abc'.substring(1, 1)", ["b"]),
    ("'a.b'.replaceMatches('\\\\..*', '')", ["a"]), ("'abc'.matches('^a.c$')", [True]),
    ("'12'.toInteger() = 12", [True]), ("name.select(given | family).isDistinct()", [True]),
    ("name.all(family.exists())", [True]), ("descendants().where($this is Period).count()", [1]),
    ("iif(active, 'oui', 'non')", ["oui"]), ("name.family.join(',')", ["PAT-UN,PAT-DEUX"]),
    ("%ucum", ["http://unitsofmeasure.org"]), ("%resource.id", ["p"]),
    ("name.repeat(given).count()", [2]), ("name.skip(1).family", ["PAT-DEUX"]),
    ("`name`.family.first() /* note */ = 'PAT-UN' // end", [True]),
    ("name.use.combine(name.use).distinct().count()", [2]), ("name.take(1).use", ["official"]),
    ("(1 | 2).subsetOf(1 | 2 | 3)", [True]), ("name.use ~ ('usual' | 'Official')", [True]),
])
def test_language(expression: str, expected: list[Any]) -> None:
    assert evaluated(expression) == expected


@pytest.mark.parametrize("expression", [
    "name.given and", "name..given", "unheard()", "4 'mg' > 3 'mg'", "%unheard", "name = (",
    "name.family > 3", "(1 | 2) + 1",
])
def test_what_is_not_understood_says_so(expression: str) -> None:
    with pytest.raises(Undecidable):
        evaluated(expression)


def constraints(validator: Validator) -> Iterator[tuple[str, str, str]]:
    """(type, key, expression) of what the roots of types and profiles ask."""
    for package in validator.library.packages.values():
        for number, (kind, *_) in enumerate(package.index):
            if kind == "definition" and (elements := package.entry(number)["elements"]):
                for key, _, text in elements[0].get("constraints", ()):
                    yield package.entry(number)["type"], key, text


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared folder with the official examples")
@pytest.mark.filterwarnings("ignore")
def test_an_independent_engine_agrees(validator: Validator) -> None:
    """fhirpathpy, with the R4 model, on the official examples."""
    judge = pytest.importorskip("fhirpathpy")
    model = pytest.importorskip("fhirpathpy.models").models["r4"]
    asked = {(rtype, text): key for rtype, key, text in constraints(validator) if text}
    compared, differing, seen = 0, [], dict.fromkeys(asked, 0)
    made: dict[str, Any] = {}
    for _, file, resource in examples():
        for (rtype, text), key in asked.items():
            if resource["resourceType"] != rtype or seen[rtype, text] >= 12:
                continue
            seen[rtype, text] += 1
            made.setdefault(text, judge.compile(text, model))
            try:
                theirs = made[text](resource, {"resource": resource, "rootResource": resource})
                ours = evaluated(text, resource)
            except Exception:  # the judge fails in many ways of its own
                continue
            compared += 1
            if ours != theirs:
                differing.append((file, key, ours, theirs))
    assert compared > 100
    assert differing == []
