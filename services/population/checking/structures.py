"""Adding or changing a structure: its numbers follow from one another, and are invented if none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from services.population.checking import mailboxes, numbers
from services.population.checking.problems import (
    Checked,
    Problem,
    id_problems,
    require,
    settled,
    text_problem,
)
from services.population.codes import STRUCTURES as KINDS
from services.population.codes import WITHOUT_FINESS
from services.population.derived import told
from services.population.draft import Draft
from services.population.kinds import STRUCTURES
from services.population.models import Structure
from services.population.shapes import StructureShape

_FORMS = {
    "finess": (numbers.FINESS, "Neuf caractères : département puis sept chiffres."),
    "finess_ej": (numbers.FINESS, "Neuf caractères : département puis sept chiffres."),
    "siret": (numbers.SIRET, "Quatorze chiffres."),
    "id_nat": (
        re.compile(r"1[0-9][0-9AB][0-9]{7}|3[0-9]{14}|4[0-9]{14}"),
        "1 et FINESS, 3 et SIRET, ou 4 et RPPS, rang, clé.",
    ),
    "technical_id": (
        re.compile(r"F[0-9][0-9AB][0-9]{7}|C[0-9]{14}|R[0-9]{1,12}"),
        "F et FINESS, C et SIRET, ou R et numéro.",
    ),
    "secteur": (re.compile(r"SA[0-9]{2}"), "Un code de TRE_R02 (SA07)."),
    "code_postal": (re.compile(r"[0-9]{5}"), "Cinq chiffres."),
    "commune_cog": (re.compile(r"[0-9][0-9AB][0-9]{3}"), "Un code officiel géographique."),
    "telephone": (re.compile(r"\+?[0-9 .()-]{3,20}"), "Un numéro de téléphone."),
}
_NUMBER = re.compile(r" *([0-9]+),? ")
_POSTCODE = re.compile(r" *([0-9]{5}) ")


async def check(
    given: StructureShape, draft: Draft, known: Structure | None
) -> Checked[Structure]:
    """The structure as it will be, with its mailboxes. Raises Refused or NoNumberLeft.

    known: what is changed; it keeps its id, and the numbers that are not given.
    """
    id = known.id if known else given.id
    require([*_problems(given), *await id_problems(draft, STRUCTURES, id)])
    structure = await _numbered(given, draft, known)
    structure = _located(replace(structure, id=id or draft.tenant.ids.uuid()), given)
    require([
        *_disagreements(structure), *await _unknown_legal_entity(structure, draft),
        *await _abandoned(structure, draft, known),
    ])
    boxes = await mailboxes.beside(given.mailboxes, structure, draft, known)
    remarks = [
        *(numbers.finess_remarks(structure.finess) if structure.finess else ()),
        *(numbers.siret_remarks(structure.siret) if structure.siret else ()),
    ]
    return settled(draft, told(structure, known), remarks, boxes)


def _problems(given: StructureShape) -> Iterator[Problem]:
    if not given.nom.strip():
        yield Problem("nom", "Un nom est attendu.")
    for at in ("nom", "voie_numero", "voie_type", "voie_libelle", "commune"):
        yield from text_problem(at, getattr(given, at))
    if given.kind not in KINDS:
        yield Problem("kind", f"Attendu : {', '.join(KINDS)}.")
    for at, (form, expected) in _FORMS.items():
        value = getattr(given, at)
        if value and form.fullmatch(value) is None:
            yield Problem(at, f"Attendu : {expected}")


async def _numbered(given: StructureShape, draft: Draft, known: Structure | None) -> Structure:
    """Everything but the id and the address."""
    finess = given.finess or _said(given, "1", "F") or (known.finess if known else "")
    siret = given.siret or _said(given, "3", "C") or (known.siret if known else "")
    if not (finess or siret or given.id_nat):
        siret = await numbers.free_siret(draft)
        finess = "" if given.kind in WITHOUT_FINESS else await numbers.free_finess(draft)
    unchanged = known if known and (known.finess, known.siret) == (finess, siret) else None
    ej = finess if given.kind == "hopital_ej" else given.finess_ej
    return Structure(
        id="", nom=given.nom.strip(), kind=given.kind, finess=finess, siret=siret, finess_ej=ej,
        id_nat=given.id_nat or (unchanged.id_nat if unchanged else "")
        or (f"1{finess}" if finess else f"3{siret}"),
        technical_id=given.technical_id or (unchanged.technical_id if unchanged else "")
        or (f"F{finess}" if finess else f"C{siret}"),
        secteur=given.secteur or KINDS[given.kind], telephone=given.telephone,
        behaviours=given.behaviours,
    )


def _said(given: StructureShape, prefix: str, letter: str) -> str:
    """The number inside a national or technical identifier of that sort, or ""."""
    if given.id_nat.startswith(prefix):
        return given.id_nat[1:]
    return given.technical_id[1:] if given.technical_id.startswith(letter) else ""


def _located(one: Structure, given: StructureShape) -> Structure:
    """With the parts of the address as given, else read from its two lines."""
    parts = (given.voie_numero, given.voie_type, given.voie_libelle, given.code_postal,
             given.commune)
    numero, type, libelle, code_postal, commune = parts
    if given.adresse and not any(parts):
        street, city = (*given.adresse, "")[:2]
        number = _NUMBER.match(street)
        numero = number[1] if number else ""
        libelle = street[number.end() if number else 0:]
        code = _POSTCODE.match(city)
        code_postal, commune = (code[1], city[code.end():]) if code else ("", city)
    return replace(
        one, voie_numero=numero.strip(), voie_type=type.strip(), voie_libelle=libelle.strip(),
        code_postal=code_postal, commune=commune.strip(), commune_cog=given.commune_cog,
    )


def _disagreements(one: Structure) -> Iterator[Problem]:
    for at, value in (("id_nat", one.id_nat), ("technical_id", one.technical_id)):
        number = {"1": one.finess, "F": one.finess, "3": one.siret, "C": one.siret}.get(value[0])
        if number is not None and value[1:] != number:
            yield Problem(at, f"{value} ne correspond pas au FINESS ou au SIRET donné.")


async def _unknown_legal_entity(one: Structure, draft: Draft) -> list[Problem]:
    if one.finess_ej in ("", one.finess):
        return []
    entity = await draft.first(STRUCTURES, "finess", one.finess_ej)
    if entity is not None and entity.kind == "hopital_ej":
        return []
    return [Problem(
        "finess_ej", f"Aucune entité juridique (hopital_ej) n'a le FINESS {one.finess_ej}."
    )]


async def _abandoned(one: Structure, draft: Draft, known: Structure | None) -> list[Problem]:
    """A legal entity keeps its number as long as others name it."""
    if known is None or not known.finess or known.finess == one.finess:
        return []
    parts = [each.id for each in await draft.find(STRUCTURES, "ej", known.finess)
             if each.id != known.id]
    return [Problem("finess", f"Entité juridique de {', '.join(parts)}.")] if parts else []
