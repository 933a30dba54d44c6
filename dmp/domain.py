"""What the DMP keeps and decides, whatever the dialect: fiches, lots, authorisations, visibility.

A *fiche* is the metadata of one document (XDS DocumentEntry), a *lot* one submission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from dmp import codes
from services.cda import CdaHeader
from services.fhir.dates import interval
from services.kernel.ports import NO_LISTS, CodeValidation
from services.population import Patient

OCTETS_MAX = 25 * 1024 * 1024
"""Largest document, decoded."""


class Statut(Enum):
    """availabilityStatus, in FHIR's words (PDSm 3.1.1 knows these two)."""

    EN_VIGUEUR = "current"
    REMPLACE = "superseded"


class Autorisation(Enum):
    """What a professional's authorisation is worth (AUTORISATION of the transaction TD0.2)."""

    VALIDE = "VALIDE"
    EXPIRE = "EXPIRE"
    INTERDIT = "INTERDIT"
    NON_EXISTE = "NON_EXISTE"


@dataclass(frozen=True, slots=True)
class Acteur:
    """An author or authenticator: national identifiers of the person and of the structure."""

    id_nat: str = ""
    structure: str = ""
    nom: str = ""
    prenom: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fiche or a lot stands in the message, and how its metadata are called there."""

    root: str
    names: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, metadonnee: str) -> str:
        """Path of one metadata item, for findings and refusals."""
        return f"{self.root}.{self.names.get(metadonnee, metadonnee)}"


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as written in FHIR, and the half-open interval [lo, hi[ in µs that it covers."""

    texte: str = ""
    lo: int = 0
    hi: int = 0

    @staticmethod
    def of(texte: str) -> Moment:
        """What is not a date covers no instant."""
        try:
            return Moment(texte, *interval(texte))
        except (ValueError, OverflowError):
            return Moment(texte)

    def meets(self, other: Moment) -> bool:
        """Whether both can be the same instant, each at its own precision."""
        return self.lo < other.hi and other.lo < self.hi


@dataclass(frozen=True, slots=True)
class Piece:
    """The document's bytes and what was computed from them.

    sha1: in the spelling of the dialect (base64 in FHIR, hexadecimal in XDS); illisible: why a
    document that says it is XML cannot be read as CDA, "" when it can or does not say so.
    """

    contenu: bytes
    media_type: str
    sha1: str
    entete: CdaHeader | None = None
    illisible: str = ""

    @property
    def taille(self) -> int:
        return len(self.contenu)


@dataclass(frozen=True, slots=True)
class Identification:
    """How a message designates the patient. at: where; oid: authority, "" when absent."""

    at: str
    matricule: str
    oid: str


@dataclass(frozen=True, slots=True)
class Fiche:
    """The metadata of one document as received; codes without their system, "" when absent.

    unique_id: OID without `urn:oid:`, or what was sent; matricule and matricule_oid: INS as sent;
    mime, empreinte and taille: as announced, "" and None when absent; conservateur, source:
    whether the custodian and the patient as the sender knows him (sourcePatientInfo) are told.
    """

    place: Place
    piece: Piece
    unique_id: str = ""
    statut: str = ""
    type: str = ""
    classe: str = ""
    format: str = ""
    cadre: str = ""
    secteur: str = ""
    confidentialite: tuple[str, ...] = ()
    titre: str = ""
    langue: str = ""
    mime: str = ""
    empreinte: str = ""
    taille: float | None = None
    date: Moment = Moment()
    creation: Moment = Moment()
    debut: Moment = Moment()
    auteurs: tuple[Acteur, ...] = ()
    valideur: Acteur | None = None
    matricule: str = ""
    matricule_oid: str = ""
    conservateur: bool = False
    source: bool = False
    remplace: tuple[str, ...] = ()

    @property
    def signature(self) -> bool:
        """Whether this is the XAdES signature of the lot."""
        return self.type == codes.SIGNATURE_TYPE

    @property
    def masquee(self) -> bool:
        return codes.MASQUE_PS in self.confidentialite

    @property
    def identification(self) -> Identification:
        return Identification(self.place("patient"), self.matricule, self.matricule_oid)

    @property
    def lecteurs(self) -> tuple[str, ...]:
        """`id_nat` of who may read a masked document: its authors."""
        return tuple(dict.fromkeys(one.id_nat for one in self.auteurs if one.id_nat))


@dataclass(frozen=True, slots=True)
class Lot:
    """The submission set as received. citees: roots of the places of the fiches it names."""

    place: Place
    activite: str = ""
    source_id: str = ""
    date: str = ""
    auteur: Acteur | None = None
    citees: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Appelant:
    """Who calls: national identifier, kind of card and, for a CPE, identifiers of its
    structures."""

    id_nat: str
    carte: str = "CPS"
    structures: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Depot:
    """Everything the rules look at: one lot, its fiches, who sends it and for whom.

    patient: None when unknown to the tenant; lot: None for a publication without one (ITI-105);
    cumul: the tenant accepts MASQUE_PS together with INVISIBLE_PATIENT; listes: the code lists.
    """

    fiches: tuple[Fiche, ...]
    appelant: Appelant
    patient: Patient | None
    lot: Lot | None = None
    cumul: bool = False
    listes: CodeValidation = NO_LISTS

    @property
    def identifications(self) -> tuple[Identification, ...]:
        return tuple(fiche.identification for fiche in self.fiches)

    @property
    def fiches_completes(self) -> tuple[Fiche, ...]:
        """The fiches that owe all metadata: a simplified publication owes a few only."""
        return self.fiches if self.lot is not None else ()


@dataclass(frozen=True, slots=True)
class Demande:
    """A search or a declaration: all that rules can judge is how it designates the patient."""

    identifications: tuple[Identification, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """A professional's authorisation as last declared. until: µs, None for no end."""

    id: str
    patient_id: str
    id_nat: str
    active: bool
    since: int
    until: int | None = None


def autorisation(
    patient: Patient, id_nat: str, declaration: Declaration | None, now: int,
    by_default: bool = False,
) -> Autorisation:
    """What the professional may do: a refusal by the patient wins over any declaration.

    by_default: whether he is authorised as long as he has declared nothing.
    """
    if id_nat in patient.dmp.opposed:
        return Autorisation.INTERDIT
    if declaration is None:
        return Autorisation.VALIDE if by_default else Autorisation.NON_EXISTE
    if not declaration.active:
        return Autorisation.NON_EXISTE
    if declaration.until is not None and declaration.until <= now:
        return Autorisation.EXPIRE
    return Autorisation.VALIDE
