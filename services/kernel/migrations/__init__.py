"""Alembic migrations. Imported only when the data is of an older revision.

SQLite files are migrated by Alembic itself; for PostgreSQL it writes the statements, which the
server's own driver runs: a migration that moves rows does so in SQL (`op.execute`).
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from services.kernel.database import OutdatedData


def config(path: Path | None = None) -> Config:
    """Alembic configuration for one SQLite file, or for the text of a PostgreSQL migration."""
    url = f"sqlite:///{path}" if path is not None else "postgresql+asyncpg://"
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(path: Path, revision: str) -> None:
    """Bring a data file to the newest revision. Raises OutdatedData when it is not one of ours."""
    try:
        command.upgrade(config(path), "head")
    except CommandError as error:
        raise _unknown(f"Les données de {path}", revision) from error


def script(revision: str, until: str = "head") -> str:
    """SQL that brings a PostgreSQL database from a revision ("base": empty) to another.

    Raises OutdatedData when it is not one of ours.
    """
    settings = config()
    settings.output_buffer = written = StringIO()
    try:
        command.upgrade(settings, f"{revision}:{until}", sql=True)
    except CommandError as error:
        raise _unknown("Les données de PostgreSQL", revision) from error
    return written.getvalue()


def _unknown(data: str, revision: str) -> OutdatedData:
    return OutdatedData(f"{data} sont à la révision {revision}, inconnue de cette version.")
