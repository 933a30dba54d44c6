"""What one tenant makes in any service is nothing in another, nor after a reset or a deletion.

Each thing is asked for in its own place, in both tenants, with what only its maker knows. The
journey's documents, mails and prescriptions are in `test_isolation`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ins.codes import NS_RESULTAT
from services.kernel.authorities import authorities
from services.scenarios.login import access_token
from tests.apcv import calls
from tests.conftest import Server
from tests.ins.conftest import patient_to_verify
from tests.ins.lps import report, search, send
from tests.ins.rniv.conftest import BASE, ZOE, identity
from tests.ins.rniv.test_pam import Pam, pid, said
from tests.ins.test_verification import RUTH, deposit, fetch, text

DOCTOR = "899900000011"
Json = dict[str, Any]


@dataclass
class Space:
    """One tenant, as its user sees it."""

    server: Server
    name: str
    api: httpx.Client
    made: list[Any] = field(default_factory=list)
    token: str = ""
    """Of the doctor, until the tenant is reset."""

    @property
    def bearer(self) -> dict[str, str]:
        self.token = self.token or access_token(self.server.url, self.name, DOCTOR)
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def doctor(self) -> calls.Doctor:
        return calls.Doctor(self.api)

    @property
    def pam(self) -> Pam:
        place = self.server.sandbox.endpoints["mllp"]
        return Pam(place["host"], place["port"], self.name)

    def added(self, path: str, body: Json) -> Json:
        """What the control API made."""
        answer = self.api.post(f"/sandbox/{path}", json=body)
        assert answer.status_code == 201, answer.text
        content: Json = answer.json()
        return content

    def found(self, path: str, method: str = "GET", body: Json | None = None) -> bool:
        """Whether a place answers that it is there."""
        answer = self.api.request(method, path, json=body, headers=self.bearer)
        assert answer.status_code in (200, 202, 204, 404), answer.text
        return answer.status_code != 404


Known = Callable[[Space], bool]
"""Whether the thing is something in that tenant."""


@pytest.fixture
def spaces(server: Server, tenant: str) -> Iterator[tuple[Space, Space]]:
    pair = []
    for name in (f"{tenant}-a", f"{tenant}-b"):
        api = httpx.Client(base_url=f"{server.url}/t/{name}", timeout=30, trust_env=False,
                           verify=authorities(server.url))
        pair.append(Space(server, name, api))
    yield pair[0], pair[1]
    for each in pair:
        each.api.close()


def an_identity(a: Space) -> Known:
    answer = a.api.post(f"{BASE}/Patient", json=identity(*ZOE), headers=a.bearer)
    assert answer.status_code == 201
    id = answer.json()["id"]
    places = ("", "/_history", "/_history/1", "/$identity-status", "/$pam")
    asked = {"resourceType": "Parameters", "parameter": [
        {"name": "attribute", "valueCode": "HOMA"}, {"name": "value", "valueBoolean": False}]}

    def known(space: Space) -> bool:
        seen = {space.found(f"{BASE}/Patient/{id}{each}") for each in places}
        seen.add(space.found(f"{BASE}/Patient/{id}/$flag", "POST", asked))
        assert len(seen) == 1
        listed = space.api.get(f"{BASE}/Patient?_summary=count", headers=space.bearer).json()
        assert listed["total"] == int(True in seen)
        return True in seen

    return known


def an_identity_of_another_system(a: Space) -> Known:
    assert said(a.pam.send("A28", pid("1")))[0] == "AA"
    assert said(a.pam.send("A28", pid("2")))[0] == "AA"
    merged = "MRG|2^^^CHU-X&000897406&N^PI"

    def known(space: Space) -> bool:
        told = said(space.pam.send("A31", pid("1")))
        assert told[:2] in (("AA", ""), ("AE", "204"))
        if told[0] != "AA":
            assert said(space.pam.send("A40", pid("1"), merged))[:2] == ("AE", "204")
        return told[0] == "AA"

    return known


def a_message_to_send(a: Space) -> Known:
    a.added("ins/rniv/subscriptions", {"address": "mllp://127.0.0.1:9"})
    a.api.post(f"{BASE}/Patient", json=identity(*ZOE), headers=a.bearer)

    def known(space: Space) -> bool:
        return bool(space.api.get("/sandbox/ins/rniv/outbox").json()["messages"])

    return known


def a_lot(a: Space) -> Known:
    lot = text(send(a.api, deposit(RUTH)), "IdLot")
    place = f"/ins/fhir/$ins-verify-batch/{lot}"

    def known(space: Space) -> bool:
        soap = report(send(space.api, fetch(lot))) != "insi_19"
        assert space.found(place) == soap
        if not soap:
            assert not space.found(place, "DELETE")
        return soap

    return known


def a_lot_by_fhir(a: Space) -> Known:
    left = a.api.post("/ins/fhir/$ins-verify-batch", headers=a.bearer | {"Prefer": "respond-async"},
                      json={"resourceType": "Parameters", "parameter": [
                          {"name": "resource", "resource": patient_to_verify(*RUTH)}]})
    assert left.status_code == 202, left.text
    lot = left.headers["content-location"].rpartition("/")[2]
    return lambda space: space.found(f"/ins/fhir/$ins-verify-batch/{lot}")


def an_injected_answer(a: Space) -> Known:
    a.added("ins/injections", {"reponse": "REP_CR01", "fois": 5})
    return lambda space: report(search(space.api, *ZOE)) == "01"


def an_injected_file(a: Space) -> Known:
    file = f'<RESULTAT xmlns="{NS_RESULTAT}"><CR><CodeCR>02</CodeCR></CR></RESULTAT>'
    a.added("ins/injections", {"fichier": b64encode(file.encode()).decode(), "fois": 5})
    return lambda space: report(search(space.api, *ZOE)) == "02"


def a_sequence_of_calls(a: Space) -> Known:
    search(a.api, *ZOE)
    return lambda space: bool(space.api.get("/sandbox/ins/sequences").json()["sequences"])


def a_card(a: Space) -> Known:
    serial = a.added("cards", {"beneficiaires": [{"patient": calls.ADRIEN}]})["serial"]

    def known(space: Space) -> bool:
        read = space.api.get(f"/apcv/vitale/readVitale?serial={serial}").status_code == 200
        assert space.found(f"/sandbox/cards/{serial}") == read
        return read

    return known


def what_stands_in_the_reader(a: Space) -> Known:
    wrong = next(iter(a.api.get("/sandbox/reader").json()["erreurs"]))
    a.api.put("/sandbox/reader", json={"erreur": int(wrong)}).raise_for_status()
    return lambda space: space.api.get("/apcv/vitale/readVitale").status_code != 200


def the_code_of_an_app(a: Space) -> Known:
    a.made = [calls.code(a.api) for _ in range(2)]
    return lambda space: calls.statut(calls.read(space.api, space.doctor, a.made.pop())) == "0"


def a_context(a: Space) -> Known:
    id = calls.context_id(calls.read(a.api, a.doctor, calls.code(a.api)))

    def known(space: Space) -> bool:
        restored = calls.statut(calls.restore(space.api, space.doctor)) == "0"
        if not restored:
            assert calls.statut(calls.destroy(space.api, space.doctor, id)) != "0"
        return restored

    return known


def a_revoked_app(a: Space) -> Known:
    a.api.put(f"/sandbox/apcv/{calls.ADRIEN}/revocation", json={"revoquee": True})
    return lambda space: "révoquée" in space.api.get(
        "/apcv/telephone", params={"patient": calls.ADRIEN}).text


def a_certificate(a: Space) -> Known:
    serial = a.added("certificates", {"key": "ec"})["serial"]

    def known(space: Space) -> bool:
        there = space.found(f"/sandbox/certificates/{serial}")
        if not there:
            assert not space.found(f"/sandbox/certificates/{serial}/revoke", "POST", {})
        return there

    return known


def a_trace_of_the_proxy(a: Space) -> Known:
    a.api.post("/psc/proxy/connect", json={"nationalId": DOCTOR, "bindingMessage": "42",
                                           "clientId": "inconnu", "channel": "CARD"})
    return lambda space: bool(space.api.get(
        "/psc/proxy/traces", params={"start": "2020-01-01T00:00:00.000Z"}).json())


THINGS = [
    an_identity, an_identity_of_another_system, a_message_to_send, a_lot, a_lot_by_fhir,
    an_injected_answer, an_injected_file, a_sequence_of_calls, a_card, what_stands_in_the_reader,
    the_code_of_an_app, a_context, a_revoked_app, a_certificate, a_trace_of_the_proxy,
]
KEPT = (the_code_of_an_app,)
"""A code is signed, not stored: it lives as long as it says, in its own tenant, reset or not."""


@pytest.mark.parametrize("make", THINGS, ids=[each.__name__ for each in THINGS])
def test_a_thing_is_of_one_tenant_and_of_one_life(
    spaces: tuple[Space, Space], make: Callable[[Space], Known]
) -> None:
    a, b = spaces
    known = make(a)
    assert known(a)
    assert not known(b)
    if make in KEPT:
        return
    assert known(a)
    a.api.post("/sandbox/reset", json={}).raise_for_status()
    a.token = ""
    assert not known(a)
    again = make(a)
    assert again(a)
    with httpx.Client(base_url=a.server.url, trust_env=False) as installation:
        installation.delete(f"/sandbox/tenants/{a.name}").raise_for_status()
    a.token = ""
    assert not again(a)
    assert not known(b)
