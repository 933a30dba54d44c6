"""Value sets as what they let in: known codes, systems let in as a whole, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from services.fhir.validation.reduction import Json

Answer = Literal["member", "not-member", "unknown"]
MOST_NESTED = 20
_NOS_TABLE = re.compile(r"https?://mos\.esante\.gouv\.fr/NOS/(TRE_[A-Z][0-9]+)-.*")


@dataclass(slots=True)
class ValueSet:
    """codes: system → codes let in; whole: systems whose every code is let in, and whose codes
    are not known here; open: something in it is not known."""

    codes: dict[str, set[str]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    open: bool = False

    def check(self, system: str | None, code: str) -> Answer:
        """Whether a code is let in; without system (type `code`) any system will do."""
        if system is None:
            if any(code in codes for codes in self.codes.values()):
                return "member"
            return "unknown" if self.whole or self.open else "not-member"
        if code in self.codes.get(system, ()):
            return "member"
        if self.open or system in self.whole:
            return "unknown"
        return "unknown" if self.alias(system) else "not-member"

    def alias(self, system: str) -> str:
        """The system let in as a whole that is the same NOS table under another name, or ""."""
        table = _table(system) if self.whole else ""
        return next((one for one in self.whole if _table(one) == table), "") if table else ""


class ValueSets:
    """Compiles reduced value sets. find(kind, canonical) gives a reduced resource or None."""

    def __init__(self, find: Callable[[str, str], Json | None]) -> None:
        self._find = find
        self._systems: dict[str, set[str]] = {}
        self._made: dict[str, ValueSet] = {}

    def compile(self, source: Json, depth: int = 0) -> ValueSet:
        """What a value set lets in, its includes followed."""
        made = ValueSet()
        for part in source.get("include", ()):
            self._include(part, made, depth)
        for part in source.get("exclude", ()):
            self._exclude(part, made, depth)
        return made

    def _include(self, part: Json, made: ValueSet, depth: int) -> None:
        sets = part.get("sets", ())
        if "system" not in part:
            if depth >= MOST_NESTED or not sets:
                made.open = True
                return
            # Several value sets in one part are met together.
            found = [self._named(name, depth) for name in sets]
            if len(found) > 1:
                found = [_intersection(found)]
            for each in found:
                _add(made, each)
            return
        one = self._system_part(part)
        if sets:
            one = _intersection([one, *(self._named(name, depth) for name in sets)])
        _add(made, one)

    def _exclude(self, part: Json, made: ValueSet, depth: int) -> None:
        if "system" not in part:
            gone = [self._named(name, depth) for name in part.get("sets", ())]
        else:
            gone = [self._system_part(part)]
        for each in gone:
            if each.open or each.whole:
                made.open = True
            for system, codes in each.codes.items():
                if system in made.codes:
                    made.codes[system] -= codes
                if system in made.whole:
                    made.open = True

    def _named(self, canonical: str, depth: int) -> ValueSet:
        if canonical not in self._made:
            # A set that includes itself, however far, adds nothing by that.
            self._made[canonical] = ValueSet(open=True)
            found = self._find("value-set", canonical) if depth < MOST_NESTED else None
            if found is not None:
                self._made[canonical] = self.compile(found, depth + 1)
        return self._made[canonical]

    def _system_part(self, part: Json) -> ValueSet:
        system = part["system"]
        if part.get("withheld"):
            return ValueSet(whole={system})
        if "codes" in part:
            return ValueSet({system: set(part["codes"])})
        source = self._find("code-system", system)
        if source is None or not source["complete"]:
            return ValueSet(whole={system})
        if "filters" not in part:
            if system not in self._systems:
                self._systems[system] = set(source["codes"])
            return ValueSet({system: set(self._systems[system])})
        codes = _filtered(source, part["filters"])
        return ValueSet(whole={system}) if codes is None else ValueSet({system: codes})


def _table(system: str) -> str:
    """Number of a NOS table, which stays when its name changes (TRE_R13-Commune, -CommuneOM)."""
    match = _NOS_TABLE.fullmatch(system)
    return match[1] if match else ""


def _add(made: ValueSet, one: ValueSet) -> None:
    for system, codes in one.codes.items():
        made.codes.setdefault(system, set()).update(codes)
    made.whole |= one.whole
    made.open = made.open or one.open


def _intersection(sets: Iterable[ValueSet]) -> ValueSet:
    """What all let in; what is not known of one leaves the whole open."""
    first, *others = sets
    made = ValueSet({k: set(v) for k, v in first.codes.items()}, set(first.whole), first.open)
    for other in others:
        if other.open or other.whole or made.whole:
            made.open = True
            continue
        made.codes = {
            system: codes & other.codes.get(system, set()) for system, codes in made.codes.items()
        }
    return made


def _filtered(source: Json, filters: list[list[str]]) -> set[str] | None:
    """Codes that the filters keep, None for a filter that is not understood."""
    kept = set(source["codes"])
    for name, operation, value in filters:
        if name != "concept" or operation not in {"is-a", "descendent-of", "is-not-a"}:
            return None
        below = _below(source, value)
        if operation == "descendent-of":
            below.discard(value)
        kept = kept - below if operation == "is-not-a" else kept & below
    return kept


def _below(source: Json, top: str) -> set[str]:
    children: dict[str, list[str]] = {}
    for code, parents in source.get("parents", {}).items():
        for parent in parents:
            children.setdefault(parent, []).append(code)
    found, todo = {top}, [top]
    while todo:
        fresh = [each for each in children.get(todo.pop(), ()) if each not in found]
        found.update(fresh)
        todo += fresh
    return found
