"""Requests that Pro Santé Connect keeps: CIBA, waiting on a device, and pushed ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('psc_ciba',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('scope', TEXT, nullable=False),
    sa.Column('channel', TEXT, nullable=False),
    sa.Column('message', TEXT, nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.Column('expires', sa.BigInteger(), nullable=False),
    sa.Column('polled', sa.BigInteger(), nullable=False),
    sa.Column('outcome', TEXT, nullable=False),
    sa.Column('due', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_ciba', schema=None) as batch_op:
        batch_op.create_index('ix_psc_ciba_issued', ['tenant_id', 'issued'], unique=False)

    op.create_table('psc_pushed',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('form', TEXT, nullable=False),
    sa.Column('issued', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_pushed', schema=None) as batch_op:
        batch_op.create_index('ix_psc_pushed_issued', ['tenant_id', 'issued'], unique=False)
