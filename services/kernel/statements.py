"""Statements compiled once per database, from SQLAlchemy Core to text that a raw driver runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Executable
from sqlalchemy.dialects import postgresql, sqlite

from services.kernel import errors


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL text, its parameter names in order, and the values fixed in the statement.

    row: of an INSERT of one row, what stands at its end and may be repeated, "" for any other.
    """

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    row: str = ""

    def arguments(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Positional arguments. Raises KeyError for a missing one, MALFORMED for a NUL in a text.

        PostgreSQL has no text with a NUL in it: neither has SQLite here, so that both answer alike.
        """
        fixed = self.fixed
        values = tuple([
            parameters[name] if name in parameters else fixed[name] for name in self.names
        ])
        _require_no_nul(values)
        return values

    def batch(
        self, common: Mapping[str, Any], each: Iterable[Mapping[str, Any]]
    ) -> list[tuple[Any, ...]]:
        """`arguments` of `{**common, **one}` for each one."""
        known = {**self.fixed, **common}
        _require_no_nul(known.values())
        rows = []
        for one in each:
            _require_no_nul(one.values())
            rows.append(tuple([
                one[name] if name in one else known[name] for name in self.names
            ]))
        return rows

    def of_rows(self, count: int) -> str:
        """The INSERT of that many rows, from that of one."""
        return self.sql + f", {self.row}" * (count - 1)


def _require_no_nul(values: Iterable[Any]) -> None:
    for value in values:
        if type(value) is str and "\0" in value:
            raise errors.MALFORMED("Un texte contient le caractère nul (U+0000).")


@dataclass(frozen=True, slots=True)
class Compiler:
    """Prepares statements for one database, once per statement object: keep them at module level.
    """

    dialect: Dialect
    _prepared: WeakKeyDictionary[Executable, Prepared] = field(default_factory=WeakKeyDictionary)

    def prepare(self, statement: Executable) -> Prepared:
        """Compile, or find again. Raises ValueError for an expanding IN."""
        try:
            return self._prepared[statement]
        except KeyError:
            pass
        compiled = statement.compile(dialect=self.dialect)  # type: ignore[attr-defined]
        fixed = {
            name: value for name, value in compiled.params.items()
            if not compiled.binds[name].required
        }
        names = tuple(compiled.positiontup or ())
        row = f"({', '.join('?' * len(names))})"
        many = str(compiled).endswith(f" VALUES {row}")
        prepared = Prepared(str(compiled), names, fixed, row if many else "")
        if "POSTCOMPILE" in prepared.sql:
            raise ValueError(f"expanding IN has no fixed text: {prepared.sql}")
        self._prepared[statement] = prepared
        return prepared


SQLITE = Compiler(sqlite.dialect(paramstyle="qmark"))
POSTGRESQL = Compiler(postgresql.asyncpg.dialect())  # type: ignore[no-untyped-call]
