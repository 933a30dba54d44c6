"""Identities of a domain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('rniv_event',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('vid', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id', 'vid'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    op.create_table('rniv_identity',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('vid', sa.BigInteger(), nullable=False),
    sa.Column('ins', TEXT, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    with op.batch_alter_table('rniv_identity', schema=None) as batch_op:
        batch_op.create_index('ix_rniv_identity_ins', ['tenant_id', 'ins', 'id'], unique=False)

    op.create_table('rniv_ipp',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('authority', TEXT, nullable=False),
    sa.Column('value', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'authority', 'value'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.create_table('rniv_outbox',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('subscription', TEXT, nullable=False),
    sa.Column('event', TEXT, nullable=False),
    sa.Column('patient', TEXT, nullable=False),
    sa.Column('other', TEXT, nullable=False),
    sa.Column('attempts', sa.BigInteger(), nullable=False),
    sa.Column('due', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('rniv_outbox', schema=None) as batch_op:
        batch_op.create_index('ix_rniv_outbox_next', ['tenant_id', 'subscription', 'id'], unique=False)

