"""Faults: asked for by a tenant, for itself; applied between the journal and the transaction."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from services import app, catalog
from services.kernel import staging
from services.kernel.exchange import Exchange
from services.kernel.faults import MOST
from services.settings import Settings
from tests import databases
from tests.kernel.conftest import SERVICE, patient
from tests.kernel.test_gateway import entries


async def fault(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/t/a/sandbox/faults", json={"service": "x", **wanted})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def fired(client: httpx.AsyncClient) -> list[int]:
    return [each["fired"] for each in (await client.get("/t/a/sandbox/faults")).json()["faults"]]


async def struck(client: httpx.AsyncClient) -> None:
    """Return once the one fault has struck."""
    async with asyncio.timeout(20):
        while await fired(client) != [1]:
            await asyncio.sleep(0.01)


async def echo(client: httpx.AsyncClient, text: str = "salut", tenant: str = "a") -> httpx.Response:
    return await client.post(f"/t/{tenant}/x/echo", json=text)


async def test_a_fault_has_the_shape_of_the_control_api(client: httpx.AsyncClient) -> None:
    made = await fault(client, transaction="X1", kind="error", value="T1", first=2)
    assert made == {
        "id": made["id"], "service": "x", "transaction": "X1", "kind": "error", "value": "T1",
        "first": 2, "id_nat": "", "matricule": "", "fired": 0,
    }
    assert (await client.get("/t/a/sandbox/faults")).json() == {"faults": [made]}


async def test_an_error_of_the_catalogue_is_rendered_by_the_dialect(
    client: httpx.AsyncClient,
) -> None:
    made = await fault(client, transaction="X1", kind="error", value="T1")
    answer = await echo(client)
    assert answer.status_code == 418
    assert answer.json()["erreur"] == {
        "code": "T1", "libelle": "Je suis une théière.", "source": "RFC 2324",
    }
    assert answer.headers["x-sandbox-fault"] == made["id"]
    [entry] = await entries(client, "a")
    assert (entry["outcome"], entry["response"]["status"]) == ("fail", "418")
    assert entry["error"]["code"] == "T1"
    assert entry["note"] == "panne simulée : erreur T1"


async def test_a_fault_strikes_its_transaction_and_its_tenant_only(
    client: httpx.AsyncClient,
) -> None:
    await fault(client, transaction="X1", kind="status", value=503)
    answer = await echo(client)
    assert answer.status_code == 503
    assert answer.json()["erreur"]["code"] == "panne-simulee"
    assert (await echo(client, tenant="b")).status_code == 201
    assert (await client.post("/t/a/x/xml", content=b"<a/>",
                              headers={"content-type": "application/xml"})).status_code == 200
    assert await fired(client) == [1]


async def test_the_first_calls_only(client: httpx.AsyncClient) -> None:
    await fault(client, kind="status", value=500, first=2)
    assert [(await echo(client)).status_code for _ in range(4)] == [500, 500, 201, 201]
    assert await fired(client) == [2]


async def test_the_first_calls_are_counted_once_when_they_come_together(
    client: httpx.AsyncClient,
) -> None:
    await fault(client, kind="status", value=500, first=7)
    answers = await asyncio.gather(*(echo(client) for _ in range(40)))
    assert sorted(each.status_code for each in answers) == [201] * 33 + [500] * 7
    assert await fired(client) == [7]


async def test_a_delay_is_waited(client: httpx.AsyncClient) -> None:
    await fault(client, kind="delay", value=0.3, first=1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await echo(client)).status_code == 201
    assert loop.time() - began > 0.3
    [entry] = await entries(client, "a")
    assert entry["note"] == "panne simulée : délai de 0.3 s"


async def test_a_delay_holds_nobody_else_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()

    async def wait(exchange: Exchange, seconds: float) -> None:
        await over.wait()

    monkeypatch.setattr(staging, "_wait", wait)
    await fault(client, kind="delay", value=100, first=1)
    slow = asyncio.create_task(echo(client))
    await struck(client)
    assert (await echo(client)).status_code == 201
    assert not slow.done()
    over.set()
    assert (await slow).status_code == 201


async def test_a_delayed_call_does_not_delay_the_stop(
    running: app.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(running, monkeypatch)
    async with httpx.AsyncClient(base_url=running.sandbox.public_url) as client:
        await fault(client, kind="delay", value=100)
        loop = asyncio.get_running_loop()
        slow = asyncio.create_task(echo(client))
        await struck(client)
        began = loop.time()
        await running.stop()
        assert loop.time() - began < 30  # of the minute that others have to end by themselves
        assert (await slow).status_code == 201


async def test_a_drop_closes_the_connection_without_a_byte(client: httpx.AsyncClient) -> None:
    await fault(client, kind="drop", first=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await echo(client, "jamais")
    assert (await echo(client)).status_code == 201
    entry = (await entries(client, "a"))[1]
    assert (entry["outcome"], entry["response"]["status"]) == ("fail", "444")
    assert entry["note"] == "panne simulée : connexion coupée sans réponse"
    raw = await client.get(f"/t/a/sandbox/journal/{entry['id']}/response")
    assert raw.content == b""


@pytest.mark.parametrize("kept", [0, 3])
async def test_a_truncated_answer_announces_the_whole(
    client: httpx.AsyncClient, kept: int
) -> None:
    await fault(client, kind="truncate", value=kept)
    got = b""
    async with client.stream("POST", "/t/a/x/echo", json="salut") as answer:
        assert answer.headers["content-length"] == "7"
        chunks = answer.aiter_raw()
        if kept:
            got = await anext(chunks)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            await anext(chunks)
    assert got == b'"salut"'[:kept]
    [entry] = await entries(client, "a")
    assert (entry["outcome"], entry["response"]["status"]) == ("pass", "201")
    raw = await client.get(f"/t/a/sandbox/journal/{entry['id']}/response")
    assert raw.content.partition(b"\r\n\r\n")[2] == got


async def test_an_answer_shorter_than_the_cut_is_whole(client: httpx.AsyncClient) -> None:
    await fault(client, kind="truncate", value=7)
    assert (await echo(client)).json() == "salut"
    assert (await echo(client)).json() == "salut"


async def test_a_patient_alone_can_be_struck(client: httpx.AsyncClient) -> None:
    await fault(client, kind="error", value="T1", matricule="2790351215189")
    assert (await echo(client, "ins 1810363220751")).status_code == 201
    assert (await echo(client, "ins 2790351215189 89")).status_code == 418
    assert (await client.get("/t/a/x/echo/1?ins=2790351215189")).status_code == 418
    assert await fired(client) == [2]


async def test_delays_add_up_and_the_first_other_fault_decides(client: httpx.AsyncClient) -> None:
    await fault(client, kind="delay", value=0.01)
    await fault(client, kind="error", value="T1", first=1)
    await fault(client, kind="delay", value=0.01)
    await fault(client, kind="status", value=502)
    assert [(await echo(client)).status_code for _ in range(2)] == [418, 502]
    assert await fired(client) == [2, 1, 2, 1]
    assert (await entries(client, "a"))[0]["note"] == (
        "panne simulée : délai de 0.01 s, délai de 0.01 s, statut 502"
    )


async def test_one_fault_or_all_can_be_removed(client: httpx.AsyncClient) -> None:
    first, second = [await fault(client, kind="status", value=value) for value in (500, 501)]
    assert (await client.delete(f"/t/b/sandbox/faults/{first['id']}")).status_code == 404
    assert (await client.delete(f"/t/a/sandbox/faults/{first['id']}")).status_code == 204
    assert (await client.delete(f"/t/a/sandbox/faults/{first['id']}")).status_code == 404
    assert (await echo(client)).status_code == 501
    assert (await client.delete("/t/a/sandbox/faults")).status_code == 204
    assert (await echo(client)).status_code == 201
    assert (await client.get("/t/a/sandbox/faults")).json() == {"faults": []}
    assert second["id"] != first["id"]


async def test_a_reset_removes_faults_and_keeps_settings(client: httpx.AsyncClient) -> None:
    await client.put("/t/a/sandbox/settings", json={"strict": True})
    await fault(client, kind="status", value=500)
    await client.post("/t/a/sandbox/reset", json={})
    assert (await client.get("/t/a/sandbox/faults")).json() == {"faults": []}
    assert (await echo(client)).status_code == 201
    assert (await client.get("/t/a/sandbox/settings")).json()["strict"]


@pytest.mark.parametrize(("wanted", "says"), [
    ({"service": "y"}, ["x"]),
    ({"transaction": "X9"}, ["X1", "X2", "X3"]),
    ({"kind": "error", "value": "T2"}, ["T1", "structure"]),
    ({"kind": "error", "value": "exception"}, ["T1"]),
    ({"kind": "error"}, ["T1"]),
    ({"kind": "delay", "value": 121}, []),
    ({"kind": "delay", "value": -1}, []),
    ({"kind": "delay", "value": "1"}, []),
    ({"kind": "delay"}, []),
    ({"kind": "status", "value": 200}, []),
    ({"kind": "status", "value": 503.5}, []),
    ({"kind": "truncate", "value": -1}, []),
    ({"kind": "truncate", "value": 1e300}, []),
    ({"kind": "drop", "value": 1}, []),
    ({"kind": "explode"}, None),
    ({"first": 0}, None),
    ({"nom": "x"}, None),
])
async def test_a_fault_that_makes_no_sense_is_refused_saying_what_would(
    client: httpx.AsyncClient, wanted: dict[str, Any], says: list[str] | None
) -> None:
    body = {"service": "x", "kind": "status", "value": 500} | wanted
    if "kind" in wanted and "value" not in wanted:
        del body["value"]
    answer = await client.post("/t/a/sandbox/faults", json=body)
    assert answer.status_code == 422
    if says is not None:
        assert answer.json()["erreur"]["code"] == "panne"
        assert set(says) <= set(answer.json()["erreur"]["connus"])
    assert (await client.get("/t/a/sandbox/faults")).json() == {"faults": []}


async def test_used_up_faults_make_room_and_the_others_do_not(client: httpx.AsyncClient) -> None:
    await fault(client, kind="status", value=500, first=1)
    assert (await echo(client)).status_code == 500
    for _ in range(MOST):
        await fault(client, kind="status", value=501, transaction="X2")
    answer = await client.post(
        "/t/a/sandbox/faults", json={"service": "x", "kind": "status", "value": 500}
    )
    assert answer.status_code == 409
    assert await fired(client) == [0] * MOST


async def test_faults_and_their_counts_survive_a_restart(
    monkeypatch: pytest.MonkeyPatch, tenant: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalog, "load", lambda only="": {"x": SERVICE})
    settings = Settings(
        data=tmp_path, database_url=databases.apart(tenant), http_port=0, https_port=0, smtp_port=0
    )
    statuses = []
    for start in range(2):
        running = await app.start(settings)
        async with httpx.AsyncClient(base_url=running.sandbox.public_url) as client:
            if start == 0:
                await fault(client, kind="status", value=500, first=3)
            statuses += [(await echo(client)).status_code for _ in range(2)]
        await running.stop()
    assert statuses == [500, 500, 500, 201]


@pytest.mark.parametrize(("kind", "kept", "says"), [
    ("drop", None, "without sending a response"), ("truncate", 3, "without sending complete"),
    ("truncate", 0, "without sending complete"),
])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_cut_is_the_same_with_tls_and_is_no_accident_of_the_server(
    client: httpx.AsyncClient, running: app.Running, caplog: pytest.LogCaptureFixture,
    scheme: str, kind: str, kept: int | None, says: str,
) -> None:
    await fault(client, kind=kind, value=kept, first=1)
    context = ssl.create_default_context(cafile=str(running.sandbox.endpoints["ca"]))
    url = str(running.sandbox.endpoints[scheme])
    async with httpx.AsyncClient(base_url=url, verify=context, trust_env=False) as secure:
        began = asyncio.get_running_loop().time()
        with pytest.raises(httpx.RemoteProtocolError, match=says):
            await echo(secure)
        assert asyncio.get_running_loop().time() - began < 2
        assert (await echo(secure)).status_code == 201
    assert not caplog.records
