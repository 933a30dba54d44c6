"""Alembic's entry point: one SQLite file in one transaction, or SQL text for PostgreSQL."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from services.kernel.schema import metadata

url = context.config.get_main_option("sqlalchemy.url") or ""
if context.is_offline_mode():
    # Whoever runs the text opens the transaction.
    context.configure(
        url=url, target_metadata=metadata, literal_binds=True, transactional_ddl=False
    )
    context.run_migrations()
else:
    engine = create_engine(url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
