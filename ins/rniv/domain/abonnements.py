"""Systems that a tenant wants told of its identities, and by which addresses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

SETTING = "rniv"
MOST = 20
"""Subscriptions of a tenant."""
Evenement = Literal["A28", "A31", "A40"]
EVENEMENTS: tuple[Evenement, ...] = ("A28", "A31", "A40")


@dataclass(frozen=True, slots=True)
class Abonnement:
    """address: `mllp://host:port`; events: which are sent; application, etablissement: MSH-5 and
    MSH-6 of what is sent."""

    id: str
    address: str
    events: tuple[Evenement, ...] = EVENEMENTS
    application: str = ""
    etablissement: str = ""


@dataclass(frozen=True, slots=True)
class Annonces:
    """outbound: hosts that may be called, beside this machine."""

    outbound: tuple[str, ...] = ()
    abonnements: tuple[Abonnement, ...] = field(default=())


def annonces_of(settings: Mapping[str, Any]) -> Annonces:
    """Those of a tenant's settings."""
    stored = settings.get(SETTING)
    if not stored:
        return Annonces()
    return Annonces(tuple(stored["outbound"]), tuple(
        Abonnement(**(each | {"events": tuple(each["events"])})) for each in stored["abonnements"]
    ))


def as_setting(annonces: Annonces) -> dict[str, Any]:
    """As a tenant keeps them."""
    return asdict(annonces)
