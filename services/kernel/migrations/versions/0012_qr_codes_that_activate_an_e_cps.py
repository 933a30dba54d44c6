"""QR codes that activate an e-CPS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('psc_activation',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('code', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('means', TEXT, nullable=False),
    sa.Column('second', TEXT, nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'code'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_activation', schema=None) as batch_op:
        batch_op.create_index('ix_psc_activation_issued', ['tenant_id', 'issued'], unique=False)
