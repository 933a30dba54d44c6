"""French words and small shapes shared by the pages: tiles, verdicts, numbers, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.kernel.transactions import Service

UNITS = ("Aucun", "Un", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf", "Dix")
DAYS = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
          "octobre", "novembre", "décembre")


@dataclass(frozen=True, slots=True)
class Tile:
    """How a service is shown: its letters, their shade, one line on it, its name in a sentence."""

    id: str
    name: str
    letters: str
    shade: str
    what: str
    named: str


_TILES: Mapping[str, tuple[str, str, str, str]] = {
    "psc": ("PSC", "t-psc", "OpenID Connect, e-CPS", "Pro Santé Connect"),
    "ins": ("INS", "t-ins", "Recherche d’identité par traits", "l’INSi"),
    "dmp": ("DMP", "t-dmp", "Dépôt et consultation", "le DMP"),
    "mssante": ("MSS", "t-mss", "Messagerie sécurisée", "la messagerie"),
    "e_prescription": ("EP", "t-ep", "Prescrire et délivrer", "l’ordonnance numérique"),
    "apcv": ("APCV", "t-mes", "Cartes, lecteur, appli du patient", "l’appli carte Vitale"),
    "annuaire": ("ANN", "t-ann", "Qui exerce, où, quelle BAL", "l’annuaire"),
    "mes": ("MES", "t-mes", "Le côté du patient", "Mon espace santé"),
    "smt": ("SMT", "t-smt", "Codes et jeux de valeurs", "le serveur de terminologies"),
}


def tile(id: str, services: Mapping[str, Service]) -> Tile:
    """The tile of a service, known to this page or not."""
    name = services[id].name if id in services else id
    letters, shade, what, named = _TILES.get(id, (id[:4].upper() or "–", "", "", name))
    return Tile(id, name, letters, shade, what, named)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word with its own shape and colour: shade `ok warn err info`, icon of the sprite."""

    shade: str
    icon: str
    words: str


READY = Verdict("ok", "ok", "Prêt")
STAGED = Verdict("warn", "warn", "Panne simulée")
BUG = Verdict("warn", "bolt", "bogue du bac à sable")
CONFORM = Verdict("ok", "ok", "conforme")
SEVERITIES = {
    "error": Verdict("err", "err", "Erreur"),
    "warning": Verdict("warn", "warn", "Avertissement"),
    "information": Verdict("info", "info", "Remarque"),
}


def cuts(text: str) -> list[str]:
    """The pieces of an address or a path that a line may end between."""
    return re.findall(r"[@.\[]?[^@.\[/]*/*", text)[:-1]


def duration(milliseconds: float) -> str:
    """`12 ms`, `3 041 ms`, `< 1 ms`."""
    if milliseconds < 1:
        return "< 1\u202fms"
    return f"{round(milliseconds):,}\u202fms".replace(",", "\u202f")


def long_date(moment: datetime) -> str:
    """`Lundi 23 novembre 2026, 10:42`."""
    day = "1er" if moment.day == 1 else str(moment.day)
    return (f"{DAYS[moment.weekday()]} {day} {MONTHS[moment.month - 1]} {moment.year}, "
            f"{moment:%H:%M}")


def short_date(date: str) -> str:
    """`31/12/1975` from `1975-12-31`; lunar dates keep their zeros."""
    return "/".join(reversed(date.split("-")))
