"""Write docs/reference/pro-sante-connect-oracle.md: Socle beside npm oidc-provider, from a run.

    python scripts/compare_providers.py

Needs Node.js and what scripts/setup-foreign installs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.load import sandbox
from tests.oracle import page, running


def main() -> None:
    if running.missing():
        raise SystemExit(running.missing())
    with sandbox() as ready, tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        base, secure = str(ready["http"]), str(ready["https"])
        with running.peer(str(ready["ca"]), base, folder) as there:
            answers = running.played(running.ours(base, secure, folder), there)
    page.PAGE.write_text(page.written(answers))


if __name__ == "__main__":
    main()
