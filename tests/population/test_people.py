"""Look-ups over the base and a tenant's own patients."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from services.kernel.database import Database
from services.kernel.tenants import Tenant, Tenants
from services.population import Matricule, Patient, People, people
from services.population.base import base
from services.population.derived import completed
from services.population.draft import Taken
from services.population.kinds import MAILBOXES, PATIENTS
from services.population.matricule import OID_NIA, OID_NIR, OID_NIR_TEST, key_of
from tests.population.adding import add_patient

VALUE = "2600155050990"


@dataclass
class Space:
    """What a draft needs of a sandbox."""

    database: Database
    tenants: Tenants

    async def add(self, patient: Patient, tenant: str = "ici") -> Patient:
        return await add_patient(self, Tenant(tenant), patient)  # type: ignore[arg-type]


def newcomer(value: str = VALUE, id: str = "nouvelle") -> Patient:
    return completed(Patient(
        id, Matricule(value, key_of(value), OID_NIR_TEST), "NOUVELLE", ("ZELIE", "ANNE"), "F",
        "1960-01-00",
    ))


@pytest.fixture
def space(database: Database) -> Space:
    return Space(database, Tenants(database))


@pytest.fixture
def who(space: Space) -> People:
    return people(space.database, Tenant("ici"))


async def test_base_patients_are_found_by_every_key(who: People) -> None:
    pat_trois = await who.patient("pat-trois-dominique")
    assert pat_trois is not None
    assert await who.patient_by_ins("2790351215189") == pat_trois
    assert await who.patient_by_ins("279035121518989") == pat_trois
    assert await who.patient_by_ins("279035121518989", OID_NIR_TEST) == pat_trois
    assert await who.matching("PAT-TROIS", "F", "1979-03-28") == [pat_trois]
    assert [box.address for box in await who.mailboxes_of(pat_trois.id)] == [pat_trois.mailbox]
    doctor = (await who.professionals())[0]
    owned = base().find(MAILBOXES, "owner", doctor.id)
    assert await who.mailboxes_of(doctor.id) == list(owned)


@pytest.mark.parametrize(("matricule", "oid"), [
    ("279035121518988", None), ("279035121518989", OID_NIA), ("2790351215180", None), ("", None),
    ("27903512151898", None), ("x" * 40, None),
])
async def test_another_key_or_authority_finds_nobody(
    who: People, matricule: str, oid: str | None
) -> None:
    assert await who.patient_by_ins(matricule, oid) is None


@pytest.mark.parametrize("matricule", ["209076322083439", "2090763220834"])
async def test_historic_matricules_lead_to_the_patient(who: People, matricule: str) -> None:
    found = await who.patient_by_ins(matricule, OID_NIR)
    assert found is not None
    assert found.nom_naissance == "ECETINSI"


async def test_homonyms_match_together(who: People) -> None:
    found = await who.matching("DE VINCI", "M", "2014-02-01")
    assert [one.lieu_naissance for one in found] == ["63220", "55050"]


async def test_an_added_patient_is_found_by_every_key(who: People, space: Space) -> None:
    before = len(await who.patients())
    stored = await space.add(newcomer())
    assert stored.mailbox == f"{stored.ins}@patient.mssante.fr"
    assert set(stored.behaviours) == {"ins", "dmp", "mssante", "e_prescription", "apcv"}
    assert await who.patient("nouvelle") == stored
    assert await who.patient_by_ins(stored.ins, OID_NIR_TEST) == stored
    assert await who.matching("NOUVELLE", "F", "1960-01-00") == [stored]
    box = await who.mailbox(stored.mailbox.upper())
    assert box is not None
    assert (box.type, box.owner_id) == ("PAT", "nouvelle")
    assert list(await who.mailboxes_of("nouvelle")) == [box]
    assert (await who.patients())[before:] == [stored]
    assert box in await who.mailboxes()


async def test_a_historic_matricule_of_an_added_patient_is_found(who: People, space: Space) -> None:
    old = "1600155050990"
    history = (Matricule(old, key_of(old), OID_NIR_TEST), Matricule(VALUE, "", OID_NIR_TEST))
    stored = await space.add(replace(newcomer(), historique=history))
    assert await who.patient_by_ins(old) == stored


async def test_search_and_pages_run_over_base_and_added(who: People, space: Space) -> None:
    for number in range(3):
        await space.add(newcomer(f"260015505099{number}", f"nouvelle-{number}"))
    assert await who.count(PATIENTS, "nouvelle zélie") == 3
    assert [one.id for one in await who.patients("nouvelle", 2, 1)] == ["nouvelle-1", "nouvelle-2"]
    size = len(base().patients)
    assert await who.count(PATIENTS) == size + 3
    assert [one.id for one in await who.patients("", 2, size - 1)][1] == "nouvelle-0"
    assert await who.patients("", 5, size + 3) == []
    assert await who.patients("", 5, size + 300) == []
    assert await who.patients("100%") == []


@pytest.mark.parametrize("taken", [
    newcomer(id="autre"), newcomer("2600155050991"), newcomer("2790351215189", "autre"),
    newcomer("2090763220834", "autre"), newcomer("2600155050992", "nessi-ruth"),
])
async def test_taken_numbers_and_ids_are_refused_and_store_nothing(
    who: People, space: Space, taken: Patient
) -> None:
    await space.add(newcomer())
    with pytest.raises(Taken):
        await space.add(taken)
    assert await who.count(PATIENTS, "nouvelle") == 1


async def test_tenants_do_not_see_each_other(space: Space) -> None:
    there = people(space.database, Tenant("la-bas"))
    stored = await space.add(newcomer())
    assert await there.patient(stored.id) is None
    assert await there.patient_by_ins(stored.ins) is None
    assert await there.matching("NOUVELLE", "F", "1960-01-00") == []
    assert await there.mailbox(stored.mailbox) is None
    assert await there.count(PATIENTS, "nouvelle") == 0
    await space.add(newcomer(), "la-bas")


async def test_no_mailbox_without_an_active_dmp(who: People, space: Space) -> None:
    patient = newcomer()
    stored = await space.add(replace(patient, dmp=replace(patient.dmp, status="none")))
    assert stored.mailbox == ""
    assert await who.mailbox(f"{stored.ins}@patient.mssante.fr") is None
    assert not await who.mailboxes_of(stored.id)


async def test_professionals_structures_and_clients(who: People) -> None:
    doctor = (await who.professionals())[0]
    assert await who.professional(doctor.id_nat) == doctor
    assert await who.professional("899999999999") is None
    place = await who.structure(doctor.structure_ids[0])
    assert place is not None
    assert await who.structure_by_id_nat(place.id_nat) == place
    assert place in await who.structures()
    client = await who.client("socle-demo")
    assert client in await who.clients()
    assert await who.client("inconnu") is None
    assert await who.mailbox("personne@ailleurs.example") is None
