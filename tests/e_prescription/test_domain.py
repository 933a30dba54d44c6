"""States and quantities, without a server."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.e_prescription.codes import EprescType, Etat, EtatLigne, Resultat
from services.e_prescription.domain.execution import (
    Execution,
    LigneExecutee,
    Suivi,
    etat_of,
    follow,
)
from services.e_prescription.domain.prescription import (
    Ligne,
    PatientPrescrit,
    Prescription,
    earliest_date,
    latest_date,
    years_after,
)
from services.e_prescription.wire.generate_identifiant_unique import number_of

LINE = Ligne("L1", EprescType.MEDICAMENT, 3, 2, None, None, {})
SHEET = Prescription(
    "0" * 18, date(2026, 3, 2), PatientPrescrit("A", "", ""), "", "", False, (LINE,)
)
TODAY = date(2026, 3, 10)


def after(*quantities: int, resultat: Resultat = Resultat.DELIVRE) -> Suivi:
    executions = [
        Execution(str(n), 0, TODAY, "8", "", (LigneExecutee("L1", resultat, quantity),))
        for n, quantity in enumerate(quantities)
    ]
    return follow(SHEET, executions, TODAY)[0]


@pytest.mark.parametrize(("quantities", "left", "due", "renewals", "state"), [
    ((), 9, 3, 2, EtatLigne.A_EXECUTER),
    ((1,), 8, 2, 2, EtatLigne.PARTIELLE),
    ((3,), 6, 3, 2, EtatLigne.PARTIELLE),
    ((3, 3, 2), 1, 1, 0, EtatLigne.PARTIELLE),
    ((3, 3, 3), 0, 0, 0, EtatLigne.TERMINEE),
])
def test_quantities(
    quantities: tuple[int, ...], left: int, due: int, renewals: int, state: EtatLigne
) -> None:
    suivi = after(*quantities)
    assert (suivi.restante, suivi.due, suivi.renouvellements_restants) == (left, due, renewals)
    assert suivi.etat is state


def test_a_prescription_expires_with_something_left() -> None:
    expired, = follow(SHEET, [], date(2027, 3, 2))
    assert expired.etat is EtatLigne.EXPIREE
    assert etat_of([expired]) is Etat.EXPIREE
    alive, = follow(SHEET, [], date(2027, 3, 1))
    assert etat_of([alive]) is Etat.ENREGISTREE


def test_a_refusal_after_a_part_stays_partial() -> None:
    executions = [
        Execution("1", 0, TODAY, "8", "", (LigneExecutee("L1", Resultat.DELIVRE_PARTIEL, 1),)),
        Execution("2", 0, TODAY, "8", "", (LigneExecutee("L1", Resultat.NON_DELIVRE_PATIENT, 0),)),
    ]
    suivi, = follow(SHEET, executions, TODAY)
    assert suivi.etat is EtatLigne.PARTIELLE


def test_a_year_after_a_leap_day() -> None:
    assert years_after(date(2028, 2, 29), 1) == date(2029, 3, 1)
    assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)


def test_no_year_is_after_the_last() -> None:
    assert years_after(date(9999, 1, 1), 1) == date.max


def test_dates_span_the_french_territories() -> None:
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert latest_date(noon) == date(2026, 3, 3)
    assert earliest_date(noon.replace(hour=9)) == date(2026, 3, 1)


def test_generated_number_is_documented() -> None:
    assert number_of(0, 0) == "01" + "0000000" + "A30Y" + "00000"
    assert len(number_of(2**35 - 1, 2**25 - 1)) == 18
