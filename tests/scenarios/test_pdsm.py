"""The FHIR lot: complete, structurally valid, and nothing empty."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from services.cda import CdaAuthor
from services.fhir.structure import check
from services.scenarios.documents.pdsm import deposit_bundle
from services.scenarios.stage import Document, Identity

NOW = "2026-03-02T09:30:00.000Z"
UUIDS = tuple(f"0000000{n}-0000-4000-8000-000000000000" for n in range(4))


def resources(document: Document, identity: Identity, sender: CdaAuthor) -> list[dict[str, Any]]:
    bundle = deposit_bundle(document, identity, sender, NOW, UUIDS)
    assert bundle["type"] == "transaction"
    return [entry["resource"] for entry in bundle["entry"]]


def empty_places(value: object, at: str = "") -> list[str]:
    if isinstance(value, dict):
        return [p for key, each in value.items() for p in empty_places(each, f"{at}.{key}")]
    if isinstance(value, list):
        return [p for n, each in enumerate(value) for p in empty_places(each, f"{at}[{n}]")]
    return [at] if value in ("", None) else []


def test_metadata_of_a_composed_document(
    composed: Document, identity: Identity, author: CdaAuthor
) -> None:
    lot, fiche, binary = resources(composed, identity, author)

    attachment = fiche["content"][0]["attachment"]
    digest = hashlib.sha1(composed.content, usedforsecurity=False).digest()
    assert base64.b64decode(binary["data"]) == composed.content
    assert attachment["hash"] == base64.b64encode(digest).decode()
    assert attachment["size"] == len(composed.content)
    assert attachment["language"] == "fr-FR"
    assert fiche["masterIdentifier"]["value"] == "urn:oid:2.25.1"
    assert fiche["type"]["coding"][0]["code"] == "57833-6"
    assert fiche["type"]["coding"][0]["system"] == "http://loinc.org"
    assert fiche["category"][0]["coding"][0]["code"] == "42"
    assert fiche["content"][0]["format"]["code"] == "urn:ihe:iti:xds-sd:text:2008"
    assert fiche["subject"]["identifier"]["value"] == identity.ins
    assert fiche["context"]["period"]["start"]
    assert {part["resourceType"] for part in fiche["contained"]} == {
        "Patient", "Practitioner", "PractitionerRole", "Organization",
    }
    assert lot["entry"][0]["item"]["reference"] == attachment["url"].replace(UUIDS[2], UUIDS[1])
    assert lot["code"]["coding"][0]["code"] == "submissionset"


def test_lot_of_each_public_document_is_valid(
    golden: Document, identity: Identity, author: CdaAuthor
) -> None:
    for resource in resources(golden, identity, author):
        assert not list(check(resource)), resource["resourceType"]
        assert not empty_places(resource)


def test_lot_of_each_public_document_is_read_by_fhir_resources(
    golden: Document, identity: Identity, author: CdaAuthor
) -> None:
    models = pytest.importorskip("fhir.resources.R4B", reason="fhir-models extra not installed")
    for resource in resources(golden, identity, author):
        model = models.get_fhir_model_class(resource["resourceType"])
        assert model.model_validate(resource)


CLASSES = {
    "11502-2": "10", "96173-0": "52", "18748-4": "31", "11490-0": "10", "89235-6": "11",
    "87273-9": "52", "SYNTH": "11", "60593-1": "43", "57833-6": "42",
}
FORMATS = {
    "BIO-CR-BIO_2024.01_TSH_1.xml": "urn:ihe:lab:xd-lab:2008",
    "DOC_NON_STRUCTURE_CDA-R2-N1.xml": "urn:ihe:iti:xds-sd:pdf:2008",
    "eP-MED-DM_2022.01_PosoStruct.xml": "urn:ihe:pharm:pre:2010",
    "eDISP-MED_2024.01.xml": "urn:ihe:pharm:dis:2010",
    "VSM_1.4_2022.01.xml": "urn:asip:ci-sis:vsm:2012",
}


def test_class_and_format_follow_the_header(
    golden: Document, identity: Identity, author: CdaAuthor
) -> None:
    _, fiche, _ = resources(golden, identity, author)

    assert fiche["category"][0]["coding"][0]["code"] == CLASSES[golden.header.code]
    expected = FORMATS.get(Path(golden.file).name)
    assert expected is None or fiche["content"][0]["format"]["code"] == expected
