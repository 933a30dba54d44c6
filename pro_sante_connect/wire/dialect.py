"""Refusals of the pages: a page in the browser, with the engine's own text."""

from __future__ import annotations

from pro_sante_connect.wire.language import same_address
from pro_sante_connect.wire.page import page
from services.kernel.dialects import HTML
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange


class PageDialect:
    """What a browser is shown when the request cannot be sent back to its client."""

    name = "page"
    errors: tuple[CatalogueError, ...] = ()

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        if exchange is None:
            return HTML.refuse(refusal, exchange)
        return page(
            exchange, "refused.html", status=refusal.error.status,
            headers=tuple(refusal.headers.items()), error=refusal.error,
            switch=same_address(exchange),
            text=refusal.details or refusal.error.label, refusal=refusal,
        )


PAGE = PageDialect()
