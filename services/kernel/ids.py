"""Ids, nonces and secrets: the only place that draws random values."""

from __future__ import annotations

import base64
import os
import secrets
import uuid
from random import Random

from services.kernel.clock import Clock, real_now


class Ids:
    """A tenant's source of ids. With a seed the same run gives the same ids.

    Seeded sources are for tests: their tokens can be foretold.
    """

    def __init__(self, clock: Clock, seed: str = "") -> None:
        self._clock = clock
        self._seeded = Random(seed) if seed else None

    def on(self, clock: Clock) -> Ids:
        """The same source, on another clock."""
        other = Ids(clock)
        other._seeded = self._seeded
        return other

    def uuid(self) -> str:
        """A UUIDv7 (RFC 9562 §5.7), so that keys are made in order of time."""
        return _uuid7(self._clock.now(), int.from_bytes(self._bytes(10), "big"))

    def uuid4(self) -> str:
        """A random UUID, where the real service shows one."""
        return str(uuid.UUID(bytes=self._bytes(16), version=4))

    def token(self, size: int = 32) -> str:
        """`size` random bytes, base64url without padding."""
        return base64.urlsafe_b64encode(self._bytes(size)).rstrip(b"=").decode()

    def digits(self, count: int) -> str:
        """`count` random decimal digits."""
        return str(int.from_bytes(self._bytes(16), "big") % 10**count).zfill(count)

    def exchange(self) -> str:
        """Id of an exchange, which also names what it stores: repeatable when seeded."""
        return exchange_id() if self._seeded is None else self.uuid()

    def _bytes(self, size: int) -> bytes:
        if self._seeded is not None:
            return self._seeded.randbytes(size)
        return secrets.token_bytes(size)


def exchange_id() -> str:
    """Id of a journal entry: real time first, so that entries sort by arrival.

    It guards nothing, so it is drawn from a fast generator: one per exchange, on the hot path.
    """
    return _uuid7(real_now(), _FAST.getrandbits(80))


def new_version() -> int:
    """Names a change: no two processes draw the same."""
    return _FAST.getrandbits(62)


def secret() -> str:
    """A secret that opens something of the installation: never from a seed."""
    return secrets.token_urlsafe(32)


def _uuid7(instant: int, noise: int) -> str:
    """instant: microseconds; noise: 80 random bits."""
    value = (instant // 1000 & (1 << 48) - 1) << 80 | 0x7 << 76 | (noise >> 68) << 64
    digits = f"{value | 0b10 << 62 | noise & (1 << 62) - 1:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


_FAST = Random(secrets.randbits(128))
os.register_at_fork(after_in_child=_FAST.seed)
