"""Statements compiled once, from SQLAlchemy Core to text that a raw driver runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite

_SQLITE = sqlite.dialect(paramstyle="qmark")


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL text, its parameter names in order, and the values fixed in the statement."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]

    def arguments(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Positional arguments. Raises KeyError for a missing parameter."""
        fixed = self.fixed
        return tuple([
            parameters[name] if name in parameters else fixed[name] for name in self.names
        ])


_prepared: WeakKeyDictionary[Executable, Prepared] = WeakKeyDictionary()


def prepare(statement: Executable) -> Prepared:
    """Compile for SQLite, once per statement object: keep statements at module level."""
    try:
        return _prepared[statement]
    except KeyError:
        pass
    compiled = statement.compile(dialect=_SQLITE)  # type: ignore[attr-defined]
    names: Sequence[str] = compiled.positiontup or ()
    fixed = {
        name: value for name, value in compiled.params.items()
        if not compiled.binds[name].required
    }
    prepared = Prepared(str(compiled), tuple(names), fixed)
    if "POSTCOMPILE" in prepared.sql:
        raise ValueError(f"expanding IN has no fixed text: {prepared.sql}")
    _prepared[statement] = prepared
    return prepared
