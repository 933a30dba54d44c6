"""Cards, codes and contexts of the appli carte Vitale."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table('apcv_record',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('kind', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'kind', 'id'),
    info={'tenant': True},
    sqlite_with_rowid=True
    )
