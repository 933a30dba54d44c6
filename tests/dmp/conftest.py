"""A vendor's client of the DMP: deposit, search, read, with a professional's token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.dmp import messages
from tests.dmp.messages import DOCTOR, Json

FHIR_JSON = {"Content-Type": "application/fhir+json"}


@dataclass
class Dmp:
    """Calls of `/dmp/fhir` by a professional, the default doctor unless told otherwise."""

    api: httpx.Client
    token: Callable[..., str]
    _tokens: dict[str, str] = field(default_factory=dict)

    def bearer(self, id_nat: str) -> dict[str, str]:
        if id_nat not in self._tokens:
            self._tokens[id_nat] = self.token(id_nat)
        return {"Authorization": f"Bearer {self._tokens[id_nat]}"}

    def get(self, path: str, *, by: str = DOCTOR, headers: Any = None, **params: str) -> Any:
        return self.api.get(
            f"/dmp/fhir/{path}", params={n.replace("__", "."): v for n, v in params.items()},
            headers={**self.bearer(by), **(headers or {})},
        )

    def post(self, body: Json | bytes, path: str = "", *, by: str = DOCTOR) -> httpx.Response:
        headers = {**self.bearer(by), **FHIR_JSON}
        where = f"/dmp/fhir/{path}".rstrip("/")
        if isinstance(body, bytes):
            return self.api.post(where, content=body, headers=headers)
        return self.api.post(where, json=body, headers=headers)

    def deposit(self, body: Json, *, by: str = DOCTOR) -> str:
        """The id of the (first) document deposited."""
        answer = self.post(body, by=by)
        assert answer.status_code == 200, answer.text
        locations = [one["response"].get("location", "") for one in answer.json()["entry"]]
        return next(one for one in locations if one.startswith("DocumentReference/"))[18:]

    def documents(self, *, by: str = DOCTOR, **params: str) -> list[Json]:
        """What a search finds for the default patient, current documents unless told."""
        default = {"patient__identifier": f"urn:oid:{messages.OID}|{messages.INS}"}
        answer = self.get("DocumentReference", by=by, **{
            **default, "status": "current", **params,
        })
        assert answer.status_code == 200, answer.text
        return [one["resource"] for one in answer.json().get("entry", [])]

    def refused(self, answer: httpx.Response, status: int, code: str) -> Json:
        """The one issue of a refusal, its code checked."""
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/fhir+json"
        issue: Json = answer.json()["issue"][0]
        assert issue["details"]["coding"][0] == {
            "system": "urn:socle:erreur:dmp", "code": code, "display": issue["details"]["text"],
        }
        return issue


@pytest.fixture
def dmp(api: httpx.Client, token: Callable[..., str]) -> Dmp:
    return Dmp(api, token)


@pytest.fixture
def findings(journal: Callable[..., list[Json]]) -> Callable[..., list[str]]:
    """Rule ids of the last exchange of a transaction."""

    def read(transaction: str = "ITI-65") -> list[str]:
        entry = journal(service="dmp", transaction=transaction, limit="1")[0]
        return [one["rule"] for one in entry["findings"]]

    return read
