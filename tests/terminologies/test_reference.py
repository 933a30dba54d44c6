"""The shipped lists against what was collected from their publishers."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from services.terminologies import code_lists
from services.terminologies.domain import About, CodeList

LISTS = code_lists()
WITHHELD = {
    "http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96", "http://standardterms.edqm.eu",
    "urn:oid:0.4.0.127.0.16.1.1.2.1",
}


@pytest.fixture
def rows(shared: Path) -> list[dict[str, str]]:
    with (shared / "data" / "terminologies" / "index.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(about: About) -> CodeList:
    found = LISTS.list_of(about.canonical)
    assert found is not None
    return found


def test_every_list_of_the_index_has_its_count(rows: list[dict[str, str]], shared: Path) -> None:
    for row in rows:
        name = f"{row['canonical']}|{row['version']}" if row["version"] else row["canonical"]
        about = next(
            each for each in LISTS if each.canonical == name and each.kind == row["kind"]
        )
        assert about.published == int(row["concepts"]), name
        content = json.loads((shared / "data" / "terminologies" / row["file"]).read_text("utf-8"))
        if row["kind"] == "CodeSystem":
            withheld = about.published if row["canonical"] in WITHHELD else 0
        else:
            contained = content["expansion"]["contains"]
            withheld = sum(each["system"] in WITHHELD for each in contained)
        assert about.shipped == about.published - withheld, name


def test_every_code_of_the_index_is_a_member(rows: list[dict[str, str]], shared: Path) -> None:
    for row in rows:
        content = json.loads((shared / "data" / "terminologies" / row["file"]).read_text("utf-8"))
        if row["kind"] == "CodeSystem":
            codes = [(row["canonical"], each["code"].strip()) for each in content["concept"]]
        else:
            codes = [(e["system"], e["code"].strip()) for e in content["expansion"]["contains"]]
        for name in {row["canonical"], row["oid"], row["oid"].removeprefix("urn:oid:")} - {""}:
            for system, code in codes:
                expected = "unknown" if system in WITHHELD else "member"
                assert LISTS.check(name, system, code) == expected, (name, system, code)


def test_what_is_partial_for_the_publisher_is_partial_here(rows: list[dict[str, str]]) -> None:
    for row in rows:
        about = next(
            each for each in LISTS
            if (each.kind, each.url, each.version)
            == (row["kind"], row["canonical"], row["version"])
        )
        if row["completeness"] != "complete":
            assert not about.complete, row


def test_the_value_sets_of_r4_are_those_expanded_elsewhere(shared: Path) -> None:
    name = "hl7.fhir.r4.core-4.0.1-bound-valuesets-expanded.json.gz"
    expanded = json.loads(gzip.decompress((shared / "data" / "profiles" / name).read_bytes()))
    assert len(expanded) == 285
    for url, members in expanded.items():
        found = LISTS.list_of(f"{url}|4.0.1") or LISTS.list_of(url)
        assert found is not None, url
        ours = {(each.system, each.code) for each in found}
        theirs = {(system, code) for system, code, _ in members if system not in WITHHELD}
        assert ours == theirs, url


def test_every_value_set_of_the_packages_is_here(shared: Path) -> None:
    with (shared / "data" / "profiles" / "index.csv").open(encoding="utf-8") as file:
        told = [row for row in csv.DictReader(file) if row["kind"] in ("ValueSet", "CodeSystem")]
    assert len({row["package"] for row in told}) >= 4
    for row in told:
        versions = {each.version for each in LISTS if each.url == row["canonical"]}
        assert versions, row["canonical"]
        if row["kind"] == "ValueSet" and row["package"] == "hl7.fhir.fr.core":
            assert row["version"] in versions, row


def test_nothing_that_may_not_be_shipped_is(shared: Path) -> None:
    for about in LISTS:
        assert not {each.system for each in read(about)} & WITHHELD, about.canonical


def test_labels_missing_in_one_publication_are_taken_from_another() -> None:
    assert LISTS.display("1.2.250.1.71.1.2.7", "10") == "Médecin"
    unlabelled = sum(not each.label for about in LISTS for each in read(about))
    assert unlabelled < 0.07 * sum(about.shipped for about in LISTS)
