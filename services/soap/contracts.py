"""Schemas that the contracts of the TLSi family share, as files for client generators."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

NAMES: Final = ("ContexteLPS.xsd", "Security.xsd", "ws-addressing.xsd", "Erreur.xsd")
_DATA = files("services.soap").joinpath("data")


def content(name: str) -> bytes:
    """One of NAMES."""
    return _DATA.joinpath(name).read_bytes()


def place(name: str) -> Path:
    """Where it is, for a validator."""
    return Path(str(_DATA.joinpath(name)))
