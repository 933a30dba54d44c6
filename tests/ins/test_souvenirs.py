"""What is remembered of calls: by whatever process, after a restart, and no more than it takes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import orjson
import pytest

from ins import store
from ins.domain.souvenirs import MOST, Souvenir, Souvenirs, sujets_of
from ins.wire.memoire import TENANTS, Memoire
from services.kernel.database import Database
from services.kernel.sandbox import Sandbox
from tests.conftest import Server
from tests.ins.conftest import MATCH, fhir_patient
from tests.ins.lps import ZOE, Parts, bam, fault, lps, now, report, send, traits
from tests.ins.rniv.conftest import eventually
from tests.soap.signing import assertion

KEY = "essai~0"
Journal = Callable[..., list[dict[str, Any]]]


def process(database: Database, *, alone: bool) -> Memoire:
    return Memoire(cast(Sandbox, SimpleNamespace(database=database, alone=alone)))


def many(count: int, start: int = 0) -> list[Souvenir]:
    return [Souvenir(f"contexte:{each}", "", each) for each in range(start, start + count)]


def test_only_the_latest_are_kept() -> None:
    own = Souvenirs()
    own.add([Souvenir("a", "1", 1), Souvenir("a", "2", 2), *many(MOST - 1)])
    assert [each.id for each in own.of("a")] == ["2"]
    own.add(many(1, MOST))
    assert (own.of("a"), len(own.of("contexte:0"))) == ((), 1)


def test_an_id_too_long_is_not_remembered() -> None:
    assert sujets_of(["1", "1", "", "x" * 65], "contexte") == ("contexte:1",)


@pytest.mark.parametrize("alone", [True, False])
async def test_a_restart_forgets_nothing(database: Database, alone: bool) -> None:
    former = process(database, alone=alone)
    await former.add(KEY, many(2))
    await former.flush()
    later = process(database, alone=alone)
    assert await later.about(KEY, "contexte:1", "contexte:7") == many(1, 1)
    assert await later.about("autre~0", "contexte:1") == []


async def test_several_processes_share_them(database: Database) -> None:
    one, other = (process(database, alone=False) for _ in range(2))
    await one.add(KEY, many(3))
    assert await other.about(KEY, "contexte:2", "contexte:0") == [many(3)[2], many(3)[0]]


@pytest.mark.parametrize("alone", [True, False])
async def test_the_table_is_bounded(database: Database, alone: bool) -> None:
    own = process(database, alone=alone)
    for start in range(0, 2 * MOST, MOST // 5):
        await own.add(KEY, many(MOST // 5, start))
        await own.flush()
    rows = await database.all(store.LATEST, tenant_id=KEY, kept=10 * MOST)
    kept = sum(len(orjson.loads(row[3])) if alone else 1 for row in rows)
    assert MOST <= kept <= MOST + MOST // 2
    assert await own.about(KEY, "contexte:0") == []
    assert len(await own.about(KEY, f"contexte:{2 * MOST - 1}")) == 1


async def test_tenants_at_hand_are_bounded(database: Database) -> None:
    own = process(database, alone=True)
    for number in range(TENANTS + 5):
        await own.add(f"t{number}~0", many(1))
    assert len(await own.about("t0~0", "contexte:0")) == 1
    await own.flush()


async def test_more_tenants_at_once_than_are_at_hand(database: Database) -> None:
    """None is forgotten before what it had is written, be it while others are."""
    own = process(database, alone=True)
    keys = [f"t{number}~0" for number in range(2 * TENANTS)]

    async def call(key: str) -> None:
        for souvenir in many(3):
            await own.add(key, [souvenir])
            await asyncio.sleep(0)

    await asyncio.gather(*map(call, keys))
    await own.flush()
    later = process(database, alone=True)
    for key in keys:
        assert await later.about(key, *(each.sujet for each in many(3))) == many(3)
    await own.add("encore~0", many(1))
    assert len(own._tenants) == TENANTS
    await own.flush()


async def test_a_stop_waits_for_what_is_being_written(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, begun, write = process(database, alone=True), asyncio.Event(), database.write

    async def slowly(writes: Any) -> None:
        begun.set()
        await asyncio.sleep(0.1)
        await write(writes)

    await own.add("t~0", many(3))
    monkeypatch.setattr(database, "write", slowly)
    await begun.wait()
    await own.flush()
    assert await process(database, alone=True).latest("t~0") == many(3)


def test_what_was_sent_before_is_told(
    api: httpx.Client, journal: Journal, server: Any, tenant: str
) -> None:
    id, message_id = str(uuid.uuid4()), f"uuid:{uuid.uuid4()}"
    parts = Parts(body=traits(*ZOE), bam=bam(id=id), lps=lps(id=id), message_id=message_id)
    send(api, parts)
    assert {each["rule"] for each in journal()[0]["findings"]} == {"INS-CERTIFICAT-ABSENT"}
    api.put("/sandbox/ins/settings", json={"delai_lot": 5}).raise_for_status()
    send(api, parts)
    again = {each["rule"]: each["at"] for each in journal()[0]["findings"]}
    assert again.keys() == {"INS-CERTIFICAT-ABSENT", "INS-CONTEXTE-NEUF", "INS-MESSAGE-ID-NEUF"}
    assert again["INS-MESSAGE-ID-NEUF"] == "/Envelope/Header/MessageID"
    with httpx.Client(base_url=f"{server.url}/t/{tenant}-autre", trust_env=False) as other:
        send(other, parts)
        [entry] = other.get("/sandbox/journal").json()["entries"]
    assert {each["rule"] for each in entry["findings"]} == {"INS-CERTIFICAT-ABSENT"}
    api.post("/sandbox/reset", json={}).raise_for_status()
    send(api, parts)
    assert "INS-CONTEXTE-NEUF" not in {each["rule"] for each in journal()[0]["findings"]}


def test_a_refused_call_registers_no_tenant(server: Server, tenant: str) -> None:
    """Decision 0011: an unknown tenant costs nothing until it writes; its journal tells the calls.

    Its souvenirs would be written with those of the call that is let in, after it."""
    unsigned = f"<wsse:Security>{assertion(now(), '899900000011')}</wsse:Security>"
    refused = [
        (Parts(body=traits(*ZOE), security=unsigned), "desir_620"),
        (Parts(body=traits(*ZOE), lps=lps("FAKE-IDAM")), "desir_550"),
        (Parts(action="urn:autre", body=traits(*ZOE)), "wsa:ActionNotSupported"),
    ]
    names = f"{tenant}-refuse", f"{tenant}-admis"
    here, there = (
        httpx.Client(base_url=f"{server.url}/t/{name}", trust_env=False) for name in names
    )
    with here, there, httpx.Client(base_url=server.url, trust_env=False) as plain:
        for parts, code in refused:
            assert fault(send(here, parts))["code"] == code
        assert send(here, b"<").status_code == 500
        assert here.post(MATCH, json=fhir_patient()).status_code == 401
        assert report(send(there, Parts(body=traits(*ZOE)))) == "00"
        found = [f"/sandbox/tenants/{name}" for name in names]
        eventually(lambda: plain.get(found[1]).status_code == 200)
        assert plain.get(found[0]).status_code == 404
        assert len(here.get("/sandbox/journal").json()["entries"]) == 5
        assert plain.get(found[0]).status_code == 404
        assert report(send(here, Parts(body=traits(*ZOE)))) == "00"
        eventually(lambda: plain.get(found[0]).status_code == 200)
