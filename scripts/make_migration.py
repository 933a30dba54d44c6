"""Write the migration from the last revision to the tables as they are declared now.

    python scripts/make_migration.py 0002 "what changes"

Then set REVISION in services/kernel/schema.py, read the file and run the tests: one of them holds
that migrated and newly created databases have the same shape.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from services import app, catalog  # the whole product: every table
from services.kernel.migrations import config

assert app
catalog.load()
with tempfile.TemporaryDirectory() as directory:
    settings = config(Path(directory) / "old.sqlite")
    command.upgrade(settings, "head")
    command.revision(settings, message=sys.argv[2], rev_id=sys.argv[1], autogenerate=True)
