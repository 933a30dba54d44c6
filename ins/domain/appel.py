"""A call of the téléservice: contexts of its header, and by which access mode it came. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from services.soap.calling import UUID, Contexte, Identite

__all__ = ["UUID", "Appel", "CarteVitale", "Contexte", "Identite", "Mode"]

Mode = Literal["cpx", "psc", "certificat"]
"""Signed assertion of a card, unsigned assertion of Pro Santé Connect, client certificate."""


@dataclass(frozen=True, slots=True)
class CarteVitale:
    """The assertion of a carte Vitale. serial: of the card; nature: real, demonstration or test,
    as its KeyInfo says; age: seconds since it was made, None when it does not say; known: whether
    a virtual card has this number, None when nobody can say; type, serie: of its KeyInfo too;
    algorithme: URI of its signature; emetteur: its Issuer."""

    serial: str
    nature: str
    age: float | None
    known: bool | None = None
    type: str = ""
    serie: str = ""
    algorithme: str = ""
    emetteur: str = ""


@dataclass(frozen=True, slots=True)
class Appel:
    """What the header of one call says, with what rules compare it to.

    mode: None when nothing tells who calls; http_action: of the Content-Type; now: the tenant's
    instant, microseconds; reused: `contexte:ID` and `message:ID` that a former call had; tls:
    whether the call came over TLS; certificate_cn, certificate_ou: of the client certificate;
    certificate_flaw: what is wrong with it, French; security: whether a wsse:Security came; jeton:
    national id of the access token's owner; professions: of who the assertion names (TRE_G15), none
    when nobody here has that number; specialite_inconnue: whether the lists, which are here, have
    no such codeSpecialite; repetes: local names of blocks of the téléservice that come more than
    once; hote: official test name that was called, "" for ours; intrus: local names of what stands
    in wsse:Security beside the assertions that are read; homonymes: tags of blocks that have the
    name of an absent context, in another namespace.
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
    professions: tuple[str, ...] = ()
    specialite_inconnue: bool = False
    minutes_ps: int = 60
    minutes_vitale: int = 20
    repetes: tuple[str, ...] = ()
    hote: str = ""
    intrus: tuple[str, ...] = ()
    homonymes: tuple[str, ...] = ()
    contextes: tuple[Contexte, ...] = field(init=False)
    """Those that came: many rules look at each."""

    def __post_init__(self) -> None:
        came = tuple([each for each in (self.lps, self.bam) if each is not None])
        object.__setattr__(self, "contextes", came)

    @property
    def porteur(self) -> Identite | None:
        """The professional, where the assertion says who calls: a certificate goes before it."""
        return self.professionnel if self.mode != "certificat" else None

    @property
    def signataire(self) -> Identite | None:
        """The same, where a card must have signed the assertion."""
        return self.professionnel if self.mode == "cpx" else None

    @property
    def appelant(self) -> str:
        """Who calls, as far as it is known: what its context says when nothing proves it."""
        said = self.lps.emetteur if self.lps is not None else ""
        return self.identifiant or said

    @property
    def identifiant(self) -> str:
        """Who calls, as Emetteur must say it."""
        porteur = self.porteur
        return porteur.name_id if porteur is not None else self.certificate_ou
