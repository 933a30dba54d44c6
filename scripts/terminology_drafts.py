"""Drafts of code lists, and what FHIR definitions say of codes (for make_terminologies.py)."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STRENGTHS = ("required", "extensible")

Codes = dict[str, dict[str, str]]
"""System → code → label."""


@dataclass
class Drafted:
    """One list in the making. codes: system → code → label; published: codes of the publisher."""

    kind: str
    url: str
    version: str
    name: str
    source: str
    licence: str
    oid: str = ""
    codes: Codes = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    closed: dict[str, list[str]] = field(default_factory=dict)
    folds: bool = False
    published: int = 0
    completeness: str = "complète"

    @property
    def order(self) -> tuple[Any, ...]:
        """Versions of one list follow each other, the newest last."""
        parts = re.findall(r"\d+|[^\d.-]+", self.version)
        return self.kind, self.url, [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts]


def oid_of(resource: dict[str, Any]) -> str:
    """ "urn:oid:…", or "". """
    for each in resource.get("identifier", ()):
        if str(each.get("value")).startswith("urn:oid:"):
            return str(each["value"])
    return ""


def flat(
    concepts: Iterable[dict[str, Any]], above: tuple[str, ...] = ()
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Every concept of a hierarchy, with the codes above it."""
    for each in concepts:
        yield each, above
        yield from flat(each.get("concept", ()), (*above, each["code"]))


def closure(concept: dict[str, Any]) -> list[str] | None:
    """Since when and until when, for a concept that its publisher has closed."""
    told = {
        each["code"]: next((str(v) for k, v in each.items() if k.startswith("value")), "")
        for each in concept.get("property", ())
    }
    until = told.get("dateFin") or told.get("deprecationDate") or ""
    retired = told.get("status") in ("deprecated", "retired") or told.get("inactive") == "True"
    return [told.get("dateValid", "")[:10], until[:10]] if retired or until else None


def filtered(
    resource: dict[str, Any], filters: list[dict[str, Any]]
) -> dict[str, str] | None:
    """Codes that pass "is-a" filters, None when this cannot be told."""
    if resource["content"] != "complete":
        return None
    kept = {}
    parents = {
        concept["code"]: {p["valueCode"] for p in concept.get("property", ())
                          if p["code"] == "subsumedBy"}
        for concept, _ in flat(resource.get("concept", ()))
    }
    for concept, above in flat(resource.get("concept", ())):
        lineage, queue = set(), [concept["code"], *above]
        while queue:
            code = queue.pop()
            if code not in lineage:
                lineage.add(code)
                queue += parents.get(code, ())
        passes = True
        for each in filters:
            if each["property"] != "concept":
                return None
            inside = each["value"] in lineage
            match each["op"]:
                case "is-a":
                    passes &= inside
                case "is-not-a":
                    passes &= not inside
                case "descendent-of":
                    passes &= inside and concept["code"] != each["value"]
                case _:
                    return None
        if passes:
            kept[concept["code"]] = concept.get("display", "")
    return kept


def bindings(definitions: Iterable[dict[str, Any]]) -> Iterator[str]:
    for definition in definitions:
        elements = definition.get("snapshot", {}).get("element", ())
        for element in elements:
            binding = element.get("binding", {})
            if binding.get("strength") in STRENGTHS and "valueSet" in binding:
                yield binding["valueSet"].partition("|")[0]


def read_package(path: Path) -> Iterator[dict[str, Any]]:
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda each: each.name):
            file = archive.extractfile(member)
            if file is not None and "/example/" not in member.name:
                content = json.loads(file.read())
                if "resourceType" in content:
                    yield content


def draft_codes(draft: Drafted) -> list[tuple[str, str, str]]:
    return [
        (system, code, label) for system, each in draft.codes.items()
        for code, label in each.items()
    ]
