"""Local accounts paired with professionals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('psc_pairing',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('tid', TEXT, nullable=False),
    sa.Column('oid', TEXT, nullable=False),
    sa.Column('account', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('started', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'tid', 'oid'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
