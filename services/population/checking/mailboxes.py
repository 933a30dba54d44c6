"""Adding or changing a mailbox, and those that come with a new professional or structure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from services.population.checking.problems import (
    Checked,
    Problem,
    Refused,
    require,
    settled,
    text_problem,
)
from services.population.codes import profession_label
from services.population.draft import Draft
from services.population.kinds import MAILBOXES, PROFESSIONALS, STRUCTURES
from services.population.matricule import PATIENT_DOMAIN
from services.population.models import Mailbox, Professional, Structure
from services.population.searching import plain
from services.population.shapes import MailboxShape, OwnedMailbox

TRUSTED = re.compile(r"[^@\s]+@(?:[^@\s]+\.mssante\.fr|interop-mssante\.apicrypt\.org)")
"""Addresses of the trust space (ANS, OpenAPI of mailboxes)."""
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
OWN_DOMAIN = "socle.mssante.fr"
Owner = Professional | Structure


async def check(given: MailboxShape, draft: Draft, known: Mailbox | None) -> Checked[Mailbox]:
    """The mailbox as it will be. Raises Refused.

    known: what is changed. Address and type never change (MOS, BoiteLettreMSS), nor the owner.
    """
    owner = await owner_of(given.owner_id, draft)
    if owner is None:
        raise Refused(Problem(
            "owner_id", f"Aucun professionnel ni structure n'a l'identifiant {given.owner_id}."
        ))
    require(_unchangeable(given, owner, known) if known else ())
    before = known or Mailbox("", "PER" if isinstance(owner, Professional) else "ORG", owner.id)
    address = before.address or given.address.lower() or await free_address(owner, draft)
    type = given.type or before.type
    named: Sequence[str] | None = given.delegates
    if named is None:
        named = known.delegates if known else await _colleagues(owner, type, draft)
    require([
        *address_problems(address), *_type_problems(type, owner),
        *text_problem("title", given.title), *await _delegate_problems(type, named, draft),
    ])
    return settled(draft, Mailbox(
        address, _typed(type), owner.id, tuple(dict.fromkeys(named)),
        given.title.strip() or before.title or title_of(owner),
    ), ())


async def beside(
    given: Sequence[OwnedMailbox] | None, owner: Owner, draft: Draft, known: object, *,
    default: bool = False,
) -> list[Mailbox]:
    """The mailboxes that come with a new owner; `default`: one when none are spoken of.

    Raises Refused when a known owner is given others than it has.
    """
    if known is not None:
        addresses = {box.address for box in await draft.mailboxes_of(owner.id)}
        if given is not None and {box.address.lower() for box in given} != addresses:
            raise Refused(Problem("mailboxes", "Se changent par /sandbox/mailboxes."))
        return []
    if given is None:
        given = [OwnedMailbox(address=await free_address(owner, draft))] if default else []
    personal = isinstance(owner, Professional)
    boxes = []
    for each in given:
        address, type = each.address.lower(), each.type or ("PER" if personal else "ORG")
        require([
            *address_problems(address, "mailboxes"), *_type_problems(type, owner, "mailboxes"),
        ])
        delegates = tuple(await _colleagues(owner, type, draft))
        boxes.append(Mailbox(address, _typed(type), owner.id, delegates, title_of(owner)))
    return boxes


async def owner_of(id: str, draft: Draft) -> Owner | None:
    """By sandbox id or national identifier."""
    return (
        await draft.first(PROFESSIONALS, "id", id) or await draft.get(STRUCTURES, id)
        or await draft.professional(id) or await draft.structure_by_id_nat(id)
    )


def title_of(owner: Owner) -> str:
    """The name that mails show: `Dr_Claire_EXEMPLAIRE` (ECO.2.2.7), or that of the structure."""
    if isinstance(owner, Structure):
        return owner.nom
    exercice = owner.exercices[0] if owner.exercices else None
    civilite = (exercice.civilite if exercice else "") or owner.civilite
    named = (exercice.prenom, exercice.nom) if exercice else (owner.prenom, owner.nom)
    return "_".join(filter(None, (civilite.title(), *named)))


async def free_address(owner: Owner, draft: Draft) -> str:
    """An address under the sandbox's domain that nobody has."""
    if isinstance(owner, Structure):
        local, domain = "contact", _slug(owner.nom) or _slug(owner.id)
    else:
        local = ".".join(filter(None, (_slug(owner.prenom), _slug(owner.nom))))
        domain = _slug(profession_label(owner.profession)) or "professionnel"
    rank = 1
    while True:
        numbered = local if rank == 1 else f"{local}{rank}"
        address = f"{numbered[:60]}@{domain[:60].strip('-')}.{OWN_DOMAIN}"
        if await draft.get(MAILBOXES, address) is None:
            return address
        rank += 1


def address_problems(address: str, at: str = "address") -> list[Problem]:
    """address: lower case."""
    local, _, domain = address.rpartition("@")
    if domain == PATIENT_DOMAIN:
        return [Problem(at, "La messagerie d'un patient suit de son matricule : elle ne "
                        "s'ajoute ni ne se change.")]
    well_formed = _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) and len(local) <= 64
    if not well_formed or TRUSTED.fullmatch(address) is None:
        return [Problem(at, f"{address} : une adresse de l'espace de confiance est attendue "
                        f"(@….mssante.fr, par exemple @….{OWN_DOMAIN}).")]
    return []


def _type_problems(type: str, owner: Owner, at: str = "type") -> list[Problem]:
    allowed = ("PER",) if isinstance(owner, Professional) else ("ORG", "APP")
    whose = "d'un professionnel" if isinstance(owner, Professional) else "d'une structure"
    if type in allowed:
        return []
    return [Problem(at, f"La messagerie {whose} est de type {' ou '.join(allowed)}.")]


async def _delegate_problems(
    type: str, delegates: Iterable[str], draft: Draft
) -> list[Problem]:
    if type != "ORG":
        return [Problem("delegates", "Seule une messagerie ORG se délègue.")] if delegates else []
    return [
        Problem("delegates", f"Aucun professionnel n'a l'identifiant national {id_nat}.")
        for id_nat in delegates if await draft.professional(id_nat) is None
    ]


async def _colleagues(owner: Owner, type: str, draft: Draft) -> list[str]:
    """Who may open an organisational mailbox when nothing is said: those who work there."""
    if isinstance(owner, Professional) or type != "ORG":
        return []
    found = await draft.find(PROFESSIONALS, "structure", owner.id)
    return [one.id_nat for one in found]


def _unchangeable(given: MailboxShape, owner: Owner, known: Mailbox) -> list[Problem]:
    message = "Ne change pas : supprimez cette messagerie et créez l'autre."
    pairs = (
        ("address", given.address.lower(), known.address), ("type", given.type, known.type),
        ("owner_id", owner.id, known.owner_id),
    )
    return [Problem(at, message) for at, new, old in pairs if new not in ("", old)]


def _typed(type: str) -> Literal["PER", "ORG", "APP"]:
    """type: already checked."""
    return "PER" if type == "PER" else "ORG" if type == "ORG" else "APP"


def _slug(text: str) -> str:
    letters = plain(text).replace("'", "").lower()
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in letters)
    return "-".join(filter(None, words.split("-")))
