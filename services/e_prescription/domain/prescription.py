"""A prescription as its prescriber registered it, and the validity that follows from its date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.e_prescription.codes import EprescType

VALIDITY_YEARS = 1
"""Longest rule of all (non-listed medicines); the three months of lists I and II need a base."""
RETENTION_YEARS = 5
"""From drafting (R.4071-1 CSP)."""


@dataclass(frozen=True, slots=True)
class PatientPrescrit:
    """The patient as written on the prescription; matricule and oid are "" without INS."""

    nom_famille: str
    prenom: str
    date_naissance: str
    matricule: str = ""
    oid: str = ""


@dataclass(frozen=True, slots=True)
class Ligne:
    """One line.

    quantite: units of one delivery (packages, sessions); renouvellements: further deliveries;
    non_substituable: None when substitution is allowed, else the reason given, "" for none;
    duree_jours: length of one delivery's treatment, None when not given; content: as received.
    """

    id: str
    type: EprescType
    quantite: int
    renouvellements: int
    non_substituable: str | None
    duree_jours: int | None
    content: Mapping[str, Any]

    @property
    def total(self) -> int:
        """Units over all deliveries."""
        return self.quantite * (self.renouvellements + 1)


@dataclass(frozen=True, slots=True)
class Prescription:
    """A prescription. rpps, rpps_remplacant: 11 digits as declared in the message, or ""."""

    identifiant: str
    date_redaction: date
    patient: PatientPrescrit
    rpps: str
    rpps_remplacant: str
    opposition: bool
    lignes: tuple[Ligne, ...]

    @property
    def expires_on(self) -> date:
        """First day on which nothing can be executed any more."""
        return years_after(self.date_redaction, VALIDITY_YEARS)

    @property
    def purged_on(self) -> date:
        """First day on which the base has forgotten it."""
        return years_after(self.date_redaction, RETENTION_YEARS)

    def ligne(self, id: str) -> Ligne | None:
        return next((ligne for ligne in self.lignes if ligne.id == id), None)


def years_after(day: date, years: int) -> date:
    """The same day some years later; 1 March for a 29 February; the last day of all at most."""
    year = day.year + years
    if year > date.max.year:
        return date.max
    if (day.month, day.day) == (2, 29):
        return date(year, 2, 28) + timedelta(days=1)
    return day.replace(year=year)


def paris_date(moment: datetime) -> date:
    """The date in Paris at that UTC instant, by winter time: time-zone data may not be there."""
    return (moment + timedelta(hours=1)).date()


def latest_date(moment: datetime) -> date:
    """The latest date there is in a French territory at that UTC instant (UTC+12)."""
    return (moment + timedelta(hours=12)).date()


def earliest_date(moment: datetime) -> date:
    """The earliest date there is in a French territory at that UTC instant (UTC-10)."""
    return (moment - timedelta(hours=10)).date()
