"""From what a message says of the patient to the patient of the tenant."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from dmp import codes, errors
from dmp.domain import Demande, Identification
from dmp.fhir import BASE
from dmp.fhir.access import require_open
from dmp.fhir.elements import Around, get, items, oid, text
from dmp.rules import PATIENT_RULES
from services.kernel.exchange import Exchange
from services.kernel.rules import observe
from services.population import Patient, people

_BY_QUERY = "Patient?"


@dataclass(frozen=True, slots=True)
class Designation:
    """How the message names the patient: an INS with its authority, or the id of our Patient."""

    matricule: str = ""
    oid: str = ""
    id: str = ""


def designation(subject: object, around: Around, base_url: str) -> Designation:
    """Read `subject`: by identifier, by `Patient?identifier=…`, contained, sent with, or by id."""
    identifier = get(subject, "identifier")
    reference = text(subject, "reference").removeprefix(f"{base_url}{BASE}/")
    if identifier is not None:
        return Designation(text(identifier, "value"), oid(text(identifier, "system")))
    if reference.startswith(_BY_QUERY):
        token = parse_qs(reference[len(_BY_QUERY):]).get("identifier", [""])[0]
        system, _, value = token.rpartition("|")
        return Designation(value, oid(system))
    sent = around.find(reference)
    if sent is not None:
        return _ins(items(sent, "identifier"))
    return Designation(id=reference.removeprefix("Patient/"))


async def find_patient(exchange: Exchange, said: Designation) -> Patient | None:
    """The patient so designated, None when the tenant does not know it.

    The authorities of production, test and demonstration are one: INSi itself answers test
    identities with the OID of production.
    """
    who = people(exchange.sandbox.database, exchange.tenant)
    if "\0" in said.id + said.matricule:  # from a query that was percent-encoded
        return None
    if said.id:
        return await who.patient(said.id)
    if said.oid and said.oid not in codes.INS_OIDS:
        return None
    return await who.patient_by_ins(said.matricule) if said.matricule else None


async def identified(exchange: Exchange, said: Designation, at: str) -> Patient | None:
    """`find_patient`, once the rules have seen how the patient is designated."""
    if not said.id:
        demande = Demande((Identification(at, said.matricule, said.oid),))
        observe(exchange, PATIENT_RULES, demande, strict=errors.METADATA)
    return await find_patient(exchange, said)


async def open_dmp_of(exchange: Exchange, said: Designation, at: str) -> Patient:
    """The patient of a search or declaration. Raises UNKNOWN_PATIENT or CLOSED."""
    return require_open(await identified(exchange, said, at), at, said.matricule or said.id)


def _ins(identifiers: list[object]) -> Designation:
    known = [Designation(text(one, "value"), oid(text(one, "system"))) for one in identifiers]
    ins = next((one for one in known if one.oid in codes.INS_OIDS), None)
    return ins or (known[0] if known else Designation())
