"""ITI-78, search of Patient by parameters: always refused, because INSi never lists people."""

from __future__ import annotations

from ins import errors
from ins.fhir import BASE
from services.fhir.dialect import FHIR
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction


@transaction(
    "ITI-78", name="Recherche de patients par paramètres (refusée)",
    spec="IHE ITI PDQm, ITI-78", dialect=FHIR,
    routes=(f"GET {BASE}/Patient", f"POST {BASE}/Patient/_search"), fidelity="derived",
)
async def search(exchange: Exchange) -> Answer:
    raise errors.BASE_NATIONALE(
        "Cette façade interroge la base nationale des identités ; seule une recherche par traits "
        "stricts y est permise.", expected=f"POST {BASE}/Patient/$match",
    )
