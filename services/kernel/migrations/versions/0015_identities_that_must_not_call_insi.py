"""Identities that must not call INSi."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('rniv_blocked',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('person', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'person', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
