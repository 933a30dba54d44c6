"""Scripted answers: one per call of a transaction, then the real ones."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.kernel.test_faults import echo, entries, fault


async def script(client: httpx.AsyncClient, *answers: str) -> dict[str, Any]:
    body = {"service": "x", "transaction": "X1", "answers": list(answers)}
    answer = await client.post("/t/a/sandbox/answers", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def statuses(client: httpx.AsyncClient, count: int) -> list[int]:
    return [(await echo(client)).status_code for _ in range(count)]


async def test_answers_come_in_order_then_the_real_ones(client: httpx.AsyncClient) -> None:
    made = await script(client, "T1", "real", "storage")
    assert made == {"id": made["id"], "service": "x", "transaction": "X1",
                    "answers": ["T1", "real", "storage"], "served": 0}
    assert (await client.get("/t/a/x/bug")).status_code == 500
    assert await statuses(client, 4) == [418, 201, 503, 201]
    [told] = (await client.get("/t/a/sandbox/answers")).json()["answers"]
    assert told == made | {"served": 3}
    notes = [entry["note"] for entry in await entries(client, "a")][:4]
    assert notes == [
        "", "panne simulée : réponse 3 sur 3, storage", "",
        "panne simulée : réponse 1 sur 3, T1",
    ]


async def test_scripts_follow_each_other(client: httpx.AsyncClient) -> None:
    await script(client, "T1")
    await script(client, "storage", "T1")
    assert await statuses(client, 4) == [418, 503, 418, 201]


async def test_each_answer_is_served_once_when_calls_come_together(
    client: httpx.AsyncClient,
) -> None:
    await script(client, *["T1"] * 9, *["storage"] * 8)
    answers = await asyncio.gather(*(echo(client) for _ in range(30)))
    assert sorted(each.status_code for each in answers) == [201] * 13 + [418] * 9 + [503] * 8


async def test_a_script_comes_before_a_fault_and_real_means_real(
    client: httpx.AsyncClient,
) -> None:
    await fault(client, kind="status", value=500)
    await script(client, "real", "T1")
    assert await statuses(client, 3) == [201, 418, 500]


async def test_scripts_can_be_removed(client: httpx.AsyncClient) -> None:
    first = await script(client, "T1", "T1")
    await script(client, "storage", "storage")
    assert await statuses(client, 1) == [418]
    assert (await client.delete(f"/t/a/sandbox/answers/{first['id']}")).status_code == 204
    assert (await client.delete(f"/t/a/sandbox/answers/{first['id']}")).status_code == 404
    assert await statuses(client, 1) == [503]
    assert (await client.delete("/t/a/sandbox/answers")).status_code == 204
    assert await statuses(client, 1) == [201]


async def test_an_unknown_answer_is_refused_saying_which_are_known(
    client: httpx.AsyncClient,
) -> None:
    for body in (
        {"service": "x", "transaction": "X1", "answers": ["real", "T2"]},
        {"service": "x", "transaction": "X9", "answers": ["T1"]},
        {"service": "y", "transaction": "X1", "answers": ["T1"]},
        {"service": "x", "transaction": "X1", "answers": []},
        {"service": "x", "answers": ["T1"]},
    ):
        answer = await client.post("/t/a/sandbox/answers", json=body)
        assert answer.status_code == 422, body
    assert (await client.get("/t/a/sandbox/answers")).json() == {"answers": []}
