"""A tenant's identity store, through the real server, as the default doctor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ins import codes
from tests.conftest import Server
from tests.ins.conftest import birth_place, fhir_patient
from tests.ins.rniv.messages import Pam

BASE = "/ins/rniv/fhir"
INS = "urn:oid:1.2.250.1.213.1.4."
Json = dict[str, Any]
ZOE = ("ADRUN", "ZOE", "F", "1975-12-31", "63220")
"""INSi answers 00 at once; matricule 275126322074974."""


def parameters(**given: Any) -> Json:
    """A Parameters resource: document="CN" is a code, accept=True a boolean; `_` becomes `-`."""
    parts = []
    for name, value in given.items():
        kind = {bool: "valueBoolean", dict: "valueReference"}.get(type(value), "valueCode")
        parts.append({"name": name.replace("_", "-"), kind: value})
    return {"resourceType": "Parameters", "parameter": parts}


@dataclass(frozen=True, slots=True)
class Store:
    """The FHIR door."""

    api: httpx.Client
    headers: dict[str, str]

    def send(self, method: str, path: str, body: Json | None = None, **more: str) -> httpx.Response:
        headers = self.headers | more | ({"Content-Type": "application/fhir+json"} if body else {})
        return self.api.request(method, f"{BASE}{path}", json=body, headers=headers)

    def create(self, *traits: str, **more: Any) -> Json:
        answer = self.send("POST", "/Patient", identity(*(traits or ZOE), **more))
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    def do(self, id: str, operation: str, **given: Any) -> httpx.Response:
        return self.send("POST", f"/Patient/{id}/${operation}", parameters(**given))

    def done(self, id: str, operation: str, **given: Any) -> Json:
        answer = self.do(id, operation, **given)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def read(self, id: str) -> Json:
        found: Json = self.send("GET", f"/Patient/{id}").json()
        return found

    def status(self, id: str) -> Json:
        """What the desk sees, by name; the acts under `actes`, newest first."""
        answer = self.send("GET", f"/Patient/{id}/$identity-status")
        assert answer.status_code == 200, answer.text
        parts = answer.json()["parameter"]
        found: Json = {each["name"]: value_of(each) for each in parts}
        found["actes"] = [{one["name"]: value_of(one) for one in each["part"]}
                          for each in parts if each["name"] == "acte"]
        return found

    def qualified(self, *traits: str) -> str:
        id: str = self.create(*traits)["id"]
        done = self.done(id, "qualify", document="CN")
        assert by_name(done)["statut"] == "QUAL"
        return id


def identity(
    nom: str, prenoms: str, sexe: str, date: str, lieu: str = "", **more: Any
) -> Json:
    """A Patient as a desk types it: first given name, and the whole list."""
    made = fhir_patient(nom, prenoms.split(" ")[0], sexe, date, lieu, **more)
    made["name"][0]["extension"] = [{"url": codes.LISTE_PRENOMS, "valueString": prenoms}]
    return made


def value_of(part: Json) -> Any:
    return next((value for key, value in part.items() if key != "name"), None)


def by_name(answer: Json) -> Json:
    """Name → value of a Parameters; the last of several."""
    return {each["name"]: value_of(each) for each in answer["parameter"]}


def matricules(text: str) -> bool:
    """Whether a text tells any matricule of Zoe."""
    return "2751263220749" in text


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and catalogue code of a refusal."""
    issue = answer.json()["issue"][0]
    return answer.status_code, issue["details"]["coding"][0]["code"]


def eventually(condition: Callable[[], Any]) -> Any:
    """What becomes true within a minute."""
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.02)
    return found


@pytest.fixture
def store(api: httpx.Client, token: Callable[..., str]) -> Store:
    return Store(api, {"Authorization": f"Bearer {token()}"})


__all__ = ["birth_place"]


@pytest.fixture
def pam(server: Server, tenant: str) -> Pam:
    place = httpx.get(f"{server.url}/sandbox/endpoints", trust_env=False).json()["mllp"]
    return Pam(place["host"], place["port"], tenant)


def only(store: Store) -> Json:
    """The one identity of the store."""
    found = store.send("GET", "/Patient").json()
    [entry] = found["entry"]
    patient: Json = entry["resource"]
    return patient
