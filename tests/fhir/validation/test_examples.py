"""P1: official examples have no error but their genuine defects, listed in `defects.json`.

Each defect is listed by file and rule, with its reason and the paragraph that proves it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from services.fhir.validation import Validator
from tests.fhir.validation.conftest import SHARED, errors, examples

DEFECTS: dict[str, Any] = orjson.loads((Path(__file__).parent / "defects.json").read_bytes())
KNOWN: dict[str, dict[str, list[str]]] = DEFECTS["files"]

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="no ../shared folder with the official examples"
)


def test_p01_official_examples_have_only_their_known_defects(validator: Validator) -> None:
    count, wrong = 0, []
    for package, file, resource in examples():
        count += 1
        found = sorted({rule for rule, _ in errors(validator.validate(resource).faults)})
        if found != KNOWN.get(package, {}).get(file, []):
            wrong.append((package, file, found))
    assert count == 242
    assert not wrong


def test_every_defect_has_a_reason_and_a_paragraph() -> None:
    rules = {rule for files in KNOWN.values() for found in files.values() for rule in found}
    assert rules == set(DEFECTS["reasons"])
    assert all(each["reason"] and each["paragraph"] for each in DEFECTS["reasons"].values())


def test_the_five_defects_of_the_guides_are_among_them() -> None:
    named = {file.removesuffix(".json") for files in KNOWN.values() for file in files}
    assert {
        "Person-pp16dr-person", "Person-pp19dr-person", "Organization-org-example",
        "DocumentReference-exemple-pdsm-documentreference", "List-ExampleSubmissionSet",
    } <= named


def test_examples_are_accepted_by_the_r4_structure(validator: Validator) -> None:
    refused = [
        (file, fault.rule) for _, file, resource in examples()
        for fault in validator.structure(resource) if fault.rule != "value.format"
    ]
    assert refused == []


def test_p18_a_bundle_of_a_thousand_document_references(validator: Validator) -> None:
    """The bound of time is held by the benchmark; here, that nothing is lost on the way."""
    one = next(
        resource for _, file, resource in examples()
        if file == "DocumentReference-exemple-pdsm-documentreference.json"
    )
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012d}", "resource": one}
        for number in range(100)
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    single = len(errors(validator.validate(one).faults))
    assert len(errors(validator.validate(bundle).faults)) == 100 * single
