"""Settings of an installation: command line, then environment (`SOCLE_…`), then a TOML file.

Every field is documented in docs/reference/settings.md (held by a test).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

MLLP_PORT = 2575


class Settings(BaseSettings):
    """One field per setting; the environment name is `SOCLE_` plus the upper-case field name."""

    model_config = SettingsConfigDict(env_prefix="SOCLE_", extra="forbid")

    data: Path = Field(Path("var"), description="Data directory (ignored with memory).")
    memory: bool = Field(False, description="Keep everything in a private temporary directory.")
    database_url: str = Field(
        "", description="PostgreSQL database, `postgresql://user:password@host/base`, instead of "
        "a SQLite file in the data directory; with memory: a schema of its own, dropped at the end."
    )
    workers: int = Field(
        1, ge=1, le=63, description="HTTP processes, beside one for mail; more than one needs "
        "`SOCLE_DATABASE_URL`."
    )
    host: str = Field("127.0.0.1", description="Address that all listeners bind.")
    public_url: str = Field("", description="Address put into issuers and links.")
    public_https_url: str = Field("", description="Address shown for the HTTPS listener.")
    public_smtp_host: str = Field("", description="Host name shown for the SMTP submission port.")
    http_port: int = Field(8080, ge=0, le=65535, description="HTTP listener; 0 picks a free one.")
    https_port: int = Field(8443, ge=0, le=65535, description="HTTPS listener.")
    smtp_port: int = Field(2587, ge=0, le=65535, description="SMTP submission listener.")
    mllp_port: int | None = Field(
        None, ge=0, le=65535, description="MLLP listener (HL7 v2); unset: 2575, or a free one when "
        "the HTTP port is 0."
    )
    public_mllp_host: str = Field("", description="Host name shown for the MLLP port.")
    only: str = Field("", description="Comma-separated service ids to start; empty: all.")
    admin_token: str = Field("", description="Bearer token of the control API.")
    ready_file: Path | None = Field(None, description="Written once all listeners answer.")
    trust_anchors: Path | None = Field(
        None, description="PEM file of authorities whose client certificates are accepted too, and "
        "of their revocation lists.",
    )
    blobs_url: str = Field(
        "", pattern=r"^(s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?)?$",
        description="Bucket of documents and mails, `s3://bucket/prefix`, reached as the usual "
        "`AWS_…` variables say; empty: the data directory.",
    )
    journal_mebibytes: int = Field(2048, ge=64, description="Oldest journal segments go above.")

    def port(self, listener: str) -> int:
        """Of a listener, by its name."""
        asked: int | None = getattr(self, f"{listener}_port")
        if asked is None:
            return MLLP_PORT if self.http_port else 0
        return asked


class InvalidSettings(Exception):
    """A setting that is unknown or out of bounds; the message is for the user, in French."""


def load(config: Path | None = None, **given: Any) -> Settings:
    """The settings in force. given: what the command line says. Raises InvalidSettings.

    config: a TOML file whose keys are the field names; a key that is no setting is refused.
    """
    content = _read(config) if config is not None else {}

    class WithFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, content)

    try:
        return WithFile(**given)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, each['loc']))} ({each['msg']})" for each in error.errors()
        )
        raise InvalidSettings(f"Réglage refusé : {faults}.") from error


def _read(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSettings(f"Fichier de réglages illisible : {config} ({error}).") from error
