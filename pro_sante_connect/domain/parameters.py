"""Request parameters as OAuth reads them: the first of each name, an empty one is absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameters:
    """values: first non-empty value of each name; duplicated: names sent more than once."""

    values: Mapping[str, str]
    duplicated: tuple[str, ...] = ()

    @staticmethod
    def of(pairs: Iterable[tuple[str, str]]) -> Parameters:
        values: dict[str, str] = {}
        duplicated: list[str] = []
        for name, value in pairs:
            if not value:
                continue
            if name in values:
                duplicated.append(name)
                continue
            values[name] = value
        return Parameters(values, tuple(duplicated))

    def get(self, name: str) -> str:
        """The value, or "" when absent."""
        return self.values.get(name, "")
