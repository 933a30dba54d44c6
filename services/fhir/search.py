"""Search requests: a query string as criteria, page size, cursor. No database here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from services.fhir import controls, errors
from services.fhir.chains import Resolved, resolve
from services.fhir.controls import Include
from services.fhir.criteria import Criterion, Parameter, ParameterError, compare
from services.fhir.declaration import ALWAYS, Offer
from services.fhir.sorting import NEWEST, Order
from services.fhir.subsets import WHOLE, Subset
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange

__all__ = ["CURSOR", "Criterion", "Parameter", "Query", "read_query"]

CURSOR = "_cursor"
DEFAULT_COUNT, MAX_COUNT = 50, 500
MAX_CRITERIA, MAX_VALUES, MAX_LENGTH = 32, 128, 8192
"""Criteria of a search, values of them all, characters of one: what a statement can bear."""
_IGNORED_CONTROLS = ("_format", "_pretty")
_READ_CONTROLS = (*_IGNORED_CONTROLS, "_elements", "_summary")
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
    understood, for the self link and to bind the cursor to its search; order, sort_names: of
    `_sort`; subset: what of each resource is wanted; includes: what else is.
    """

    criteria: list[Criterion] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    total: bool = False
    cursor: str = ""
    ignored: list[str] = field(default_factory=list)
    echo: list[tuple[str, str]] = field(default_factory=list)
    order: Order = NEWEST
    sort_names: tuple[str, ...] = ()
    subset: Subset = WHOLE
    includes: list[Include] = field(default_factory=list)


def read_query(
    exchange: Exchange, parameters: Iterable[Parameter], base: str = "",
    offer: Offer | None = None,
) -> Query:
    """The search of a GET (query string) or of a POST `_search` (query string and form).

    base: absolute FHIR base of the service, removed from references; offer: the declared type
    whose parameters these are, for chains, inclusions, orders and parts. Raises PARAMETER_UNKNOWN
    (unless `Prefer: handling=lenient`) and PARAMETER_INVALID.
    """
    known = {parameter.name: parameter for parameter in (*ALWAYS, *parameters)}
    reading = _Reading(Query(), known, base, exchange.tenant.clock.now(), offer)
    posted = exchange.method == "POST" and exchange.body
    pairs = exchange.query + (exchange.form() if posted else [])
    lenient = _lenient(exchange)
    query = reading.query
    for name, value in pairs:
        if name in _IGNORED_CONTROLS or not value:
            if value and offer is not None:
                query.echo.append((name, value))
            continue
        if len(value) > MAX_LENGTH:
            raise _invalid(name, value, f"{MAX_LENGTH} caractères au plus")
        if "\0" in value:
            raise _invalid(name, value, "un texte sans U+0000")
        if name == CURSOR:
            query.cursor = value
        elif reading.control(name, value) or reading.criterion(name, value):
            query.echo.append((name, value))
        elif lenient:
            query.ignored.append(name)
        else:
            raise errors.PARAMETER_UNKNOWN(
                at=f"http.{name}", expected=", ".join(sorted(known)), found=name
            )
    if query.subset.summary == "count":
        query.count = 0
    return query


def read_controls(exchange: Exchange, offer: Offer) -> Query:
    """What a read may ask of its resource: `_summary`, `_elements`, and its format.

    Raises PARAMETER_UNKNOWN (unless `Prefer: handling=lenient`) and PARAMETER_INVALID.
    """
    reading = _Reading(Query(), {}, "", 0, offer)
    for name, value in exchange.query:
        if name in ("_summary", "_elements") and value:
            reading.control(name, value)
        elif name not in _READ_CONTROLS and not _lenient(exchange):
            raise errors.PARAMETER_UNKNOWN(
                at=f"http.{name}", expected=", ".join(_READ_CONTROLS), found=name
            )
    return reading.query


def _lenient(exchange: Exchange) -> bool:
    return "handling=lenient" in exchange.header("prefer").replace(" ", "").lower()


@dataclass(slots=True)
class _Reading:
    """A query under way, and what its parameters are read against."""

    query: Query
    known: dict[str, Parameter]
    base: str
    now: int
    offer: Offer | None

    def control(self, name: str, value: str) -> bool:
        """Whether `name` rules the page rather than the matches; then it is taken into account."""
        query = self.query
        if name == "_count":
            if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
                raise _invalid(name, value, "un entier positif ou nul")
            query.count = min(int(value), MAX_COUNT)
            return True
        if self.offer is not None:
            return self._offered(name, value, self.offer)
        accepted = _ACCEPTED.get(name)
        if accepted is None:
            return False
        if value not in accepted:
            raise _invalid(name, value, " ou ".join(accepted))
        if name == "_summary":
            query.subset = query.subset._replace(summary=value)
        query.total = query.total or value in ("accurate", "count")
        return True

    def criterion(self, name: str, value: str) -> bool:
        """Whether `name` is a parameter that is known here; then its condition is added."""
        try:
            found = self._resolved(name)
            if found is None or (found.links and found.modifier == "missing"):
                return False
            made = compare(found.parameter, found.modifier, value, self.base, self.now)
        except ParameterError as error:
            raise _invalid(name, value, str(error)) from error
        if made is None:
            return False
        criteria = self.query.criteria
        criteria.append(replace(made, links=found.links) if found.links else made)
        compared = sum(len(one.values) for one in criteria)
        if len(criteria) > MAX_CRITERIA or compared > MAX_VALUES:
            raise _invalid(name, value, f"{MAX_CRITERIA} critères et {MAX_VALUES} valeurs au plus")
        return True

    def _resolved(self, name: str) -> Resolved | None:
        """Without an offer, `patient.identifier` is read as `patient:identifier`: the service
        indexes the identifiers of what it resolved, so that both find the same resources."""
        if self.offer is not None:
            return resolve(name, self.offer)
        stem, _, modifier = name.partition(":")
        if stem not in self.known and not modifier:
            stem, _, rest = stem.partition(".")
            modifier = rest if rest == "identifier" else "?"
        known = self.known.get(stem)
        return Resolved(known, modifier) if known else None

    def _offered(self, name: str, value: str, offer: Offer) -> bool:
        query = self.query
        try:
            match name.partition(":")[0]:
                case "_total" | "_totalMethod":
                    query.total = controls.total(value) or query.total
                case "_sort":
                    query.order, query.sort_names = controls.sort(value, offer)
                case "_summary":
                    query.subset = controls.summary(value, query.subset)
                case "_elements":
                    query.subset = controls.elements(value, query.subset, offer)
                case "_include" | "_revinclude":
                    query.includes += controls.includes(name, value, offer)
                case _:
                    return False
        except ParameterError as error:
            raise _invalid(name, value, str(error)) from error
        return True


def _invalid(name: str, found: str, expected: str) -> Refusal:
    return errors.PARAMETER_INVALID(at=f"http.{name}", expected=expected, found=found)
