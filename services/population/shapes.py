"""The JSON of `/sandbox/identities` and its sisters: shapes that others' scripts rely on.

Members are added, never renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.population.codes import profession_label
from services.population.models import (
    Client,
    DmpState,
    Mailbox,
    Matricule,
    Patient,
    Professional,
    Structure,
)

Word = Annotated[str, Field(max_length=200)]
Behaviours = Annotated[dict[Word, Annotated[str, Field(max_length=1000)]], Field(max_length=20)]


class Shape(BaseModel):
    """Exactly these members, also in what is sent to us."""

    model_config = ConfigDict(extra="forbid")


class MatriculeShape(Shape):
    """A historic matricule."""

    matricule: Word
    cle: Word = ""
    oid: Word = ""
    date_debut: Word = ""
    date_fin: Word = ""

    @classmethod
    def of(cls, one: Matricule) -> MatriculeShape:
        return cls(matricule=one.value, cle=one.cle, oid=one.oid,
                   date_debut=one.date_debut, date_fin=one.date_fin)


class DmpShape(Shape):
    """State of the DMP."""

    status: Literal["active", "none", "closed"] = "active"
    closed_on: Word = ""
    closed_reason: Word = ""
    opposed: Annotated[list[Word], Field(max_length=50)] = []
    minor: bool = False

    @classmethod
    def of(cls, one: DmpState) -> DmpShape:
        return cls(status=one.status, closed_on=one.closed_on, closed_reason=one.closed_reason,
                   opposed=list(one.opposed), minor=one.minor)


class PatientShape(Shape):
    """A patient; to add one, the names, sex and birth date are enough."""

    id: Word = ""
    matricule: Word = ""
    cle: Word = ""
    oid: Word = ""
    nom_naissance: Word
    prenoms: Annotated[list[Word], Field(min_length=1, max_length=20)]
    sexe: Literal["M", "F"]
    date_naissance: Word
    lieu_naissance: Word = ""
    nom_utilise: Word = ""
    historique: Annotated[list[MatriculeShape], Field(max_length=20)] = []
    dmp: DmpShape = DmpShape()
    mailbox: Annotated[Word, Field(description="Déduite du matricule ; ignorée en entrée.")] = ""
    behaviours: Behaviours = {}

    @classmethod
    def of(cls, one: Patient) -> PatientShape:
        return cls.model_validate(_patient_members(one))


class AddedPatient(PatientShape):
    """The patient as stored, and what deserves attention."""

    avertissements: list[str] = []

    @classmethod
    def stored(cls, one: Patient, warnings: Sequence[str]) -> AddedPatient:
        return cls.model_validate(_patient_members(one) | {"avertissements": list(warnings)})


class OwnedMailbox(Shape):
    """A mailbox beside its owner."""

    address: str
    type: str


class Coded(Shape):
    code: str
    label: str


class Workplace(Shape):
    """A structure beside the professional who works there."""

    id: str
    id_nat: str
    nom: str


class ProfessionalShape(Shape):
    """A professional."""

    id: str
    id_nat: str
    rpps: str
    civilite: str
    nom: str
    prenom: str
    card: str
    profession: Coded
    specialite: str
    structures: list[Workplace]
    mailboxes: list[OwnedMailbox]
    behaviours: dict[str, str]

    @classmethod
    def of(
        cls, one: Professional, structures: Sequence[Structure], boxes: Sequence[Mailbox]
    ) -> ProfessionalShape:
        code = one.profession
        return cls(
            id=one.id, id_nat=one.id_nat, rpps=one.rpps, civilite=one.civilite, nom=one.nom,
            prenom=one.prenom, card=one.card,
            profession=Coded(code=code, label=profession_label(code)),
            specialite=one.exercices[0].savoir_faire if one.exercices else "",
            structures=[Workplace(id=each.id, id_nat=each.id_nat, nom=each.nom)
                        for each in structures],
            mailboxes=_owned(boxes), behaviours=dict(one.behaviours),
        )


class StructureShape(Shape):
    """A structure; adresse: one line per element."""

    id: str
    id_nat: str
    technical_id: str
    nom: str
    kind: str
    secteur: str
    finess: str
    finess_ej: str
    siret: str
    adresse: list[str]
    telephone: str
    mailboxes: list[OwnedMailbox]
    behaviours: dict[str, str]

    @classmethod
    def of(cls, one: Structure, boxes: Sequence[Mailbox]) -> StructureShape:
        street = " ".join(filter(None, (one.voie_numero, one.voie_type, one.voie_libelle)))
        return cls(
            id=one.id, id_nat=one.id_nat, technical_id=one.technical_id, nom=one.nom,
            kind=one.kind, secteur=one.secteur, finess=one.finess, finess_ej=one.finess_ej,
            siret=one.siret, adresse=[street, f"{one.code_postal} {one.commune}"],
            telephone=one.telephone, mailboxes=_owned(boxes), behaviours=dict(one.behaviours),
        )


class MailboxShape(Shape):
    """A mailbox; delegates: `id_nat` of those who may open it beside its owner."""

    address: str
    type: str
    owner_id: str
    delegates: list[str]
    title: str

    @classmethod
    def of(cls, one: Mailbox) -> MailboxShape:
        return cls(address=one.address, type=one.type, owner_id=one.owner_id,
                   delegates=list(one.delegates), title=one.title)


class ClientShape(Shape):
    """An OAuth client. Its secret is a test value, known to all."""

    client_id: str
    client_secret: str
    name: str
    any_loopback: bool
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    flows: list[str]

    @classmethod
    def of(cls, one: Client) -> ClientShape:
        return cls(
            client_id=one.client_id, client_secret=one.client_secret, name=one.name,
            any_loopback=one.any_loopback, redirect_uris=list(one.redirect_uris),
            post_logout_redirect_uris=list(one.post_logout_redirect_uris), flows=list(one.flows),
        )


class ApiKeys(Shape):
    """Test keys of the services that want one."""

    annuaire: str


class Identities(Shape):
    """Everyone with a name in the documentation."""

    patients: list[PatientShape]
    professionals: list[ProfessionalShape]
    structures: list[StructureShape]
    clients: list[ClientShape]
    api_keys: ApiKeys


class Page(Shape):
    """Where a page stands: `total` counts what matches, on all pages."""

    total: int
    limit: int
    offset: int


class PatientPage(Page):
    patients: list[PatientShape]


class ProfessionalPage(Page):
    professionals: list[ProfessionalShape]


class StructurePage(Page):
    structures: list[StructureShape]


class MailboxPage(Page):
    mailboxes: list[MailboxShape]


class ClientPage(Page):
    clients: list[ClientShape]


def _patient_members(one: Patient) -> dict[str, object]:
    return {
        "id": one.id, "matricule": one.matricule.value, "cle": one.matricule.cle,
        "oid": one.matricule.oid, "nom_naissance": one.nom_naissance,
        "prenoms": list(one.prenoms), "sexe": one.sexe, "date_naissance": one.date_naissance,
        "lieu_naissance": one.lieu_naissance, "nom_utilise": one.nom_utilise,
        "historique": [MatriculeShape.of(each) for each in one.historique],
        "dmp": DmpShape.of(one.dmp), "mailbox": one.mailbox, "behaviours": dict(one.behaviours),
    }


def _owned(boxes: Sequence[Mailbox]) -> list[OwnedMailbox]:
    return [OwnedMailbox(address=box.address, type=box.type) for box in boxes]
