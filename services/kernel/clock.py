"""Time: the only place that reads the machine's clock. Instants are integers, microseconds UTC."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A tenant's clock: real time, shifted, or frozen at an instant."""

    shift: int = 0
    frozen: int | None = None

    def now(self) -> int:
        """The tenant's instant, microseconds since 1970 UTC."""
        if self.frozen is not None:
            return self.frozen
        return real_now() + self.shift

    def seconds(self) -> int:
        """The tenant's instant in whole seconds, as `iat` and `exp` want it."""
        return self.now() // SECOND

    def datetime(self) -> datetime:
        return to_datetime(self.now())

    def iso(self) -> str:
        """The tenant's instant as FHIR `instant`, millisecond precision, UTC."""
        return iso(self.now())


def real_now() -> int:
    """Microseconds since 1970 UTC on this machine."""
    return time.time_ns() // 1000


def monotonic() -> float:
    """Seconds, for durations only."""
    return time.monotonic()


def to_datetime(instant: int) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)  # exact, where a float is not


def from_datetime(moment: datetime) -> int:
    return round(moment.timestamp() * SECOND)


def iso(instant: int) -> str:
    """`2026-11-22T10:42:07.123Z`."""
    return to_datetime(instant).isoformat(timespec="milliseconds")[:-6] + "Z"


def pause(seconds: float) -> None:
    """Sleep, in commands that wait for a process; never in the server."""
    time.sleep(seconds)
