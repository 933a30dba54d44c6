"""What is on stage while a scenario plays: people, document, prescription, and notes.

Actions read and write it; expectations name its values ("$identity.ins").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from services.cda import CdaHeader
from services.kernel.clock import iso
from services.scenarios.confiance import token_of_dmp
from services.scenarios.definition import Scenario, Step
from services.scenarios.login import Session
from services.scenarios.results import Finding
from services.scenarios.vendor import Vendor

T = TypeVar("T")

Facts = dict[str, object]
"""What an action established: fact → value, compared with the step's expectations."""


class NotOnStage(Exception):
    """An action needs what no earlier step has brought; a fault of the scenario."""


@dataclass(frozen=True, slots=True)
class Person:
    """A professional who plays a part, as /sandbox/identities shows them."""

    id_nat: str
    nom: str
    prenom: str
    profession: str
    profession_label: str
    mailbox: str
    organisation_mailbox: str

    @property
    def name(self) -> str:
        return f"{self.prenom} {self.nom}"


@dataclass(frozen=True, slots=True)
class Traits:
    """What the INS look-up is made with. prenom: one given name; lieu_naissance: COG or ""."""

    nom_naissance: str
    prenom: str
    prenoms: tuple[str, ...]
    sexe: str
    date_naissance: str
    lieu_naissance: str = ""

    def __str__(self) -> str:
        """As people read them."""
        born = "née" if self.sexe == "F" else "né"
        place = f", {born} à {self.lieu_naissance}" if self.lieu_naissance else ""
        return f"{self.nom_naissance} {self.prenom}, {self.sexe}, {self.date_naissance}{place}"


@dataclass(frozen=True, slots=True)
class Identity:
    """The patient as INSi answered. ins: 15 characters."""

    ins: str
    oid: str
    traits: Traits

    @property
    def system(self) -> str:
        return f"urn:oid:{self.oid}"

    @property
    def token(self) -> str:
        """FHIR search token: system|value."""
        return f"{self.system}|{self.ins}"


@dataclass(frozen=True, slots=True)
class Document:
    """The CDA carried through the story. file: as given, "" when composed."""

    file: str
    content: bytes
    sha256: str
    header: CdaHeader


@dataclass(frozen=True, slots=True)
class Prescription:
    """What EP4 registered."""

    numero: str
    lignes: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class Stage:
    """Everything that the steps share.

    searched: INSi answered; known: the patient as /sandbox/identities shows it, once its traits
    must prevail; authorised: None until asked; location: address of the document's bytes; played:
    journal ids of the run's exchanges; exchanged: the DMP's token for each of Pro Santé Connect;
    observed: (transaction, finding) of the run so far; notes and findings: of the step.
    """

    vendor: Vendor
    scenario: Scenario
    cast: dict[str, Person]
    sessions: dict[str, Session] = field(default_factory=dict)
    exchanged: dict[str, str] = field(default_factory=dict)
    document: Document | None = None
    searched: bool = False
    known: dict[str, Any] | None = None
    identity: Identity | None = None
    prescription: Prescription | None = None
    deposited: bool = False
    authorised: bool | None = None
    location: str = ""
    message_id: str = ""
    played: list[str] = field(default_factory=list)
    observed: list[tuple[str, Finding]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def say(self, note: str) -> None:
        """Add a French sentence to the step's account."""
        self.notes.append(note)

    def person(self, step: Step) -> Person:
        """Who plays the step's actor."""
        return self.cast[step.actor]

    def token(self, step: Step) -> str:
        """The access token of the step's actor. Raises NotOnStage before log-in."""
        return self.session(step).access_token

    def call_dmp(
        self, step: Step, method: str, url: str, **options: Any
    ) -> httpx.Response:
        """A call of the DMP, by the token that its authorization server exchanges where the tenant
        is strict. Raises LoginRefused, NotOnStage."""
        token = self.token(step)
        if self.vendor.secure:
            if token not in self.exchanged:
                self.exchanged[token] = token_of_dmp(self.vendor, token)
            token = self.exchanged[token]
        return self.vendor.call(method, url, token=token, **options)

    def today(self) -> str:
        """The tenant's date, `YYYY-MM-DD` UTC."""
        return iso(self.vendor.clock.now())[:10]

    def session(self, step: Step) -> Session:
        """The log-in of the step's actor. Raises NotOnStage before it."""
        session = self.sessions.get(step.actor)
        if session is None:
            raise NotOnStage(f"{step.actor} n'est pas connecté")
        return session

    def the_document(self) -> Document:
        return _present(self.document, "le document")

    def the_identity(self) -> Identity:
        return _present(self.identity, "l'identité du patient")

    def the_prescription(self) -> Prescription:
        return _present(self.prescription, "la prescription")

    def look(self, path: str) -> object:
        """The value of "$identity.ins" or "$cast.medecin.id_nat". Raises NotOnStage."""
        value: object = self
        for name in path.removeprefix("$").split("."):
            value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
            if value is None:
                raise NotOnStage(f"{path} n'est pas sur scène")
        return value


def _present(value: T | None, what: str) -> T:
    if value is None:
        raise NotOnStage(f"{what} n'est pas sur scène")
    return value
