"""EP1: what is executed once is not executed twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e_prescription.conftest import (
    DOCTOR,
    NURSE,
    PHARMACIST,
    REPLACEMENT,
    Ep,
    day,
    error_of,
    line,
    numero,
)

FULL = {"idLigne": "L1", "resultat": "DELIVRE"}


def outcome(resultat: str, **changes: Any) -> dict[str, Any]:
    return {"idLigne": "L1", "resultat": resultat, **changes}


def state(answer: httpx.Response) -> tuple[str, str, int]:
    only, = answer.json()["lignes"]
    return answer.json()["etat"], only["etat"], only["quantiteRestante"]


def test_a_full_execution_ends_the_prescription(ep: Ep) -> None:
    answer = ep.execute(ep.registered())
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"2"'
    assert state(answer) == ("EXECUTEE", "TERMINEE", 0)
    assert answer.json()["avertissements"] == []


def test_a_second_full_execution_is_409_and_shows_the_first(ep: Ep) -> None:
    number = ep.registered()
    first = ep.execute(number).json()
    answer = ep.execute(number)
    assert answer.status_code == 409
    error = error_of(answer)
    assert error["code"] == "deja-executee"
    assert error["execution"] == first["execution"]
    assert error["executant"] == PHARMACIST
    assert error["dateExecution"] == day()
    assert day() in error["details"]


def test_partial_then_the_rest(ep: Ep) -> None:
    number = ep.registered(lignes=[line(quantite=3)])
    assert state(ep.execute(number, outcome("DELIVRE_PARTIEL", quantite=1))) == (
        "EN_COURS", "PARTIELLE", 2
    )
    assert state(ep.execute(number)) == ("EXECUTEE", "TERMINEE", 0)


def test_renewals_are_delivered_one_by_one(ep: Ep) -> None:
    number = ep.registered(lignes=[line(quantite=2, renouvellements=2)])
    left = [ep.execute(number).json()["lignes"][0] for _ in range(3)]
    assert [each["quantiteRestante"] for each in left] == [4, 2, 0]
    assert [each["renouvellementsRestants"] for each in left] == [2, 1, 0]
    assert ep.execute(number).status_code == 409


def test_physiotherapy_sessions_add_up(ep: Ep) -> None:
    sessions = line(eprescType="acteInfirmier", quantite=10)
    number = ep.registered(lignes=[sessions])
    first = ep.execute(number, outcome("DELIVRE_PARTIEL", quantite=3), who=NURSE)
    assert state(first) == ("EN_COURS", "PARTIELLE", 7)
    assert state(ep.execute(number, outcome("DELIVRE", quantite=7), who=NURSE))[0] == "EXECUTEE"


def test_a_refused_line_is_not_executed_and_may_be_later(ep: Ep) -> None:
    number = ep.registered()
    refused = ep.execute(number, outcome("NON_DELIVRE_PATIENT", motif="en a déjà"))
    assert state(refused) == ("EXECUTEE", "NON_EXECUTEE", 1)
    assert state(ep.execute(number)) == ("EXECUTEE", "TERMINEE", 0)


def test_a_shortage_leaves_the_line_to_execute(ep: Ep) -> None:
    number = ep.registered()
    assert state(ep.execute(number, outcome("NON_DELIVRE_RUPTURE"))) == (
        "EN_COURS", "A_EXECUTER", 1
    )


def test_one_line_of_two_leaves_the_prescription_in_progress(ep: Ep) -> None:
    number = ep.registered(lignes=[line(), line(idLigne="L2")])
    answer = ep.execute(number)
    assert state(answer) == ("EN_COURS", "TERMINEE", 0)
    assert ep.read(number).json()["lignes"][1]["etat"] == "A_EXECUTER"


def test_t21_two_pharmacies_with_the_same_etag(ep: Ep) -> None:
    number = ep.registered(lignes=[line(quantite=4)])
    etag = ep.read(number).headers["etag"]
    part = outcome("DELIVRE_PARTIEL", quantite=1)
    assert ep.execute(number, part, if_match=etag).status_code == 201
    answer = ep.execute(number, part, if_match=etag)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "version-depassee"
    assert error_of(answer)["attendu"] == '"2"'


@pytest.mark.parametrize("if_match", ['W/"1"', "*", '"7", "1"'])
def test_if_match_forms(ep: Ep, if_match: str) -> None:
    assert ep.execute(ep.registered(), if_match=if_match).status_code == 201


def test_t21_of_concurrent_full_executions_exactly_one_succeeds(ep: Ep) -> None:
    numbers = [ep.registered() for _ in range(4)]
    ep.execute(ep.registered())
    with ThreadPoolExecutor(8) as pool:
        for number in numbers:
            answers = list(pool.map(lambda _, n=number: ep.execute(n), range(8)))
            assert sorted(each.status_code for each in answers) == [201] + [409] * 7
            assert len(ep.read(number).json()["executions"]) == 1


def test_concurrent_parts_all_count(ep: Ep) -> None:
    number = ep.registered(lignes=[line(quantite=4)])
    ep.execute(number, outcome("DELIVRE_PARTIEL", quantite=1))
    with ThreadPoolExecutor(4) as pool:
        part = outcome("DELIVRE_PARTIEL", quantite=1)
        answers = list(pool.map(lambda _: ep.execute(number, part), range(4)))
    assert sorted(each.status_code for each in answers) == [201, 201, 201, 409]
    assert ep.read(number).json()["lignes"][0]["quantiteRestante"] == 0


def test_twenty_concurrent_parts_all_count(ep: Ep) -> None:
    number = ep.registered(lignes=[line(quantite=20)])
    ep.read(number)
    with ThreadPoolExecutor(20) as pool:
        part = outcome("DELIVRE_PARTIEL", quantite=1)
        answers = list(pool.map(lambda _: ep.execute(number, part), range(20)))
    assert [each.status_code for each in answers] == [201] * 20
    assert ep.read(number).json()["etat"] == "EXECUTEE"


def test_t22_execution_on_a_cancelled_prescription_is_410(ep: Ep) -> None:
    number = ep.registered()
    cancelled = ep.cancel(number)
    assert cancelled.status_code == 200
    assert cancelled.json()["etat"] == "ANNULEE"
    for answer in (ep.execute(number), ep.read(number), ep.cancel(number)):
        assert answer.status_code == 410
        assert error_of(answer)["code"] == "prescription-annulee"


def test_a_cancelled_number_is_not_registered_again(ep: Ep) -> None:
    number = ep.registered()
    ep.cancel(number)
    assert ep.register(identifiant=number).status_code == 410


def test_cancelling_after_a_start_is_409(ep: Ep) -> None:
    number = ep.registered()
    ep.execute(number)
    answer = ep.cancel(number)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "annulation-impossible"


def test_only_the_prescriber_cancels(ep: Ep) -> None:
    answer = ep.cancel(ep.registered(), who=REPLACEMENT)
    assert answer.status_code == 403
    assert error_of(answer)["code"] == "prescripteur-different"
    assert ep.cancel(numero()).status_code == 404


@pytest.mark.parametrize("who", [DOCTOR, NURSE])
def test_other_professions_do_not_execute_medicines(ep: Ep, who: str) -> None:
    answer = ep.execute(ep.registered(), who=who)
    assert answer.status_code == 403
    assert error_of(answer)["code"] == "profession-non-habilitee"


def test_an_unknown_line_is_400(ep: Ep) -> None:
    answer = ep.execute(ep.registered(), FULL | {"idLigne": "L9"})
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "ligne-inconnue"
    assert error_of(answer)["emplacement"] == "lignes[0].idLigne"


@pytest.mark.parametrize(("given", "place"), [
    (outcome("DELIVRE_PARTIEL"), "lignes[0].quantite"),
    (outcome("DELIVRE", quantite=0), "lignes[0].quantite"),
    (outcome("LIVRE"), "lignes[0].resultat"),
    ({"resultat": "DELIVRE"}, "lignes[0].idLigne"),
    (outcome("DELIVRE", datePeremption="12/2027"), "lignes[0].datePeremption"),
])
def test_malformed_outcomes_are_400(ep: Ep, given: dict[str, Any], place: str) -> None:
    answer = ep.execute(ep.registered(), given)
    assert answer.status_code == 400
    assert error_of(answer)["emplacement"] == place


def test_the_same_line_twice_in_one_call_is_400(ep: Ep) -> None:
    answer = ep.execute(ep.registered(lignes=[line(quantite=2)]), FULL, FULL)
    assert error_of(answer)["emplacement"] == "lignes[1].idLigne"


def test_more_than_what_remains_is_422(ep: Ep) -> None:
    answer = ep.execute(ep.registered(), outcome("DELIVRE", quantite=2))
    assert answer.status_code == 422
    assert error_of(answer)["code"] == "quantite-depassee"


def test_t19_after_a_year_nothing_is_executed(ep: Ep) -> None:
    ok = ep.registered(dateRedaction=day(-330))
    assert ep.execute(ok).status_code == 201
    answer = ep.execute(ep.registered(dateRedaction=day(-370)))
    assert answer.status_code == 422
    assert error_of(answer)["code"] == "prescription-expiree"
    assert "R.5132-22" in error_of(answer)["source"]


def test_a_generic_of_a_line_excluded_from_substitution_is_422(ep: Ep) -> None:
    number = ep.registered(lignes=[line(nonSubstituable="MTE")])
    answer = ep.execute(number, outcome("DELIVRE_GENERIQUE"))
    assert answer.status_code == 422
    assert error_of(answer)["code"] == "substitution-exclue"
    assert ep.execute(number).status_code == 201


def test_a_generic_otherwise_is_delivered(ep: Ep) -> None:
    assert ep.execute(ep.registered(), outcome("DELIVRE_GENERIQUE")).status_code == 201


def test_nothing_is_stored_of_a_refused_execution(ep: Ep) -> None:
    number = ep.registered(lignes=[line(), line(idLigne="L2")])
    ep.execute(number, FULL, {"idLigne": "L2", "resultat": "DELIVRE", "quantite": 5})
    assert ep.read(number).json()["executions"] == []
    assert ep.read(number).headers["etag"] == '"1"'


def test_a_strict_tenant_refuses_a_missing_agreement(ep: Ep, api: httpx.Client) -> None:
    number = ep.registered()
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    answer = ep.execute(number, outcome("DELIVRE_POSOLOGIE_MODIFIEE"))
    assert answer.status_code == 422
    assert error_of(answer)["code"] == "regle-non-respectee"


def test_the_declared_executant_is_compared_with_the_token(ep: Ep) -> None:
    answer = ep.execute(ep.registered(), executant={"rpps": "99900023138"})
    assert answer.status_code == 201
    assert [each["regle"] for each in answer.json()["avertissements"]] == ["EP-EXECUTANT"]


def test_a_reset_forgets(ep: Ep, api: httpx.Client) -> None:
    number = ep.registered()
    api.post("/sandbox/reset", json={}).raise_for_status()
    fresh = Ep(ep.api, ep.token)
    assert fresh.read(number).status_code == 404
