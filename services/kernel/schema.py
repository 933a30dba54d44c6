"""Tables: one MetaData, and the three kinds of table there are.

Columns are Text, LargeBinary, BigInteger and Boolean-as-BigInteger only: no JSON, no DateTime, so
that the same statement text runs on SQLite and PostgreSQL with raw drivers. Texts compare by
code point on both, whatever the language of the server.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import CreateIndex, CreateTable, SchemaItem

metadata = MetaData()
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
PLACE = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite finds a row by an INTEGER key, under that very name, without another tree."""

REVISION = "0017"
"""Alembic revision that `metadata` describes; held equal to the migrations' head by a test."""


def text(name: str, nullable: bool = False) -> Column[str]:
    return Column(name, TEXT, nullable=nullable)


def number(name: str, nullable: bool = False, default: int | None = None) -> Column[int]:
    """An integer or an instant in microseconds. default: of rows of an older revision."""
    given = None if default is None else str(default)
    return Column(name, BigInteger, nullable=nullable, server_default=given)


def blob(name: str, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


def tenant_table(
    name: str, *items: SchemaItem, key: tuple[str, ...], clustered: bool = True
) -> Table:
    """A table owned by tenants: `tenant_id` is first in the table and in the primary key.

    Indexes given in `items` must begin with `tenant_id` too (held by a test). clustered: rows live
    in the primary key itself (SQLite); False for wide rows, over about 200 bytes: measured with
    1.5 kB rows, half the file and half the cost of a read.
    """
    return Table(
        name, metadata, Column("tenant_id", TEXT, nullable=False), *items,
        PrimaryKeyConstraint("tenant_id", *key), info={"tenant": True},
        sqlite_with_rowid=not (key and clustered),
    )


def numbered_table(name: str, *items: SchemaItem, key: tuple[str, ...]) -> Table:
    """A table owned by tenants, of wide rows that others point at: the database gives each its
    `place`, by which it is read at once, whatever the length of its key. Only one row has a key.
    An INSERT is `inline()`: it does not ask which place was given.
    """
    return Table(
        name, metadata, Column("tenant_id", TEXT, nullable=False),
        Column("place", PLACE, Identity(), primary_key=True), *items,
        UniqueConstraint("tenant_id", *key), info={"tenant": True},
    )


def base_table(name: str, *items: SchemaItem) -> Table:
    """A table of the whole installation (the list of tenants, for example)."""
    return Table(name, metadata, *items, info={"tenant": False})


def definitions(dialect: Dialect) -> Iterator[str]:
    """The statements that give an empty database all tables, that of Alembic first."""
    yield "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
