"""What a professional exercises and where: given in full, or by the profession and structures."""

from __future__ import annotations

import re
from dataclasses import replace

from services.population import codes
from services.population.checking.problems import Problem, Refused, require
from services.population.draft import Draft
from services.population.kinds import STRUCTURES
from services.population.models import Activity, Exercice, Professional, Structure
from services.population.shapes import (
    ActivityShape,
    ExerciceShape,
    ProfessionalShape,
    Workplace,
)

_FORMS = {
    "secteur": (re.compile(r"SA[0-9]{2}"), "un code de TRE_R02 (SA07)"),
    "role": (re.compile(r"FON-(?:[0-9]{2}|AU)"), "un code de TRE_R21 (FON-01)"),
    "genre": (re.compile(r"GENR[0-9]{2}"), "un code de TRE_R22 (GENR01)"),
    "section_pharmacien": (re.compile(r"[A-Z]{1,2}"), "une section de TRE_G05 (A)"),
    "profession": (re.compile(r"[0-9]{2,3}"), "un code de TRE_G15 (10)"),
    "savoir_faire": (re.compile(r"[A-Z]{1,5}[0-9]{1,4}"), "un code de savoir-faire (SM54)"),
    "type_savoir_faire": (re.compile(r"[A-Z]{1,4}"), "un type de savoir-faire (S)"),
    "civilite": (re.compile(r"[A-Z]{1,3}"), "une civilité d'exercice (DR)"),
}
DOCTOR, PHARMACIST = "10", "21"
GENERAL_PRACTICE = ("S", "SM54")


async def exercices_of(
    given: ProfessionalShape, draft: Draft, known: Professional | None
) -> tuple[Exercice, ...]:
    """The exercises, complete. Raises Refused.

    profession, specialite and structures say the first exercise in short; what they say must
    agree with `exercices` when both are given, and changes what is known when only they are.
    """
    full = given.exercices
    if full is None and known is not None:
        full = [ExerciceShape.of(each) for each in known.exercices]
    short = await _in_short(given, full or [], draft)
    if given.exercices and short != given.exercices:
        raise Refused(Problem(
            "exercices", "Ne dit pas la même chose que profession, specialite et structures : "
            "donnez l'un ou l'autre."
        ))
    return tuple([
        await _complete(f"exercices.{place}", one, given, draft) for place, one in enumerate(short)
    ])


async def _in_short(
    given: ProfessionalShape, full: list[ExerciceShape], draft: Draft
) -> list[ExerciceShape]:
    """`full` with the first exercise as profession, specialite and structures say it."""
    said = (given.profession and given.profession.code, given.specialite, given.structures)
    if not full and not any(said):
        return full
    first, *others = full or [ExerciceShape()]
    profession, specialite, structures = said
    if profession is not None:
        first = first.model_copy(update={"profession": profession})
    if specialite is not None:
        first = first.model_copy(update={"savoir_faire": specialite})
    if structures is None:
        return [first, *others]
    wanted = [(await _place(each, draft)).id for each in structures]
    everywhere = [each.structure_id for one in full for each in one.activities]
    if sorted(set(everywhere)) == sorted(set(wanted)):
        return [first, *others]
    kept = [each for each in first.activities if each.structure_id in wanted]
    new = [ActivityShape(structure_id=id) for id in wanted if id not in everywhere]
    return [first.model_copy(update={"activities": [*kept, *new]}), *others]


async def _place(said: Workplace, draft: Draft) -> Structure:
    """Raises Refused for a structure that is not there."""
    found = await draft.structure(said.id) if said.id else None
    found = found or (await draft.structure_by_id_nat(said.id_nat) if said.id_nat else None)
    if found is None:
        raise Refused(Problem(
            "structures", f"Aucune structure n'a l'identifiant {said.id or said.id_nat or '?'}."
        ))
    return found


async def _complete(
    at: str, one: ExerciceShape, given: ProfessionalShape, draft: Draft
) -> Exercice:
    require(_form_problems(at, one, "profession", "savoir_faire", "type_savoir_faire", "civilite"))
    skill = (one.type_savoir_faire or ("S" if one.savoir_faire else ""), one.savoir_faire)
    if one.profession == DOCTOR and one.categorie == "C" and not one.savoir_faire:
        skill = GENERAL_PRACTICE
    title = "DR" if one.profession in (DOCTOR, "40") and one.categorie != "E" else ""
    return Exercice(
        one.profession, one.categorie, one.civilite or title or given.civilite or "M",
        one.nom.strip() or given.nom.strip().upper(), one.prenom.strip() or given.prenom.strip(),
        *skill, tuple([
            await _activity(f"{at}.activities.{place}", each, one.profession, draft)
            for place, each in enumerate(one.activities)
        ]),
    )


async def _activity(at: str, one: ActivityShape, profession: str, draft: Draft) -> Activity:
    require(_form_problems(at, one, "secteur", "role", "genre", "section_pharmacien"))
    place = (
        await draft.get(STRUCTURES, one.structure_id)
        or await draft.structure_by_id_nat(one.structure_id)
    )
    if place is None:
        raise Refused(Problem(
            f"{at}.structure_id", f"Aucune structure n'a l'identifiant {one.structure_id}."
        ))
    section = codes.SECTIONS.get(place.kind, "D") if profession == PHARMACIST else ""
    complete = Activity(
        place.id, one.mode or ("L" if profession and place.kind in codes.LIBERAL else "S"),
        one.secteur or place.secteur, one.role,
        one.genre or (codes.SOIGNANT if profession else codes.MEDICO_ADMINISTRATIF),
    )
    return replace(complete, section_pharmacien=one.section_pharmacien or section)


def _form_problems(at: str, one: object, *names: str) -> list[Problem]:
    values = [(name, getattr(one, name)) for name in names]
    return [
        Problem(f"{at}.{name}", f"{value} : {_FORMS[name][1]} attendu.")
        for name, value in values if value and _FORMS[name][0].fullmatch(value) is None
    ]
