"""Search criteria: declared parameters, and one parameter's text as a typed comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.fhir.dates import interval

Kind = Literal["token", "reference", "string", "date"]
Compared = tuple[str, tuple[str | int, ...]]

MAX_VALUES = 64
_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb)?(.*)", re.DOTALL)
_REFERENCE = re.compile(r"(?:([A-Z][A-Za-z]+)/)?([A-Za-z0-9.\-]{1,64})(?:/_history/.+)?")
_ESCAPE = re.compile(r"\\([,|$\\])")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared search parameter.

    targets: resource types a reference may point to; selective: few resources share a value
    (identifiers), so that a search may start from it.
    """

    name: str
    kind: Kind
    documentation: str = ""
    targets: tuple[str, ...] = ()
    selective: bool = False


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: any of `values` (OR); several criteria are joined by AND.

    `forms` says how each value is compared and `values` holds what is bound, same length:
    token `sc` (system, code), `c` (code), `s` (system); reference `ti` (type, id), `i` (id);
    string `p` (from, to); date and updated `eq ne gt lt ge le sa eb` (lo, hi); id `=` (id).
    missing: None, or whether the parameter must be absent (then there are no values).
    """

    kind: Kind | Literal["id", "updated"]
    param: str
    forms: tuple[str, ...] = ()
    values: tuple[tuple[str | int, ...], ...] = ()
    selective: bool = False
    missing: bool | None = None


class ParameterError(ValueError):
    """What the value should have looked like; French."""


def compare(parameter: Parameter, modifier: str, text: str, base: str) -> Criterion | None:
    """The criterion that `text` asks for, None when the modifier does not fit the parameter.

    base: absolute FHIR base of the service, removed from references. Raises ParameterError.
    """
    name, kind = parameter.name, parameter.kind
    if modifier == "missing" and not name.startswith("_"):
        return _missing(parameter, text)
    values = split(text, ",")
    if len(values) > MAX_VALUES:
        raise ParameterError(f"{MAX_VALUES} valeurs au plus")
    if kind == "reference" and modifier == "identifier":
        return _made("token", identifier_of(name), [_token(value) for value in values], True)
    if kind == "reference":
        if modifier and modifier not in parameter.targets:
            return None
        return _made("reference", name, [_reference(v, modifier, base) for v in values], True)
    if modifier:
        return None
    if name == "_id":
        return _made("id", name, [("=", (unescape(value),)) for value in values], True)
    if kind == "date":
        which = "updated" if name == "_lastUpdated" else "date"
        return _made(which, name, [_date(value) for value in values], False)  # type: ignore[arg-type]
    if kind == "token":
        return _made("token", name, [_token(value) for value in values], parameter.selective)
    return _made("string", name, [_string(value) for value in values], parameter.selective)


def identifier_of(param: str) -> str:
    """Name under which the identifiers of a reference's target are indexed, as tokens."""
    return f"{param}:identifier"


def normalise(text: str) -> str:
    """What string parameters compare: no accents, no case, single spaces."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
    )
    return " ".join(plain.casefold().split())


def split(text: str, separator: str) -> list[str]:
    """Parts between the separators that no backslash escapes; escapes are kept."""
    if "\\" not in text:
        return text.split(separator)
    parts, escaped = [""], False
    for character in text:
        if character == separator and not escaped:
            parts.append("")
            continue
        parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts


def unescape(text: str) -> str:
    """FHIR R4 §3.1.1.4: a backslash stands before a literal `,`, `|`, `$` or backslash."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def _missing(parameter: Parameter, text: str) -> Criterion:
    if text not in ("true", "false"):
        raise ParameterError("true ou false")
    return Criterion(parameter.kind, parameter.name, missing=text == "true")


def _made(
    kind: Kind | Literal["id", "updated"], param: str, compared: Sequence[Compared],
    selective: bool,
) -> Criterion:
    padded = _padded(compared)
    forms = tuple(form for form, _ in padded)
    return Criterion(kind, param, forms, tuple(values for _, values in padded), selective)


def _padded(compared: Sequence[Compared]) -> list[Compared]:
    """Values of one form repeat the last up to a power of two: fewer shapes of statement."""
    made = list(compared)
    if len({form for form, _ in made}) == 1:
        made += made[-1:] * ((1 << (len(made) - 1).bit_length()) - len(made))
    return made


def _token(text: str) -> Compared:
    plain = [unescape(part) for part in split(text, "|")]
    if len(plain) == 1 and plain[0]:
        return "c", (plain[0],)
    if len(plain) == 2 and plain[1]:
        return "sc", (plain[0], plain[1])
    if len(plain) == 2 and plain[0]:
        return "s", (plain[0],)
    raise ParameterError("systeme|code, |code, systeme| ou code")


def _reference(text: str, modifier: str, base: str) -> Compared:
    plain = unescape(text)
    if base and plain.startswith(base + "/"):
        plain = plain[len(base) + 1:]
    if ":" in plain:
        return "ti", ("", plain)
    form = _REFERENCE.fullmatch(plain)
    if form is None:
        raise ParameterError("Type/id, id ou URL absolue")
    target = form.group(1) or modifier
    return ("ti", (target, form.group(2))) if target else ("i", (form.group(2),))


def _date(text: str) -> Compared:
    prefix, value = _PREFIX.fullmatch(text).groups()  # type: ignore[union-attr]
    try:
        return prefix or "eq", interval(value.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise ParameterError(
            "[eq|ne|gt|lt|ge|le|sa|eb]AAAA[-MM[-JJ[Thh:mm[:ss[.fff]][Z|±hh:mm]]]]"
        ) from error


def _string(text: str) -> Compared:
    start = normalise(unescape(text))
    return "p", (start, start + "\U0010ffff")
