"""Indexes by the end of dates and quantities: what came after, without a walk."""

from __future__ import annotations

from alembic import op

revision = '0003'
down_revision = '0002'

OWNER = ['tenant_id', 'service', 'rtype', 'param']


def upgrade() -> None:
    for table in ('fhir_date', 'fhir_quantity'):
        op.create_index(f'ix_{table}_end', table, [*OWNER, 'hi', 'lo', 'rid'])
