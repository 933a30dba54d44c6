"""Parts of resources: `_summary` and `_elements`. What is answered then is marked SUBSETTED."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from services.fhir import exact
from services.fhir.structure import element_names

SUMMARIES = ("true", "text", "data", "count", "false")
_ALWAYS = ("resourceType", "id", "meta")
_TAG = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED",
    "display": "Resource encoded in summary mode",
}


class Subset(NamedTuple):
    """What to keep. summary: "" or a value of `_summary`; elements: names, empty for all."""

    summary: str = ""
    elements: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return self.summary in ("", "false", "count") and not self.elements


WHOLE = Subset()


def apply(raw: bytes, subset: Subset) -> bytes:
    """The part of a stored resource that a client asked for."""
    if subset.whole:
        return raw
    resource = exact.loads(raw)
    kept = {name: resource[name] for name in _kept(resource, subset)}
    if subset.summary == "true":
        kept = _filtered(kept, _summary(resource["resourceType"]), "")
    meta: dict[str, Any] = resource.get("meta", {})
    meta = {**meta, "tag": [*meta.get("tag", []), _TAG]}
    head: dict[str, Any] = {n: kept[n] for n in ("resourceType", "id") if n in kept}
    head["meta"] = meta
    return exact.dumps(head | {n: value for n, value in kept.items() if n not in head})


def unknown_element(rtype: str, names: Iterable[str]) -> str:
    """The first name that is no element of the type, or ""."""
    known = {*element_names(rtype), *_definitions()[rtype]["choices"]}
    return next((name for name in names if name not in known), "")


def _kept(resource: Mapping[str, Any], subset: Subset) -> list[str]:
    """Top-level members to keep: the elements wanted, with their `_` companions."""
    definition = _definitions()[resource["resourceType"]]
    mandatory = definition["mandatory"]
    asked = [
        each for name in subset.elements for each in definition["choices"].get(name, (name,))
    ]
    if subset.summary == "data":
        wanted = [name for name in resource if name != "text"]
    elif subset.summary == "text":
        wanted = [*_ALWAYS, "implicitRules", "text", *mandatory]
    elif subset.summary == "true":
        wanted = [*_ALWAYS, *definition["summary"]]
    else:
        wanted = [*_ALWAYS, *mandatory, *asked]
    if subset.elements and subset.summary:
        wanted = [name for name in wanted if name in {*_ALWAYS, *mandatory, *asked}]
    names = {*wanted}
    return [name for name in resource if name.removeprefix("_") in names]


def _filtered(element: dict[str, Any], summary: frozenset[str], at: str) -> dict[str, Any]:
    """Without what is not of the summary in elements whose children are told apart."""
    kept = {}
    for name, value in element.items():
        path = f"{at}{name}"
        inner = f"{path}."
        if any(each.startswith(inner) for each in summary):
            value = _each(value, summary, inner)
        kept[name] = value
    if not at:
        return kept
    return {
        name: value for name, value in kept.items()
        if f"{at}{name.removeprefix('_')}" in summary or name in ("id", "extension")
    }


def _each(value: Any, summary: frozenset[str], at: str) -> Any:
    if isinstance(value, list):
        return [_each(one, summary, at) for one in value]
    return _filtered(value, summary, at) if isinstance(value, dict) else value


@cache
def _summary(rtype: str) -> frozenset[str]:
    return frozenset(_definitions()[rtype]["summary"])


@cache
def _definitions() -> dict[str, Any]:
    packed = files("services.fhir").joinpath("data", "r4.summary.json.gz").read_bytes()
    found: dict[str, Any] = orjson.loads(gzip.decompress(packed))
    return found
