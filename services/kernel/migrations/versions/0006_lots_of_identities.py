"""Lots of identities that INSi verifies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('ins_lot',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('deposited', sa.BigInteger(), nullable=False),
    sa.Column('ready', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
