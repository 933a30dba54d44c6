"""Patients put straight into a tenant, without the checks of the control API."""

from __future__ import annotations

from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import Patient
from services.population.derived import completed
from services.population.draft import Draft
from services.population.kinds import PATIENTS


async def add_patient(sandbox: Sandbox, tenant: Tenant, patient: Patient) -> Patient:
    """The patient as stored. Raises Taken."""
    draft = Draft(sandbox.database, tenant, sandbox.tenants)
    stored = completed(patient)
    await draft.add(PATIENTS, stored)
    await draft.commit()
    return stored
