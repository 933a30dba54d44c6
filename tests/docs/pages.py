"""The pages that people read: the guide, and the cards beside the code."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REFERENCE, DECISIONS = ROOT / "docs" / "reference", ROOT / "docs" / "decisions"
GUIDE = [path for path in sorted((ROOT / "docs").rglob("*.md"))
         if path.parent not in (REFERENCE, DECISIONS)]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *GUIDE]
CARDS = sorted(
    path for package in ("services", "ins", "pro_sante_connect", "mssante", "dmp")
    for path in (ROOT / package).rglob("README.md")
)
EVERY = [*PAGES, *sorted(REFERENCE.glob("*.md")), *sorted(DECISIONS.glob("*.md")), *CARDS]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
