"""What the DMP keeps per tenant beside the FHIR resources: documents and authorisations.

`dmp_document` holds what decisions need (uniqueness, state, who may read, where the bytes are);
the metadata themselves are resources of `services.fhir.store` under the same id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import BigInteger, Index, and_, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql

from dmp.domain import Declaration, Statut
from services.fhir.tables import fhir_resource
from services.kernel.database import Database, Row, Write
from services.kernel.schema import number, tenant_table, text
from services.kernel.tenants import Tenant

SERVICE = "dmp"
MOST_DECLARATIONS = 1000

dmp_document = tenant_table(
    "dmp_document", text("id"), text("patient_id"), text("unique_id"), text("logical_id"),
    text("statut"), number("masque"), text("lecteurs"), text("blob"), text("media_type"),
    number("taille"), number("depose"),
    Index("ix_dmp_document_unique_id", "tenant_id", "unique_id", unique=True),
    key=("id",), clustered=False,
)
dmp_autorisation = tenant_table(
    "dmp_autorisation", text("patient_id"), text("id_nat"), text("id"), number("active"),
    number("since"), number("until", nullable=True),
    Index("ix_dmp_autorisation_id", "tenant_id", "id", unique=True),
    key=("patient_id", "id_nat"),
)

_DOCUMENT = select(
    dmp_document.c.id, dmp_document.c.patient_id, dmp_document.c.unique_id,
    dmp_document.c.logical_id, dmp_document.c.statut, dmp_document.c.masque,
    dmp_document.c.lecteurs, dmp_document.c.blob, dmp_document.c.media_type,
    dmp_document.c.taille, dmp_document.c.depose,
).where(dmp_document.c.tenant_id == bindparam("tenant_id"))
GET = _DOCUMENT.where(dmp_document.c.id == bindparam("id"))
BY_UNIQUE_ID = _DOCUMENT.where(dmp_document.c.unique_id == bindparam("unique_id"))
ADD = insert(dmp_document)
SUPERSEDE = update(dmp_document).values(statut=Statut.REMPLACE.value).where(
    dmp_document.c.tenant_id == bindparam("tenant_id"),
    dmp_document.c.id == bindparam("document_id"),
    dmp_document.c.statut == Statut.EN_VIGUEUR.value,
)

# One statement for all that a read must know: what the document is, what the professional
# declared, and the fiche.
READABLE = select(
    dmp_document.c.patient_id, dmp_document.c.masque, dmp_document.c.lecteurs,
    dmp_document.c.blob, dmp_document.c.media_type,
    dmp_autorisation.c.id, dmp_autorisation.c.active, dmp_autorisation.c.since,
    dmp_autorisation.c.until,
    fhir_resource.c.vid, fhir_resource.c.updated, fhir_resource.c.content,
).select_from(
    dmp_document.join(fhir_resource, and_(
        fhir_resource.c.tenant_id == bindparam("tenant_id"),
        fhir_resource.c.service == SERVICE,
        fhir_resource.c.rtype == "DocumentReference",
        fhir_resource.c.rid == bindparam("id"),
    )).outerjoin(dmp_autorisation, and_(
        dmp_autorisation.c.tenant_id == bindparam("tenant_id"),
        dmp_autorisation.c.patient_id == dmp_document.c.patient_id,
        dmp_autorisation.c.id_nat == bindparam("id_nat"),
    ))
).where(
    dmp_document.c.tenant_id == bindparam("tenant_id"), dmp_document.c.id == bindparam("id")
)

_DECLARATION = select(
    dmp_autorisation.c.id, dmp_autorisation.c.patient_id, dmp_autorisation.c.id_nat,
    dmp_autorisation.c.active, dmp_autorisation.c.since, dmp_autorisation.c.until,
).where(dmp_autorisation.c.tenant_id == bindparam("tenant_id"))
DECLARED = _DECLARATION.where(
    dmp_autorisation.c.patient_id == bindparam("patient_id"),
    dmp_autorisation.c.id_nat == bindparam("id_nat"),
)
DECLARED_FOR = _DECLARATION.where(
    dmp_autorisation.c.patient_id == bindparam("patient_id")
).order_by(dmp_autorisation.c.id_nat).limit(bindparam("count", type_=BigInteger))
DECLARATION = _DECLARATION.where(dmp_autorisation.c.id == bindparam("id"))
_DECLARE = postgresql.insert(dmp_autorisation).values({
    name: bindparam(name)
    for name in ("tenant_id", "patient_id", "id_nat", "id", "active", "since", "until")
})
DECLARE = _DECLARE.on_conflict_do_update(
    index_elements=["tenant_id", "patient_id", "id_nat"],
    set_={name: _DECLARE.excluded[name] for name in ("id", "active", "since", "until")},
)


@dataclass(frozen=True, slots=True)
class Document:
    """What is known of one document without reading its metadata.

    blob: key of the bytes; lecteurs: `id_nat` of the authors; depose: µs; taille: octets.
    """

    id: str
    patient_id: str
    unique_id: str
    logical_id: str
    statut: str
    masque: bool
    lecteurs: tuple[str, ...]
    blob: str
    media_type: str
    taille: int
    depose: int


class Readable(NamedTuple):
    """A document as one professional meets it: its state, what he declared, its fiche.

    masque: 0 or 1; lecteurs: `id_nat` of the authors, separated by spaces; declared: None when he
    declared nothing; vid, updated, content: version, instant (µs) and bytes of the fiche.
    """

    patient_id: str
    masque: int
    lecteurs: str
    blob: str
    media_type: str
    declared: Declaration | None
    vid: int
    updated: int
    content: bytes


async def readable(
    database: Database, tenant: Tenant, id: str, id_nat: str
) -> Readable | None:
    """The document of that id, and what that professional declared for its patient."""
    row = await database.one(READABLE, tenant_id=tenant.key, id=id, id_nat=id_nat)
    if row is None:
        return None
    patient_id, masque, lecteurs, blob, media_type, declared, active, since, until, *fiche = row
    declaration = None
    if declared is not None:
        declaration = Declaration(declared, patient_id, id_nat, bool(active), since, until)
    return Readable(patient_id, masque, lecteurs, blob, media_type, declaration, *fiche)


async def document(database: Database, tenant: Tenant, id: str) -> Document | None:
    """The document of that id."""
    row = await database.one(GET, tenant_id=tenant.key, id=id)
    return _document(row) if row is not None else None


async def by_unique_id(database: Database, tenant: Tenant, unique_id: str) -> Document | None:
    """The document of that uniqueId."""
    row = await database.one(BY_UNIQUE_ID, tenant_id=tenant.key, unique_id=unique_id)
    return _document(row) if row is not None else None


def add(tenant: Tenant, new: Document) -> Write:
    """Register a document. The write raises Duplicate when the uniqueId is taken."""
    return Write(ADD, {
        "tenant_id": tenant.key, "id": new.id, "patient_id": new.patient_id,
        "unique_id": new.unique_id, "logical_id": new.logical_id, "statut": new.statut,
        "masque": int(new.masque), "lecteurs": " ".join(new.lecteurs), "blob": new.blob,
        "media_type": new.media_type, "taille": new.taille, "depose": new.depose,
    }, rows=1)


def supersede(tenant: Tenant, id: str) -> Write:
    """Replace a document in force. The write raises Conflict when it no longer is."""
    return Write(SUPERSEDE, {"tenant_id": tenant.key, "document_id": id}, rows=1)


async def declaration(
    database: Database, tenant: Tenant, patient_id: str, id_nat: str
) -> Declaration | None:
    """What the professional last declared for this patient in this tenant."""
    row = await database.one(
        DECLARED, tenant_id=tenant.key, patient_id=patient_id, id_nat=id_nat
    )
    return _declaration(row) if row is not None else None


async def declarations(
    database: Database, tenant: Tenant, patient_id: str
) -> list[Declaration]:
    """Every professional's last declaration for this patient, by id_nat."""
    rows = await database.all(
        DECLARED_FOR, tenant_id=tenant.key, patient_id=patient_id, count=MOST_DECLARATIONS
    )
    return [_declaration(row) for row in rows]


async def declaration_by_id(
    database: Database, tenant: Tenant, id: str
) -> Declaration | None:
    """The declaration of that id, unless a later one took its place."""
    row = await database.one(DECLARATION, tenant_id=tenant.key, id=id)
    return _declaration(row) if row is not None else None


def declare(tenant: Tenant, new: Declaration) -> Write:
    """Store a declaration in place of the professional's former one."""
    return Write(DECLARE, {
        "tenant_id": tenant.key, "patient_id": new.patient_id, "id_nat": new.id_nat,
        "id": new.id, "active": int(new.active), "since": new.since, "until": new.until,
    }, rows=1)


def _document(row: Row) -> Document:
    (
        id, patient_id, unique_id, logical_id, statut, masque, lecteurs, blob, media_type, taille,
        depose,
    ) = row
    return Document(
        id, patient_id, unique_id, logical_id, statut, bool(masque), tuple(lecteurs.split()),
        blob, media_type, taille, depose,
    )


def _declaration(row: Row) -> Declaration:
    id, patient_id, id_nat, active, since, until = row
    return Declaration(id, patient_id, id_nat, bool(active), since, until)
