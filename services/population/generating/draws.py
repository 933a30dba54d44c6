"""Repeatable draws: what is drawn for the i-th person depends on the seed and on i alone."""

from __future__ import annotations

from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
ROUNDS = 4


class Draws:
    """Numbers for one person, in the order in which they are asked for."""

    __slots__ = ("_left",)

    def __init__(self, seed: int, kind: str, index: int) -> None:
        digest = blake2b(f"{seed}:{kind}:{index}".encode(), digest_size=48).digest()
        self._left = int.from_bytes(digest, "big")

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        self._left, drawn = divmod(self._left, limit)
        return drawn

    def one_of(self, choices: tuple[T, ...]) -> T:
        """Any of them, evenly."""
        return choices[self.below(len(choices))]

    def early_of(self, choices: tuple[T, ...]) -> T:
        """Any of them, the first ones more often."""
        return choices[min(self.below(len(choices)), self.below(len(choices)))]


class Permutation:
    """Every number from 0 to size - 1 once, in an order that the seed decides.

    A Feistel network over the next even power of two; what falls outside walks on.
    """

    def __init__(self, seed: int, kind: str, size: int) -> None:
        self.size = size
        half = max(1, ((size - 1).bit_length() + 1) // 2)
        self._half, self._mask = half, (1 << half) - 1
        digest = blake2b(f"{seed}:{kind}".encode(), digest_size=8 * ROUNDS).digest()
        self._keys = tuple(
            int.from_bytes(digest[8 * n : 8 * n + 8], "big") | 1 for n in range(ROUNDS)
        )

    def __call__(self, index: int) -> int:
        """The number at that place; index: 0 to size - 1."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        half, mask = self._half, self._mask
        while True:
            left, right = index >> half, index & mask
            for key in self._keys:
                mixed = (right + 1) * key & 0xFFFFFFFFFFFFFFFF
                left, right = right, left ^ (mixed >> 29 ^ mixed >> 47) & mask
            index = left << half | right
            if index < self.size:
                return index
