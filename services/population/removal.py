"""What a removal takes with it, changes, or is refused for.

What belongs to someone goes with its owner (mailboxes); what merely names someone forgets it
(delegations, oppositions); where people work, and legal entities, are not removed under them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from services.population.derived import completed
from services.population.draft import Draft
from services.population.kinds import (
    CLIENTS,
    MAILBOXES,
    PATIENTS,
    PROFESSIONALS,
    STRUCTURES,
)
from services.population.models import Client, Mailbox, Patient, Professional, Structure

MOST = 10_000
SHOWN = 5


class InUse(Exception):
    """Others need it. str: who, in French."""


@dataclass(slots=True)
class Effects:
    """(kind, id) of what is removed, and of what is changed."""

    removed: list[tuple[str, str]] = field(default_factory=list)
    changed: list[tuple[str, str]] = field(default_factory=list)


async def patient(one: Patient, draft: Draft) -> Effects:
    """The patient and its mailbox; documents and prescriptions stay, and lead to nobody."""
    draft.remove(PATIENTS, one.id)
    mailbox = [(MAILBOXES.name, one.mailbox)] if one.mailbox else []
    return Effects([(PATIENTS.name, one.id), *mailbox])


async def professional(one: Professional, draft: Draft) -> Effects:
    """The professional, its mailboxes, its delegations and the oppositions to it."""
    effects = Effects([(PROFESSIONALS.name, one.id_nat)])
    draft.remove(PROFESSIONALS, one.id_nat)
    await _remove_mailboxes(one.id, draft, effects)
    for box in await draft.find(MAILBOXES, "delegate", one.id_nat, MOST):
        others = tuple(id_nat for id_nat in box.delegates if id_nat != one.id_nat)
        await draft.put(MAILBOXES, replace(box, delegates=others))
        effects.changed.append((MAILBOXES.name, box.address))
    for opposing in await draft.find(PATIENTS, "opposed", one.id_nat, MOST):
        still = tuple(word for word in opposing.dmp.opposed if word != one.id_nat)
        changed = replace(opposing, dmp=replace(opposing.dmp, opposed=still))
        await draft.put(PATIENTS, completed(changed, opposing))
        effects.changed.append((PATIENTS.name, opposing.id))
    return effects


async def structure(one: Structure, draft: Draft) -> Effects:
    """The structure and its mailboxes. Raises InUse while someone works there, or is part of it."""
    workers = await draft.find(PROFESSIONALS, "structure", one.id)
    parts = [each for each in await draft.find(STRUCTURES, "ej", one.finess) if each.id != one.id]
    if workers:
        raise InUse(f"Y exercent : {_names([f'{each.nom} {each.prenom}' for each in workers])}. "
                    "Changez ou supprimez-les d'abord.")
    if one.finess and parts:
        raise InUse(f"En dépendent : {_names([each.nom for each in parts])}. "
                    "Changez ou supprimez-les d'abord.")
    draft.remove(STRUCTURES, one.id)
    effects = Effects([(STRUCTURES.name, one.id)])
    await _remove_mailboxes(one.id, draft, effects)
    return effects


async def mailbox(one: Mailbox, draft: Draft) -> Effects:
    """The mailbox; its messages stay, out of reach. Raises InUse for a patient's."""
    if one.type == "PAT":
        raise InUse("La messagerie d'un patient suit de son DMP et de son matricule.")
    draft.remove(MAILBOXES, one.address)
    return Effects([(MAILBOXES.name, one.address)])


async def client(one: Client, draft: Draft) -> Effects:
    """The client: its tokens are refused from now on."""
    draft.remove(CLIENTS, one.client_id)
    return Effects([(CLIENTS.name, one.client_id)])


async def _remove_mailboxes(owner_id: str, draft: Draft, effects: Effects) -> None:
    for box in await draft.find(MAILBOXES, "owner", owner_id, MOST):
        draft.remove(MAILBOXES, box.address)
        effects.removed.append((MAILBOXES.name, box.address))


def _names(names: list[str]) -> str:
    more = f" et {len(names) - SHOWN} autres" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
