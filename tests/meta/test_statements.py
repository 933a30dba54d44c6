"""Tables and statements keep the promises of the database: tenant first, two dialects."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import Executable, Table, create_engine, inspect
from sqlalchemy.sql import ClauseElement

from services import catalog
from services.kernel.schema import REVISION, metadata
from services.kernel.statements import POSTGRESQL, SQLITE

catalog.load()
TABLES = list(metadata.sorted_tables)
OURS = ("services", "ins", "pro_sante_connect", "mssante", "dmp")
STATEMENTS = {
    f"{name}.{key}": value
    for name, module in list(sys.modules.items()) if name.split(".")[0] in OURS
    for key, value in list(vars(module).items())
    if isinstance(value, Executable) and isinstance(value, ClauseElement)
}


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_tenant_id_comes_first(table: Table) -> None:
    if not table.info["tenant"]:
        return
    assert next(iter(table.columns)).name == "tenant_id"
    numbered = table.primary_key.columns.keys() == ["place"]
    for index in table.indexes:
        assert next(iter(index.columns)).name == "tenant_id", index.name
    keys = [list(each.columns) for each in table.constraints if hasattr(each, "columns")]
    assert len(keys) == 1 + numbered
    for columns in keys:
        assert columns[0].name == "tenant_id" or (numbered and len(columns) == 1)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_columns_are_of_portable_types(table: Table) -> None:
    kinds = {type(column.type).__name__ for column in table.columns}
    assert kinds <= {"Text", "BigInteger", "LargeBinary"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_names_the_tenant_and_suits_both_databases(name: str) -> None:
    statement = STATEMENTS[name]
    text = SQLITE.prepare(statement).sql
    if any(table.info["tenant"] and table.name in text.split() for table in TABLES):
        assert "tenant_id" in text, text
    # PostgreSQL takes no COLLATE, which every text has, between BETWEEN and AND.
    assert " BETWEEN " not in POSTGRESQL.prepare(statement).sql


async def test_migrations_give_the_same_schema(tmp_path: Path) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    from services.kernel import migrations
    from services.kernel.database import open_database

    config = migrations.config(tmp_path / "migrated.sqlite")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION
    command.upgrade(config, "head")
    await (await open_database(tmp_path / "created.sqlite")).close()
    assert shape(tmp_path / "migrated.sqlite") == shape(tmp_path / "created.sqlite")


def shape(path: Path) -> dict[str, object]:
    engine = create_engine(f"sqlite:///{path}")
    found = inspect(engine)
    content: dict[str, object] = {}
    for table in found.get_table_names():
        content[table] = (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            found.get_pk_constraint(table)["constrained_columns"],
            sorted(
                (i["name"], tuple(i["column_names"]), str(i["dialect_options"].get("sqlite_where")))
                for i in found.get_indexes(table)
            ),
            sorted(tuple(u["column_names"]) for u in found.get_unique_constraints(table)),
        )
    engine.dispose()
    return content


async def test_data_of_an_unknown_revision_is_refused(tmp_path: Path) -> None:
    import sqlite3

    from services.kernel.database import OutdatedData, open_database

    path = tmp_path / "x.sqlite"
    await (await open_database(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(OutdatedData, match="9999"):
        await open_database(path)
