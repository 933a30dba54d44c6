"""Tokens of APIs, got by exchange."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('psc_api_access',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('api', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('scope', TEXT, nullable=False),
    sa.Column('form', TEXT, nullable=False),
    sa.Column('subject_jti', TEXT, nullable=False),
    sa.Column('refresh_id', TEXT, nullable=False),
    sa.Column('actor', TEXT, nullable=False),
    sa.Column('started', sa.BigInteger(), nullable=False),
    sa.Column('seconds', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('psc_api_access', schema=None) as batch_op:
        batch_op.create_index('ix_psc_api_access_started', ['tenant_id', 'started'], unique=False)
        batch_op.create_index('ix_psc_api_access_subject', ['tenant_id', 'subject_jti', 'api'], unique=False)
