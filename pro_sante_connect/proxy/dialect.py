"""How the proxy writes a refusal: `{code, message, metadata: {nationalId, clientId}}`."""

from __future__ import annotations

from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange

MEMBERS = ("nationalId", "clientId")


class ProxyDialect:
    """Nothing is said of what another server refused: 502 to 504 have no body."""

    name = "proxy"
    errors: tuple[CatalogueError, ...] = ()

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        status = refusal.error.status
        headers = tuple(refusal.headers.items())
        if status in (502, 503, 504):
            return Answer(status, headers=headers)
        answer = Answer.json({
            "code": str(status), "message": refusal.details or refusal.error.label,
            "metadata": {name: refusal.extra.get(name) for name in MEMBERS},
        })
        return Answer(status, answer.body, answer.media_type, headers)


PROXY = ProxyDialect()
