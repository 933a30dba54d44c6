"""Settings of an installation: environment (`SOCLE_…`) first, then the command line overrides.

Every field is documented in docs/reference/settings.md (held by a test).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One field per setting; the environment name is `SOCLE_` plus the upper-case field name."""

    model_config = SettingsConfigDict(env_prefix="SOCLE_", extra="ignore")

    data: Path = Field(Path("var"), description="Data directory (ignored with memory).")
    memory: bool = Field(False, description="Keep everything in a private temporary directory.")
    host: str = Field("127.0.0.1", description="Address that all listeners bind.")
    public_url: str = Field("", description="Address put into issuers and links.")
    public_smtp_host: str = Field("", description="Host name shown for the SMTP submission port.")
    http_port: int = Field(8080, ge=0, le=65535, description="HTTP listener; 0 picks a free one.")
    smtp_port: int = Field(2587, ge=0, le=65535, description="SMTP submission listener.")
    only: str = Field("", description="Comma-separated service ids to start; empty: all.")
    admin_token: str = Field("", description="Bearer token of the control API.")
    ready_file: Path | None = Field(None, description="Written once all listeners answer.")
    journal_mebibytes: int = Field(2048, ge=64, description="Oldest journal segments go above.")
