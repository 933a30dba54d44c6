"""The five kinds as the control API knows them: shape, check, removal, words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from services.population import removal, shapes
from services.population.checking import clients, mailboxes, patients, professionals, structures
from services.population.checking.problems import Checked
from services.population.draft import Draft
from services.population.kinds import (
    CLIENTS,
    MAILBOXES,
    PATIENTS,
    PROFESSIONALS,
    STRUCTURES,
    Kind,
    T,
)
from services.population.models import Client, Mailbox, Patient, Professional, Structure
from services.population.people import People
from services.population.removal import Effects

S = TypeVar("S", bound=shapes.Shape)


@dataclass(frozen=True, slots=True, eq=False)
class Door(Generic[T, S]):
    """One kind.

    code: of its errors; this, none: the words of messages; by: what its path takes, in French;
    find: from the path; replaces: a member that a patch gives → members that then are no longer
    as they were.
    """

    kind: Kind[T]
    code: str
    this: str
    none: str
    by: str
    shape: type[S]
    stored: type[shapes.Remarked]
    page: type[shapes.Page]
    shown: Callable[[People, T], Awaitable[S]]
    find: Callable[[People, str], Awaitable[T | None]]
    check: Callable[[S, Draft, T | None], Awaitable[Checked[T]]]
    remove: Callable[[T, Draft], Awaitable[Effects]]
    replaces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


async def _patient(who: People, id: str) -> Patient | None:
    return await who.patient(id) or await who.patient_by_ins(id)


async def _professional(who: People, id: str) -> Professional | None:
    return await who.professional(id) or await who.first(PROFESSIONALS, "id", id)


async def _structure(who: People, id: str) -> Structure | None:
    return await who.structure(id) or await who.structure_by_id_nat(id)


async def _mailbox(who: People, address: str) -> Mailbox | None:
    return await who.mailbox(address)


async def _client(who: People, client_id: str) -> Client | None:
    return await who.client(client_id)


async def _shown_patient(who: People, one: Patient) -> shapes.PatientShape:
    return shapes.PatientShape.of(one)


async def _shown_professional(who: People, one: Professional) -> shapes.ProfessionalShape:
    places = [await who.structure(id) for id in one.structure_ids]
    return shapes.ProfessionalShape.of(
        one, [place for place in places if place is not None], await who.mailboxes_of(one.id)
    )


async def _shown_structure(who: People, one: Structure) -> shapes.StructureShape:
    return shapes.StructureShape.of(one, await who.mailboxes_of(one.id))


async def _shown_mailbox(who: People, one: Mailbox) -> shapes.MailboxShape:
    return shapes.MailboxShape.of(one)


async def _shown_client(who: People, one: Client) -> shapes.ClientShape:
    return shapes.ClientShape.of(one)


_NUMBERS = ("id_nat", "technical_id")
_STREET = ("voie_numero", "voie_type", "voie_libelle", "code_postal", "commune")
_IN_SHORT = ("profession", "specialite", "structures")

PATIENT = Door(
    PATIENTS, "patient", "Ce patient", "Aucun patient",
    "Identifiant ou matricule (13 ou 15 caractères)", shapes.PatientShape,
    shapes.StoredPatient, shapes.PatientPage, _shown_patient, _patient,
    patients.check, removal.patient, {"matricule": ("cle",)},
)
PROFESSIONAL = Door(
    PROFESSIONALS, "professionnel", "Ce professionnel", "Aucun professionnel",
    "Identifiant national ou identifiant",
    shapes.ProfessionalShape, shapes.StoredProfessional, shapes.ProfessionalPage,
    _shown_professional, _professional, professionals.check, removal.professional,
    {"exercices": _IN_SHORT, **dict.fromkeys(_IN_SHORT, ("exercices",))},
)
STRUCTURE = Door(
    STRUCTURES, "structure", "Cette structure", "Aucune structure",
    "Identifiant ou identifiant national",
    shapes.StructureShape, shapes.StoredStructure, shapes.StructurePage, _shown_structure,
    _structure, structures.check, removal.structure,
    {"finess": _NUMBERS, "siret": _NUMBERS, "adresse": _STREET,
     **dict.fromkeys(_STREET, ("adresse",))},
)
MAILBOX = Door(
    MAILBOXES, "boite", "Cette messagerie", "Aucune messagerie", "Adresse",
    shapes.MailboxShape, shapes.StoredMailbox, shapes.MailboxPage, _shown_mailbox, _mailbox,
    mailboxes.check, removal.mailbox,
)
CLIENT = Door(
    CLIENTS, "client", "Ce client", "Aucun client", "client_id", shapes.ClientShape,
    shapes.StoredClient, shapes.ClientPage, _shown_client, _client, clients.check, removal.client,
)
DOORS: tuple[Door[Any, Any], ...] = (PATIENT, PROFESSIONAL, STRUCTURE, MAILBOX, CLIENT)
