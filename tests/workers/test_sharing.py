"""What one worker has answered holds in the other at its next call, whatever it is about."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from services.scenarios import DEMO, run
from services.scenarios.login import access_token
from tests.dmp import messages
from tests.dmp.messages import DOCTOR
from tests.workers.conftest import Installation, until

pytestmark = pytest.mark.foreign
PATIENT = {
    "nom_naissance": "ESSAI", "prenoms": ["ANNE"], "sexe": "F", "date_naissance": "1980-02-03",
}
SEARCH = {
    "patient.identifier": f"urn:oid:{messages.OID}|{messages.INS}", "status": "current",
}


def search(client: httpx.Client, token: str) -> httpx.Response:
    return client.get(
        "/dmp/fhir/DocumentReference", params=SEARCH, headers={"Authorization": f"Bearer {token}"}
    )


def deposit(client: httpx.Client, token: str) -> httpx.Response:
    return client.post("/dmp/fhir", json=messages.lot(), headers={
        "Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json",
    })


def changing(pair: list[httpx.Client], times: int) -> Any:
    """The worker that is told and the one that is asked, in turn."""
    return itertools.islice(itertools.cycle([pair, pair[::-1]]), times)


def test_the_journey_over_both_workers(installation: Installation, tenant: str) -> None:
    result = run(
        DEMO, url=installation.url, tenant=tenant, document=None, report=lambda step: None
    )
    assert result.outcome == "pass", result


def test_a_token_of_one_and_documents_of_both(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    token = access_token(installation.url, tenant, DOCTOR)
    for number, (one, other) in enumerate(changing(pair, 6)):
        assert deposit(one, token).status_code == 200
        assert search(other, token).json()["total"] == number + 1


def test_a_reset_is_seen_at_once(pair: list[httpx.Client]) -> None:
    for one, other in changing(pair, 10):
        made = other.post("/sandbox/patients", json=PATIENT)
        assert made.status_code == 201, made.text
        assert one.get(f"/sandbox/patients/{made.json()['id']}").status_code == 200
        epoch = one.post("/sandbox/reset", json={}).json()["epoch"]
        assert other.get(f"/sandbox/patients/{made.json()['id']}").status_code == 404
        assert other.post("/sandbox/reset", json={}).json()["epoch"] == epoch + 1


def test_a_reset_ends_what_the_other_remembers(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    for one, other in changing(pair, 4):
        token = access_token(installation.url, tenant, DOCTOR)
        assert [search(each, token).status_code for each in pair] == [200, 200]
        one.post("/sandbox/reset", json={})
        assert search(other, token).status_code == 401


def test_the_clock_and_settings_are_seen_at_once(pair: list[httpx.Client]) -> None:
    for number, (one, other) in enumerate(changing(pair, 20)):
        instant = f"2026-03-02T10:00:{number:02d}.000Z"
        one.put("/sandbox/clock", json={"freeze": instant}).raise_for_status()
        assert other.get("/sandbox/clock").json()["now"] == instant
        one.put("/sandbox/settings", json={"strict": number % 2 == 0}).raise_for_status()
        assert other.get("/sandbox/settings").json()["strict"] is (number % 2 == 0)


def test_a_shift_outdates_tokens_everywhere(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    token = access_token(installation.url, tenant, DOCTOR)
    assert [search(each, token).status_code for each in pair] == [200, 200]
    pair[0].put("/sandbox/clock", json={"shift_seconds": 86400})
    assert [search(each, token).status_code for each in pair] == [401, 401]


def test_a_revocation_is_seen_at_once(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    for one, other in changing(pair, 6):
        token = access_token(installation.url, tenant, DOCTOR)
        assert [search(each, token).status_code for each in pair] == [200, 200]
        revoked = one.post(
            "/psc/auth/realms/esante-wallet/protocol/openid-connect/revoke",
            data={"token": token}, auth=("socle-demo", "socle-demo"),
        )
        assert revoked.status_code == 200, revoked.text
        assert search(other, token).status_code == 401


def test_a_person_removed_here_is_nobody_there(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    token = access_token(installation.url, tenant, DOCTOR)
    assert [search(each, token).status_code for each in pair] == [200, 200]
    removed = pair[0].delete(f"/sandbox/professionals/{DOCTOR}")
    assert removed.status_code == 200, removed.text
    assert search(pair[1], token).status_code == 401


def test_the_device_obeys_at_once(pair: list[httpx.Client]) -> None:
    asked = {
        "response_type": "code", "client_id": "socle-demo", "redirect_uri": "http://127.0.0.1:9/r",
        "scope": "openid scope_all", "acr_values": "eidas1", "state": "s" * 20, "nonce": "n" * 20,
        "login_hint": DOCTOR,
    }
    for number, (one, other) in enumerate(changing(pair, 10)):
        mode, said = ("refuse", "error=access_denied") if number % 2 else ("auto", "code=")
        one.put("/sandbox/ecps", json={"mode": mode}).raise_for_status()
        answer = other.get("/psc/auth/realms/esante-wallet/protocol/openid-connect/auth",
                           params=asked)
        assert said in answer.headers["location"]


def test_a_fault_strikes_as_often_as_asked(installation: Installation, tenant: str) -> None:
    with httpx.Client(base_url=f"{installation.url}/t/{tenant}", trust_env=False) as api:
        api.post("/sandbox/faults", json={
            "service": "ins", "kind": "status", "value": 503, "first": 5,
        }).raise_for_status()

        def call(_: int) -> int:
            return httpx.get(
                f"{api.base_url}ins/fhir/metadata", trust_env=False, timeout=60
            ).status_code

        with ThreadPoolExecutor(20) as pool:
            seen = Counter(pool.map(call, range(40)))
        assert seen[503] == 5
        assert api.get("/sandbox/faults").json()["faults"][0]["fired"] == 5


def test_scripted_answers_are_each_given_once(installation: Installation, tenant: str) -> None:
    with httpx.Client(base_url=f"{installation.url}/t/{tenant}", trust_env=False) as api:
        script = {"service": "ins", "transaction": "ins.metadata", "answers": ["storage"] * 7}
        answer = api.post("/sandbox/answers", json=script)
        assert answer.status_code == 201, answer.text

        def call(_: int) -> int:
            return httpx.get(
                f"{api.base_url}ins/fhir/metadata", trust_env=False, timeout=60
            ).status_code

        with ThreadPoolExecutor(20) as pool:
            assert Counter(pool.map(call, range(30)))[503] == 7


def test_changes_at_the_same_time_are_all_kept(
    pair: list[httpx.Client], installation: Installation, tenant: str
) -> None:
    url = f"{installation.url}/t/{tenant}/sandbox"

    def change(number: int) -> int:
        with httpx.Client(trust_env=False, timeout=60) as client:
            match number % 3:
                case 0:
                    return client.post(f"{url}/faults", json={
                        "service": "dmp", "kind": "delay", "value": 0,
                    }).status_code
                case 1:
                    return client.put(f"{url}/ecps", json={
                        "mode": "manual", "id_nat": DOCTOR,
                    }).status_code
                case _:
                    return client.post(f"{url}/patients", json=PATIENT).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = Counter(pool.map(change, range(36)))
    assert statuses == {201: 24, 200: 12}
    for each in pair:
        assert len(each.get("/sandbox/faults").json()["faults"]) == 12
        assert each.get("/sandbox/ecps").json()["professionals"] == {DOCTOR: "manual"}
        known = each.get("/sandbox/patients", params={"q": "ESSAI"}).json()["patients"]
        assert [patient["nom_naissance"] for patient in known].count("ESSAI") == 12


def test_seeded_workers_never_draw_the_same_ids(pair: list[httpx.Client]) -> None:
    pair[0].put("/sandbox/settings", json={"seed": 7}).raise_for_status()
    pair[0].put("/sandbox/clock", json={"freeze": "2026-03-02T10:00:00Z"}).raise_for_status()

    def ids(number: int) -> list[str]:
        return [pair[number].get("/ins/fhir/metadata").headers["x-sandbox-exchange"]
                for _ in range(20)]

    with ThreadPoolExecutor(2) as pool:
        drawn = [id for found in pool.map(ids, (0, 1)) for id in found]
    assert len({*drawn}) == 40


def test_one_connection_repeats_its_ids(pair: list[httpx.Client]) -> None:
    pair[1].put("/sandbox/settings", json={"seed": 7}).raise_for_status()

    def run_once(client: httpx.Client) -> list[str]:
        client.post("/sandbox/reset", json={})
        client.put("/sandbox/clock", json={"freeze": "2026-03-02T10:00:00Z"})
        answers = [client.get("/ins/fhir/metadata") for _ in range(5)]
        return [each.headers["x-sandbox-exchange"] for each in answers]

    assert run_once(pair[0]) == run_once(pair[0]) == run_once(pair[1])


def test_what_is_reset_is_purged_by_the_mail_process(
    installation: Installation, pair: list[httpx.Client], tenant: str
) -> None:
    token = access_token(installation.url, tenant, DOCTOR)
    deposit(pair[0], token).raise_for_status()
    data = installation.data / "blobs" / f"{tenant}~0"
    assert data.is_dir()
    pair[1].post("/sandbox/reset", json={})
    until(lambda: not data.exists(), "the blobs are still there")


def test_a_tenant_is_created_once(installation: Installation, tenant: str) -> None:
    barrier = threading.Barrier(8)

    def create(_: int) -> int:
        with httpx.Client(base_url=installation.url, trust_env=False, timeout=60) as client:
            barrier.wait()
            return client.post("/sandbox/tenants", json={"name": tenant}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(create, range(8))) == {201: 1, 409: 7}


def test_the_clock_runs_alike(pair: list[httpx.Client]) -> None:
    pair[0].put("/sandbox/clock", json={"shift_seconds": -3600}).raise_for_status()
    first = [each.get("/sandbox/clock").json() for each in pair]
    assert first[0]["shift_seconds"] == first[1]["shift_seconds"] == -3600
    time.sleep(0.01)
    assert pair[1].get("/sandbox/clock").json()["now"] > first[0]["now"]
