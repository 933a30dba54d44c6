"""A call of the téléservice: contexts of its header, and by which access mode it came. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Mode = Literal["cpx", "psc", "certificat"]
"""Signed assertion of a card, unsigned assertion of Pro Santé Connect, client certificate."""

UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Contexte:
    """ContexteLPS or ContexteBAM. at: its place; couverture: whether ContexteBAM has COUVERTURE;
    idam, idam_r, instance, logiciel: of LPS."""

    at: str
    version: str = ""
    nature: str = ""
    id: str = ""
    temps: str = ""
    emetteur: str = ""
    couverture: bool = False
    idam: str = ""
    idam_r: str = ""
    instance: str = ""
    logiciel: str = ""


@dataclass(frozen=True, slots=True)
class Identite:
    """The professional of an assertion. at: its place; name_id: national identifier; age:
    seconds since IssueInstant, None when it cannot be read; flaw: of its signature, French, "" when
    it is right or not expected; foreign: authority of the card when it is not the sandbox's."""

    at: str
    name_id: str
    issue_instant: str
    age: float | None
    facturation: str
    secteur: str
    specialite: str
    profession: str
    flaw: str = ""
    foreign: str = ""


@dataclass(frozen=True, slots=True)
class CarteVitale:
    """The assertion of a carte Vitale. serial: of the card; nature: real, demonstration or test,
    as its KeyInfo says; age: seconds since it was made, None when it does not say."""

    serial: str
    nature: str
    age: float | None


@dataclass(frozen=True, slots=True)
class Appel:
    """What the header of one call says, with what rules compare it to.

    mode: None when nothing tells who calls; http_action: of the Content-Type; now: the tenant's
    instant, microseconds; reused: `contexte:ID` and `message:ID` that a former call had; tls:
    whether the call came over TLS; certificate_cn, certificate_ou: of the client certificate;
    certificate_flaw: what is wrong with it, French; security: whether a wsse:Security came; jeton:
    national id of the access token's owner.
    """

    mode: Mode | None
    action: str
    http_action: str
    message_id: str
    lps: Contexte | None
    bam: Contexte | None
    now: int
    reused: frozenset[str] = frozenset()
    tls: bool = False
    certificate_cn: str = ""
    certificate_ou: str = ""
    certificate_flaw: str = ""
    security: bool = False
    professionnel: Identite | None = None
    jeton: str = ""
    carte: CarteVitale | None = None
    minutes_ps: int = 60
    minutes_vitale: int = 20

    @property
    def appelant(self) -> str:
        """Who calls, as far as it is known: what its context says when nothing proves it."""
        said = self.lps.emetteur if self.lps is not None else ""
        return self.identifiant or said

    @property
    def identifiant(self) -> str:
        """Who calls, as Emetteur must say it."""
        if self.professionnel is not None and self.mode != "certificat":
            return self.professionnel.name_id
        return self.certificate_ou
