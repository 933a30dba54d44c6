"""Drafts: what they see, what they store, and two of them at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.kernel.database import Conflict, Database, Duplicate
from services.kernel.statements import SQLITE
from services.kernel.tenants import Tenants
from services.population import Mailbox, Patient, People, people, store
from services.population.draft import Draft, Taken
from services.population.kinds import MAILBOXES, PATIENTS, PROFESSIONALS, traits_key
from services.population.matricule import OID_NIR_TEST, key_of
from services.population.models import Matricule
from tests.conftest import Explain
from tests.population.test_people import newcomer

TRAITS = ("NOUVELLE", "F", "1960-01-00")


class Place:
    """A tenant over a fresh database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenants = Tenants(self.database)

    async def draft(self) -> Draft:
        return Draft(self.database, await self.tenants.get("ici"), self.tenants)

    async def who(self) -> People:
        return people(self.database, await self.tenants.get("ici"))


@pytest.fixture
def place(database: Database) -> Place:
    return Place(database)


def numbered(one: Patient, value: str) -> Patient:
    return replace(one, matricule=Matricule(value, key_of(value), OID_NIR_TEST))


async def test_a_draft_sees_itself_and_nobody_else_does(place: Place) -> None:
    draft, who = await place.draft(), await place.who()
    one = newcomer()
    await draft.add(PATIENTS, one)
    draft.remove(PATIENTS, "nessi-ruth")
    assert await draft.patient_by_ins(one.ins) == one
    assert await draft.matching("NOUVELLE", "F", "1960-01-00") == [one]
    assert await draft.patient_by_ins("2770763220829") is None
    assert await draft.matching("NESSI", "F", "1977-07-14") == []
    assert await who.patient(one.id) is None
    assert await who.patient("nessi-ruth") is not None
    await draft.commit()
    assert await who.patient_by_ins(one.ins) == one
    assert await who.patient("nessi-ruth") is None
    assert await who.patient_by_ins("2770763220829") is None
    assert await who.find(PATIENTS, "traits", traits_key("NESSI", "F", "1977-07-14")) == []


async def test_an_empty_draft_writes_nothing(place: Place) -> None:
    draft = await place.draft()
    await draft.add(PATIENTS, newcomer())
    draft.remove(PATIENTS, "nouvelle")
    await draft.commit()
    assert draft.tenant.created is None
    await (await place.draft()).commit()


async def test_numbers_can_be_swapped_in_one_draft(place: Place) -> None:
    first, second = newcomer("2600155050990", "a"), newcomer("2600155050991", "b")
    draft = await place.draft()
    await draft.add(PATIENTS, first)
    await draft.add(PATIENTS, second)
    await draft.commit()
    draft = await place.draft()
    with pytest.raises(Taken):
        await draft.put(PATIENTS, numbered(first, "2600155050991"))
    await draft.put(PATIENTS, numbered(first, "2600155050992"))
    await draft.put(PATIENTS, numbered(second, "2600155050990"))
    await draft.put(PATIENTS, numbered(first, "2600155050991"))
    await draft.commit()
    who = await place.who()
    found = [await who.patient_by_ins(f"260015505099{n}") for n in range(3)]
    assert [one and one.id for one in found] == ["b", "a", None]


async def test_of_two_drafts_with_one_number_one_is_stored(place: Place) -> None:
    drafts = [await place.draft(), await place.draft()]
    for place_of, draft in enumerate(drafts):
        await draft.add(PATIENTS, newcomer(id=f"n{place_of}"))
    ends = await asyncio.gather(*(draft.commit() for draft in drafts), return_exceptions=True)
    assert [type(end) for end in ends if end] == [Duplicate]
    assert await (await place.who()).count(PATIENTS, "nouvelle") == 1


async def test_of_two_drafts_that_renumber_one_is_stored(place: Place) -> None:
    draft = await place.draft()
    await draft.add(PATIENTS, newcomer())
    await draft.commit()
    drafts = [await place.draft(), await place.draft()]
    for number, draft in enumerate(drafts):
        await draft.put(PATIENTS, numbered(newcomer(), f"260015505098{number}"))
    ends = await asyncio.gather(*(draft.commit() for draft in drafts), return_exceptions=True)
    # The one that came second either saw the first or is refused.
    assert {type(end) for end in ends if end} <= {Conflict}
    who = await place.who()
    known = [await who.patient_by_ins(f"260015505098{number}") for number in range(2)]
    assert sum(one is not None for one in known) == 1


async def test_a_base_record_changed_and_hidden_keeps_its_place(place: Place) -> None:
    who = await place.who()
    before = [one.id for one in await who.patients()]
    draft = await place.draft()
    ruth = await draft.patient("nessi-ruth")
    assert ruth is not None
    await draft.put(PATIENTS, replace(ruth, nom_utilise="AUTRE"))
    draft.remove(PATIENTS, "adrun-zoe")
    await draft.commit()
    after = await who.patients()
    assert [one.id for one in after] == [id for id in before if id != "adrun-zoe"]
    assert [one.nom_utilise for one in after if one.id == "nessi-ruth"] == ["AUTRE"]
    assert await who.count(PATIENTS) == len(before) - 1
    assert await who.patient_by_ins("2770763220829") == replace(ruth, nom_utilise="AUTRE")


async def test_own_mailboxes_of_a_base_professional(place: Place) -> None:
    draft = await place.draft()
    box = Mailbox("autre@medecin.socle.mssante.fr", "PER", "medecin-exemplaire")
    await draft.add(MAILBOXES, box)
    await draft.commit()
    who = await place.who()
    assert box in await who.mailboxes_of("medecin-exemplaire")
    assert len(await who.mailboxes_of("medecin-exemplaire")) == 2
    assert await who.mailbox("AUTRE@medecin.socle.mssante.fr") == box


async def test_a_reset_tenant_has_the_base_again(place: Place) -> None:
    draft = await place.draft()
    draft.remove(PROFESSIONALS, "899900000011")
    await draft.commit()
    who = await place.who()
    assert await who.professional("899900000011") is None
    assert (await who.professionals())[0].id_nat == "899900000029"
    await place.tenants.reset("ici")
    who = await place.who()
    assert (await who.professionals())[0].id_nat == "899900000011"
    assert await who.professional("899900000011") is not None
    default = await who.default_professional("10")
    assert default is not None
    assert default.id == "medecin-exemplaire"


async def test_changes_survive_a_restart(place: Place) -> None:
    draft = await place.draft()
    draft.remove(PATIENTS, "nessi-ruth")
    await draft.add(PATIENTS, newcomer())
    await draft.commit()
    place = Place(place.database)
    who = await place.who()
    assert await who.patient("nessi-ruth") is None
    assert await who.patient("nouvelle") == newcomer()


async def test_people_of_one_key_come_in_the_order_they_were_added(place: Place) -> None:
    draft = await place.draft()
    numbers = ("2600163220001", "2600163220002", "2600163220003")
    several = [
        numbered(replace(newcomer(), id=id), number)
        for id, number in zip(("z", "a", "m"), numbers, strict=True)
    ]
    for one in several:
        await draft.add(PATIENTS, one)
    await draft.commit()
    assert [one.id for one in await (await place.who()).matching(*TRAITS)] == ["z", "a", "m"]
    draft = await place.draft()
    draft.remove(PATIENTS, "a")
    await draft.commit()
    who = await place.who()
    assert [one.id for one in await who.matching(*TRAITS)] == ["z", "m"]
    found = [await who.patient_by_ins(number) for number in numbers]
    assert [one and one.id for one in found] == ["z", None, "m"]


async def test_a_look_up_reads_a_key_then_its_record(explain: Explain) -> None:
    assert explain(SQLITE.prepare(store.BY_KEY).sql, ("", "", "", "", 1, 0)) == [
        "SEARCH population_key USING PRIMARY KEY "
        "(tenant_id=? AND kind=? AND name=? AND value=?)",
        "SEARCH population_record USING INTEGER PRIMARY KEY (rowid=?)",
    ]
