"""What authorities of others revoked, given by tenants with their certificates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('foreign_revocation_list',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('issuer', TEXT, nullable=False),
    sa.Column('added_at', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'issuer'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
