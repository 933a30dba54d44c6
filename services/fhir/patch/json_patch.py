"""JSON Patch, RFC 6902: add, remove, replace, move, copy and test, at JSON pointers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from services.fhir import errors
from services.kernel.errors import Refusal

MOST = 500
MAX_DEPTH = 60
MAX_COPIED = 10_000
"""Values that all the copies of one patch may make: copies of copies would grow without end."""


class _Wrong(Exception):
    """Why an operation cannot be applied; French."""


def apply(resource: dict[str, Any], operations: Any) -> None:
    """Apply all operations in order. Raises PATCH_INVALID; the resource is then to be dropped."""
    if not isinstance(operations, list) or len(operations) > MOST:
        raise errors.PATCH_INVALID(
            expected=f"un tableau d'au plus {MOST} opérations (RFC 6902)",
            found=type(operations).__name__,
        )
    copied = 0
    for rank, operation in enumerate(operations):
        try:
            copied += _apply(resource, operation)
            if copied > MAX_COPIED:
                raise _Wrong(f"{MAX_COPIED} valeurs copiées au plus")
        except _Wrong as wrong:
            raise _refused(rank, operation, str(wrong)) from wrong


def _apply(resource: dict[str, Any], operation: Any) -> int:
    """How many values a copy would add; 0 for the others."""
    if not isinstance(operation, dict):
        raise _Wrong("une opération est un objet")
    name = operation.get("op")
    run = _OPERATIONS.get(name) if isinstance(name, str) else None
    if run is None:
        raise _Wrong(f"op est l'un de {', '.join(_OPERATIONS)}")
    copied = _size(resource, operation) if name == "copy" else 0
    if copied <= MAX_COPIED:
        run(resource, operation)
    return copied


def _add(resource: Any, operation: Mapping[str, Any]) -> None:
    _put(resource, _pointer(operation, "path"), _value(operation))


def _remove(resource: Any, operation: Mapping[str, Any]) -> None:
    _take(resource, _pointer(operation, "path"))


def _replace(resource: Any, operation: Mapping[str, Any]) -> None:
    holder, key = _place(resource, _pointer(operation, "path"))
    _at(holder, key)
    holder[key] = _value(operation)


def _move(resource: Any, operation: Mapping[str, Any]) -> None:
    source, target = _pointer(operation, "from"), _pointer(operation, "path")
    if target[:len(source)] == source and target != source:
        raise _Wrong("un élément ne va pas dans lui-même")
    _put(resource, target, _take(resource, source))


def _copy(resource: Any, operation: Mapping[str, Any]) -> None:
    holder, key = _place(resource, _pointer(operation, "from"))
    _put(resource, _pointer(operation, "path"), copy.deepcopy(_at(holder, key)))


def _size(resource: Any, operation: Mapping[str, Any]) -> int:
    """Values in what a copy would copy."""
    holder, key = _place(resource, _pointer(operation, "from"))
    count, level = 0, [_at(holder, key)]
    while level:
        count += len(level)
        level = [
            one for each in level if isinstance(each, (dict, list))
            for one in (each.values() if isinstance(each, dict) else each)
        ]
    return count


def _test(resource: Any, operation: Mapping[str, Any]) -> None:
    holder, key = _place(resource, _pointer(operation, "path"))
    if not _same(_at(holder, key), _value(operation)):
        raise _Wrong("la valeur n'est pas celle que le test attend")


def _put(resource: Any, path: list[str], value: Any) -> None:
    holder, key = _place(resource, path, adding=True)
    if isinstance(holder, list):
        holder.insert(key, value)
    else:
        holder[key] = value


def _take(resource: Any, path: list[str]) -> Any:
    holder, key = _place(resource, path)
    _at(holder, key)
    return holder.pop(key)


def _place(root: Any, path: list[str], adding: bool = False) -> tuple[Any, Any]:
    """The holder that a pointer ends in, and the key in it."""
    if not path:
        raise _Wrong("la ressource entière ne se remplace pas par un correctif")
    holder = root
    for part in path[:-1]:
        holder = _at(holder, _key(holder, part))
    return holder, _key(holder, path[-1], adding)


def _key(holder: Any, part: str, adding: bool = False) -> Any:
    if isinstance(holder, dict):
        return part
    if not isinstance(holder, list):
        raise _Wrong(f"« {part} » est sous une valeur simple")
    if part == "-" and adding:
        return len(holder)
    if not (part.isascii() and part.isdigit()) or (part[0] == "0" and part != "0"):
        raise _Wrong(f"« {part} » n'est pas un rang")
    if int(part) > len(holder) - (not adding):
        raise _Wrong(f"le rang {part} n'existe pas")
    return int(part)


def _at(holder: Any, key: Any) -> Any:
    if isinstance(holder, dict) and key not in holder:
        raise _Wrong(f"« {key} » n'existe pas")
    return holder[key]


def _pointer(operation: Mapping[str, Any], name: str) -> list[str]:
    text = operation.get(name)
    if not isinstance(text, str) or (text and text[0] != "/"):
        raise _Wrong(f"{name} est un pointeur JSON (/a/0/b)")
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    if len(parts) > MAX_DEPTH:
        raise _Wrong(f"{name} : {MAX_DEPTH} niveaux au plus")
    return parts


def _value(operation: Mapping[str, Any]) -> Any:
    if "value" not in operation:
        raise _Wrong("value est absent")
    return operation["value"]


def _same(one: Any, other: Any) -> bool:
    """RFC 6902 §4.6: in Python True == 1, in JSON true is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _refused(rank: int, operation: Any, why: str) -> Refusal:
    named = operation if isinstance(operation, dict) else {}
    shown = f"{named.get('op', '?')} {named.get('path', '?')}"[:200]
    return errors.PATCH_INVALID(f"Opération {rank} ({shown}) : {why}.", at=f"http.body[{rank}]")


_OPERATIONS: dict[str, Callable[[Any, Mapping[str, Any]], None]] = {
    "add": _add, "remove": _remove, "replace": _replace, "move": _move, "copy": _copy,
    "test": _test,
}
