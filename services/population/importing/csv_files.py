"""CSV, one file per kind: UTF-8, `;` or `,`, a line of column names first (see `columns`)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import StringIO

from services.population.importing.columns import COLUMNS, BadCell, Reader, members_of
from services.population.importing.rows import DOORS_BY_PLURAL, Row, Unreadable


def read(plural: str, content: str) -> list[Row]:
    """The records of a file of that kind. Raises Unreadable."""
    content = content.removeprefix("\ufeff")
    first = content.partition("\n")[0]
    if not first.strip():
        raise Unreadable("Fichier vide : la première ligne nomme les colonnes.")
    delimiter = ";" if first.count(";") >= first.count(",") else ","
    table = csv.reader(StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in next(table)]
        _check_header(names, COLUMNS[plural])
        return [
            _row(plural, table.line_num, names, cells) for cells in table
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise Unreadable(f"Ligne {table.line_num} illisible : {error}.") from error


def _check_header(names: list[str], known: Mapping[str, Reader]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Unreadable(
            f"Colonne inconnue : {', '.join(unknown)[:200]}. Colonnes possibles : "
            f"{', '.join(known)}."
        )
    if len(set(names)) < len(names):
        raise Unreadable("Une colonne est nommée deux fois.")


def _row(plural: str, line: int, names: list[str], cells: list[str]) -> Row:
    door = DOORS_BY_PLURAL[plural]
    if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names):]):
        return Row(line, door, trouble=((
            "", f"{len(cells)} cellules pour {len(names)} colonnes."
        ),))
    given = dict(zip(names, cells, strict=False))
    try:
        return Row(line, door, members_of(plural, given))
    except BadCell as error:
        return Row(line, door, trouble=error.cells)
