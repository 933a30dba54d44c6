"""What is remembered of the calls of one tenant, to judge the next ones: the latest only. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MOST = 2000
"""Souvenirs of one tenant: those of some hundreds of calls."""
LONGEST = 64
"""Characters of an id that is remembered: an UUID and its prefixes."""


class Souvenir(NamedTuple):
    """sujet: what it is about (`contexte:` and an id, for example); id: tells those of one subject
    apart; at: real instant, microseconds; content: of the subject's own form.

    Atoms only: nothing for the garbage collector to scan.
    """

    sujet: str
    id: str
    at: int
    content: str = ""


@dataclass(slots=True)
class Souvenirs:
    """Those of one tenant, oldest forgotten first."""

    _of: dict[str, tuple[Souvenir, ...]] = field(default_factory=dict)
    _order: deque[Souvenir] = field(default_factory=deque)

    def add(self, several: Iterable[Souvenir]) -> None:
        for each in several:
            self._of[each.sujet] = (*self._of.get(each.sujet, ()), each)
            self._order.append(each)
        while len(self._order) > MOST:
            oldest = self._order.popleft().sujet
            same = self._of[oldest][1:]
            if same:
                self._of[oldest] = same
            else:
                del self._of[oldest]

    def every(self) -> list[Souvenir]:
        """Oldest first."""
        return list(self._order)

    def of(self, sujet: str) -> Sequence[Souvenir]:
        """Oldest first."""
        return self._of.get(sujet, ())


def sujets_of(ids: Iterable[str], kind: str) -> tuple[str, ...]:
    """One subject per different id that is worth remembering."""
    return tuple({f"{kind}:{each}": None for each in ids if 0 < len(each) <= LONGEST})
