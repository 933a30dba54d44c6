"""JSON lines: one record of the kind per line, in the shapes of the control API."""

from __future__ import annotations

import orjson

from services.population.importing.rows import DOORS_BY_PLURAL, Row


def read(plural: str, content: str) -> list[Row]:
    """The records; a line that is no JSON object is a row with its trouble."""
    door = DOORS_BY_PLURAL[plural]
    rows = []
    for line, text in enumerate(content.removeprefix("\ufeff").splitlines(), 1):
        if not text.strip():
            continue
        try:
            members = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            rows.append(Row(line, door, trouble=(("", f"JSON illisible : {error}."),)))
            continue
        readable = isinstance(members, dict)
        trouble = () if readable else (("", "Un objet JSON est attendu."),)
        rows.append(Row(line, door, members if readable else {}, trouble))
    return rows
