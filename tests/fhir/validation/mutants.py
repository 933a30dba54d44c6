"""Invalid instances derived from published snapshots: each breaks one constraint of a profile.

A mutant is an official example changed in one place, with the rules that may tell it and the place
where they must. The snapshots are read as published, not through our own reduction.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Steps = tuple[str | int, ...]

WRONG_TYPE: dict[str, Any] = {
    "boolean": "vrai", "integer": "12", "positiveInt": "3", "unsignedInt": "3", "decimal": "1.5",
}
WRONG_FORMAT: dict[str, Any] = {
    "date": "2020-13-45", "dateTime": "hier", "instant": "2020-01-01", "time": "25:00:00",
    "code": "deux  espaces", "id": "é", "uri": "avec espace", "url": "avec espace",
    "canonical": "avec espace", "oid": "1.2.3", "uuid": "pas-un-uuid", "positiveInt": 0,
    "unsignedInt": -1, "string": "", "markdown": "",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """rules: one of them must be told, at `place` or below."""

    name: str
    resource: Json
    rules: frozenset[str]
    place: str


def mutants(
    snapshot: Json, example: Json, seen: set[tuple[str, str]], lists: frozenset[str]
) -> Iterator[Mutant]:
    """Mutants of one example for one profile. seen: (element, kind) already made; lists: value
    sets whose codes are all known."""
    elements = snapshot["snapshot"]["element"]
    for element in elements[1:]:
        if ":" in element["id"]:
            yield from _slice_removed(elements, element, example, seen)
            continue
        for kind, made in _of_element(element, example, lists):
            key = (f"{snapshot['url']}|{snapshot['version']} {element['id']}", kind)
            if key not in seen and made is not None:
                seen.add(key)
                yield made


def _of_element(
    element: Json, example: Json, lists: frozenset[str]
) -> Iterator[tuple[str, Mutant | None]]:
    path: str = element["path"]
    names = path.split(".")[1:]
    if not names or names[-1] in {"id", "resourceType"} or "contained" in names:
        return
    kinds = [each["code"] for each in element.get("type", ())]
    name, choice = names[-1].removesuffix("[x]"), names[-1].endswith("[x]")
    for holder_at in _places(example, tuple(names[:-1])):
        holder = _value(example, holder_at)
        if not isinstance(holder, dict):
            continue
        if choice:
            yield from _of_choice(element, example, holder_at, name)
            continue
        present = name in holder
        if element.get("max") == "0" and not present:
            yield "forbidden", _changed(
                example, holder_at, name, _dummy(element, kinds), "forbidden",
                {"card.max"}, _shown(path, holder_at, name),
            )
        if not present:
            continue
        if element.get("min", 0) > 0:
            yield "missing", _changed(
                example, holder_at, name, None, "missing",
                {"card.min", "slice.min", "json.empty", "slice.closed"},
                _shown(path, holder_at, ""),
            )
        value, at = holder[name], _shown(path, holder_at, name)
        if isinstance(value, list) and element.get("max") == "1":
            yield "twice", _changed(
                example, holder_at, name, value * 2, "twice", {"card.max"}, at
            )
        yield from _of_value(element, example, holder_at, name, kinds, at)
        yield from _of_binding(element, example, holder_at, name, lists, at)


def _of_choice(
    element: Json, example: Json, holder_at: Steps, name: str
) -> Iterator[tuple[str, Mutant | None]]:
    holder = _value(example, holder_at)
    forms = [key for key in holder if key.startswith(name) and key != name]
    if len(forms) == 1 and element.get("min", 0) > 0:
        yield "missing", _changed(
            example, holder_at, forms[0], None, "missing",
            {"card.min", "inv.ext-1", "slice.min", "json.empty", "slice.closed"},
            _shown(element["path"], holder_at, ""),
        )


def _of_value(
    element: Json, example: Json, holder_at: Steps, name: str, kinds: list[str], at: str
) -> Iterator[tuple[str, Mutant | None]]:
    value = _value(example, holder_at)[name]
    code = kinds[0] if len(kinds) == 1 else ""
    many = isinstance(value, list)

    def put(one: Any, kind: str, rules: set[str]) -> tuple[str, Mutant]:
        return kind, _changed(example, holder_at, name, [one] if many else one, kind, rules, at)

    for prefix, rule in (("fixed", "fixed"), ("pattern", "pattern")):
        if any(key.startswith(prefix) and isinstance(element[key], str) for key in element):
            yield put("urn:autre", rule, {rule, "slice.min", "slice.closed"})
    if code in WRONG_TYPE:
        yield put(WRONG_TYPE[code], "type", {"value.type"})
    elif code and code[0].islower() and code != "xhtml":
        yield put({"faux": 1}, "type", {"value.type", "json.object"})
    elif code and not many:
        yield put("un texte", "type", {"json.object", "value.type"})
    if code in WRONG_FORMAT:
        yield put(WRONG_FORMAT[code], "format", {"value.format"})
    if many and value:
        yield "array", _changed(example, holder_at, name, value[0], "array", {"json.array"}, at)
        yield "empty", _changed(example, holder_at, name, [], "empty", {"json.empty"}, at)
    one = value[0] if many and value else value
    targets = [
        target for each in element.get("type", ()) for target in each.get("targetProfile", ())
    ]
    if isinstance(one, dict):
        yield put({**one, "inconnu": "x"}, "unknown", {"element.unknown"})
        everything = any(target.split("|")[0].endswith("/Resource") for target in targets)
        if code == "Reference" and targets and not everything and "reference" in one:
            yield put({"reference": "Basic/1"}, "target", {"reference.type"})


def _of_binding(
    element: Json, example: Json, holder_at: Steps, name: str, lists: frozenset[str], at: str
) -> Iterator[tuple[str, Mutant | None]]:
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or (
        binding.get("valueSet", "").partition("|")[0] not in lists
    ):
        return
    value = _value(example, holder_at)[name]
    one = value[0] if isinstance(value, list) else value
    wrong: Any = "zzz-inconnu"
    if isinstance(one, dict):
        coding = {"system": "urn:oid:1.2.3.4", "code": wrong}
        wrong = {"coding": [coding]} if "coding" in one else coding
    yield "binding", _changed(
        example, holder_at, name, [wrong] if isinstance(value, list) else wrong, "binding",
        {"binding.required", "slice.min", "slice.closed"}, at,
    )


def _slice_removed(
    elements: list[Json], element: Json, example: Json, seen: set[tuple[str, str]]
) -> Iterator[Mutant]:
    """Extensions and canonicals that a profile makes mandatory, at the top of the resource."""
    names = element["path"].split(".")[1:]
    if "sliceName" not in element or element.get("min", 0) < 1 or ":" in element["id"].rpartition(
        "."
    )[0]:
        return
    wanted = next(
        (one.partition("|")[0] for each in element.get("type", ())
         for one in each.get("profile", ()) if each["code"] == "Extension"),
        element.get("patternCanonical"),
    )
    if wanted is None or (element["id"], "slice") in seen:
        return
    for holder_at in _places(example, tuple(names[:-1])):
        items = _value(example, holder_at).get(names[-1])
        kept = [
            each for each in items
            if (each.get("url") if isinstance(each, dict) else each) != wanted
        ] if isinstance(items, list) else items
        if isinstance(items, list) and kept and len(kept) < len(items):
            seen.add((element["id"], "slice"))
            yield _changed(
                example, holder_at, names[-1], kept, f"slice {element['sliceName']}",
                {"slice.min", "card.min", "profile.unknown"},
                _shown(element["path"], holder_at, ""),
            )


def _places(value: Any, names: tuple[str, ...], at: Steps = ()) -> Iterator[Steps]:
    """Where the element of these names stands."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _places(each, names, (*at, number))
    elif not names:
        yield at
    elif isinstance(value, dict):
        name = names[0].removesuffix("[x]")
        if name in value:
            yield from _places(value[name], names[1:], (*at, name))


def _value(resource: Json, at: Steps) -> Any:
    value: Any = resource
    for step in at:
        value = value[step]
    return value


def _changed(
    example: Json, at: Steps, name: str, value: Any, kind: str, rules: set[str], place: str
) -> Mutant:
    resource = copy.deepcopy(example)
    holder = _value(resource, at)
    if value is None:
        holder.pop(name, None)
        holder.pop("_" + name, None)
    else:
        holder[name] = value
    return Mutant(f"{kind} {place}.{name}", resource, frozenset(rules), place)


def _shown(path: str, holder_at: Steps, name: str) -> str:
    text = path.split(".", maxsplit=1)[0]
    for step in holder_at:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return f"{text}.{name}" if name else text


def _dummy(element: Json, kinds: list[str]) -> Any:
    code = kinds[0] if kinds else ""
    one: Any = {"extension": [{"url": "urn:x", "valueString": "x"}]}
    if code == "Extension":
        one = {"url": "urn:x", "valueString": "x"}
    elif code and (code[0].islower() or code.startswith("http")):
        one = True if code == "boolean" else 1 if code in WRONG_TYPE else "2020-01-01"
    return [one] if element.get("base", {}).get("max", "1") != "1" else one
