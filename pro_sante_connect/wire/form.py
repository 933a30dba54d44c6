"""Where each endpoint reads its parameters."""

from __future__ import annotations

from pro_sante_connect import errors
from pro_sante_connect.domain.parameters import Parameters
from services.kernel.exchange import Exchange

FORM = "application/x-www-form-urlencoded"


def form_of(exchange: Exchange) -> Parameters:
    """The form of a POST. Raises FORM_EXPECTED, or MALFORMED for text that is not UTF-8."""
    if exchange.media_type != FORM:
        raise errors.FORM_EXPECTED(
            at="Content-Type", expected=FORM, found=exchange.media_type or "(absent)"
        )
    return Parameters.of(exchange.form())


def parameters_of(exchange: Exchange) -> Parameters:
    """The form of a POST, else the query."""
    return form_of(exchange) if exchange.method == "POST" else Parameters.of(exchange.query)
