"""Who to play: one card per professional, patient and structure, and what each is there for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.console.words import Tile, short_date, tile
from services.kernel.transactions import Service
from services.population import Patient, People, Professional, Structure
from services.population.codes import profession_label

MOST = 200
FIRST = (4, 4, 1)
"""Professionals, patients and structures shown at once; the others unfold."""

CARDS = {"CPS": "Carte CPS", "CPE": "Personnel, carte CPE", "CPF": "En formation, carte CPF"}
KINDS = {
    "cabinet": "Cabinet", "hopital_ej": "Hôpital, entité juridique", "hopital": "Hôpital",
    "pharmacie": "Pharmacie", "laboratoire": "Laboratoire", "samu": "Samu", "ehpad": "Ehpad",
    "optique": "Opticien",
}

Reasons = tuple[tuple[Tile, str], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a card. value: what its copy button copies, "" for plain text; long: may wrap."""

    label: str
    value: str
    shown: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One card. shade: of the role's tag; why: service and sentence; words: what a search reads."""

    role: str
    shade: str
    name: str
    facts: tuple[Fact, ...]
    why: Reasons = ()
    words: str = ""


async def first_and_others(
    who: People, services: Mapping[str, Service]
) -> tuple[list[Card], list[Card]]:
    """The cards to show at once, and the others."""
    structures = {one.id: one for one in await who.structures(count=MOST)}
    professionals, patients = await who.professionals(count=MOST), await who.patients(count=MOST)
    boxes = defaultdict[str, list[str]](list)
    for box in await who.mailboxes(of_patients=False):
        boxes[box.owner_id].append(box.address)
    groups = (
        _ranked([(_professional(one, structures, boxes[one.id]), one.behaviours)
                 for one in professionals], services),
        _ranked([(_patient(one), one.behaviours) for one in patients], services),
        _ranked([(_structure(one, boxes[one.id]), one.behaviours)
                 for one in structures.values()], services),
    )
    first = [card for group, shown in zip(groups, FIRST, strict=True) for card in group[:shown]]
    others = [card for group, shown in zip(groups, FIRST, strict=True) for card in group[shown:]]
    return first, others


def _ranked(
    people: Sequence[tuple[Card, Mapping[str, str]]], services: Mapping[str, Service]
) -> list[Card]:
    """The default one's card, then those with most reasons of their own.

    What is said of a quarter of the group tells nobody apart: it is left to the search.
    """
    heard = Counter(text for _, behaviours in people for text in behaviours.values())
    cards = []
    for bare, behaviours in people:
        every = tuple((tile(id, services), text) for id, text in behaviours.items())
        own = tuple(each for each in every if heard[each[1]] * 4 <= len(people))
        said = [bare.role, bare.name, *(f"{fact.value} {fact.shown}" for fact in bare.facts)]
        said += [f"{service.letters} {service.name} {text}" for service, text in every]
        words = " ".join(said).lower()
        cards.append((len(own), replace(bare, why=own or every[:1], words=words)))
    others = sorted(cards[1:], key=lambda each: -each[0])
    return [card for _, card in (*cards[:1], *others)]


def _professional(
    one: Professional, structures: Mapping[str, Structure], boxes: Sequence[str]
) -> Card:
    places = ", ".join(structures[id].nom for id in one.structure_ids if id in structures)
    facts = (
        Fact("Id. nat.", one.id_nat), Fact("RPPS", one.rpps), *_mailboxes(boxes),
        Fact("Exerce à", "", places),
    )
    role = profession_label(one.profession) or CARDS[one.card]
    return Card(role, "", f"{one.nom} {one.prenom}", _given(facts))


def _patient(one: Patient) -> Card:
    born = short_date(one.date_naissance)
    if one.lieu_naissance:
        born += f" à {one.lieu_naissance}"
    woman = one.sexe == "F"
    facts = (
        Fact("INS", one.ins, _spaced(one.ins)), Fact("OID", one.matricule.oid),
        Fact("Née le" if woman else "Né le", "", born),
        Fact("Utilise", "", one.nom_utilise), *_mailboxes((one.mailbox,)),
    )
    name = f"{one.nom_naissance} {one.liste_prenoms.title()}"
    return Card("Patiente" if woman else "Patient", "info", name, _given(facts))


def _structure(one: Structure, boxes: Sequence[str]) -> Card:
    facts = (
        Fact("Id. nat.", one.id_nat), Fact("FINESS", one.finess), Fact("SIRET", one.siret),
        *_mailboxes(boxes),
    )
    return Card(KINDS.get(one.kind, one.kind), "wait", one.nom, _given(facts))


def _given(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.value or fact.shown)


def _mailboxes(addresses: Iterable[str]) -> list[Fact]:
    return [Fact("BAL", address, long=True) for address in addresses if address]


def _spaced(ins: str) -> str:
    """`2 79 03 51 215 189 89`, as it is printed."""
    cuts = (0, 1, 3, 5, 7, 10, 13, 15)
    return "\u00a0".join(ins[start:end] for start, end in pairwise(cuts))
