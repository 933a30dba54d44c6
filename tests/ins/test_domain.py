"""Matching, lexical rules and dates, without a server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ins.domain.recherche import (
    Resultat,
    Traits,
    commence_par,
    date_civile,
    rechercher,
    ressemble_a_un_code_postal,
    variantes,
)
from services.population.base import base
from services.population.models import Matricule, Patient
from services.population.traits import (
    defaut_lexical,
    est_cog,
    est_date,
    translittere,
)

ZOE = Patient(
    "zoe", Matricule("2751263220749", "74", "1.2.250.1.213.1.4.8"), "ADRUN",
    ("ZOE", "MARIE-LOUISE"), "F", "1975-12-31", "63220",
)
TRAITS = Traits("ADRUN", ("ZOE",), "F", "1975-12-31")


@pytest.mark.parametrize(("change", "code"), [
    ({}, "00"), ({"lieu_naissance": "63220"}, "00"), ({"prenoms": ("ZOE", "MARIE-LOUISE")}, "00"),
    ({"prenoms": ("ZOE MARIE-LOUISE",)}, "00"), ({"lieu_naissance": "63221"}, "01"),
    ({"nom_naissance": "ADRU"}, "01"), ({"sexe": "M"}, "01"),
    ({"date_naissance": "1975-12-30"}, "01"),
    ({"prenoms": ("MARIE-LOUISE",)}, "01"), ({"prenoms": ("ZO",)}, "01"),
    ({"prenoms": ("ZOE", "MARIE")}, "01"), ({"prenoms": ("ZOE MARIE",)}, "01"),
    ({"prenoms": ()}, "01"), ({"prenoms": ("",)}, "01"),
])
def test_traits_match_exactly_and_given_names_by_their_beginning(
    change: dict[str, object], code: str
) -> None:
    assert rechercher(replace(TRAITS, **change), [ZOE]).code == code  # type: ignore[arg-type]


@pytest.mark.parametrize(("nom", "prenom", "code"), [
    ("DE VINCI", "ZOE", "00"), ("DE-VINCI", "ZOE", "00"), ("DE'VINCI", "ZOE", "00"),
    ("DEVINCI", "ZOE", "01"), ("DE VINCI", "ZOE MARIE LOUISE", "00"),
    ("DE VINCI", "ZOE-MARIE-LOUISE", "00"), ("DE VINCI", "ZOE MARIE", "00"),
])
def test_separators_may_be_equal(nom: str, prenom: str, code: str) -> None:
    known = replace(ZOE, nom_naissance="DE VINCI")
    traits = replace(TRAITS, nom_naissance=nom, prenoms=(prenom,))
    assert rechercher(traits, [known], equivalence=True).code == code
    strict = "00" if nom == "DE VINCI" and prenom == "ZOE" else "01"
    assert rechercher(traits, [known]).code == strict


def test_the_spellings_of_a_name() -> None:
    assert variantes("ADRUN") == ("ADRUN",)
    assert variantes("D'AEION")[0] == "D'AEION"
    assert {*variantes("D'AEION")} == {"D'AEION", "D-AEION", "D AEION"}
    assert len(variantes("D'ARTAGNAN DE L'HERAULT")) == 81
    assert variantes("A B C D E F") == ("A B C D E F",)


def test_several_people_give_no_candidate() -> None:
    other = replace(ZOE, id="autre", lieu_naissance="55050")
    assert rechercher(TRAITS, [ZOE, other]) == Resultat("02")
    assert rechercher(replace(TRAITS, lieu_naissance="55050"), [ZOE, other]).patient is other
    assert Resultat("02").libelle == "Plusieurs identites trouvees"


@given(st.data())
def test_every_person_is_found_by_what_begins_their_names(data: st.DataObject) -> None:
    person = data.draw(st.sampled_from(list(base().patients.values())))
    size = data.draw(st.integers(1, len(person.prenoms)))
    traits = Traits(
        person.nom_naissance, person.prenoms[:size], person.sexe, person.date_naissance,
        person.lieu_naissance,
    )
    found = rechercher(traits, base().patients.values())
    assert found.patient is person
    cut = data.draw(st.integers(1, len(traits.prenom)))
    shorter = traits.prenom[:cut]
    begins = commence_par(person.liste_prenoms, shorter)
    assert begins == (shorter in {
        " ".join(person.prenoms[:n]) for n in range(1, len(person.prenoms) + 1)
    })


@pytest.mark.parametrize("text", [
    "ADRUN", "D'ARTAGNAN DE L'HERAULT", "PAT-TROIS", "'T HOOFT", "LE--GOFF", "A", "O'NEIL-D'ARC",
])
def test_t10_names_that_pass(text: str) -> None:
    assert defaut_lexical(text) == ""


@pytest.mark.parametrize("text", [
    "adrun", "Adrun", "ÉVRARD", "D’ÆION", "CŒUR", "L’HERAULT", "-ADRUN", " ADRUN", "DE  VINCI",
    "D''ARTAGNAN", "D' ARTAGNAN", "D 'ARTAGNAN", "ADRUN2", "ADRUN.", "ADRUN ", "A/B", "A\u00a0B",
])
def test_t10_names_that_are_refused(text: str) -> None:
    assert defaut_lexical(text)


@pytest.mark.parametrize(("text", "shown"), [
    ("Zoé1", "oé1"), ("\u0391DRUN", "\u0391 U+0391"), ("A\u00a0B", "U+00A0"),
    ("D\u2019\xc6ION", "\xc6, \u2019 U+2019"), ("A\u200b\tB", "U+200B, U+0009"),
    ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrst, …"),
])
def test_a_letter_that_looks_like_another_is_told_by_its_number(text: str, shown: str) -> None:
    assert defaut_lexical(text).endswith(f"refusé : {shown}")


@pytest.mark.parametrize("text", ["ANNE--MARIE", "ANNE-", "ANNE'", "Zoé", "-ANNE"])
def test_t10_given_names_that_are_refused(text: str) -> None:
    assert defaut_lexical(text, prenom=True)
    assert not defaut_lexical("PIERRE-ALAIN", prenom=True)


@given(st.text())
def test_transliteration_is_stable(text: str) -> None:
    once = translittere(text)
    assert translittere(once) == once


@pytest.mark.parametrize(("sent", "expected"), [
    ("Zoé", "ZOE"), ("Cœur", "COEUR"), ("d’Æion", "D'AEION"), ("François", "FRANCOIS"),
])
def test_the_refusal_can_propose_the_right_spelling(sent: str, expected: str) -> None:
    assert translittere(sent) == expected


def test_every_person_of_the_population_can_be_asked_for() -> None:
    for person in base().patients.values():
        assert not defaut_lexical(person.nom_naissance)
        assert not [one for one in person.prenoms if defaut_lexical(one, prenom=True)]
        assert est_date(person.date_naissance)
        assert not person.lieu_naissance or est_cog(person.lieu_naissance)
        assert not ressemble_a_un_code_postal(person.lieu_naissance, person.date_naissance)


@pytest.mark.parametrize(("date", "valid"), [
    ("1975-12-31", True), ("1950-00-00", True), ("1955-13-00", True), ("1960-20-45", True),
    ("0000-01-01", False), ("1975-12", False), ("31/12/1975", False), ("1975-12-31T00", False),
    ("", False), ("١٩٧٥-١٢-٣١", False),
])
def test_t13_dates(date: str, valid: bool) -> None:
    assert est_date(date) is valid


@pytest.mark.parametrize(("date", "civil"), [
    ("1950-05-12", "1950-05-12"), ("1950-05-00", "1950-05-01"), ("1950-00-12", "1950-01-12"),
    ("1950-00-00", "1950-12-31"), ("1955-13-00", "1955-12-31"), ("1960-20-45", "1960-12-31"),
    ("1951-02-29", "1951-02-01"), ("1952-02-29", "1952-02-29"),
])
def test_t13_incomplete_dates_are_completed_as_rniv_says(date: str, civil: str) -> None:
    assert date_civile(date) == civil


@pytest.mark.parametrize(("cog", "born", "postal"), [
    ("63000", "1950-01-01", True), ("63220", "1950-01-01", False),
    ("75048", "1967-12-31", False), ("75001", "1950-00-00", False), ("75001", "1968-01-01", True),
    ("75012", "1968-01-01", True), ("75121", "1968-01-01", True), ("75056", "1968-01-01", False),
    ("75101", "1968-01-01", False), ("75120", "1968-01-01", False), ("75001", "", True),
    ("99100", "1968-01-01", False), ("99000", "1968-01-01", False), ("2A020", "", False),
    ("", "1968-01-01", False),
])
def test_postal_codes_are_recognised(cog: str, born: str, postal: bool) -> None:
    """75048 was Montreuil until 1968, when the Seine was divided."""
    assert ressemble_a_un_code_postal(cog, born) is postal
