"""People found by their place: a key says where its record is.

Tables are made anew under their own names, so that their constraints have the usual names too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.execute("CREATE TABLE former_population_record AS SELECT * FROM population_record")
    op.execute("CREATE TABLE former_population_key AS SELECT * FROM population_key")
    op.drop_table('population_record')
    op.drop_table('population_key')
    op.create_table('population_record',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('place', PLACE, sa.Identity(), nullable=False),
    sa.Column('kind', TEXT, nullable=False),
    sa.Column('id', TEXT, nullable=False),
    sa.Column('base', sa.BigInteger(), nullable=False),
    sa.Column('searched', TEXT, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('place'),
    sa.UniqueConstraint('tenant_id', 'kind', 'id'),
    info={'tenant': True}
    )
    op.create_table('population_key',
    sa.Column('tenant_id', TEXT, nullable=False),
    sa.Column('kind', TEXT, nullable=False),
    sa.Column('name', TEXT, nullable=False),
    sa.Column('value', TEXT, nullable=False),
    sa.Column('holder', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('tenant_id', 'kind', 'name', 'value', 'holder'),
    info={'tenant': True},
    sqlite_with_rowid=False
    )
    op.execute(
        "INSERT INTO population_record (tenant_id, kind, id, base, searched, content) "
        "SELECT tenant_id, kind, id, base, searched, content FROM former_population_record "
        "ORDER BY tenant_id, kind, id"
    )
    op.execute(
        "INSERT INTO population_key (tenant_id, kind, name, value, holder, place) "
        "SELECT k.tenant_id, k.kind, k.name, k.value, "
        "CASE k.holder WHEN '' THEN 0 ELSE r.place END, r.place "
        "FROM former_population_key k JOIN population_record r "
        "ON r.tenant_id = k.tenant_id AND r.kind = k.kind AND r.id = k.id "
        "ORDER BY k.tenant_id, k.kind, k.name, k.value"
    )
    op.drop_table('former_population_record')
    op.drop_table('former_population_key')
