"""A call of the apCV service, as rules look at it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.soap.calling import Contexte, Identite

Mode = Literal["cps", "psc"]
_BODY = "/Envelope/Body/AuthentifierUtilisateurProximiteReq"
_PS = f"{_BODY}/ProfessionnelSante"


@dataclass(frozen=True, slots=True)
class Demande:
    """What reads an app, by SOAP or FHIR. donnees: as sent, spaces kept; root: whether the body is
    the one that the action wants; at: paths of the body, of `facturation`, `specialite` and
    `donnees`; version: of the contract, as the root says it; corps: the root, when it is another's.
    """

    root: bool = True
    facturation: str = ""
    specialite: str = ""
    donnees: str = ""
    at: tuple[str, str, str, str] = (
        "/Envelope/Body", f"{_PS}/IdentifiantFacturation", f"{_PS}/CodeSpecialiteAMO",
        f"{_BODY}/Donnees",
    )
    version: str = "1.0"
    corps: str = ""


@dataclass(frozen=True, slots=True)
class Appel:
    """What the header says. mode: None without an assertion; http_action: of the Content-Type;
    to, reply_to: WS-Addressing; bam: whether a ContexteBAM came; vitale: whether an assertion of a
    carte Vitale came; jeton: national id of the access token's owner (Pro Santé Connect); intrus:
    local names of what stands in wsse:Security beside the assertions that are read."""

    mode: Mode | None
    action: str
    http_action: str
    message_id: str
    to: str
    reply_to: str
    lps: Contexte | None
    bam: bool
    vitale: bool
    professionnel: Identite | None
    jeton: str = ""
    minutes_ps: int = 60
    intrus: tuple[str, ...] = ()

    @property
    def signataire(self) -> Identite | None:
        """The professional, where a card must have signed the assertion."""
        return self.professionnel if self.mode == "cps" else None

    @property
    def logiciel(self) -> str:
        """Which software holds a context."""
        lps = self.lps
        return lps.instance or lps.logiciel or lps.idam if lps is not None else ""
