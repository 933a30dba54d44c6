"""Searches in one patient's DMP: mandatory parameters, authorisation, visibility."""

from __future__ import annotations

from collections.abc import Iterable

from dmp import errors, store
from dmp.domain import Appelant
from dmp.fhir import BASE
from dmp.fhir.access import require_reader
from dmp.fhir.elements import oid
from dmp.fhir.index import AUDIENCE, EVERYONE, PERSON
from dmp.fhir.patients import Designation, open_dmp_of
from services.fhir import errors as fhir_errors
from services.fhir.criteria import Criterion, Parameter, identifier_of
from services.fhir.interactions import answer_query
from services.fhir.search import Query, read_query
from services.kernel.exchange import Answer, Exchange

_PATIENT = ("patient", identifier_of("patient"))


async def search_dmp(
    exchange: Exchange, caller: Appelant, rtype: str, parameters: Iterable[Parameter],
    mandatory: tuple[str, ...],
) -> Answer:
    """The resources of one patient that this professional may see, newest first.

    Raises MISSING_PARAMETER, UNKNOWN_PATIENT, CLOSED, DENIED or FORBIDDEN.
    """
    query = read_query(exchange, parameters, exchange.base_url + BASE)
    _require(query, mandatory)
    at = "http.patient"
    patient = await open_dmp_of(exchange, designated(query), at)
    declared = await store.declaration(
        exchange.sandbox.database, exchange.tenant, patient.id, caller.id_nat
    )
    require_reader(exchange, caller, patient, declared, at)
    query.criteria = [one for one in query.criteria if one.param not in _PATIENT]
    query.criteria += [
        Criterion("reference", "patient", ("ti",), (("Patient", patient.id),), selective=True),
        Criterion(
            "token", AUDIENCE, ("sc", "sc"), (EVERYONE, (PERSON, caller.id_nat)), leads=False
        ),
    ]
    return await answer_query(exchange, store.SERVICE, BASE, rtype, query)


def designated(query: Query, name: str = "patient") -> Designation:
    """The one patient that a search names, by this parameter or its identifier.

    Raises MISSING_PARAMETER for none or several.
    """
    found = {
        (one.kind, values) for one in query.criteria
        if one.param in (name, identifier_of(name)) and not one.negated for values in one.values
    }
    if len(found) != 1:
        raise errors.MISSING_PARAMETER(
            "Une recherche porte sur un patient et un seul.", at=f"http.{name}",
            expected=f"{name}, avec une valeur", found=f"{len(found)} valeur(s)",
        )
    kind, values = found.pop()
    *scope, value = (str(one) for one in values)
    if kind == "token":
        return Designation(value, oid("".join(scope)))
    return Designation(id=value if scope in ([], ["Patient"]) else f"{''.join(scope)}/{value}")


def only(query: Query, name: str) -> Query:
    """The query, if it has no other criterion. Raises PARAMETER_UNKNOWN."""
    for one in query.criteria:
        if one.param not in (name, identifier_of(name)):
            raise fhir_errors.PARAMETER_UNKNOWN(
                at=f"http.{one.param}", expected=name, found=one.param
            )
    return query


def _require(query: Query, mandatory: tuple[str, ...]) -> None:
    given = {one.param for one in query.criteria if one.values}
    for name in mandatory:
        if name not in given:
            raise errors.MISSING_PARAMETER(
                f"Le paramètre « {name} » est obligatoire.", at=f"http.{name}",
                expected=", ".join(("patient", *mandatory)),
                found=", ".join(sorted(given)) or "(aucun)",
            )
