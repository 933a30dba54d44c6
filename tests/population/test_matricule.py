"""Keys, forms and authorities of matricules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.population import matricule

PUBLISHED = [
    ("2751263220749", "74"), ("1750163220748", "46"), ("1810163220751", "40"),
    ("160012B020777", "13"), ("297022A020778", "78"), ("1400163220755", "08"),
    ("2501063220756", "96"), ("1010663220754", "60"), ("1900463220899", "81"),
    ("2770763220829", "10"), ("1100863220830", "60"), ("1100863220831", "59"),
    ("1100863220832", "58"), ("1140263220833", "56"), ("1090763220834", "89"),
    ("2090763220834", "39"), ("2090663220123", "55"), ("2360663220836", "56"),
    ("1090763220888", "35"), ("1990163220752", "30"), ("180032B020401", "23"),
    ("2001027631789", "79"), ("2790351215189", "89"), ("2070585756270", "97"),
    ("2550699999999", "34"), ("1980199999999", "31"), ("1530789876585", "13"),
    ("2020966157089", "58"),
]
PUBLISHED_WRONG = [("1810363220456", "60", "76"), ("2810363220456", "10", "26")]

matricules = st.from_regex(r"[12][0-9]{4}([0-9]{2}|2A|2B)[0-9]{6}", fullmatch=True)
digits = st.from_regex(r"[0-9]{1,20}", fullmatch=True)


@pytest.mark.parametrize(("value", "cle"), PUBLISHED)
def test_published_keys_are_computed(value: str, cle: str) -> None:
    assert matricule.key_of(value) == cle
    assert matricule.has_right_key(value, cle)


@pytest.mark.parametrize(("value", "published", "computed"), PUBLISHED_WRONG)
def test_wrong_published_keys_are_seen(value: str, published: str, computed: str) -> None:
    assert matricule.key_of(value) == computed
    assert not matricule.has_right_key(value, published)


@pytest.mark.parametrize("value", [
    "", "275126322074", "27512632207499", "2751263220ABC", "275122C220749", "0751263220749",
    "2751263220749\n", "2751263220٧49", "27512 63220749",
])
def test_other_texts_are_not_matricules(value: str) -> None:
    assert not matricule.is_well_formed(value)
    with pytest.raises(ValueError, match="not a matricule"):
        matricule.key_of(value)


@given(matricules)
def test_number_and_key_are_divisible_by_97(value: str) -> None:
    read = value.replace("2A", "19", 1) if value[5:7] == "2A" else value
    read = read[:5] + "18" + read[7:] if value[5:7] == "2B" else read
    cle = matricule.key_of(value)
    assert 1 <= int(cle) <= 97
    assert (int(read) + int(cle)) % 97 == 0


@given(matricules, st.integers(0, 12), st.integers(1, 9))
def test_one_changed_digit_changes_the_key(value: str, place: int, shift: int) -> None:
    if not value[place].isdigit() or place in (0, 5, 6):
        return
    changed = value[:place] + str((int(value[place]) + shift) % 10) + value[place + 1:]
    assert matricule.key_of(changed) != matricule.key_of(value)


@given(
    st.sampled_from("MF"), st.dates().map(str), st.sampled_from(matricule.EMPTY_COMMUNES),
    st.integers(900, 999),
)
def test_invented_numbers_are_well_formed_and_never_look_real(
    sexe: str, date: str, commune: str, order: int
) -> None:
    value = matricule.invented(sexe, date, commune, order)
    assert matricule.is_well_formed(value)
    for oid in matricule.OIDS:
        assert not matricule.looks_real(value, matricule.key_of(value), oid)


@pytest.mark.parametrize("date", ["1950-00-00", "1955-13-00", "1960-20-45"])
def test_a_lunar_month_becomes_a_pseudo_month(date: str) -> None:
    assert matricule.invented("F", date, "55050", 901)[3:5] == "20"


def test_a_usual_number_of_production_looks_real() -> None:
    assert matricule.looks_real("2751263220749", "74", matricule.OID_NIR)
    assert not matricule.looks_real("2751263220749", "74", matricule.OID_NIR_TEST)
    assert not matricule.looks_real("2751263220749", "75", matricule.OID_NIR)


@pytest.mark.parametrize("number", ["99700218896", "99700366240", "99700427885", "590064036"])
def test_luhn_of_public_test_numbers(number: str) -> None:
    assert matricule.passes_luhn(number)


@given(digits)
def test_luhn_digit_completes_any_number_in_one_way(number: str) -> None:
    passing = [last for last in "0123456789" if matricule.passes_luhn(number + last)]
    assert passing == [matricule.luhn_digit(number)]


@pytest.mark.parametrize("number", ["", "7", "12A", "٣٤"])
def test_luhn_refuses_what_is_not_a_number(number: str) -> None:
    assert not matricule.passes_luhn(number)
