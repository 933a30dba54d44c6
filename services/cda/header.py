"""What a CDA R2 header says, as plain values. Absent text is "", never None.

Source: HL7 CDA R2 (POCD_HD000040) as constrained by CI-SIS "Structuration minimale".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INS_ROOTS = {
    "1.2.250.1.213.1.4.8": "INS-NIR",
    "1.2.250.1.213.1.4.9": "INS-NIA",
    "1.2.250.1.213.1.4.10": "INS-NIR de test",
    "1.2.250.1.213.1.4.11": "INS-NIR de démonstration",
}
"""OIDs of the identity systems of the INS. Source: ANS, "Liste des OID des autorités INS"."""

PROFESSIONAL_ROOT = "1.2.250.1.71.4.2.1"
STRUCTURE_ROOT = "1.2.250.1.71.4.2.2"


@dataclass(frozen=True, slots=True)
class CdaCode:
    """A coded value; all three are "" when the element is absent."""

    code: str = ""
    system: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class CdaIdentifier:
    """An `id` element. `root` is an OID, or a UUID in some documents."""

    root: str
    extension: str = ""

    def __str__(self) -> str:
        """XDS spelling: `root`, or `root^extension`."""
        return f"{self.root}^{self.extension}" if self.extension else self.root


@dataclass(frozen=True, slots=True)
class CdaPatient:
    """recordTarget. `ins` is 15 characters as written, "" when no identifier has an INS root.

    `prenoms` is the list of birth given names, `premier_prenom` the one marked BR, `nom_utilise`
    and `prenom_utilise` those marked CL; `date_naissance` is "YYYY-MM-DD" (or as precise as
    given); `lieu_naissance` is the COG.
    """

    ins: str = ""
    oid: str = ""
    identifiers: tuple[CdaIdentifier, ...] = ()
    nom_naissance: str = ""
    prenoms: tuple[str, ...] = ()
    premier_prenom: str = ""
    sexe: str = ""
    date_naissance: str = ""
    lieu_naissance: str = ""
    nom_utilise: str = ""
    prenom_utilise: str = ""
    mailbox: str = ""


@dataclass(frozen=True, slots=True)
class CdaStructure:
    """An organization: national identifier ("1" + FINESS…) and name."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class CdaAuthor:
    """An author or legalAuthenticator. For a device `nom` is the software's name."""

    id_nat: str = ""
    nom: str = ""
    prenom: str = ""
    specialty: CdaCode = CdaCode()
    structure: CdaStructure = CdaStructure()
    time: str = ""
    device: bool = False


@dataclass(frozen=True, slots=True)
class CdaServiceEvent:
    """documentationOf. `low` and `high` are HL7 timestamps as written."""

    code: CdaCode = CdaCode()
    low: str = ""
    high: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class CdaRelatedDocument:
    """relatedDocument: "RPLC", "APND" or "XFRM", and the parent's id."""

    type_code: str
    id: str


@dataclass(frozen=True, slots=True)
class CdaHeader:
    """The header of one document; `id` in XDS spelling, timestamps as written (HL7 TS)."""

    id: str
    set_id: str
    version: str
    code: str
    code_system: str
    code_label: str
    title: str
    effective_time: str
    language: str
    confidentiality: CdaCode
    template_ids: tuple[CdaIdentifier, ...]
    patient: CdaPatient
    authors: tuple[CdaAuthor, ...]
    custodian: CdaStructure
    legal_authenticator: CdaAuthor | None
    service_events: tuple[CdaServiceEvent, ...]
    practice_setting: CdaCode
    facility_type: CdaCode
    related_documents: tuple[CdaRelatedDocument, ...]
    body: Literal["structured", "nonXML", ""]
    body_media_type: str


class CdaUnreadable(Exception):
    """The bytes are not a CDA we can read. `at`: line and column, or an XPath."""

    def __init__(self, reason: str, at: str = "") -> None:
        super().__init__(f"{reason} ({at})" if at else reason)
        self.reason = reason
        self.at = at
