"""What INSi remembers of calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('ins_souvenir',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('sujet', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'sujet', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
