"""REST interactions of a declared FHIR base (`services.fhir.declaration`).

    call.py       which interaction of which type a request is
    dispatch.py   received, admitted, then read or written
    reading.py searching.py including.py      what answers from the store
    writing.py patching.py conditional.py     plans of writes, stored as one
    bundles.py entries.py links.py            many interactions in one request
    headers.py dialect.py                     preferences, refusals
    routes.py statement.py                    what the kernel and clients are told
"""

from services.fhir.api.dialect import ApiDialect
from services.fhir.api.routes import transactions_of
from services.fhir.declaration import FhirApi

__all__ = ["dialect_of", "transactions_of"]


def dialect_of(api: FhirApi) -> ApiDialect:
    """What answers unknown addresses of the base."""
    return ApiDialect(api)
