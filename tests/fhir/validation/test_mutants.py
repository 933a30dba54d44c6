"""Thousands of invalid instances, derived from the snapshots: at least 99 % are told, in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from services.fhir.validation import Validator
from tests.fhir.validation.conftest import SHARED, errors, examples, members
from tests.fhir.validation.mutants import Mutant, mutants

Json = dict[str, Any]

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="no ../shared folder with the official packages"
)


def snapshots() -> dict[str, Json]:
    """Canonical, with and without version → StructureDefinition as published."""
    found: dict[str, Json] = {}
    for package in sorted((SHARED / "data" / "profiles").glob("*.tgz")):
        for name, content in members(package).items():
            if name.startswith("package/StructureDefinition-"):
                each = orjson.loads(content)
                found[f"{each['url']}|{each['version']}"] = found[each["url"]] = each
    return found


def known_lists(validator: Validator) -> frozenset[str]:
    """Value sets that let in listed codes only."""
    found = set[str]()
    for package in validator.library.packages.values():
        for number, (kind, url, *_) in enumerate(package.index):
            if kind == "value-set" and all(
                "codes" in part for part in package.entry(number)["include"]
            ):
                found.add(url)
    return frozenset(found)


def made(validator: Validator) -> Iterator[tuple[str, Mutant, set[tuple[str, str]]]]:
    """(profile, mutant, errors of the example it comes from)."""
    published, seen, lists = snapshots(), set[tuple[str, str]](), known_lists(validator)
    for _, _, example in examples():
        report = validator.validate(example)
        before = set(errors(report.faults))
        for canonical in report.profiles:
            source = published.get(canonical)
            if source is not None and source["type"] == example["resourceType"]:
                for each in mutants(source, example, seen, lists):
                    yield canonical, each, before


def test_mutants_are_told_where_they_are(validator: Validator) -> None:
    count, missed = Counter[str](), []
    for profile, mutant, before in made(validator):
        kind = mutant.name.split(" ", 1)[0]
        count[kind] += 1
        found = set(errors(validator.validate(mutant.resource, [profile]).faults)) - before
        if not any(
            rule in mutant.rules and _plain(at).startswith(_plain(mutant.place))
            for rule, at in found
        ):
            missed.append((mutant.name, profile.rpartition("/")[2], sorted(found)[:3]))
    total = sum(count.values())
    assert total > 2000
    assert len(missed) <= total / 100, f"{len(missed)} of {total}: {missed[:20]}"


def test_harmless_changes_are_no_errors(validator: Validator) -> None:
    """Another order of the members, an extension of one's own: no new error."""
    wrong = []
    for _, file, example in examples():
        changed = dict(reversed([*example.items()]))
        if "text" in example or "identifier" in example:
            own = {"url": "https://example.org/une-extension", "valueString": "x"}
            changed["extension"] = [*example.get("extension", []), own]
        before = set(errors(validator.validate(example).faults))
        after = set(errors(validator.validate(changed).faults))
        # A profile may forbid extensions beyond its own (gap-fr-appointment).
        after.discard(("card.max", f"{example['resourceType']}.extension"))
        if not after <= before and changed["resourceType"] not in {"Bundle", "Binary"}:
            wrong.append((file, after - before))
    assert wrong == []


def _plain(place: str) -> str:
    """A place without the types of choices."""
    while ".ofType(" in place:
        before, _, after = place.partition(".ofType(")
        place = before + after.partition(")")[2]
    return place
