"""Rules over several calls: the sequences of CNDA and Ségur, by both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins.domain.recherche import Lieu, Traits
from ins.domain.suites import Essai, Suite, SuiteCarte, etat, within
from ins.fhir.fr_core import Fiabilite, reliability
from ins.wire.suites import CARTE, RULES
from tests.ins.conftest import fhir_patient
from tests.ins.lps import Parts, report, search, send, vitale
from tests.ins.test_verification import RUTH, advance, deposit, fetch, text

Json = dict[str, Any]
Journal = Callable[..., list[Json]]
Match = Callable[[Json], httpx.Response]
HOUILLES = ("HOUILLES", "M", "1993-01-27")
LEONARDO = ("DE VINCI", "LEONARDO", "M", "2014-02-01")
SEQUENCES = {each.id for each in (*RULES, *CARTE)} | {"INS-LOT-DELAI"}


def essai(prenom: str, code: str = "01", lieu: str = "", **more: Any) -> Essai:
    given = {"at": 0, "statut": "", "liste_prenoms": "", **more}
    return Essai(appelant="x", porte="WS_INS2", nom_naissance="N", sexe="M",
                 date_naissance="1993-01-27", prenom=prenom, lieu_naissance=lieu, code=code,
                 **given)


def suite(prenom: str, *avant: Essai, lieu: str = "", statuts: tuple[str, ...] = ()) -> Suite:
    return Suite(Traits("N", (prenom,), "M", "1993-01-27", lieu), {}, avant,
                 tuple(Lieu(each, "x") for each in statuts))


P, Q, R = essai("PIERRE"), essai("PAUL"), essai("JACQUES")
TROIS = "PIERRE PAUL JACQUES"
FOUND = essai("PIERRE", "00", liste_prenoms="PIERRE PAUL")


@pytest.mark.parametrize("kept", [
    suite("PIERRE"), suite("PAUL", P), suite(TROIS, P, Q, R), suite("PIERRE PAUL"),
    suite(TROIS, *(essai(each, "insi_102") for each in TROIS.split())),
    suite("PIERRE", FOUND), suite("JEAN", FOUND),
    suite("PIERRE", essai("PIERRE", "02"), lieu="63220"),
    suite("PIERRE PAUL", essai("PIERRE", "02")), suite("JEAN", essai("PIERRE", "02")),
    suite("PIERRE", P, lieu="63220"), suite("PIERRE", essai("PIERRE", statut="DOUT"),
                                             statuts=("DOUT",)),
])
def test_a_right_sequence_has_no_finding(kept: Suite) -> None:
    assert [each for rule in RULES for each in rule.findings(kept)] == []


@pytest.mark.parametrize(("id", "broken"), [
    ("INS-PRENOMS-SEULS", suite(TROIS, P, Q)), ("INS-PRENOMS-SEULS", suite(TROIS, P)),
    ("INS-PRENOMS-SEULS", suite(TROIS, Q, P, R)), ("INS-ARRET", suite("PAUL", FOUND)),
    ("INS-ARRET", suite("PIERRE", FOUND, lieu="63220")),
    ("INS-ARRET", suite("PIERRE PAUL", FOUND)),
    ("Sentinelle.05", suite("PIERRE", essai("PIERRE", "02"))),
    ("Sentinelle.05", suite("PIERRE", essai("PIERRE", "02", "63220"), lieu="63221")),
    ("Sentinelle.02", suite("PIERRE", lieu="63220")),
    ("INS-DOUTEUSE-SUITE", suite("PIERRE", essai("PIERRE", statut="FICT"), P)),
])
def test_a_wrong_sequence_breaks_its_rule(id: str, broken: Suite) -> None:
    found = [each for rule in RULES for each in rule.findings(broken)]
    assert {each.rule for each in found} == {id}
    assert all(each.at and each.expected and each.found for each in found)


def test_a_card_is_asked_again_by_another_name() -> None:
    before = essai("")
    [rule] = CARTE
    assert list(rule.findings(SuiteCarte("DE VINCI", (before,)))) == []
    assert list(rule.findings(SuiteCarte("N"))) == []
    [found] = rule.findings(SuiteCarte("N", (before,)))
    assert found.rule == "INS-CARTE-NOM-UTILISE"


@pytest.mark.parametrize(("essais", "fini", "attendu"), [
    ((P,), False, "autres prénoms"), ((P, FOUND), True, ""),
    ((P, Q, R), False, "tous ensemble"), ((P, Q, R, essai(TROIS)), True, ""),
    ((P, Q, essai(TROIS)), False, "JACQUES"), ((essai("PIERRE", "02"),), False, "lieu"),
    ((essai("PIERRE", "insi_19"),), False, "faute"),
])
def test_where_a_sequence_stands(essais: tuple[Essai, ...], fini: bool, attendu: str) -> None:
    state = etat(essais)
    assert state.fini is fini
    assert attendu in state.attendu


def test_calls_far_apart_are_no_sequence() -> None:
    hour = 3600 * 1_000_000
    assert within([P, essai("PAUL", at=hour)], hour + 1) == [essai("PAUL", at=hour)]
    assert within([P], -1) == []


def broken(journal: Journal) -> set[str]:
    return {each["rule"] for each in journal(limit="1")[0]["findings"]} & SEQUENCES


def sequences(api: httpx.Client) -> list[Json]:
    found: list[Json] = api.get("/sandbox/ins/sequences").json()["sequences"]
    return found


@pytest.mark.parametrize("mode", ["production", "cnda"])
def test_t04_four_calls_for_three_given_names(
    api: httpx.Client, journal: Journal, mode: str
) -> None:
    api.put("/sandbox/ins/settings", json={"mode": mode}).raise_for_status()
    nom, sexe, date = HOUILLES
    for prenom in (*TROIS.split(), TROIS):
        assert report(search(api, nom, prenom, sexe, date)) in ("01", "insi_102")
        assert broken(journal) == set()
    [row] = sequences(api)
    assert (row["fini"], len(row["appels"]), row["appelant"]) == (True, 4, "10B0152872")


def test_t04_three_calls_are_not_enough(api: httpx.Client, journal: Journal) -> None:
    nom, sexe, date = HOUILLES
    for prenom in ("PIERRE", "PAUL", TROIS):
        search(api, nom, prenom, sexe, date)
    assert broken(journal) == {"INS-PRENOMS-SEULS"}
    [row] = sequences(api)
    assert (row["fini"], row["attendu"]) == (False, "chaque prénom seul d'abord : JACQUES")
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert report(search(api, nom, TROIS, sexe, date)) == "insi_19"


def test_the_same_by_fhir(match: Match, journal: Journal, api: httpx.Client) -> None:
    nom, sexe, date = HOUILLES
    for prenom in ("PIERRE", "PAUL", TROIS):
        match(fhir_patient(nom, prenom, sexe, date))
    assert broken(journal) == {"INS-PRENOMS-SEULS"}
    assert sequences(api)[0]["appels"][0]["transaction"] == "ITI-119"


def test_t02_the_place_after_several(api: httpx.Client, journal: Journal) -> None:
    assert report(search(api, *LEONARDO)) == "02"
    assert report(search(api, *LEONARDO)) == "02"
    assert broken(journal) == {"Sentinelle.05"}
    assert report(search(api, *LEONARDO, "63220")) == "00"
    assert broken(journal) == set()
    assert report(search(api, *LEONARDO)) == "02"
    assert broken(journal) == {"INS-ARRET"}
    search(api, "ADRUN", "ZOE", "F", "1975-12-31", "63220")
    assert broken(journal) == {"Sentinelle.02"}


def test_twins_are_two(api: httpx.Client, journal: Journal) -> None:
    for prenom in ("DONATELLO", "RAPHAEL"):
        assert report(search(api, "DE VINCI", prenom, "M", "2010-08-07")) == "00"
        assert broken(journal) == set()


def test_t14_what_was_said_doubtful_stays_so(
    api: httpx.Client, match: Match, journal: Journal
) -> None:
    doubtful = fhir_patient(extension=reliability(Fiabilite("PROV", attributs=("DOUT",)), "2.2.0"))
    match(doubtful)
    assert "EXI ID 26" in {each["rule"] for each in journal(limit="1")[0]["findings"]}
    match(fhir_patient())
    assert broken(journal) == {"INS-DOUTEUSE-SUITE"}
    advance(api, 1860)
    match(fhir_patient())
    assert broken(journal) == set()


def test_a_card_by_the_same_name_again(api: httpx.Client, journal: Journal) -> None:
    def ask(nom: str) -> str:
        from ins import codes

        body = vitale(MatriculeOD="2770763220829", NomNaissance=nom, DateNaissance="14071977",
                      RangNaissance="1")
        return report(send(api, Parts(codes.ACTION_VITALE, body)))

    assert ask("AUTRE") == "01"
    assert ask("NESSI") == "00"
    assert broken(journal) == set()
    assert (ask("AUTRE"), ask("AUTRE")) == ("01", "01")
    assert broken(journal) == {"INS-CARTE-NOM-UTILISE"}


def test_a_lot_is_asked_for_too_soon(api: httpx.Client, journal: Journal) -> None:
    lot = text(send(api, deposit(RUTH)), "IdLot")
    send(api, fetch(lot))
    assert broken(journal) == {"INS-LOT-DELAI"}
    advance(api, 61)
    assert report(send(api, fetch(lot))) == "00"
    assert broken(journal) == {"INS-LOT-DELAI"}
    advance(api, 200)
    send(api, fetch(lot))
    assert broken(journal) == set()


def test_callers_and_tenants_are_apart(
    api: httpx.Client, match: Match, journal: Journal, server: Any, tenant: str
) -> None:
    nom, sexe, date = HOUILLES
    search(api, nom, "PIERRE", sexe, date)
    match(fhir_patient(nom, "PIERRE PAUL", sexe, date))
    assert broken(journal) == set()
    assert len(sequences(api)) == 2
    with httpx.Client(base_url=f"{server.url}/t/{tenant}-autre", trust_env=False) as other:
        assert sequences(other) == []
