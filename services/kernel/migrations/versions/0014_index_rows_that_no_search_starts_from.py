"""Index rows that no search starts from: not in the indexes by value."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'

OWNER = ['tenant_id', 'service', 'rtype', 'param']
INDEXES = {
    'fhir_token': {'value': ['code', 'updated', 'rid', 'system']},
    'fhir_string': {'value': ['norm', 'rid']},
    'fhir_date': {'value': ['lo', 'hi', 'rid'], 'end': ['hi', 'lo', 'rid']},
    'fhir_quantity': {'value': ['lo', 'hi', 'rid'], 'end': ['hi', 'lo', 'rid']},
}
LEADS = sa.text('leads = 1')


def upgrade() -> None:
    for table, indexes in INDEXES.items():
        op.add_column(
            table, sa.Column('leads', sa.BigInteger(), server_default='1', nullable=False)
        )
        for name, columns in indexes.items():
            op.drop_index(f'ix_{table}_{name}', table)
            op.create_index(
                f'ix_{table}_{name}', table, [*OWNER, *columns, 'leads'], sqlite_where=LEADS,
                postgresql_where=LEADS,
            )
