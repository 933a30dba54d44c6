"""Conformance resources reduced to what decides: constraints and codes, no narrative, no prose.

    definition  {"kind": "definition", "url", "version", "type", "sort": resource | complex-type |
                primitive-type | logical, "base", "derivation", "abstract", "elements": [element]}
    element     {"id", "min", "max", "types": [{"code", "profiles", "targets"}],
                "fixed" | "pattern", "binding": [strength, value set],
                "slicing": {"by": [[type, path]], "rules", "ordered"},
                "constraints": [[key, severity, expression]], "ref", "length", "least", "most"};
                absent members say nothing
    value set   {"kind": "value-set", "url", "version", "include": [part], "exclude": [part]}
    part        {"system", "codes", "filters": [[property, operation, value]], "sets", "withheld"}
    code system {"kind": "code-system", "url", "version", "complete", "codes", "parents"}

A profile keeps only the elements, and of an element only the members, that say more than the base
type: what is common to all is checked once, by the base type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]

WITHHELD = frozenset({"http://snomed.info/sct", "http://standardterms.edqm.eu"})
"""Code systems whose licence does not let their codes be shipped."""

BOILERPLATE = frozenset({
    "ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "txt-1", "txt-2",
})
"""Constraints of every resource, written by hand in `structure`."""

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_FHIR_TYPE = f"{_CORE}structuredefinition-fhir-type"
_FHIRPATH = "http://hl7.org/fhirpath/System."
MOST_ELEMENTS = 20_000
MOST_CODES = 200_000


class Unreadable(ValueError):
    """A conformance resource that cannot be used, and why (French)."""


def reduced(resource: Json, base: Mapping[str, Json]) -> Json | None:
    """The reduced form, or None for what plays no part in validation.

    base: reduced elements of the core types by path, empty for the core types themselves.
    Raises Unreadable.
    """
    match resource.get("resourceType"):
        case "StructureDefinition":
            return _definition(resource, base)
        case "ValueSet":
            return _value_set(resource)
        case "CodeSystem":
            return _code_system(resource)
    return None


def _definition(source: Json, base: Mapping[str, Json]) -> Json:
    url = _text(source, "url")
    elements = _member(source.get("snapshot"), "element")
    if not elements:
        raise Unreadable(f"{url} : définition sans snapshot")
    if len(elements) > MOST_ELEMENTS:
        raise Unreadable(f"{url} : plus de {MOST_ELEMENTS} éléments")
    kept = [each for element in elements for each in _element(element, base)]
    _withhold(kept)
    return {
        "kind": "definition", "url": url, "version": str(source.get("version", "")),
        "type": _text(source, "type"), "sort": _text(source, "kind"),
        "base": str(source.get("baseDefinition", "")), "abstract": bool(source.get("abstract")),
        "derivation": str(source.get("derivation", "")), "elements": kept,
    }


def _withhold(elements: list[Json]) -> None:
    """Take out the codes that a profile sets from systems whose licence does not let them go."""
    held = {
        each["id"].removesuffix(".system") for each in elements if each["id"].endswith(".system")
        and str(each.get("fixed", each.get("pattern"))) in WITHHELD
    }
    for each in elements:
        if each["id"].endswith(".code") and each["id"].removesuffix(".code") in held:
            each.pop("fixed", None)
            each.pop("pattern", None)
        for name in ("fixed", "pattern"):
            if isinstance(each.get(name), dict):
                each[name] = _without_codes(each[name])


def _without_codes(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_codes(each) for each in value]
    if not isinstance(value, dict):
        return value
    hidden = value.get("system") in WITHHELD
    return {
        name: _without_codes(each) for name, each in value.items()
        if not (hidden and name in {"code", "display"})
    }


def _element(source: Json, base: Mapping[str, Json]) -> Iterator[Json]:
    path = _text(source, "path")
    made = whole_element(source)
    if not base:
        yield made
        return
    inherited = _inherited(source, path, base)
    sliced = "sliceName" in source
    kept = {
        name: value for name, value in made.items()
        if name == "id" or (sliced and name in {"min", "max"}) or value != inherited.get(name)
    }
    if "constraints" in kept:
        known = {tuple(each[::2]) for each in _known_constraints(inherited, made, base)}
        kept["constraints"] = [
            each for each in made["constraints"] if tuple(each[::2]) not in known
        ]
        if not kept["constraints"]:
            del kept["constraints"]
    if len(kept) > 1 or sliced:
        yield kept


def _inherited(source: Json, path: str, base: Mapping[str, Json]) -> Json:
    found = base.get(path) or base.get(str(_member_dict(source, "base").get("path", "")))
    return found or {}


def _known_constraints(
    inherited: Json, made: Json, base: Mapping[str, Json]
) -> Iterator[list[str]]:
    yield from inherited.get("constraints", ())
    for kind in made.get("types", ()):
        yield from base.get(kind["code"], {}).get("constraints", ())


def whole_element(source: Json) -> Json:
    """Every member of an element that decides."""
    made: Json = {"id": str(source.get("id") or _text(source, "path"))}
    if "min" in source:
        made["min"] = _number(source["min"])
    if "max" in source:
        made["max"] = str(source["max"])
    if (types := [*_types(source)]) and not made["id"].endswith(".id"):
        made["types"] = types
    for name, value in source.items():
        for prefix, short in (
            ("fixed", "fixed"), ("pattern", "pattern"), ("minValue", "least"), ("maxValue", "most"),
        ):
            if name.startswith(prefix) and name != prefix:
                made[short] = value
    if "maxLength" in source:
        made["length"] = _number(source["maxLength"])
    if binding := [*_binding(source)]:
        made["binding"] = binding
    if isinstance(source.get("slicing"), dict):
        made["slicing"] = _slicing(source["slicing"])
    if constraints := [*_constraints(source)]:
        made["constraints"] = constraints
    if isinstance(source.get("contentReference"), str):
        made["ref"] = source["contentReference"].partition("#")[2]
    return made


def _types(source: Json) -> Iterator[Json]:
    for each in _member(source, "type"):
        code = str(each.get("code", ""))
        if code.startswith(_FHIRPATH):
            code = next(
                (str(found) for extension in _member(each, "extension")
                 if extension.get("url") == _FHIR_TYPE
                 for name, found in extension.items() if name.startswith("value")),
                code.removeprefix(_FHIRPATH).lower(),
            )
        kind: Json = {"code": code}
        if profiles := [plain(one) for one in each.get("profile", ()) if isinstance(one, str)]:
            kind["profiles"] = profiles
        targets = [plain(one) for one in each.get("targetProfile", ()) if isinstance(one, str)]
        if targets and f"{_CORE}Resource" not in targets:
            kind["targets"] = targets
        yield kind


def plain(canonical: str) -> str:
    """A canonical; the version of R4 itself says nothing."""
    if canonical.startswith("http://hl7.org/fhir/"):
        return canonical.removesuffix("|4.0.1")
    return canonical


def _binding(source: Json) -> Iterator[str]:
    binding = _member_dict(source, "binding")
    strength, value_set = binding.get("strength"), binding.get("valueSet")
    if strength in {"required", "extensible"} and isinstance(value_set, str):
        yield str(strength)
        yield plain(value_set)


def _slicing(slicing: Json) -> Json:
    made: Json = {
        "by": [[str(each.get("type")), str(each.get("path"))]
               for each in _member(slicing, "discriminator")],
        "rules": str(slicing.get("rules", "open")),
    }
    if slicing.get("ordered"):
        made["ordered"] = True
    return made


def _constraints(source: Json) -> Iterator[list[str]]:
    for each in _member(source, "constraint"):
        key = str(each.get("key", ""))
        if key not in BOILERPLATE:
            severity = "warning" if each.get("severity") == "warning" else "error"
            if any(
                str(extension.get("url", "")).endswith("elementdefinition-bestpractice")
                for extension in _member(each, "extension")
            ):
                severity = "information"
            yield [key, severity, str(each.get("expression", ""))]


def _value_set(source: Json) -> Json:
    compose = _member_dict(source, "compose")
    made: Json = {
        "kind": "value-set", "url": _text(source, "url"), "version": str(source.get("version", "")),
        "include": [_part(each) for each in _member(compose, "include")],
    }
    if excluded := [_part(each) for each in _member(compose, "exclude")]:
        made["exclude"] = excluded
    if not made["include"]:
        made["include"] = _expanded(_member_dict(source, "expansion"))
    return made


def _part(source: Json) -> Json:
    system = str(source.get("system", ""))
    part: Json = {"system": system} if system else {}
    if system in WITHHELD:
        return part | {"withheld": True}
    if codes := [str(each.get("code", "")) for each in _member(source, "concept")]:
        part["codes"] = codes
    if filters := [
        [str(each.get(name, "")) for name in ("property", "op", "value")]
        for each in _member(source, "filter")
    ]:
        part["filters"] = filters
    if sets := [plain(one) for one in source.get("valueSet", ()) if isinstance(one, str)]:
        part["sets"] = sets
    return part


def _expanded(expansion: Json) -> list[Json]:
    """Parts of a value set that is published as an expansion only; cut short, it stays open."""
    systems: dict[str, list[str]] = {}
    flat = [*_member(expansion, "contains")]
    for each in flat:
        flat += _member(each, "contains")
        if len(flat) > MOST_CODES:
            raise Unreadable(f"expansion de plus de {MOST_CODES} codes")
        if each.get("code") and not each.get("abstract"):
            systems.setdefault(str(each.get("system", "")), []).append(str(each["code"]))
    short = isinstance(total := expansion.get("total"), int) and total > len(flat)
    return [
        {"system": system, "withheld": True} if short or system in WITHHELD
        else {"system": system, "codes": codes}
        for system, codes in systems.items()
    ]


def _code_system(source: Json) -> Json | None:
    if source.get("url") in WITHHELD:
        return None
    codes: list[str] = []
    parents: dict[str, list[str]] = {}
    todo = [(each, "") for each in _member(source, "concept")]
    while todo:
        each, parent = todo.pop(0) if len(todo) < 1000 else todo.pop()
        code = str(each.get("code", ""))
        codes.append(code)
        above = [parent] if parent else []
        above += [
            str(one.get("valueCode", "")) for one in _member(each, "property")
            if one.get("code") in {"subsumedBy", "parent"}
        ]
        if above:
            parents[code] = above
        todo += [(one, code) for one in _member(each, "concept")]
        if len(codes) > MOST_CODES:
            raise Unreadable(f"{source.get('url')} : plus de {MOST_CODES} codes")
    made: Json = {
        "kind": "code-system", "url": _text(source, "url"),
        "version": str(source.get("version", "")),
        "complete": source.get("content") == "complete", "codes": codes,
    }
    if parents:
        made["parents"] = parents
    return made


def _member(holder: object, name: str) -> list[Json]:
    """The objects of a list; nothing when the file says something else."""
    items = holder.get(name) if isinstance(holder, dict) else None
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []


def _member_dict(holder: Json, name: str) -> Json:
    item = holder.get(name)
    return item if isinstance(item, dict) else {}


def _text(holder: Json, name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{holder.get('resourceType', 'élément')} sans « {name} »")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unreadable(f"nombre attendu, trouvé : {str(value)[:40]}")
    return value


def base_elements(definitions: Iterable[Json]) -> dict[str, Json]:
    """Reduced elements of the core types by path."""
    return {
        element["id"]: element for definition in definitions for element in definition["elements"]
    }
