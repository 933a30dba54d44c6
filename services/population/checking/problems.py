"""How a check ends: a complete record, or everything that is wrong at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from services.population.draft import Draft
from services.population.kinds import PATIENTS, PROFESSIONALS, STRUCTURES, Kind, T
from services.population.models import Mailbox
from services.population.traits import has_control

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in French; at: the member of the JSON."""

    at: str
    message: str


class Refused(Exception):
    """The record cannot be kept; nothing was stored."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


class NoNumberLeft(Exception):
    """Every number that may be invented is taken."""


@dataclass(frozen=True, slots=True)
class Checked(Generic[T]):
    """The complete record, the mailboxes that come with it, and the remarks."""

    value: T
    remarks: tuple[Problem, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()


def require(problems: Iterable[Problem]) -> None:
    """Raise Refused when there are problems."""
    found = tuple(problems)
    if found:
        raise Refused(*found)


def settled(
    draft: Draft, value: T, remarks: Iterable[Problem], mailboxes: Iterable[Mailbox] = ()
) -> Checked[T]:
    """The record with its remarks. Raises Refused for a remark in a strict tenant."""
    found = tuple(remarks)
    if draft.tenant.strict:
        require(found)
    return Checked(value, found, tuple(mailboxes))


async def id_problems(draft: Draft, kind: Kind[T], id: str) -> list[Problem]:
    """A given sandbox id: its form, and whether another kind of people has it."""
    if not id:
        return []
    if ID.fullmatch(id) is None:
        return [Problem("id", "Lettres, chiffres, point, tiret et souligné, 64 au plus.")]
    others = {
        PATIENTS.name: await draft.get(PATIENTS, id),
        PROFESSIONALS.name: await draft.first(PROFESSIONALS, "id", id),
        STRUCTURES.name: await draft.get(STRUCTURES, id),
    }
    del others[kind.name]
    taken = any(one is not None for one in others.values())
    return [Problem("id", "Déjà l'identifiant d'une autre sorte de personne.")] if taken else []


def text_problem(at: str, text: str) -> list[Problem]:
    """A text without control characters."""
    return [Problem(at, "Un texte sans caractère de contrôle.")] if has_control(text) else []
