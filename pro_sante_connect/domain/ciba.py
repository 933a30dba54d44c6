"""CIBA requests: asked without a browser, answered on the professional's device (dossier §9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pro_sante_connect.codes import CARD
from pro_sante_connect.domain.ecps import Mode
from services.kernel.clock import SECOND

MESSAGE = re.compile(r"[a-zA-Z0-9\-._+/!?#]{1,50}")
TWO_DIGITS = re.compile(r"[0-9]{2}")
ATTEMPTS = 3
"""Wrong PINs after which a device is blocked, which refuses the request."""

Outcome = Literal["pending", "accepted", "refused"]
Status = Literal["pending", "accepted", "refused", "expired"]


@dataclass(frozen=True, slots=True)
class Ciba:
    """A request on its way to a device. Instants are microseconds on the tenant's clock.

    channel: CARD or MOBILE; message: what the software shows, to be compared on the device;
    polled: last poll that was not too early; outcome: what the device answers from `due` on;
    attempts: wrong PINs so far.
    """

    id: str
    client_id: str
    id_nat: str
    scope: str
    channel: str
    message: str
    issued: int
    expires: int
    polled: int
    outcome: Outcome
    due: int
    attempts: int = 0

    def status(self, now: int) -> Status:
        """What a poll finds now."""
        if now >= self.expires:
            return "expired"
        return self.outcome if now >= self.due else "pending"

    @property
    def answered(self) -> int:
        """Instant at which the device answered."""
        return max(self.due, self.issued)


def outcome_of(mode: Mode, channel: str) -> Outcome:
    """What a device in this mode answers by itself; the others wait for someone.

    Without an active e-CPS, the card answers all the same.
    """
    if mode == "auto" or (mode == "inactive" and channel == CARD):
        return "accepted"
    return "refused" if mode in ("refuse", "blocked") else "pending"


def expiry(issued: int, seconds: int) -> int:
    return issued + seconds * SECOND
