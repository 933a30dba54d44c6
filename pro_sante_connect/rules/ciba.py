"""What can be seen of a client's habits in its CIBA requests."""

from __future__ import annotations

from collections.abc import Iterator

from pro_sante_connect.codes import CHANNELS
from pro_sante_connect.domain.ciba import TWO_DIGITS
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.rules.documents import CIBA, CIBA_CORE
from services.kernel.rules import Mismatch, rule

CLOSED = ("client_notification_token", "user_code", "id_token_hint", "login_hint_token")


@rule(
    "PSC-CIBA-NUMERO", severity="error",
    message="Le logiciel montre un numéro de deux chiffres, que le professionnel retrouve sur son "
            "moyen d'identification.",
    source=CIBA.at("binding_message"),
)
def message_is_two_digits(asked: Parameters) -> Iterator[Mismatch]:
    given = asked.get("binding_message")
    if not TWO_DIGITS.fullmatch(given):
        yield Mismatch("binding_message", "deux chiffres, de 00 à 99", given or "(absent)")


@rule(
    "PSC-CIBA-CANAL", severity="error",
    message="Le canal dit où le professionnel s'authentifie : CARD (carte) ou MOBILE (e-CPS).",
    source=CIBA.at("channel"),
)
def channel_is_known(asked: Parameters) -> Iterator[Mismatch]:
    given = asked.get("channel")
    if given and given not in CHANNELS:
        yield Mismatch("channel", " ou ".join(CHANNELS), given)


@rule(
    "PSC-CIBA-POLL", severity="information",
    message="PSC ne connaît que l'interrogation périodique (poll), par login_hint : ce paramètre "
            "est sans effet.",
    source=(CIBA.at("modes de remise"), CIBA_CORE.at("§7.1")),
)
def only_poll_is_asked(asked: Parameters) -> Iterator[Mismatch]:
    for name in CLOSED:
        if asked.get(name):
            yield Mismatch(name, "(absent)", "présent")
