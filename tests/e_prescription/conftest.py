"""A prescriber, its executants and the three calls, in a fresh tenant."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

DOCTOR, PHARMACIST, NURSE = "899900000011", "899900000029", "899900000052"
REPLACEMENT, BIOLOGIST, SECRETARY = "899900000037", "899900000060", "3990780017/SECR0001"
FINESS = "990200016"
_numbers = itertools.count(1)


def numero() -> str:
    return f"01TEST{next(_numbers):012d}"


def day(offset: int = 0) -> str:
    """Today, or so many days later, in Paris by winter time."""
    return (datetime.now(UTC) + timedelta(days=offset, hours=1)).date().isoformat()


def line(**changes: Any) -> dict[str, Any]:
    return {
        "eprescType": "medicament", "idLigne": "L1", "cis": "60234100",
        "libelle": "DOLIPRANE 1000 mg, comprimé", "posologieTexte": "1 cp 3 fois par jour 5 jours",
        "renouvellements": 0, "nonSubstituable": None, **changes,
    }


def prescription(**changes: Any) -> dict[str, Any]:
    return {
        "contexte": {"identifiantFacturation": "991000696", "codeSpecialite": "01",
                     "secteurActivite": "SA07"},
        "identifiant": numero(), "dateRedaction": day(-1),
        "patient": {"nomFamille": "PAT-TROIS", "prenom": "DOMINIQUE",
                    "dateNaissance": "1979-03-28",
                    "ins": {"oid": "1.2.250.1.213.1.4.10", "matricule": "279035121518989"}},
        "professionnel": {"rpps": DOCTOR[1:], "structure": {"finess": None}},
        "lignes": [line()], **changes,
    }


@dataclass(slots=True)
class Ep:
    """The three calls, as whoever."""

    api: httpx.Client
    token: Callable[[str], str]
    _tokens: dict[str, str] = field(default_factory=dict)

    def call(
        self, name: str, who: str | None, body: Any, **headers: str
    ) -> httpx.Response:
        if who is not None:
            if who not in self._tokens:
                self._tokens[who] = self.token(who)
            headers["Authorization"] = f"Bearer {self._tokens[who]}"
        return self.api.post(f"/e-prescription/v1/{name}", json=body, headers=headers)

    def register(self, who: str | None = DOCTOR, **changes: Any) -> httpx.Response:
        return self.call("ep4_creer", who, prescription(**changes))

    def registered(self, who: str = DOCTOR, **changes: Any) -> str:
        answer = self.register(who, **changes)
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["identifiant"]
        return number

    def read(self, number: str, who: str | None = PHARMACIST, **changes: Any) -> httpx.Response:
        return self.call("ep3_consulter", who, {
            "contexte": {"identifiantFacturation": "992000017"}, "identifiant": number, **changes,
        })

    def execute(
        self, number: str, *lines: dict[str, Any], who: str = PHARMACIST, if_match: str = "",
        **changes: Any,
    ) -> httpx.Response:
        headers = {"If-Match": if_match} if if_match else {}
        return self.call("ep1_transmettreExecution", who, {
            "identifiant": number, "executant": {"rpps": who[1:], "finess": FINESS},
            "lignes": list(lines) or [{"idLigne": "L1", "resultat": "DELIVRE"}],
            **changes,
        }, **headers)

    def cancel(self, number: str, who: str = DOCTOR) -> httpx.Response:
        return self.call("ep4_creer", who, {"identifiant": number, "nature": "ANNULATION"})


@pytest.fixture
def ep(api: httpx.Client, token: Callable[..., str]) -> Ep:
    return Ep(api, token)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    content: dict[str, Any] = answer.json()["erreur"]
    return content
