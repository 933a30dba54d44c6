"""Adding or changing a patient.

A key that does not fit is a remark, because several published test identities carry one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.population import traits
from services.population.checking.problems import (
    Checked,
    NoNumberLeft,
    Problem,
    id_problems,
    require,
    settled,
)
from services.population.derived import OPPOSITIONS, completed
from services.population.draft import Draft
from services.population.kinds import PATIENTS
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
from services.population.searching import plain
from services.population.shapes import DmpShape, MatriculeShape, PatientShape


async def check(given: PatientShape, draft: Draft, known: Patient | None) -> Checked[Patient]:
    """The patient as it will be. Raises Refused or NoNumberLeft.

    known: what is changed; it keeps its id, and its matricule unless another one is given.
    """
    nom, prenoms = plain(given.nom_naissance), tuple(plain(" ".join(given.prenoms)).split())
    id = known.id if known else given.id
    require([
        *_problems(given, nom, prenoms), *await id_problems(draft, PATIENTS, id),
        *await _unknown_opposed(given.dmp, draft),
    ])
    active = await _active(given, draft, known)
    historique = tuple(_matricule(one) for one in given.historique)
    patient = Patient(
        id=id or draft.tenant.ids.uuid(), matricule=active, nom_naissance=nom, prenoms=prenoms,
        sexe=given.sexe, date_naissance=given.date_naissance,
        lieu_naissance=given.lieu_naissance.upper(), historique=historique,
        nom_utilise=plain(given.nom_utilise), behaviours=given.behaviours,
        dmp=DmpState(
            given.dmp.status, given.dmp.closed_on, given.dmp.closed_reason,
            tuple(given.dmp.opposed), given.dmp.minor,
        ),
    )
    remarks = [remark for one in (active, *historique) for remark in _remarks(one)]
    return settled(draft, completed(patient, known), remarks)


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
    for at, date in (("date_debut", one.date_debut), ("date_fin", one.date_fin)):
        if date and traits.date_problem(date):
            yield Problem(f"{prefix}{at}", "AAAA-MM-JJ attendu.")


async def _unknown_opposed(dmp: DmpShape, draft: Draft) -> list[Problem]:
    expected = f"identifiant national d'un professionnel, {' ou '.join(OPPOSITIONS)} attendu."
    return [
        Problem("dmp.opposed", f"{one} : {expected}") for one in dmp.opposed
        if one not in OPPOSITIONS and await draft.professional(one) is None
    ]


async def _active(given: PatientShape, draft: Draft, known: Patient | None) -> Matricule:
    """The active matricule: as given, else as it was, else invented."""
    if not given.matricule and known:
        old = known.matricule
        return Matricule(old.value, given.cle or old.cle, given.oid or old.oid)
    number = given.matricule or await _free_number(given, draft)
    return _matricule(MatriculeShape(matricule=number, cle=given.cle, oid=given.oid))


async def _free_number(given: PatientShape, draft: Draft) -> str:
    """An invented number that nobody has yet; the birth place counts if nobody is born there."""
    place = given.lieu_naissance
    communes = (place,) if place in EMPTY_COMMUNES else EMPTY_COMMUNES
    choices = [(each, order) for each in communes for order in range(FIRST_ORDER, 1000)]
    start = int(draft.tenant.ids.digits(4)) % len(choices)
    for commune, order in choices[start:] + choices[:start]:
        value = invented(given.sexe, given.date_naissance, commune, order)
        if await draft.first(PATIENTS, "matricule", value) is None:
            return value
    raise NoNumberLeft


def _matricule(one: MatriculeShape) -> Matricule:
    value, cle = _split(one)
    return Matricule(
        value, cle or key_of(value), one.oid or OID_NIR_TEST, one.date_debut, one.date_fin
    )


def _remarks(one: Matricule) -> Iterator[Problem]:
    key = key_of(one.value)
    if one.cle != key:
        yield Problem("matricule", f"La clé {one.cle} du matricule {one.value} est fausse : "
                      f"{key} attendu.")
    if looks_real(one.value, one.cle, one.oid):
        yield Problem(
            "matricule", f"Le matricule {one.value} ressemble à celui d'une personne réelle : un "
            f"bac à sable n'accueille que des identités fictives (OID {OID_NIR_TEST}).",
        )


def _split(one: MatriculeShape) -> tuple[str, str]:
    number = _compact(one.matricule)
    return (number[:13], number[13:]) if len(number) == 15 else (number, one.cle)


def _compact(number: str) -> str:
    return number.replace(" ", "").upper()


def _oid_message() -> str:
    return f"autorité d'affectation inconnue ; attendu : {', '.join(OIDS)}."
