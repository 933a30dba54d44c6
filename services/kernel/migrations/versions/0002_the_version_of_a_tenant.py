"""The version of a tenant, by which processes know that another one changed it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.add_column('tenant', sa.Column('version', sa.BigInteger(), server_default='0', nullable=False))
