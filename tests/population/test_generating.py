"""More people from a seed: repeatable, distinct, impossible in reality, quick."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.population import traits
from services.population.generating import directory
from services.population.generating.draws import Draws, Permutation
from services.population.generating.lists import communes, names
from services.population.generating.patients import capacity, patients
from services.population.matricule import (
    EMPTY_COMMUNES,
    FIRST_ORDER,
    OID_NIR_TEST,
    has_right_key,
    passes_luhn,
)

COUNT = 3000


def generate(api: httpx.Client, **body: Any) -> dict[str, int]:
    answer = api.post("/sandbox/identities/generate", json=body)
    assert answer.status_code == 201, answer.text
    added: dict[str, int] = answer.json()["added"]
    return added


@given(st.integers(1, 3000), st.integers(0, 2**53))
def test_a_permutation_gives_every_number_once(size: int, seed: int) -> None:
    order = Permutation(seed, "x", size)
    assert sorted(map(order, range(size))) == list(range(size))


def test_a_permutation_has_an_end() -> None:
    with pytest.raises(IndexError):
        Permutation(1, "x", 10)(10)


def test_draws_depend_on_seed_kind_and_index_alone() -> None:
    def drawn(seed: int, kind: str, index: int) -> list[int]:
        draws = Draws(seed, kind, index)
        return [draws.below(1000) for _ in range(5)]

    assert drawn(1, "a", 2) == drawn(1, "a", 2)
    assert len({tuple(drawn(*each)) for each in ((1, "a", 2), (2, "a", 2), (1, "b", 2),
                                                  (1, "a", 3))}) == 4


def test_the_same_seed_gives_the_same_people() -> None:
    first = list(islice(patients(7), 50))
    assert list(islice(patients(7), 50)) == first
    assert list(islice(patients(7, 40), 10)) == first[40:]
    assert list(islice(patients(8), 50)) != first
    assert [one["nom_naissance"] for one in first[:3]] == ["LAMBERT", "GUILLOT", "DUBOIS"]


def test_patients_cannot_be_real() -> None:
    codes = {one.code for one in communes()}
    everyone = list(islice(patients(3), COUNT))
    for one in everyone:
        value = one["matricule"]
        assert one["oid"] == OID_NIR_TEST
        assert has_right_key(value, one["cle"])
        assert int(value[10:]) >= FIRST_ORDER
        assert value[5:10] == one["lieu_naissance"] in codes
        assert value[0] == {"M": "1", "F": "2"}[one["sexe"]]
        assert value[1:5] == one["date_naissance"][2:4] + one["date_naissance"][5:7]
    assert len({one["matricule"] for one in everyone}) == COUNT
    assert not codes & set(EMPTY_COMMUNES)
    assert capacity() > 100_000_000


def test_patients_look_like_people() -> None:
    everyone = list(islice(patients(3), COUNT))
    women = sum(one["sexe"] == "F" for one in everyone)
    assert 0.45 < women / COUNT < 0.55
    assert {len(one["prenoms"]) for one in everyone} == {1, 2, 3}
    assert len({one["nom_naissance"] for one in everyone}) > 200
    decades = {one["date_naissance"][:3] for one in everyone}
    assert decades == {str(decade) for decade in range(193, 203)}
    assert any("nom_utilise" in one for one in everyone)
    for one in everyone:
        assert traits.birth_name_problem(one["nom_naissance"]) == ""
        assert not any(traits.given_name_problem(name) for name in one["prenoms"])


def test_lists_are_clean() -> None:
    known = names()
    assert len(set(known.noms)) == len(known.noms) > 200
    for _, by_sex in known.prenoms:
        assert all(len(set(given)) == len(given) >= 40 for given in by_sex.values())
    assert len(communes()) == 577
    assert all(re.fullmatch(r"\d[0-9AB]\d{3}", one.code) for one in communes())
    assert all(re.fullmatch(r"\d{5}", one.code_postal) for one in communes())


def test_professionals_and_structures_cannot_be_real() -> None:
    professionals = list(islice(directory.professionals(3), 500))
    structures = {one["id"]: one for one in islice(directory.structures(3), 500)}
    assert len({one["rpps"] for one in professionals}) == 500
    for one in professionals:
        assert re.fullmatch(r"997\d{8}", one["rpps"])
        assert passes_luhn(one["rpps"])
        place = structures[one["structures"][0]["id"]]
        if one["profession"]["code"] == "21":
            assert place["kind"] in ("pharmacie", "hopital")
    for place in structures.values():
        assert re.fullmatch(r"000\d{11}", place["siret"])
        assert passes_luhn(place["siret"])
        assert "finess" not in place or re.fullmatch(r"99\d{7}", place["finess"])
        assert passes_luhn(place.get("finess", "990200016"))
        assert place["telephone"].startswith("019900")
    assert len({place["siret"] for place in structures.values()}) == 500


def test_a_tenant_is_filled_with_the_next_ones_of_the_seed(api: httpx.Client) -> None:
    assert generate(api, patients=30, seed=5) == {"patients": 30}
    page = api.get("/sandbox/patients", params={"q": "patient-5-", "limit": 100}).json()
    assert {one["id"] for one in page["patients"]} == {f"patient-5-{n}" for n in range(30)}
    one = api.get("/sandbox/patients/patient-5-0").json()
    expected = next(patients(5))
    assert {name: one[name] for name in expected if name != "dmp"} == (
        {name: value for name, value in expected.items() if name != "dmp"}
    )
    assert one["behaviours"]["ins"].startswith("00")
    assert generate(api, patients=10, seed=5) == {"patients": 10}
    assert api.get("/sandbox/patients/patient-5-39").status_code == 200


def test_professionals_come_with_their_structures(api: httpx.Client) -> None:
    added = generate(api, professionals=20, seed=5)
    assert added["professionals"] == 20
    assert 4 < added["structures"] <= 16
    one = api.get("/sandbox/professionals/professionnel-5-0").json()
    assert one["structures"][0]["nom"]
    assert one["mailboxes"][0]["address"].endswith(".socle.mssante.fr")
    assert generate(api) == {}


@pytest.mark.parametrize("body", [
    {"patients": -1}, {"patients": 20_001}, {"seed": -1}, {"seed": 2**60}, {"autre": 1},
])
def test_an_unreasonable_demand_is_refused(api: httpx.Client, body: dict[str, Any]) -> None:
    answer = api.post("/sandbox/identities/generate", json=body)
    assert answer.status_code == 422


def test_generated_people_are_known_to_the_services(api: httpx.Client, token: Any) -> None:
    generate(api, patients=1, professionals=1, seed=9)
    doctor = api.get("/sandbox/professionals/professionnel-9-0").json()
    one = api.get("/sandbox/patients/patient-9-0").json()
    name = {"use": "official", "family": one["nom_naissance"], "given": one["prenoms"][:1]}
    answer = api.post("/ins/fhir/Patient/$match", headers={
        "Authorization": f"Bearer {token(doctor['id_nat'])}",
        "Content-Type": "application/fhir+json",
    }, json={
        "resourceType": "Patient", "name": [name], "birthDate": one["date_naissance"],
        "gender": {"M": "male", "F": "female"}[one["sexe"]],
    })
    assert one["matricule"] + one["cle"] in answer.text
