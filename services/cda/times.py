"""HL7 timestamps (TS: YYYYMMDDhhmmss±zzzz) and their FHIR and XDS spellings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_DATE = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2}))?)?")
_INSTANT = re.compile(
    r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(?:(\d{2})(?:\.\d+)?)?(?:([+-])(\d{2})(\d{2})|Z)"
)


def fhir_date(value: str) -> str:
    """"19770714" → "1977-07-14", "1977" → "1977"; "" when it does not begin with a year."""
    match = _DATE.match(value)
    return "-".join(part for part in match.groups() if part) if match else ""


def fhir_datetime(value: str) -> str:
    """"20211201093000+0100" → "2021-12-01T09:30:00+01:00"; the day alone without a time zone.

    FHIR wants a zone beside a time, and a zone that the document does not give is not invented.
    """
    match = _INSTANT.fullmatch(value)
    if not match:
        return fhir_date(value)
    year, month, day, hour, minute, second, sign, zone_hour, zone_minute = match.groups()
    zone = f"{sign}{zone_hour}:{zone_minute}" if sign else "Z"
    return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone}"


def xds_time(value: str) -> str:
    """"20211201093000+0100" → "20211201083000" (UTC); shorter or without zone: as precise."""
    match = _INSTANT.fullmatch(value)
    if not match:
        return fhir_date(value).replace("-", "")
    *numbers, sign, zone_hour, zone_minute = match.groups()
    offset = timedelta(hours=int(zone_hour or 0), minutes=int(zone_minute or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(*(int(number or 0) for number in numbers), tzinfo=zone)  # type: ignore[misc, arg-type]
        return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    except (ValueError, OverflowError):
        return fhir_date(value).replace("-", "")


def hl7_time(moment: datetime) -> str:
    """An aware datetime as "20211201093000+0100"."""
    return moment.strftime("%Y%m%d%H%M%S%z")
