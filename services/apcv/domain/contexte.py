"""Contexts of the apCV: what a professional's software holds once a patient has shown his app."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contexte:
    """id: a UUID, its token too; patient: sandbox id; serial: of the card; holder: professional
    and software; until: microseconds, the tenant's clock."""

    id: str
    patient: str
    serial: str
    holder: str
    until: int
