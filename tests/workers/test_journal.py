"""One journal for all processes, in the order in which exchanges ended."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from services.scenarios.login import access_token
from tests.dmp.messages import DOCTOR
from tests.mssante.conftest import PHARMACY_BOX, Client, mail, submit
from tests.workers.conftest import Installation

pytestmark = pytest.mark.foreign
BOX = f"/sandbox/mailboxes/{PHARMACY_BOX}"


def listed(client: httpx.Client, **query: str | int) -> list[str]:
    entries = client.get("/sandbox/journal", params={"limit": 1000, **query}).json()["entries"]
    return [each["id"] for each in entries]


def test_every_exchange_already_answered_newest_first(pair: list[httpx.Client]) -> None:
    answered: list[str] = []
    for each in itertools.islice(itertools.cycle(pair), 40):
        answered.insert(0, each.get("/ins/fhir/metadata").headers["x-sandbox-exchange"])
        if len(answered) % 5 == 0:
            assert [listed(client) for client in pair] == [answered, answered]
    assert listed(pair[0], before=answered[9]) == answered[10:]


def test_a_crowd_is_complete_and_in_one_order(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    def call(_: int) -> str:
        answer = httpx.get(
            f"{installation.url}/t/{tenant}/ins/fhir/metadata", trust_env=False, timeout=60
        )
        return answer.headers["x-sandbox-exchange"]

    with ThreadPoolExecutor(16) as pool:
        answered = list(pool.map(call, range(200)))
    found = listed(pair[0])
    assert sorted(found) == sorted(answered)
    assert listed(pair[1]) == found


def test_bytes_of_the_other_worker(pair: list[httpx.Client]) -> None:
    id = pair[0].get("/ins/fhir/metadata", headers={"X-Mark": "here"}).headers["x-sandbox-exchange"]
    assert pair[1].get(f"/sandbox/journal/{id}").json()["id"] == id
    assert b"here" in pair[1].get(f"/sandbox/journal/{id}/request").content
    assert b"CapabilityStatement" in pair[1].get(f"/sandbox/journal/{id}/response").content


def test_the_stream_tells_of_every_process(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    heard: list[str] = []
    enough, listening = threading.Event(), threading.Event()

    def listen() -> None:
        with httpx.stream(
            "GET", f"{installation.url}/t/{tenant}/sandbox/journal/stream", timeout=60,
            trust_env=False,
        ) as stream:
            for line in stream.iter_lines():
                listening.set()
                if line.startswith("id: "):
                    heard.append(line.removeprefix("id: "))
                if len(heard) == 20:
                    break
        enough.set()

    threading.Thread(target=listen, daemon=True).start()
    assert listening.wait(30)
    told = [each.get("/ins/fhir/metadata").headers["x-sandbox-exchange"]
            for each in itertools.islice(itertools.cycle(pair), 20)]
    assert enough.wait(30), heard
    assert heard == told


def test_a_mail_is_read_and_awaited_in_both(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    token = access_token(installation.url, tenant, DOCTOR)

    def awaited(client: httpx.Client) -> httpx.Response:
        return client.get(f"{BOX}/wait", params={"subject": "Ordonnance", "timeout": 30})

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(awaited, each) for each in pair]
        with Client(*installation.smtp) as smtp:
            smtp.secured(installation.ready["ca"]).opened(
                "claire.exemplaire@medecin.socle.mssante.fr", token
            )
            assert submit(smtp, mail().as_bytes(policy=mail().policy.clone(linesep="\r\n")))[
                :3] == "250"
        found = [each.result(40) for each in waiting]
    assert [each.status_code for each in found] == [200, 200]
    for each in pair:
        messages = each.get(f"{BOX}/messages").json()["messages"]
        assert [message["id"] for message in messages] == [found[0].json()["id"]]
        raw = each.get(f"{BOX}/messages/{messages[0]['id']}/raw")
        assert b"Ordonnance de Mme" in raw.content
        assert listed(each, service="mssante", transaction="smtp.DATA")


def test_a_fault_strikes_the_next_mail(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    token = access_token(installation.url, tenant, DOCTOR)
    content = mail().as_bytes(policy=mail().policy.clone(linesep="\r\n"))
    with Client(*installation.smtp) as smtp:
        smtp.secured(installation.ready["ca"]).opened(
            "claire.exemplaire@medecin.socle.mssante.fr", token
        )
        assert submit(smtp, content)[:3] == "250"
        pair[0].post("/sandbox/faults", json={
            "service": "mssante", "kind": "status", "value": 451, "first": 1,
        }).raise_for_status()
        assert submit(smtp, content)[:3] == "451"
        assert submit(smtp, content)[:3] == "250"
