"""Search requests: a query string as criteria, page size, cursor. No database here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.fhir import errors
from services.fhir.criteria import Criterion, Parameter, ParameterError, compare
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange

__all__ = ["CURSOR", "Criterion", "Parameter", "Query", "read_query"]

CURSOR = "_cursor"
DEFAULT_COUNT, MAX_COUNT = 50, 500
_IGNORED_CONTROLS = ("_format", "_pretty")
_ALWAYS = (
    Parameter("_id", "token", "Identifiant logique", selective=True),
    Parameter("_lastUpdated", "date", "Instant de la dernière version"),
)
_ACCEPTED = {
    "_total": ("none", "accurate"),
    "_summary": ("false", "count"),
    "_sort": ("-_lastUpdated",),
    "_totalMethod": ("count",),  # how fhirpy counts, beside _count=0
}


@dataclass(slots=True)
class Query:
    """A whole search.

    count: entries a page, 0 for the total alone; total: whether an exact total is asked for;
    cursor: as received; ignored: unknown names of a lenient client; echo: the pairs that were
    understood, for the self link and to bind the cursor to its search.
    """

    criteria: list[Criterion] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    total: bool = False
    cursor: str = ""
    ignored: list[str] = field(default_factory=list)
    echo: list[tuple[str, str]] = field(default_factory=list)


def read_query(exchange: Exchange, parameters: Iterable[Parameter], base: str = "") -> Query:
    """The search of a GET (query string) or of a POST `_search` (query string and form).

    base: absolute FHIR base of the service, removed from references. Raises PARAMETER_UNKNOWN
    (unless `Prefer: handling=lenient`) and PARAMETER_INVALID.
    """
    known = {parameter.name: parameter for parameter in (*_ALWAYS, *parameters)}
    pairs = exchange.query + (exchange.form() if exchange.method == "POST" else [])
    lenient = "handling=lenient" in exchange.header("prefer").replace(" ", "").lower()
    query = Query()
    for name, value in pairs:
        if name in _IGNORED_CONTROLS or not value:
            continue
        if "\0" in value:
            raise _invalid(name, value, "un texte sans U+0000")
        if name == CURSOR:
            query.cursor = value
        elif _control(query, name, value) or _criterion(query, name, value, known, base):
            query.echo.append((name, value))
        elif lenient:
            query.ignored.append(name)
        else:
            raise errors.PARAMETER_UNKNOWN(
                at=f"http.{name}", expected=", ".join(sorted(known)), found=name
            )
    return query


def _control(query: Query, name: str, value: str) -> bool:
    """Whether `name` rules the page rather than the matches; then it is taken into account."""
    if name == "_count":
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
            raise _invalid(name, value, "un entier positif ou nul")
        query.count = min(int(value), MAX_COUNT)
        return True
    accepted = _ACCEPTED.get(name)
    if accepted is None:
        return False
    if value not in accepted:
        raise _invalid(name, value, " ou ".join(accepted))
    if name == "_summary" and value == "count":
        query.count = 0
    query.total = query.total or value in ("accurate", "count")
    return True


def _criterion(
    query: Query, name: str, value: str, known: dict[str, Parameter], base: str
) -> bool:
    stem, modifier = _stem(name, known)
    if stem not in known:
        return False
    try:
        found = compare(known[stem], modifier, value, base)
    except ParameterError as error:
        raise _invalid(name, value, str(error)) from error
    if found is None:
        return False
    query.criteria.append(found)
    return True


def _stem(name: str, known: dict[str, Parameter]) -> tuple[str, str]:
    """Name and modifier. `patient.identifier` is read as `patient:identifier`: the service
    indexes the identifiers of what it resolved, so that both forms find the same resources."""
    stem, _, modifier = name.partition(":")
    if stem in known or modifier:
        return stem, modifier
    chain, _, rest = stem.partition(".")
    return (chain, "identifier") if rest == "identifier" else (stem, "")


def _invalid(name: str, found: str, expected: str) -> Refusal:
    return errors.PARAMETER_INVALID(at=f"http.{name}", expected=expected, found=found)
