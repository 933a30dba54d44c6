"""Alembic migrations. Imported only when a data directory is of an older revision."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError


def config(path: Path) -> Config:
    """Alembic configuration for one SQLite file."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("sqlalchemy.url", f"sqlite:///{path}".replace("%", "%%"))
    return settings


def upgrade(path: Path, revision: str) -> None:
    """Bring a data file to the newest revision. Raises OutdatedData when it is not one of ours."""
    from services.kernel.database import OutdatedData

    try:
        command.upgrade(config(path), "head")
    except CommandError as error:
        raise OutdatedData(
            f"Les données de {path} sont à la révision {revision}, inconnue de cette version."
        ) from error
