"""The lists that people are drawn from: names of our own choice, and the smallest communes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of at most 40 inhabitants (COG): nobody's real matricule has an order of 900."""

    code: str
    nom: str
    code_postal: str


@dataclass(frozen=True, slots=True)
class Names:
    """Family names, and given names by year of birth and sex; the usual ones first."""

    noms: tuple[str, ...]
    prenoms: tuple[tuple[int, dict[str, tuple[str, ...]]], ...]

    def given(self, sexe: str, year: int) -> tuple[str, ...]:
        """Given names of that sex and time."""
        return next(names[sexe] for until, names in self.prenoms if year <= until)


@cache
def communes() -> tuple[Commune, ...]:
    lines = _data("communes.csv").decode().splitlines()[1:]
    return tuple(Commune(*line.split(";")) for line in lines)


@cache
def names() -> Names:
    content = orjson.loads(_data("names.json"))
    return Names(tuple(content["noms"]), tuple(
        (era["jusque"], {sexe: tuple(era[sexe]) for sexe in ("F", "M")})
        for era in content["prenoms"]
    ))


def _data(name: str) -> bytes:
    return files("services.population").joinpath("data", name).read_bytes()
