"""How records are stored: without what follows from the rest, and read whole again."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import orjson
import pytest

from services.population.base import base
from services.population.derived import completed
from services.population.kinds import (
    CLIENTS,
    MAILBOXES,
    PATIENTS,
    PROFESSIONALS,
    STRUCTURES,
    Kind,
)
from services.population.models import DmpState

ZOE = base().patients["adrun-zoe"]


@pytest.mark.parametrize(
    "kind", [PATIENTS, PROFESSIONALS, STRUCTURES, MAILBOXES, CLIENTS], ids=lambda each: each.name
)
def test_what_is_stored_is_read_whole(kind: Kind[Any]) -> None:
    for one in base().of(kind).values():
        assert kind.read(kind.write(one)) == one


@pytest.mark.parametrize("dmp", [
    DmpState(), DmpState("none"), DmpState("closed", "2026-01-05", "décès"), DmpState(minor=True),
    DmpState(opposed=("centre_15", "899900000011")),
], ids=["active", "none", "closed", "minor", "opposed"])
def test_a_patient_is_stored_without_what_follows(dmp: DmpState) -> None:
    one = completed(replace(ZOE, dmp=dmp, behaviours={"ins": "00, et rien d'autre."}))
    content = PATIENTS.write(one)
    assert orjson.loads(content).get("behaviours") == {"ins": "00, et rien d'autre."}
    assert b"mailbox" not in content
    assert PATIENTS.read(content) == one


def test_a_patient_stored_in_full_is_the_same() -> None:
    assert PATIENTS.read(orjson.dumps(asdict(ZOE))) == ZOE
