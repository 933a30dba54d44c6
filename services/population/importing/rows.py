"""What every format is read into: the members of one record, and where they stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.population.doors import DOORS, Door

MOST = 50_000
"""Records of one import."""

DOORS_BY_PLURAL: dict[str, Door[Any, Any]] = {door.kind.plural: door for door in DOORS}
ORDER = ("structures", "professionals", "mailboxes", "patients", "clients")
"""Who is named by others comes first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record to be. place: line of the file or entry of the bundle; trouble: (at, French
    sentence) that keeps it from being read."""

    place: int
    door: Door[Any, Any]
    members: dict[str, Any] = field(default_factory=dict)
    trouble: tuple[tuple[str, str], ...] = ()


class Unreadable(Exception):
    """The whole file is refused. str: why, in French."""


def in_order(rows: list[Row]) -> list[Row]:
    """Rows in the order that lets each name those before it. Raises Unreadable above MOST."""
    if len(rows) > MOST:
        raise Unreadable(f"{len(rows)} enregistrements : au plus {MOST} par import.")
    return sorted(rows, key=lambda row: (
        ORDER.index(row.door.kind.plural), row.members.get("kind") != "hopital_ej"
    ))
