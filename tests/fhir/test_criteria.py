"""One parameter's text becomes one typed comparison."""

from __future__ import annotations

import pytest

from services.fhir.criteria import (
    Criterion,
    Parameter,
    ParameterError,
    compare,
    normalise,
    split,
    unescape,
)
from services.fhir.dates import interval

CODE = Parameter("code", "token")
PATIENT = Parameter("patient", "reference", targets=("Patient",))
MASS = Parameter("mass", "quantity")
BASE = "http://socle.test/dmp/fhir"


def values(parameter: Parameter, text: str, modifier: str = "") -> list[tuple[str, object]]:
    found = compare(parameter, modifier, text, BASE)
    assert found is not None
    return list(zip(found.forms, found.values, strict=True))


@pytest.mark.parametrize(("text", "expected"), [
    ("a", [("c", ("a",))]),
    ("s|a", [("sc", ("s", "a"))]),
    ("|a", [("sc", ("", "a"))]),
    ("s|", [("s", ("s",))]),
    ("a,b", [("c", ("a",)), ("c", ("b",))]),
    (r"a\,b", [("c", ("a,b",))]),
    (r"s|a\|b", [("sc", ("s", "a|b"))]),
    (r"a\\,b", [("c", ("a\\",)), ("c", ("b",))]),
    ("a,b,c", [("c", ("a",)), ("c", ("b",)), ("c", ("c",)), ("c", ("c",))]),
])
def test_tokens(text: str, expected: list[tuple[str, object]]) -> None:
    assert values(CODE, text) == expected


@pytest.mark.parametrize(("text", "modifier", "expected"), [
    ("12", "", ("i", ("12",))),
    ("Patient/12", "", ("ti", ("Patient", "12"))),
    ("12", "Patient", ("ti", ("Patient", "12"))),
    (f"{BASE}/Patient/12", "", ("ti", ("Patient", "12"))),
    ("https://autre.test/Patient/12", "", ("ti", ("", "https://autre.test/Patient/12"))),
    ("urn:oid:1.2|12", "identifier", ("sc", ("urn:oid:1.2", "12"))),
])
def test_references(text: str, modifier: str, expected: tuple[str, object]) -> None:
    assert values(PATIENT, text, modifier) == [expected]


def test_the_identifier_of_a_reference_is_a_token_of_its_own() -> None:
    found = compare(PATIENT, "identifier", "s|v", BASE)
    assert found == Criterion(
        "token", "patient:identifier", ("sc",), (("s", "v"),), selective=True
    )


@pytest.mark.parametrize("prefix", ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"])
def test_dates_carry_their_prefix(prefix: str) -> None:
    date = Parameter("date", "date")
    assert values(date, f"{prefix}2024-01") == [(prefix or "eq", interval("2024-01"))]


def test_a_plus_lost_in_the_query_string_is_found_again() -> None:
    date = Parameter("date", "date")
    expected = interval("2024-01-01T10:00:00+02:00")
    assert values(date, "2024-01-01T10:00:00 02:00") == [("eq", expected)]


def test_strings_compare_without_accents_and_case() -> None:
    assert normalise("  É\u0301vrard   ŒUF ") == "evrard œuf"
    assert values(Parameter("name", "string"), "Zoé") == [("p", ("zoe", "zoe\U0010ffff"))]


def test_about_a_date_is_a_tenth_of_the_time_to_now() -> None:
    lo, hi = interval("2024-01-01")
    found = compare(Parameter("date", "date"), "", "ap2024-01-01", BASE, lo + 1000)
    assert found is not None
    assert (found.forms, found.values) == (("ap",), ((lo - 100, hi + 100),))


def test_strings_have_modifiers() -> None:
    name = Parameter("name", "string")
    assert values(name, "Zoé", "exact") == [("x", ("zoe", "Zoé"))]
    assert values(name, "50%_É!", "contains") == [("k", ("%50!%!_e!!%",))]


def test_not_negates_a_token() -> None:
    found = compare(CODE, "not", "s|a,b", BASE)
    assert found is not None
    assert (found.negated, found.forms) == (True, ("sc", "c"))


@pytest.mark.parametrize(("text", "form", "unit"), [
    ("5.4", "eq", ()), ("gt5.4|http://u|mg", "gt sc", ("http://u", "mg")),
    ("ap5||mg", "ap c", ("mg",)), (r"le5|a\|b|c", "le sc", ("a|b", "c")),
])
def test_quantities(text: str, form: str, unit: tuple[str, ...]) -> None:
    ((found, bound),) = values(MASS, text)
    assert (found, bound[2:]) == (form, unit)


@pytest.mark.parametrize(("modifier", "expected"), [
    ("", [("c", ("http://a/b/c",))]),
    ("below", [("b", ("http://a/b/c", "http://a/b/c\U0010ffff"))]),
    ("above", [("c", (u,)) for u in (
        "http://a/b/c", "http://a", "http://a/", "http://a/b", "http://a/b/", *["http://a/b/"] * 3,
    )]),
])
def test_uris(modifier: str, expected: list[tuple[str, object]]) -> None:
    assert values(Parameter("url", "uri"), "http://a/b/c", modifier) == expected


def test_indexes_hold_the_beginning_of_a_long_value() -> None:
    assert values(CODE, "a" * 300) == [("c", ("a" * 250,))]


@pytest.mark.parametrize(("parameter", "text", "modifier"), [
    (CODE, "", ""), (CODE, "|", ""), (CODE, "a|b|c", ""), (CODE, "a,,b", ""),
    (PATIENT, "a/b/c", ""), (PATIENT, "Patient/", ""), (PATIENT, "é", ""),
    (Parameter("date", "date"), "in2024", ""), (Parameter("date", "date"), "hier", ""),
    (MASS, "5,4|x", ""), (MASS, "ge", ""), (MASS, "5|u", ""), (MASS, "5|u|", ""),
    (Parameter("n", "number"), "5|u|kg", ""), (Parameter("n", "number"), "cinq", ""),
    (CODE, "oui", "missing"), (CODE, ",".join("abcdefgh" * 9), ""),
])
def test_a_value_of_another_form_is_refused(
    parameter: Parameter, text: str, modifier: str
) -> None:
    with pytest.raises(ParameterError):
        compare(parameter, modifier, text, BASE)


@pytest.mark.parametrize(("parameter", "modifier"), [
    (CODE, "of-type"), (CODE, "text"), (CODE, "exact"), (PATIENT, "Group"), (PATIENT, "not"),
    (Parameter("name", "string"), "not"), (Parameter("_id", "token"), "missing"),
    (Parameter("_id", "token"), "not"), (MASS, "below"), (Parameter("url", "uri"), "contains"),
])
def test_an_unsupported_modifier_is_not_understood(parameter: Parameter, modifier: str) -> None:
    assert compare(parameter, modifier, "true", BASE) is None


def test_escapes() -> None:
    assert split(r"a\,b,c", ",") == [r"a\,b", "c"]
    assert split(r"a\\,b\\\,c,", ",") == [r"a\\", r"b\\\,c", ""]
    assert split("\\", ",") == ["\\"]
    assert len(split("\\a" * 1_000_000, ",")) == 1
    assert unescape(r"a\,b\|c\\d\$e\f") == r"a,b|c\d$e\f"
