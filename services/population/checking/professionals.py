"""Adding or changing a professional or an employee of a structure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from services.population.checking import mailboxes, numbers
from services.population.checking.exercices import exercices_of
from services.population.checking.problems import (
    Checked,
    Problem,
    Refused,
    id_problems,
    require,
    settled,
)
from services.population.derived import told
from services.population.draft import Draft
from services.population.kinds import PROFESSIONALS
from services.population.models import Exercice, Professional
from services.population.shapes import ProfessionalShape

_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .'’-]){0,99}")
_CIVILITES = ("M", "MME")


async def check(
    given: ProfessionalShape, draft: Draft, known: Professional | None
) -> Checked[Professional]:
    """The professional as it will be, with its mailboxes. Raises Refused or NoNumberLeft.

    known: what is changed; it keeps its identifiers.
    """
    id = known.id if known else given.id
    require([*_problems(given, known), *await id_problems(draft, PROFESSIONALS, id)])
    exercices = await exercices_of(given, draft, known)
    card = given.card or (known.card if known else _card(exercices))
    id_nat = known.id_nat if known else await _id_nat(given, card, exercices, draft)
    origine = numbers.origin_of(id_nat) or "RPPS"
    rpps = id_nat[1:] if origine == "RPPS" else ""
    professional = Professional(
        id=id or draft.tenant.ids.uuid(), id_nat=id_nat, rpps=rpps,
        civilite=given.civilite or (known.civilite if known else "M"),
        nom=given.nom.strip().upper(), prenom=given.prenom.strip(), card=card,
        origine=origine, exercices=exercices, regulation=given.regulation,
        behaviours=given.behaviours,
    )
    boxes = await mailboxes.beside(
        given.mailboxes, professional, draft, known, default=bool(exercices) and card != "CPE"
    )
    remarks = numbers.rpps_remarks(rpps) if rpps else ()
    return settled(draft, told(professional, known), remarks, boxes)


def _problems(given: ProfessionalShape, known: Professional | None) -> Iterator[Problem]:
    for at in ("nom", "prenom"):
        if _NAME.fullmatch(getattr(given, at).strip()) is None:
            yield Problem(at, "De 1 à 100 lettres, espaces, apostrophes, points et tirets.")
    if given.civilite and given.civilite not in _CIVILITES:
        yield Problem("civilite", f"Attendu : {' ou '.join(_CIVILITES)}.")
    if given.rpps and numbers.RPPS.fullmatch(given.rpps) is None:
        yield Problem("rpps", "Onze chiffres.")
    if given.id_nat and not numbers.origin_of(given.id_nat):
        yield Problem("id_nat", "Attendu : 8 et RPPS, 0 et ADELI, 3 et FINESS / numéro interne, "
                      "5 et SIRET / numéro interne, ou ANS et quatorze chiffres.")
    if given.rpps and given.id_nat not in ("", f"8{given.rpps}"):
        yield Problem("id_nat", f"8{given.rpps} attendu avec ce RPPS.")
    changed = known and (
        given.id_nat not in ("", known.id_nat) or given.rpps not in ("", known.rpps)
    )
    if changed:
        yield Problem("id_nat", "Ne change pas : supprimez ce professionnel et créez l'autre.")


def _card(exercices: tuple[Exercice, ...]) -> Literal["CPS", "CPE", "CPF"]:
    """The usual card: an employee's without a profession, a student's, else a professional's."""
    if not any(one.profession for one in exercices) and exercices:
        return "CPE"
    return "CPF" if exercices and exercices[0].categorie == "E" else "CPS"


async def _id_nat(
    given: ProfessionalShape, card: str, exercices: tuple[Exercice, ...], draft: Draft
) -> str:
    """As given, else invented: after the structure for an employee, a RPPS for the others."""
    if given.id_nat or given.rpps:
        return given.id_nat or f"8{given.rpps}"
    if card != "CPE":
        return f"8{await numbers.free_rpps(draft)}"
    places = [activity.structure_id for one in exercices for activity in one.activities]
    place = await draft.structure(places[0]) if places else None
    if place is None or not (place.finess or place.siret):
        raise Refused(Problem(
            "structures", "Un porteur de CPE est numéroté d'après sa structure : donnez-la."
        ))
    prefix = f"3{place.finess}" if place.finess else f"5{place.siret}"
    return f"{prefix}/EMPL{draft.tenant.ids.digits(6)}"
