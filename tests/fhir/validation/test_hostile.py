"""Bad input: packages and resources made to loop, to grow or to climb out; always an answer."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.fhir.resource import MAX_DEPTH
from services.fhir.validation import Library, Validator, shipped
from services.fhir.validation.files import add, core_elements, described, remove
from services.fhir.validation.library import Installed, opened
from services.fhir.validation.packages import PackageRefused, packed, read_package
from services.fhir.validation.validator import MOST_DEPTH
from tests.fhir.validation.conftest import errors, everything

Json = dict[str, Any]
BASE = "https://example.org/StructureDefinition/"
MANIFEST = {"name": "essai", "version": "1.0.0", "fhirVersions": ["4.0.1"], "dependencies": {}}


def archive(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """A package as published."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as opened_archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened_archive.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            opened_archive.addfile(member)
    return made.getvalue()


def package(**files: Any) -> bytes:
    return archive({
        "package/package.json": orjson.dumps(MANIFEST),
        **{f"package/{name}.json": orjson.dumps(each) for name, each in files.items()},
    })


def definition(name: str, rtype: str, *elements: Json) -> Json:
    """A published profile."""
    return {
        "resourceType": "StructureDefinition", "url": BASE + name, "version": "1", "type": rtype,
        "kind": "resource", "derivation": "constraint", "abstract": False,
        "snapshot": {"element": [{"id": rtype, "path": rtype}, *elements]},
    }


def with_profiles(*sources: Json) -> Validator:
    reduced = read_package(
        package(**{f"p{number}": each for number, each in enumerate(sources)}), core_elements()
    )
    return Validator(Library([*shipped(), opened(reduced.content, shipped=False)]))


@pytest.mark.parametrize(("data", "said"), [
    (b"", "tronquée"), (b"not gzip", "archive"), (gzip.compress(b"no tar")[:-6], "tronquée"),
    (gzip.compress(b"x" * 600), "illisible"),
    (archive({"package/x.json": b"{}"}), "package.json"),
    (archive({"../escape.json": b"{}"}), "Chemin interdit"),
    (archive({"/etc/escape.json": b"{}"}), "Chemin interdit"),
    (archive({}, {"package/link.json": "/etc/passwd"}), "Lien"),
    (archive({"package/package.json": b'{"name": "../x", "version": "1"}'}), "name"),
    (archive({"package/package.json": b'{"name": "x", "version": "1", "fhirVersions": ["5.0.0"]}'}),
     "R4"),
], ids=[
    "empty", "text", "cut", "no-tar", "no-manifest", "parent", "root", "link", "name", "version",
])
def test_a_package_that_is_none_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(PackageRefused, match=said):
        add(data, tmp_path)
    assert not [*tmp_path.rglob("*.gz")]


def test_a_bomb_is_refused_before_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.fhir.validation.packages.MOST_UNPACKED", 10_000_000)
    bomb = gzip.compress(bytes(10_000_001), 9)
    assert len(bomb) < 20_000
    with pytest.raises(PackageRefused, match="décompressée"):
        read_package(bomb, {})


def test_a_definition_that_cannot_be_used_is_left_out_and_told() -> None:
    found = read_package(package(
        bare={"resourceType": "StructureDefinition", "url": BASE + "x", "type": "Patient"},
        deep=orjson.loads(b'{"a":' * 100 + b"1" + b"}" * 100) | {"resourceType": "ValueSet"},
        odd={"resourceType": "CodeSystem", "concept": 3},
    ), core_elements())
    assert found.entries == 0
    assert len(found.warnings) == 3


def test_packages_are_added_listed_and_removed(tmp_path: Path) -> None:
    data = package(profile=definition(
        "p", "Patient", {"id": "Patient.active", "path": "Patient.active", "min": 1, "max": "1"},
    ))
    done = add(data, tmp_path)
    assert (done["name"], done["version"], done["entries"]) == ("essai", "1.0.0", 1)
    assert [each["name"] for each in described(tmp_path) if not each["shipped"]] == ["essai"]
    assert remove("essai", tmp_path) == ["essai#1.0.0"]
    assert remove("essai", tmp_path) == []


def test_profiles_that_name_each_other_end() -> None:
    one = definition("a", "Bundle", {
        "id": "Bundle.entry", "path": "Bundle.entry", "min": 1, "max": "*",
        "slicing": {"discriminator": [{"type": "profile", "path": "resource"}], "rules": "closed"},
    }, {"id": "Bundle.entry:b", "path": "Bundle.entry", "sliceName": "b", "min": 1, "max": "*"}, {
        "id": "Bundle.entry:b.resource", "path": "Bundle.entry.resource", "min": 1, "max": "1",
        "type": [{"code": "Bundle", "profile": [BASE + "b"]}],
    })
    other = orjson.loads(orjson.dumps(one).replace(b'Definition/a"', b'Definition/c"').replace(
        b'Definition/b"', b'Definition/a"').replace(b'Definition/c"', b'Definition/b"'))
    resource: Json = {"resourceType": "Bundle", "type": "collection"}
    for _ in range(17):
        resource = {"resourceType": "Bundle", "type": "collection",
                    "entry": [{"resource": resource}]}
    started = time.monotonic()
    report = with_profiles(one, other).validate(resource, [BASE + "a"])
    assert errors(report.faults)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("expression", [
    "name.", "foo(", "(" * 5000, "name.unheard()", "%unknown.name", "'a' + 1", "1 / 0 = 1",
    "name.matches('(a+)+$') and (", "$total", "name.family.matches('[')",
    "name.family.matches('((a{1,1000}){1,1000}){1,1000}')", "iif(true", "a" * 30_000,
    "name.given.replaceMatches('(a+)+b', 'x') = ''", "descendants().descendants().count() > 0",
    "repeat($this).count() >= 0", "name.select(1 = )",
])
def test_a_constraint_that_cannot_be_decided_is_told(expression: str) -> None:
    profile = definition("p", "Patient")
    profile["snapshot"]["element"][0]["constraint"] = [
        {"key": "essai-1", "severity": "error", "expression": expression},
    ]
    resource = {"resourceType": "Patient", "name": [
        {"family": "A" * 5000, "given": ["a" * 3000, "b"]}, {"family": "B"},
    ]}
    started = time.monotonic()
    report = with_profiles(profile).validate(resource, [BASE + "p"])
    assert time.monotonic() - started < 20
    told = {each.rule for each in report.faults}
    assert told & {"inv.undecidable", "inv.essai-1"} or "repeat" in expression or (
        "descendants" in expression or "/ 0" in expression
    )


def test_a_profile_of_an_unheard_type_accuses_no_one() -> None:
    report = with_profiles(definition("p", "Licorne")).validate(
        {"resourceType": "Patient"}, [BASE + "p"]
    )
    assert errors(report.faults) == [("profile.type", "Patient")]


def test_value_sets_that_include_each_other_end() -> None:
    sets = {
        f"v{number}": {
            "resourceType": "ValueSet", "url": f"{BASE}v{number}", "version": "1",
            "compose": {"include": [
                {"valueSet": [f"{BASE}v{other}"]} for other in range(12)
            ]},
        } for number in range(12)
    }
    profile = definition("p", "Patient", {
        "id": "Patient.gender", "path": "Patient.gender", "min": 0, "max": "1",
        "type": [{"code": "code"}],
        "binding": {"strength": "required", "valueSet": f"{BASE}v0"},
    })
    validator = with_profiles(profile, *sets.values())
    resource = {"resourceType": "Patient", "gender": "female"}
    report = validator.validate(resource, [BASE + "p"])
    assert "binding.unresolvable" in {each.rule for each in report.faults}


def test_dependencies_in_a_circle_end() -> None:
    def one(name: str, other: str) -> Installed:
        return opened(packed(name, "1", {other: "1"}, "", [{
            "kind": "definition", "url": BASE + name, "version": "1", "type": "Patient",
            "sort": "resource", "base": "", "abstract": False, "derivation": "constraint",
            "elements": [{"id": "Patient"}],
        }]), shipped=False)

    library = Library([*shipped(), one("a", "b"), one("b", "a")])
    found = library.find("definition", BASE + "a", "b#1")
    assert found is not None
    assert found.package == "a#1"


@pytest.mark.parametrize("depth", [59, 70, 900])
def test_depth_is_bounded(validator: Validator, depth: int) -> None:
    resource: Any = {"resourceType": "Patient"}
    for _ in range(depth):
        resource = {"resourceType": "Patient", "contained": [resource]}
    report = validator.validate(resource)
    assert not report.strict


def test_contained_loops_end(validator: Validator) -> None:
    held = [
        {"resourceType": "Organization", "id": one, "name": one,
         "partOf": {"reference": f"#{other}"}} for one, other in (("a", "b"), ("b", "a"))
    ]
    resource = {"resourceType": "Patient", "contained": held,
                "managingOrganization": {"reference": "#a"}}
    assert errors(validator.validate(resource).faults) == []


@pytest.mark.parametrize("rtype", [{}, [], {"a": 1}, 3, None, "Coding", "Bundle.entry", "Resource"])
def test_what_is_no_resource_type_is_told(validator: Validator, rtype: Any) -> None:
    """Of an entry that is held to a profile too, and when that type was checked before."""
    sound = {"resourceType": "Patient", "maritalStatus": {"coding": [{"code": "M"}]}}
    inner = {"resourceType": rtype, "code": "x"}
    bundle = {
        "resourceType": "Bundle", "type": "transaction",
        "entry": [{"resource": sound}, {"resource": inner}],
    }
    for full in (True, False):
        found = validator.validate(bundle, PROFILES[1:]).faults if full else (
            validator.structure(bundle)
        )
        assert ("resource.type", "Bundle.entry[1].resource") in errors(found)


def test_what_reading_bounds_is_not_too_deep() -> None:
    """A body read by `parse` needs no second look at its depth."""
    assert MAX_DEPTH <= MOST_DEPTH


NAMES = st.sampled_from([
    "resourceType", "id", "meta", "profile", "extension", "url", "valueString", "contained",
    "name", "given", "_given", "identifier", "system", "value", "type", "coding", "code", "text",
    "div", "entry", "resource", "reference", "period", "start", "end", "gender", "_gender",
])
LEAVES = (
    st.none() | st.booleans() | st.integers(-2**53, 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from([
        "Patient", "Bundle", "Organization", "#a", "a", "female", "2020-01-01", "urn:x",
        "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins",
        "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability",
        "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>",
    ])
)


def nested(depth: int) -> st.SearchStrategy[Any]:
    """Values of JSON, of a depth."""
    if depth == 0:
        return LEAVES
    inner = nested(depth - 1)
    return st.one_of(
        LEAVES, st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=6)
    )


VALUES = nested(4)
PROFILES = (
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins",
    "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/"
    "pdsm-comprehensive-provide-document-bundle",
)


@given(VALUES)
@settings(max_examples=300)
def test_no_value_makes_it_raise(value: Any) -> None:
    everything().validate(value)
    everything().structure(value)


@given(st.sampled_from([("Patient", PROFILES[0]), ("Bundle", PROFILES[1])]),
       st.dictionaries(NAMES, VALUES, max_size=8))
@settings(max_examples=300)
def test_no_resource_makes_it_raise(kind: tuple[str, str], content: Json) -> None:
    rtype, profile = kind
    report = everything().validate(content | {"resourceType": rtype}, [profile])
    assert all(each.issue()["details"]["text"] for each in report.faults)
