"""The same searches over the same resources: the same ids, in the same order, on both databases.

Names differ by accents, case, signs and alphabets, which a server in French sorts otherwise.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services import app
from services.fhir import store
from services.fhir.extraction import indexes_of
from services.kernel.database import Write
from services.kernel.postgres import PostgresDatabase
from services.kernel.postgres_pool import connect
from services.settings import Settings
from tests import databases
from tests.fhir import essai

pytestmark = pytest.mark.foreign

PATIENTS, ORGANIZATIONS = 3000, 40
TENANT, FIRST_INSTANT = "memes", 1_750_000_000_000_000
FAMILIES = (
    "Martin", "MARTIN", "martín", "Éloi", "Eloi", "éloi", "Œuvrard", "Oeuvrard", "O'Brien",
    "Obrien", "D'Arc", "de La Tour", "De la Tour", "De-La-Tour", "Ångström", "Zola", "zola",
    "Ça", "Ca", "Čapek", "Μαρία", "Иванов", "李", "🙂", "a_b", "a%b", "a!b", "A b", "Straße",
    "STRASSE", "İnan", "ﬁn",
)
GIVEN = ("Zoé", "zoe", "Anne", "Ann", "anne-Marie", "Anne Marie", "Élie", "Elie", "Yéléna", "José")
SEARCHES = (
    "", "_sort=_id", "_sort=-_id", "_sort=_lastUpdated", "_sort=-_lastUpdated,_id",
    "_sort=family", "_sort=-family", "_sort=given,-family", "_sort=-birthdate,family",
    "_sort=birthdate,_id", "_sort=gender,-_lastUpdated", "_sort=identifier", "_sort=-identifier",
    "_sort=organization,family", "family=e", "family=É", "family=m", "family=oe", "family=a_",
    "family=a%25", "family=a!", "family=D'", "family=de la", "family=strasse", "family=fin",
    "family:exact=Martin", "family:exact=MARTIN", "family:exact=éloi", "family:contains=a",
    "family:contains=_", "family:contains=%25", "name=zo", "name=anne&_sort=family",
    "given=elie,jose&_sort=-given", "given:exact=Zoé&_sort=_id", "gender=male",
    "gender=male,other&_sort=family", "gender:not=male&_sort=-birthdate", "birthdate=1980",
    "birthdate=ge1990&_sort=birthdate", "birthdate=lt1960&family=m", "birthdate=ap2000",
    "birthdate:missing=true", "identifier=urn:essai%7C0042", "identifier=urn:essai%7C0007,%7C0011",
    "organization=Organization/org-07", "organization.name=clin&_sort=family",
    "organization.identifier=urn:org%7C3", "active=true&gender=female&_sort=family,given",
    "_id=p-0003,p-0001,p-0002", "general-practitioner:missing=true&family=z",
    "family=a&organization.name:contains=hôp", "_sort=name,_id&active=false",
)


def resources() -> list[dict[str, Any]]:
    """Patients and organisations, in an order that is none of those asked for."""
    genders = itertools.cycle(("male", "female", "other", "unknown", "male"))
    made: list[dict[str, Any]] = [
        {"resourceType": "Organization", "id": f"org-{n:02}",
         "name": f"{('Clinique', 'Hôpital', 'clinique', 'Cabinet')[n % 4]} {FAMILIES[n % 32]}",
         "identifier": [{"system": "urn:org", "value": str(n)}]}
        for n in range(ORGANIZATIONS)
    ]
    made += ({
        "resourceType": "Patient", "id": f"p-{n * 7919 % PATIENTS:04}",
        "name": [{"family": FAMILIES[n * 13 % 32], "given": [GIVEN[n * 7 % 10]]}],
        "identifier": [{"system": "urn:essai", "value": f"{n:04}"}],
        "gender": next(genders), "active": n % 3 > 0,
        "managingOrganization": {"reference": f"Organization/org-{n % ORGANIZATIONS:02}"},
        **({"birthDate": f"{1940 + n % 70}-{1 + n % 12:02}-{1 + n % 28:02}"} if n % 11 else {}),
    } for n in range(PATIENTS))
    return made


async def fill(running: app.Running) -> None:
    """By the statements of the product; fifty resources are of the same instant."""
    place = await running.sandbox.tenants.get(TENANT)
    writes: list[Write] = []
    for number, resource in enumerate(resources()):
        kind = essai.API.by_name[resource["resourceType"]]
        indexes = indexes_of(resource, (*kind.parameters, *kind.hidden), essai.BASE)
        writes += store.writes_for(
            place, "essai", kind.name, resource["id"], orjson.dumps(resource), indexes,
            updated=FIRST_INSTANT + number // 50,
        )
    database = running.sandbox.database
    await database.write(sorted(writes, key=lambda each: id(each.statement)))
    if isinstance(database, PostgresDatabase):
        # As autovacuum does within a minute of such a load.
        connection = await connect(database.url)
        await connection.execute("ANALYZE")
        await connection.close()


async def found(running: app.Running, search: str) -> list[str]:
    """Ids of the first four pages, in order."""
    ids: list[str] = []
    base = f"{running.sandbox.public_url}/t/{TENANT}{essai.BASE}/Patient"
    url = f"{base}?{search}&_count=170".replace("?&", "?")
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for _ in range(4):
            page = (await client.get(url)).raise_for_status().json()
            ids += [each["resource"]["id"] for each in page.get("entry", [])]
            following = [each["url"] for each in page["link"] if each["relation"] == "next"]
            if not following:
                break
            url = following[0]
    return ids


async def test_the_same_ids_in_the_same_order(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.catalog, "load", lambda only="": {"essai": essai.SERVICE})
    monkeypatch.delenv(databases.URL, raising=False)
    ports = {"http_port": 0, "https_port": 0, "smtp_port": 0}
    both = [
        await app.start(Settings(data=tmp_path / "sqlite", **ports)),
        await app.start(Settings(data=tmp_path / "postgresql", database_url=address, **ports)),
    ]
    try:
        for running in both:
            await fill(running)
        some = 0
        for search in SEARCHES:
            on_sqlite, on_postgresql = [await found(running, search) for running in both]
            assert on_sqlite == on_postgresql, search
            some += bool(on_sqlite)
        assert len(SEARCHES) >= 50
        assert some >= 45
    finally:
        for running in both:
            await running.stop()
