"""Sessions, certificates and traces of the proxy e-santé."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('psc_proxy_certificate',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('pem', TEXT, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'client_id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    op.create_table('psc_proxy_session',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('client_id', TEXT, nullable=False),
    sa.Column('id_nat', TEXT, nullable=False),
    sa.Column('session_state', TEXT, nullable=False),
    sa.Column('id_token', TEXT, nullable=False),
    sa.Column('tokens', TEXT, nullable=False),
    sa.Column('started', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    with op.batch_alter_table('psc_proxy_session', schema=None) as batch_op:
        batch_op.create_index('ix_psc_proxy_session_started', ['tenant_id', 'started'], unique=False)

    op.create_table('psc_proxy_trace',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('content', TEXT, nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
    with op.batch_alter_table('psc_proxy_trace', schema=None) as batch_op:
        batch_op.create_index('ix_psc_proxy_trace_at', ['tenant_id', 'at', 'id'], unique=False)
