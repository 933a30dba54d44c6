"""A data directory of the first revision opens with everything in it."""

import sqlite3
from pathlib import Path

from alembic import command

from services.kernel import migrations
from services.kernel.database import open_database
from services.kernel.schema import REVISION
from tests.postgres.former import find_former_rows, former_rows


async def test_a_directory_of_the_first_revision_is_migrated_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "socle.sqlite"
    command.upgrade(migrations.config(path), "0001")
    with sqlite3.connect(path) as connection:
        for statement in former_rows("BLOB"):
            connection.execute(statement)
    connection.close()
    database = await open_database(path)
    await find_former_rows(database)
    await database.close()
    with sqlite3.connect(path) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    assert revision == REVISION
