"""CSV as `csv_files` reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from services.population.importing.columns import COLUMNS

LINES = 500
"""Lines of one piece."""


def write(plural: str, everyone: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The file, piece by piece: a line of column names, then a line per record."""
    columns = tuple(name.partition(".")[::2] for name in COLUMNS[plural])
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS[plural])
    for number, members in enumerate(everyone, 1):
        writer.writerow([
            _cell(members.get(parent, {}).get(child) if child else members.get(parent))
            for parent, child in columns
        ])
        if number % LINES == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _cell(value: Any) -> str:
    """Text as it is, lists separated by spaces, objects by what designates them."""
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case list():
            return " ".join(map(_cell, value))
        case dict():
            names = ("code", "id", "address", "matricule")
            return next((str(value[name]) for name in names if value.get(name)), "")
    return str(value)


def _taken(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
