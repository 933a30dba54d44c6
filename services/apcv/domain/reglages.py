"""How the appli carte Vitale behaves for one tenant. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

SETTING = "apcv"
Mode = Literal["test", "production", "indisponible"]


@dataclass(frozen=True, slots=True)
class Reglages:
    """mode: test (every app is read), production (a test or demonstration app is refused),
    indisponible (every operation fails); secondes_code: life of a QR code; minutes_contexte: of a
    context; minutes_ps: of a professional's assertion; ins_ayants_droit: whether the answer has
    the INS of dependants, which the public sample has not but RNIV treats as qualified."""

    mode: Mode = "test"
    secondes_code: int = 60
    minutes_contexte: int = 20
    minutes_ps: int = 60
    ins_ayants_droit: bool = False


def reglages_of(settings: Mapping[str, Any]) -> Reglages:
    """Those of a tenant's settings."""
    stored = settings.get(SETTING, {})
    return Reglages(**{each.name: stored[each.name] for each in fields(Reglages)
                       if each.name in stored})
