"""Options that commands share."""

from __future__ import annotations

import os
from typing import Annotated

import typer

Url = Annotated[str, typer.Option(help="Adresse du bac à sable (SOCLE_URL).")]
TenantName = Annotated[str, typer.Option("--tenant", help="Espace.")]
Json = Annotated[bool, typer.Option("--json", help="Sortie JSON.")]
DEFAULT_URL = os.environ.get("SOCLE_URL", "http://127.0.0.1:8080")


def group(help: str) -> typer.Typer:
    """An empty group of commands."""
    return typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=help)
