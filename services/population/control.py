"""Who exists, over the control API: `/sandbox/identities` and its sisters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request

from services.kernel.control import current_tenant, refused
from services.kernel.database import Duplicate
from services.kernel.sandbox import Sandbox
from services.population import shapes
from services.population.models import Client, Mailbox, Professional, Structure
from services.population.people import People, people
from services.population.registration import NoNumberLeft, Refused, register
from services.population.searching import matches

ANNUAIRE_KEY = "socle-demo-annuaire"
"""The ESANTE-API-KEY of the sandbox: fixed, and worth nothing elsewhere."""

NAMED = 500
"""Patients in `/identities`: the base and the first added ones; `/patients` pages through all."""

T = TypeVar("T", Professional, Structure, Mailbox, Client)
Fragment = Annotated[str, Query(max_length=100, description="Partie d'un nom ou d'un numéro.")]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox about people."""
    router = APIRouter(tags=["population"])

    @router.get("/identities")
    async def identities(request: Request, q: Fragment = "") -> shapes.Identities:
        """Personas, public identities and the tenant's own people, on one page."""
        who = await _people(sandbox, request)
        return shapes.Identities(
            patients=[shapes.PatientShape.of(one) for one in await who.patients(q, NAMED)],
            professionals=[
                await _professional(who, one) for one in _found(await who.professionals(), q)
            ],
            structures=[await _structure(who, one) for one in _found(await who.structures(), q)],
            clients=[shapes.ClientShape.of(one) for one in _found(await who.clients(), q)],
            api_keys=shapes.ApiKeys(annuaire=ANNUAIRE_KEY),
        )

    _patient_routes(router, sandbox)
    _directory_routes(router, sandbox)
    return router


def _patient_routes(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/patients")
    async def patients(
        request: Request, q: Fragment = "", limit: Limit = 50, offset: Offset = 0
    ) -> shapes.PatientPage:
        """Patients of the base, then the tenant's own."""
        who = await _people(sandbox, request)
        return shapes.PatientPage(
            patients=[shapes.PatientShape.of(one) for one in await who.patients(q, limit, offset)],
            total=await who.count_patients(q), limit=limit, offset=offset,
        )

    @router.get("/patients/{id}")
    async def patient(request: Request, id: str) -> shapes.PatientShape:
        """One patient, by its id in the sandbox or its matricule (13 or 15 characters)."""
        who = await _people(sandbox, request)
        found = await who.patient(id) or await who.patient_by_ins(id)
        if found is None:
            raise refused(404, "patient", "Aucun patient de cet identifiant dans cet espace.")
        return shapes.PatientShape.of(found)

    @router.post("/patients", status_code=201)
    async def add(request: Request, given: shapes.PatientShape) -> shapes.AddedPatient:
        """Add a patient to this tenant; identifier, matricule, key and OID are made if missing."""
        tenant = await current_tenant(request)
        who = people(sandbox.database, tenant)
        try:
            added = await register(given, who, tenant.ids, tenant.strict)
        except Refused as error:
            raise HTTPException(422, {
                "code": "patient", "libelle": "Ce patient ne peut pas être ajouté.",
                "details": [
                    {"emplacement": each.at, "message": each.message} for each in error.problems
                ],
            }) from error
        except Duplicate as error:
            raise refused(
                409, "doublon", "Cet identifiant ou ce matricule est déjà celui d'un patient."
            ) from error
        except NoNumberLeft as error:
            raise refused(
                409, "matricules",
                "Tous les matricules fictifs de ce mois de naissance sont pris : donnez-en un.",
            ) from error
        return shapes.AddedPatient.stored(added.patient, added.warnings)


def _directory_routes(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/professionals")
    async def professionals(
        request: Request, q: Fragment = "", limit: Limit = 50, offset: Offset = 0
    ) -> shapes.ProfessionalPage:
        """Professionals; the first is the default doctor."""
        who = await _people(sandbox, request)
        found = _found(await who.professionals(), q)
        return shapes.ProfessionalPage(
            professionals=[
                await _professional(who, one) for one in found[offset : offset + limit]
            ],
            total=len(found), limit=limit, offset=offset,
        )

    @router.get("/structures")
    async def structures(
        request: Request, q: Fragment = "", limit: Limit = 50, offset: Offset = 0
    ) -> shapes.StructurePage:
        """Structures."""
        who = await _people(sandbox, request)
        found = _found(await who.structures(), q)
        return shapes.StructurePage(
            structures=[await _structure(who, one) for one in found[offset : offset + limit]],
            total=len(found), limit=limit, offset=offset,
        )

    @router.get("/mailboxes")
    async def mailboxes(
        request: Request, q: Fragment = "", limit: Limit = 50, offset: Offset = 0
    ) -> shapes.MailboxPage:
        """Mailboxes of professionals, structures and patients."""
        found = _found(await (await _people(sandbox, request)).mailboxes(), q)
        return shapes.MailboxPage(
            mailboxes=[shapes.MailboxShape.of(one) for one in found[offset : offset + limit]],
            total=len(found), limit=limit, offset=offset,
        )

    @router.get("/clients")
    async def clients(
        request: Request, q: Fragment = "", limit: Limit = 50, offset: Offset = 0
    ) -> shapes.ClientPage:
        """OAuth clients, with their test secrets."""
        found = _found(await (await _people(sandbox, request)).clients(), q)
        return shapes.ClientPage(
            clients=[shapes.ClientShape.of(one) for one in found[offset : offset + limit]],
            total=len(found), limit=limit, offset=offset,
        )


async def _people(sandbox: Sandbox, request: Request) -> People:
    return people(sandbox.database, await current_tenant(request))


def _found(everyone: Iterable[T], q: str) -> Sequence[T]:
    return [one for one in everyone if matches(one, q)]


async def _professional(who: People, one: Professional) -> shapes.ProfessionalShape:
    places = [await who.structure(id) for id in one.structure_ids]
    return shapes.ProfessionalShape.of(
        one, [place for place in places if place is not None], await who.mailboxes_of(one.id)
    )


async def _structure(who: People, one: Structure) -> shapes.StructureShape:
    return shapes.StructureShape.of(one, await who.mailboxes_of(one.id))
