from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.cda.times import fhir_date, fhir_datetime, hl7_time, xds_time

SPELLINGS = [
    ("20211201093000+0100", "2021-12-01T09:30:00+01:00", "20211201083000"),
    ("202101040735+0100", "2021-01-04T07:35:00+01:00", "20210104063500"),
    ("20210104073500.123-0300", "2021-01-04T07:35:00-03:00", "20210104103500"),
    ("20210104073500Z", "2021-01-04T07:35:00Z", "20210104073500"),
    ("20200701134745", "2020-07-01", "20200701"),
    ("20240106113623+100", "2024-01-06", "20240106"),
    ("20210231093000+0100", "2021-02-31T09:30:00+01:00", "20210231"),
    ("99991231235959-0100", "9999-12-31T23:59:59-01:00", "99991231"),
    ("20210104073500+9900", "2021-01-04T07:35:00+99:00", "20210104"),
    ("197707", "1977-07", "197707"),
    ("1977", "1977", "1977"),
    ("", "", ""),
    ("UNK", "", ""),
]


@pytest.mark.parametrize(("hl7", "fhir", "xds"), SPELLINGS)
def test_spellings(hl7: str, fhir: str, xds: str) -> None:
    assert (fhir_datetime(hl7), xds_time(hl7)) == (fhir, xds)


def test_date_of_birth() -> None:
    assert fhir_date("19770714") == "1977-07-14"


def test_writing() -> None:
    assert hl7_time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "20260102030405+0000"
