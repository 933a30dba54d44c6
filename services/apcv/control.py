"""Cartes Vitale and the appli carte Vitale over the control API: cards, reader, apps, settings."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.apcv import errors
from services.apcv.codes import QUALITES
from services.apcv.domain.carte import (
    SERIAL_DIGITS,
    Beneficiaire,
    Carte,
    Droits,
    FormeDate,
    Nature,
    Type,
    numero,
)
from services.apcv.domain.reglages import SETTING, Mode, reglages_of
from services.apcv.wire.cartes import Cartes, Lecteur
from services.apcv.wire.telephone_codes import Format, shown_code
from services.kernel.control import Contended, current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.kernel.setting_routes import change_own
from services.population.traits import has_control

MOST = 500
"""Own cards that a list shows."""


def _of_the_calendar(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("Ce jour n'est pas du calendrier.") from None
    return text


Day = Annotated[
    str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_of_the_calendar)
]
OnCard = Annotated[str, Field(max_length=100)]


class Period(BaseModel):
    """Rights, from a day to another or without end."""

    model_config = ConfigDict(extra="forbid")
    debut: Day
    fin: Day | Literal[""] = ""


class Person(BaseModel):
    """Somebody on a card; texts that are "" follow from the patient's identity."""

    model_config = ConfigDict(extra="forbid")
    patient: Annotated[str, Field(min_length=1, max_length=200)]
    qualite: Annotated[str, Field(pattern=f"^[{''.join(QUALITES)}]$")] = "0"
    rang: Annotated[str, Field(pattern="^[1-9]?$")] = ""
    nir_certifie: bool = True
    forme_date: Annotated[FormeDate, Field(
        description="dateEnCarte : AAMMJJ, sans le siècle.",
    )] = "date"
    nom_usuel: OnCard = ""
    nom_patronymique: OnCard = ""
    prenom_usuel: OnCard = ""
    date: Annotated[str, Field(pattern="^([0-9]{6}|[0-9]{8})?$")] = ""
    droits: Annotated[list[Period], Field(max_length=10)] = [Period(debut="2024-01-01")]


class CardChange(BaseModel):
    """What changes of a card; the rest stays. The first beneficiary is the insured."""

    model_config = ConfigDict(extra="forbid")
    beneficiaires: Annotated[list[Person] | None, Field(min_length=1, max_length=20)] = None
    nature: Nature | None = None
    type: Type | None = None
    fin_validite: Day | None = None
    regime: Annotated[str | None, Field(pattern="^[0-9]{2}$")] = None
    caisse: Annotated[str | None, Field(pattern="^[0-9]{3}$")] = None
    centre: Annotated[str | None, Field(pattern="^[0-9]{4}$")] = None
    apcv: Annotated[str | None, Field(pattern="^[0-9]{12}$")] = None


class NewCard(CardChange):
    """A card of the tenant's own; without a number it gets one."""

    serial: Annotated[str, Field(pattern="^([0-9]{9})?$")] = ""


class Reader(BaseModel):
    """What stands in the reader: a card by its number or by somebody who is on it, or nothing."""

    model_config = ConfigDict(extra="forbid")
    serial: Annotated[str, Field(max_length=20)] = ""
    patient: Annotated[str, Field(max_length=200)] = ""
    erreur: Annotated[int, Field(description="Code que la lecture rend ; 0 : aucun.")] = 0


class Revocation(BaseModel):
    """Whether the app of a patient is revoked."""

    model_config = ConfigDict(extra="forbid")
    revoquee: bool


class ReglagesChange(BaseModel):
    """What changes; the rest stays as it is."""

    model_config = ConfigDict(extra="forbid")
    mode: Mode | None = None
    secondes_code: Annotated[int | None, Field(ge=1, le=86_400)] = None
    minutes_contexte: Annotated[int | None, Field(ge=1, le=1440)] = None
    minutes_ps: Annotated[int | None, Field(ge=1, le=1440)] = None
    ins_ayants_droit: bool | None = None


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox."""
    router = APIRouter(tags=["carte Vitale"], route_class=Contended)
    _cards(router, sandbox)
    _reader(router, sandbox)
    _apps(router, sandbox)
    return router


def _cards(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/cards")
    async def cards(
        request: Request, q: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """The tenant's own and changed cards, then those of its patients (`q`: part of a name)."""
        found = Cartes(sandbox, await current_tenant(request))
        cards = {} if q else {each.serial: each for each in await found.own(MOST)}
        for patient in await found.who.patients(q, limit):
            card = await found.of(patient)
            if card is not None:
                cards.setdefault(card.serial, card)
        return {"cards": [asdict(each) for each in list(cards.values())[:limit]]}

    @router.post("/cards", status_code=201)
    async def create(request: Request, wanted: NewCard) -> dict[str, Any]:
        """A card of one's own. Its people leave the cards that they were on."""
        found = Cartes(sandbox, await current_tenant(request))
        if not wanted.beneficiaires:
            raise refused(422, "carte", "Une carte a au moins un bénéficiaire, l'assuré.")
        serial = wanted.serial or numero(found.ids.uuid4(), SERIAL_DIGITS)
        if await found.by_serial(serial) is not None:
            raise refused(409, "carte", "Ce numéro est celui d'une autre carte.")
        return asdict(await _changed(found, Carte(serial, ()), wanted))

    @router.get("/cards/{name}")
    async def card(request: Request, name: str) -> dict[str, Any]:
        """One, by its number, or by the identifier or matricule of somebody who is on it."""
        return asdict(await _card(Cartes(sandbox, await current_tenant(request)), name))

    @router.patch("/cards/{name}")
    async def change(request: Request, name: str, wanted: CardChange) -> dict[str, Any]:
        """Change a card, even a default one: for this tenant only."""
        found = Cartes(sandbox, await current_tenant(request))
        return asdict(await _changed(found, await _card(found, name), wanted))

    @router.delete("/cards/{name}", status_code=204, response_class=Response)
    async def remove(request: Request, name: str) -> Response:
        """The people on it have no card any more."""
        found = Cartes(sandbox, await current_tenant(request))
        await found.remove(await _card(found, name))
        return Response(status_code=204)


def _reader(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/reader")
    async def reader(request: Request) -> dict[str, Any]:
        """What stands in the virtual reader."""
        found = Cartes(sandbox, await current_tenant(request))
        return asdict(await found.lecteur()) | {"erreurs": {
            number: error.code.partition(" ")[2] for number, error in errors.LECTEUR.items()
        }}

    @router.put("/reader")
    async def insert(request: Request, wanted: Reader) -> dict[str, Any]:
        """Insert a card, take it out ({}), or have the reader fail."""
        found = Cartes(sandbox, await current_tenant(request))
        if wanted.erreur and wanted.erreur not in errors.LECTEUR:
            known = ", ".join(map(str, errors.LECTEUR))
            raise refused(422, "erreur", f"Erreurs de lecture connues : {known}.")
        name = wanted.serial or wanted.patient
        serial = (await found.known(await _card(found, name))).serial if name else ""
        await found.insert(Lecteur(serial, wanted.erreur))
        return asdict(await found.lecteur())


def _apps(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/apcv/settings")
    async def settings(request: Request) -> dict[str, Any]:
        """Mode, lives of codes and contexts, whether dependants come with their INS."""
        return asdict(reglages_of((await current_tenant(request)).settings))

    @router.put("/apcv/settings")
    async def set_settings(request: Request, change: ReglagesChange) -> dict[str, Any]:
        """Change how the appli carte Vitale behaves for this tenant."""
        tenant = await current_tenant(request)
        await change_own(sandbox, tenant, SETTING, change)
        return asdict(reglages_of(tenant.settings))

    @router.get("/apcv/{patient}/code", response_class=Response)
    async def code(
        request: Request, patient: str, format: Format = "txt", nfc: bool = False
    ) -> Response:
        """A fresh code of a patient's app: text, PNG or SVG; `nfc`: what the chip would give."""
        tenant = await current_tenant(request)
        known = await Cartes(sandbox, tenant).patient(patient)
        if known is None:
            raise refused(404, "patient", "Aucun patient de cet identifiant dans cet espace.")
        made = await shown_code(sandbox, tenant, known.id, format, nfc=nfc)
        return Response(made.body, media_type=made.media_type, headers=dict(made.headers))

    @router.put("/apcv/{patient}/revocation")
    async def revoke(request: Request, patient: str, wanted: Revocation) -> dict[str, Any]:
        """Revoke the app of a patient, or take it back."""
        found = Cartes(sandbox, await current_tenant(request))
        known = await found.patient(patient)
        if known is None:
            raise refused(404, "patient", "Aucun patient de cet identifiant dans cet espace.")
        await found.revoke(known.id, wanted.revoquee)
        return {"patient": known.id, "revoquee": wanted.revoquee}


async def _card(found: Cartes, name: str) -> Carte:
    card = await found.find(name)
    if card is None:
        raise refused(404, "carte", "Aucune carte de ce numéro ou de cette personne.")
    return card


async def _changed(found: Cartes, card: Carte, wanted: CardChange) -> Carte:
    """The card with what is wanted, once its people are known."""
    members = wanted.model_dump(exclude_none=True, exclude={"beneficiaires", "serial"})
    if wanted.beneficiaires is not None:
        people = []
        for rank, each in enumerate(wanted.beneficiaires):
            known = await found.patient(each.patient)
            if known is None:
                raise refused(422, "patient", f"Aucun patient « {each.patient} » dans cet espace.")
            given = each.model_dump(exclude={"patient", "droits"})
            if any(has_control(value) for value in given.values() if isinstance(value, str)):
                raise refused(422, "texte", "Un texte sans caractère de commande est attendu.")
            if (given["qualite"] == "0") != (rank == 0):
                raise refused(422, "qualite", "Le premier, et lui seul, est l'assuré (0).")
            periods = tuple(Droits(**one.model_dump()) for one in each.droits)
            if any(one.fin and one.fin < one.debut for one in periods):
                raise refused(422, "droits", "Des droits finissent après avoir commencé.")
            people.append(Beneficiaire(known.id, **given, droits=periods))
        if len({each.patient for each in people}) < len(people):
            raise refused(422, "patient", "Une personne n'est qu'une fois sur une carte.")
        members["beneficiaires"] = tuple(people)
    return await found.keep(replace(card, **members))
