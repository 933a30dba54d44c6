"""Structure of R4 resources, by HL7's JSON schema: elements, types, formats, required codes.

Not here: minimum cardinalities of choices and of primitives, invariants, bindings, profiles.
A resource held by another (Bundle entry, contained, Parameters) is checked against its own type.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from services.fhir import errors
from services.kernel.errors import together

MAX_ISSUES = 20
MAX_TYPES_SHOWN = 12
MAX_VALUES = 1000
"""Beyond, only the first fault of a resource is told: the validator writes each one at length."""
LONG = 1000
LUNAR_DATE = (
    "Une date lunaire s'écrit telle quelle dans l'extension "
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-lunar-date (valueString) du Patient ; "
    "birthDate est alors absent, ou complété selon le RNIV."
)
"""What FR Core has for a date of birth that no calendar has."""
_LUNAR = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BIRTH_DATE = re.compile(r"Patient\)?\.birthDate$")
_REFERENCE = re.compile(r"#/definitions/([A-Za-z0-9_]+)")
_JSON_TYPES = {
    "string": "un texte", "number": "un nombre", "boolean": "un booléen", "array": "un tableau",
    "object": "un objet", "null": "null", "integer": "un entier",
}
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)

Resource = dict[str, Any]


class StructureIssue(NamedTuple):
    """One fault: FHIRPath of the element and a French sentence."""

    expression: str
    message: str


def check(resource: Resource) -> list[StructureIssue]:
    """What the R4 schema does not accept, the outermost first, at most MAX_ISSUES."""
    return list(islice(_check(resource, ""), MAX_ISSUES))


def require(resource: Resource) -> None:
    """Raises INVALID_STRUCTURE with every issue of `check`."""
    found = check(resource)
    if found:
        raise together(
            errors.INVALID_STRUCTURE(each.message, at=each.expression) for each in found
        )


def is_resource_type(name: str) -> bool:
    """Whether R4 has a resource type of that name."""
    return name in _resource_types()


def element_names(rtype: str) -> tuple[str, ...]:
    """Names of the elements of a resource type, in the order of its definition."""
    return tuple(name for name in _properties()[rtype] if name[0] != "_")


def definition(name: str) -> dict[str, Any]:
    """What the schema says of one type. Raises KeyError."""
    found: dict[str, Any] = orjson.loads(_packed()[name])
    return found


@cache
def _packed() -> dict[str, bytes]:
    """Every definition as text, a tenth of what the objects weigh."""
    return {name: orjson.dumps(body) for name, body in _definitions().items()}


def _check(resource: Resource, at: str) -> Iterator[StructureIssue]:
    rtype = resource.get("resourceType")
    if not isinstance(rtype, str) or not is_resource_type(rtype):
        found = rtype if isinstance(rtype, str) else "absent"
        yield StructureIssue(at, f"resourceType {found} : inconnu de FHIR R4.")
        return
    here = f"{at}.ofType({rtype})" if at else rtype
    for error in _faults(_validator(rtype), resource):
        yield from _issues(error, here)
    for path, held in _held(resource, rtype):
        yield from _check(held, here + path)


def _faults(
    validator: jsonschema_rs.Draft6Validator, resource: Resource
) -> Iterable[jsonschema_rs.ValidationError]:
    """A fault quotes what it is about: long texts are cut before, base64 above all."""
    if validator.is_valid(resource):
        return ()
    light, values = _light(resource)
    if values <= MAX_VALUES:
        return validator.iter_errors(light)
    try:
        validator.validate(light)
    except jsonschema_rs.ValidationError as first:
        return (first,)
    return ()


def _light(value: Any) -> tuple[Any, int]:
    """A copy whose texts are short, and how many values it has."""
    if isinstance(value, str):
        return (value if len(value) <= LONG else value[:LONG] + "…"), 1
    if isinstance(value, dict):
        members = {name: _light(one) for name, one in value.items()}
        return (
            {name: one for name, (one, _) in members.items()},
            1 + sum(size for _, size in members.values()),
        )
    if isinstance(value, list):
        items = [_light(one) for one in value]
        return [one for one, _ in items], 1 + sum(size for _, size in items)
    return value, 1


def _held(resource: Resource, rtype: str) -> Iterator[tuple[str, Resource]]:
    """(path, resource) of the resources that this one holds; what is no object is skipped."""
    yield from _objects(resource, "contained")
    if rtype == "Bundle":
        for path, entry in _objects(resource, "entry"):
            yield from _member(entry, path, "resource")
            for inner, response in _member(entry, path, "response"):
                yield from _member(response, inner, "outcome")
    elif rtype == "Parameters":
        yield from _parameters(resource, "", "parameter")


def _parameters(holder: Resource, at: str, name: str) -> Iterator[tuple[str, Resource]]:
    for path, parameter in _objects(holder, name):
        yield from _member(parameter, at + path, "resource")
        yield from _parameters(parameter, at + path, "part")


def _objects(holder: Resource, name: str) -> Iterator[tuple[str, Resource]]:
    items = holder.get(name)
    if isinstance(items, list):
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield f".{name}[{index}]", item


def _member(holder: Resource, at: str, name: str) -> Iterator[tuple[str, Resource]]:
    item = holder.get(name)
    if isinstance(item, dict):
        yield f"{at}.{name}", item


def _issues(error: jsonschema_rs.ValidationError, here: str) -> Iterator[StructureIssue]:
    at = here + "".join(_step(step) for step in error.instance_path)
    kind: Any = error.kind
    if kind.name == "additionalProperties":
        for name in kind.unexpected:
            child = f"{at}.{name}" if len(name) <= 80 and _NAME.fullmatch(name) else at
            yield StructureIssue(child, f"Élément inconnu ici : « {name[:80]} ».")
        return
    sentence = _sentence(error, kind)
    if _BIRTH_DATE.search(at) and _LUNAR.fullmatch(str(error.instance)):
        sentence = f"{sentence} {LUNAR_DATE}"
    yield StructureIssue(at, sentence)


def _sentence(error: jsonschema_rs.ValidationError, kind: Any) -> str:
    match kind.name:
        case "required":
            return f"Élément obligatoire absent : « {kind.property} »."
        case "enum":
            shown = ", ".join(str(option) for option in kind.options[:MAX_TYPES_SHOWN])
            return f"Valeur admise : {shown}. Trouvé : {_shown(error.instance)}."
        case "type":
            wanted = " ou ".join(_JSON_TYPES.get(name, name) for name in kind.types)
            return f"Attendu : {wanted}. Trouvé : {_shown(error.instance)}."
        case "pattern":
            definition = error.schema_path[-2]
            return f"Forme d'un « {definition} » attendue. Trouvé : {_shown(error.instance)}."
        case "const":
            return f"Attendu : {kind.expected_value}. Trouvé : {_shown(error.instance)}."
    return "Contrainte de structure non respectée."


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    # `_birthDate` carries the extensions of `birthDate`: in FHIRPath both are one element.
    return f".{step.removeprefix('_')}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:80] + "…"


def _definitions() -> dict[str, Any]:
    """Read again for each type compiled: what is kept is the compiled validator, not the text."""
    packed = files("services.fhir").joinpath("data", "r4.schema.json.gz").read_bytes()
    definitions: dict[str, Any] = orjson.loads(gzip.decompress(packed))
    return definitions


@cache
def _properties() -> dict[str, tuple[str, ...]]:
    """Resource type → its properties."""
    return {
        name: tuple(body["properties"]) for name, body in _definitions().items()
        if "const" in body.get("properties", {}).get("resourceType", {})
    }


@cache
def _resource_types() -> frozenset[str]:
    return frozenset(_properties())


@cache
def _validator(rtype: str) -> jsonschema_rs.Draft6Validator:
    """Compiled from the definitions that the type reaches, 4 ms each."""
    definitions, reached, todo = _definitions(), {}, [rtype]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached[name] = definitions[name]
            todo += _REFERENCE.findall(orjson.dumps(definitions[name]).decode())
    return jsonschema_rs.Draft6Validator({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "$ref": f"#/definitions/{rtype}", "definitions": reached,
    })
