"""Adding a patient: what is refused, what is completed, what is only remarked on.

A key that does not fit is a remark, because several published test identities carry one; a strict
tenant refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from services.kernel.database import Duplicate
from services.kernel.ids import Ids
from services.population import traits
from services.population.derived import OPPOSITIONS
from services.population.matricule import (
    EMPTY_COMMUNES,
    FIRST_ORDER,
    OID_NIR_TEST,
    OIDS,
    invented,
    is_well_formed,
    key_of,
    looks_real,
)
from services.population.models import DmpState, Matricule, Patient
from services.population.people import People
from services.population.searching import plain
from services.population.shapes import DmpShape, MatriculeShape, PatientShape

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in French; at: the member of the JSON."""

    at: str
    message: str


class Refused(Exception):
    """The patient cannot be added; nothing was stored."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems


class NoNumberLeft(Exception):
    """Every number that may be invented for this sex and birth month is taken."""


@dataclass(frozen=True, slots=True)
class Registration:
    """The completed patient and the remarks."""

    patient: Patient
    warnings: tuple[str, ...]


async def register(given: PatientShape, who: People, ids: Ids, strict: bool) -> Registration:
    """Check, complete and store. Raises Refused, NoNumberLeft or Duplicate."""
    while True:
        prepared = await prepare(given, who, ids, strict)
        try:
            return replace(prepared, patient=await who.add_patient(prepared.patient))
        except Duplicate:
            invented_only = not (given.id or given.matricule or given.historique)
            if not invented_only:
                raise
            # Someone else took the invented number in between: invent another.


async def prepare(given: PatientShape, who: People, ids: Ids, strict: bool) -> Registration:
    """Check and complete, without storing. Raises Refused or NoNumberLeft."""
    nom, prenoms = plain(given.nom_naissance), tuple(plain(" ".join(given.prenoms)).split())
    problems = [*_problems(given, nom, prenoms), *await _unknown_opposed(given.dmp, who)]
    if problems:
        raise Refused(tuple(problems))
    number = given.matricule or await _free_number(given, who, ids)
    active = _matricule(MatriculeShape(matricule=number, cle=given.cle, oid=given.oid))
    historique = tuple(_matricule(one) for one in given.historique)
    remarks = [remark for one in (active, *historique) for remark in _remarks(one)]
    if strict and remarks:
        raise Refused(tuple(Problem("matricule", remark) for remark in remarks))
    patient = Patient(
        id=given.id or ids.uuid(), matricule=active, nom_naissance=nom, prenoms=prenoms,
        sexe=given.sexe, date_naissance=given.date_naissance,
        lieu_naissance=given.lieu_naissance.upper(), historique=historique,
        nom_utilise=plain(given.nom_utilise), behaviours=given.behaviours,
        dmp=DmpState(
            given.dmp.status, given.dmp.closed_on, given.dmp.closed_reason,
            tuple(given.dmp.opposed), given.dmp.minor,
        ),
    )
    return Registration(patient, tuple(remarks))


def _problems(given: PatientShape, nom: str, prenoms: tuple[str, ...]) -> Iterator[Problem]:
    checks: list[tuple[str, str, Callable[[str], str]]] = [
        ("nom_naissance", nom, traits.birth_name_problem),
        *(("prenoms", one, traits.given_name_problem) for one in prenoms or ("",)),
        ("date_naissance", given.date_naissance, traits.date_problem),
        ("lieu_naissance", given.lieu_naissance.upper(), traits.place_problem),
    ]
    if given.nom_utilise:
        checks.append(("nom_utilise", plain(given.nom_utilise), traits.birth_name_problem))
    if given.dmp.status == "closed":
        checks.append(("dmp.closed_on", given.dmp.closed_on, traits.date_problem))
    for at, value, check in checks:
        if problem := check(value):
            yield Problem(at, f"Attendu : {problem}.")
    if given.id and _ID.fullmatch(given.id) is None:
        yield Problem("id", "lettres, chiffres, point, tiret et souligné, 64 au plus.")
    if given.matricule or given.cle:
        active = MatriculeShape(matricule=given.matricule, cle=given.cle, oid=given.oid)
        yield from _number_problems("", active)
    elif given.oid not in ("", *OIDS):
        yield Problem("oid", _oid_message())
    for place, one in enumerate(given.historique):
        yield from _number_problems(f"historique.{place}.", one)


def _number_problems(prefix: str, one: MatriculeShape) -> Iterator[Problem]:
    value, cle = _split(one)
    if not is_well_formed(value):
        yield Problem(
            f"{prefix}matricule", "13 caractères attendus (15 avec la clé) : sexe, année, mois, "
            "lieu de naissance (2A et 2B admis), ordre.",
        )
    if cle and not (cle.isascii() and cle.isdecimal() and len(cle) == 2):
        yield Problem(f"{prefix}cle", "deux chiffres attendus.")
    if len(_compact(one.matricule)) == 15 and one.cle and one.cle != cle:
        yield Problem(f"{prefix}cle", "la clé n'est pas celle du matricule de 15 caractères.")
    if one.oid not in ("", *OIDS):
        yield Problem(f"{prefix}oid", _oid_message())


async def _unknown_opposed(dmp: DmpShape, who: People) -> list[Problem]:
    expected = f"identifiant national d'un professionnel, {' ou '.join(OPPOSITIONS)} attendu."
    return [
        Problem("dmp.opposed", f"{one} : {expected}") for one in dmp.opposed
        if one not in OPPOSITIONS and await who.professional(one) is None
    ]


async def _free_number(given: PatientShape, who: People, ids: Ids) -> str:
    """An invented number that nobody has yet; the birth place counts if nobody is born there."""
    place = given.lieu_naissance
    communes = (place,) if place in EMPTY_COMMUNES else EMPTY_COMMUNES
    choices = [(each, order) for each in communes for order in range(FIRST_ORDER, 1000)]
    start = int(ids.digits(4)) % len(choices)
    for commune, order in choices[start:] + choices[:start]:
        value = invented(given.sexe, given.date_naissance, commune, order)
        if await who.patient_by_ins(value) is None:
            return value
    raise NoNumberLeft


def _matricule(one: MatriculeShape) -> Matricule:
    value, cle = _split(one)
    return Matricule(
        value, cle or key_of(value), one.oid or OID_NIR_TEST, one.date_debut, one.date_fin
    )


def _remarks(one: Matricule) -> Iterator[str]:
    key = key_of(one.value)
    if one.cle != key:
        yield f"La clé {one.cle} du matricule {one.value} est fausse : {key} attendu."
    if looks_real(one.value, one.cle, one.oid):
        yield (f"Le matricule {one.value} ressemble à celui d'une personne réelle : un bac à sable "
               f"n'accueille que des identités fictives (OID {OID_NIR_TEST}).")


def _split(one: MatriculeShape) -> tuple[str, str]:
    number = _compact(one.matricule)
    return (number[:13], number[13:]) if len(number) == 15 else (number, one.cle)


def _compact(number: str) -> str:
    return number.replace(" ", "").upper()


def _oid_message() -> str:
    return f"autorité d'affectation inconnue ; attendu : {', '.join(OIDS)}."
