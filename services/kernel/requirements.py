"""Requirements: what a published text, or Socle itself, asks of callers, and where it is written.

A service names the texts it cites once, in its `rules/documents.py`, and each requirement says
with one expression what it comes from, which also gives its fidelity mark:

    REFERENTIEL = Document("Référentiel #2 v1.0.1")
    source=REFERENTIEL.requires("ECO.2.2.1")    official: the text has a number for it
    source=REFERENTIEL.at("§3.3")               derived: ours, after this text
    source=SOCLE                                default: ours, no text says it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from services.kernel.errors import Fidelity

if TYPE_CHECKING:
    from services.kernel.transactions import Service

Severity = Literal["error", "warning", "information"]
Observable = Literal["wire", "state", "sequence", "journal", "manual"]
"""What shows whether a requirement is kept: one exchange alone; one exchange against what the
sandbox knows (people, documents, time); several exchanges in order; all those of a period; or only
a person who looks at the software."""

OURS = "Règle de Socle"


@dataclass(frozen=True, slots=True)
class Document:
    """A text that states requirements; `title`: as published, with its version, in French."""

    title: str

    def requires(self, *numbers: str, at: str = "") -> Citation:
        """Its requirements of these official numbers, spelled as printed; `at`: "§3.4.1"."""
        return Citation(self, at, numbers)

    def at(self, place: str) -> Citation:
        """A place that a requirement of ours is drawn from."""
        return Citation(self, place)


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document; `numbers`: the official requirement numbers that stand there."""

    document: Document
    place: str = ""
    numbers: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.document.title} {self.place}".strip()
        return ", ".join((where, *self.numbers))


SOCLE = Document(OURS)
"""For what no published text says."""

Sources = Document | Citation | tuple[Document | Citation, ...]


def cited(sources: Sources) -> tuple[Citation, ...]:
    """What the author of a rule wrote, as citations."""
    several = sources if isinstance(sources, tuple) else (sources,)
    return tuple(Citation(each) if isinstance(each, Document) else each for each in several)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is asked of a caller.

    id: an official number, or an id of ours; message: French, one sentence, shown with findings.
    """

    id: str
    severity: Severity
    message: str
    citations: tuple[Citation, ...]
    observable: Observable = "wire"

    @property
    def numbers(self) -> tuple[str, ...]:
        """The official numbers; a requirement of ours has its own id."""
        official = tuple(number for each in self.citations for number in each.numbers)
        return official or (self.id,)

    def has(self, name: str) -> bool:
        """Whether this is its id or one of its numbers, whatever the case."""
        return name.casefold() in {each.casefold() for each in (self.id, *self.numbers)}

    @property
    def fidelity(self) -> Fidelity:
        """official: a text has a number for it; derived: after a text; default: ours."""
        if any(each.numbers for each in self.citations):
            return "official"
        return "default" if all(each.document == SOCLE for each in self.citations) else "derived"

    @property
    def documents(self) -> tuple[str, ...]:
        """Titles of the texts it comes from, none when it is only ours."""
        titles = (each.document.title for each in self.citations if each.document != SOCLE)
        return tuple(dict.fromkeys(titles))

    @property
    def source(self) -> str:
        """Where it is written, for a reader."""
        places = " ; ".join(map(str, self.citations))
        if self.fidelity == "official":
            return places
        return f"{OURS}, d'après : {places}" if self.fidelity == "derived" else (
            places.replace(f"{OURS} ", f"{OURS} : ", 1)
        )


@dataclass(frozen=True, slots=True)
class Registered:
    """A requirement and whose it is; `checked`: whether a rule observes it."""

    service: str
    requirement: Requirement
    checked: bool


def register(services: Iterable[Service]) -> Iterator[Registered]:
    """Every requirement: those of the sandbox itself, then those of each service in turn."""
    from services.kernel.pki import judgement

    yield from (Registered("socle", rule, checked=True) for rule in judgement.RULES)
    for service in services:
        yield from (Registered(service.id, rule, checked=True) for rule in service.rules)
        yield from (Registered(service.id, each, checked=False) for each in service.requirements)


def named(services: Iterable[Service], requirement: str) -> set[str]:
    """Ids of the rules that observe a requirement, by its number or by the rule's own id."""
    return {
        each.requirement.id for each in register(services)
        if each.checked and each.requirement.has(requirement)
    }
