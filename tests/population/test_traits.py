"""Lexical rules of names, dates and places."""

from __future__ import annotations

import pytest

from services.population import traits
from services.population.searching import like_pattern, plain


@pytest.mark.parametrize("name", [
    "ADRUN", "D'ARTAGNAN DE L'HERAULT", "PAT-TROIS", "DUPONT--DURAND", "'T HOOFT", "A",
])
def test_birth_names_accepted(name: str) -> None:
    assert traits.birth_name_problem(name) == ""


@pytest.mark.parametrize("name", [
    "", "A" * 101, "adrun", "HÉLÈNE", "L’OEUVRE", "X1", " ADRUN", "-ADRUN", "DE  VINCI",
    "D''ARTAGNAN", "D' ARTAGNAN", "DE 'VINCI", "A\tB",
])
def test_birth_names_refused(name: str) -> None:
    assert traits.birth_name_problem(name)


@pytest.mark.parametrize(("name", "accepted"), [
    ("PIERRE-ALAIN", True), ("N'GOLO", True), ("PIERRE--ALAIN", False), ("PIERRE-", False),
    ("PIERRE'", False), ("", False),
])
def test_given_names(name: str, accepted: bool) -> None:
    assert (traits.given_name_problem(name) == "") is accepted


@pytest.mark.parametrize(("date", "accepted"), [
    ("1975-12-31", True), ("1950-00-00", True), ("1955-13-00", True), ("1960-20-45", True),
    ("0000-01-01", False), ("1975-1-1", False), ("31/12/1975", False), ("", False),
    ("1975-12-31T00:00", False), ("١٩٧٥-12-31", False),
])
def test_dates(date: str, accepted: bool) -> None:
    assert (traits.date_problem(date) == "") is accepted


@pytest.mark.parametrize(("code", "accepted"), [
    ("", True), ("63220", True), ("2A020", True), ("2B020", True), ("99100", True),
    ("2C020", False), ("6322", False), ("632200", False), ("2a020", False),
])
def test_places(code: str, accepted: bool) -> None:
    assert (traits.place_problem(code) == "") is accepted


@pytest.mark.parametrize(("text", "expected"), [
    ("Zoé  L’Œuvre", "ZOE L'OEUVRE"), ("Æneas", "AENEAS"), ("Łukasz", "LUKASZ"),
    (" François\t", "FRANCOIS"), ("", ""),
])
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_like_pattern_takes_wildcards_literally() -> None:
    assert like_pattern("50%_é\\") == "%50\\%\\_E\\\\%"
