"""The tenant's overlay: patients added to the base. The base itself is never stored."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.schema import blob, tenant_table, text

patient = tenant_table(
    "population_patient",
    text("id"), text("nom"), text("sexe"), text("date_naissance"), text("searched"),
    blob("content"),
    Index("ix_population_patient_traits", "tenant_id", "nom", "sexe", "date_naissance"),
    key=("id",),
)
"""content: JSON of the Patient; searched: what `?q=` looks into, upper case."""

matricule = tenant_table(
    "population_matricule", text("matricule"), text("patient_id"), key=("matricule",)
)
"""Active and historic numbers (13 characters): each leads to one patient of the tenant."""

_TENANT = patient.c.tenant_id == bindparam("tenant_id")
_SEARCHED = patient.c.searched.like(bindparam("pattern", type_=Text), escape="\\")

GET = select(patient.c.content).where(_TENANT, patient.c.id == bindparam("id"))
BY_MATRICULE = (
    select(patient.c.content)
    .join(matricule, (matricule.c.tenant_id == patient.c.tenant_id)
          & (matricule.c.patient_id == patient.c.id))
    .where(_TENANT, matricule.c.tenant_id == bindparam("tenant_id"),
           matricule.c.matricule == bindparam("matricule"))
)
BY_TRAITS = (
    select(patient.c.content)
    .where(_TENANT, patient.c.nom == bindparam("nom"), patient.c.sexe == bindparam("sexe"),
           patient.c.date_naissance == bindparam("date_naissance"))
    .order_by(patient.c.id).limit(bindparam("count", type_=BigInteger))
)
SEARCH = (
    select(patient.c.content).where(_TENANT, _SEARCHED).order_by(patient.c.id)
    .limit(bindparam("count", type_=BigInteger)).offset(bindparam("skip", type_=BigInteger))
)
COUNT = select(func.count()).select_from(patient).where(_TENANT, _SEARCHED)
ADD = insert(patient).values(
    tenant_id=bindparam("tenant_id"), id=bindparam("id"), nom=bindparam("nom"),
    sexe=bindparam("sexe"), date_naissance=bindparam("date_naissance"),
    searched=bindparam("searched"), content=bindparam("content"),
)
ADD_MATRICULE = insert(matricule).values(
    tenant_id=bindparam("tenant_id"), matricule=bindparam("matricule"),
    patient_id=bindparam("patient_id"),
)
