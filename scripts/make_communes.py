"""Write services/population/data/communes.csv: the smallest communes of the COG.

    npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf etalab-*.tgz
    python scripts/make_communes.py package/data/communes.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

DATA = Path(__file__).parent.parent / "services" / "population" / "data" / "communes.csv"
MOST_INHABITANTS = 40


def main(source: Path) -> None:
    """Current communes with at most MOST_INHABITANTS; those without any are for our personas."""
    everywhere = json.loads(source.read_text("utf-8"))
    small = sorted(
        (one["code"], one["nom"], one["codesPostaux"][0]) for one in everywhere
        if one["type"] == "commune-actuelle" and 0 < (one.get("population") or 0)
        <= MOST_INHABITANTS and one.get("codesPostaux")
    )
    lines = ["code;nom;code_postal", *(";".join(each) for each in small)]
    DATA.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
