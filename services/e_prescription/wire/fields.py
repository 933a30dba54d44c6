"""Reading JSON objects field by field: typed values, or a refusal that names the place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from services.e_prescription import errors
from services.kernel.errors import MALFORMED, Refusal
from services.kernel.exchange import Exchange

E = TypeVar("E", bound=StrEnum)

MAX_ITEMS = 100
MAX_DEPTH = 20
"""Levels of objects and lists; documented messages have four."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KINDS = {str: "texte", bool: "booléen", int: "entier", float: "décimal", list: "liste",
         dict: "objet", type(None): "null"}


class Fields:
    """A JSON object at a place of the message; remembers which fields were read.

    A field that is absent and one that is null are the same. Every reading method raises
    CHAMP_INVALIDE when the value is not what it says.
    """

    def __init__(self, content: object, at: str = "") -> None:
        self.at = at
        if not isinstance(content, dict):
            raise errors.CHAMP_INVALIDE(
                at=at or "corps", expected="un objet JSON", found=_kind(content)
            )
        self.content: Mapping[str, Any] = content
        self._read: set[str] = set()
        self._inner: list[Fields] = []

    def place(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name

    def refuse(self, name: str, expected: str) -> Refusal:
        """CHAMP_INVALIDE at this field, to raise."""
        value = self.content.get(name)
        found = str(value)[:100] if isinstance(value, str | int | float) else _kind(value)
        if name not in self.content:
            found = "(absent)"
        return errors.CHAMP_INVALIDE(at=self.place(name), expected=expected, found=found)

    def text(self, name: str, longest: int = 1000) -> str:
        """A non-blank text."""
        value = self.optional_text(name, longest)
        if not value.strip():
            raise self.refuse(name, "un texte non vide")
        return value

    def optional_text(self, name: str, longest: int = 1000) -> str:
        """A text, "" when absent."""
        value = self._take(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.refuse(name, "un texte")
        if len(value) > longest:
            raise self.refuse(name, f"au plus {longest} caractères")
        if any(ord(character) < 32 and character not in "\t\r\n" for character in value):
            raise self.refuse(name, "un texte sans caractère de contrôle")
        return value

    def choice(self, name: str, among: type[E], default: E | None = None) -> E:
        """A member of an enumeration."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        try:
            return among(value)
        except ValueError:
            raise self.refuse(name, ", ".join(among)) from None

    def day(self, name: str, default: date | None = None) -> date:
        """A date, `AAAA-MM-JJ`."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise self.refuse(name, "une date AAAA-MM-JJ")

    def optional_day(self, name: str) -> date | None:
        return None if self.content.get(name) is None else self.day(name)

    def boolean(self, name: str) -> bool:
        """A boolean, false when absent."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            raise self.refuse(name, "true ou false")
        return bool(value)

    def integer(self, name: str, default: int, least: int = 0, most: int = 9999) -> int:
        """A bounded integer."""
        value = self.optional_integer(name, least, most)
        return default if value is None else value

    def optional_integer(self, name: str, least: int = 0, most: int = 9999) -> int | None:
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.refuse(name, f"un entier de {least} à {most}")
        return value

    def raw(self, name: str) -> Any:
        """Whatever stands there, None when absent."""
        return self._take(name)

    def object(self, name: str) -> Fields:
        """An object; an empty one when absent."""
        value = self._take(name)
        inner = Fields({} if value is None else value, self.place(name))
        self._inner.append(inner)
        return inner

    def objects(self, name: str) -> list[Fields]:
        """A list of objects, of one item at least."""
        value = self._take(name)
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_ITEMS:
            raise self.refuse(name, f"une liste de 1 à {MAX_ITEMS} objets")
        inner = [Fields(item, f"{self.place(name)}[{n}]") for n, item in enumerate(value)]
        self._inner += inner
        return inner

    def unread(self) -> Iterator[str]:
        """Places of the fields that nothing asked for."""
        for name in self.content:
            if name not in self._read:
                yield self.place(name)
        for inner in self._inner:
            yield from inner.unread()

    def _take(self, name: str) -> Any:
        self._read.add(name)
        return self.content.get(name)


def body(exchange: Exchange) -> Fields:
    """The request's JSON object. Raises MALFORMED or CHAMP_INVALIDE."""
    content = exchange.json()
    if _is_deep(content):
        raise MALFORMED(
            f"Plus de {MAX_DEPTH} niveaux d'objets et de listes.", at="corps",
            expected=f"au plus {MAX_DEPTH} niveaux",
        )
    return Fields(content)


def _is_deep(content: object) -> bool:
    level = [content]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in _items(each)]
        if not level:
            return False
    return True


def _items(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _kind(value: object) -> str:
    return KINDS.get(type(value), type(value).__name__)
