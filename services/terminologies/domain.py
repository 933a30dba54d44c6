"""A code list, what is known of it, and what it says of a code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from services.kernel.ports import Concept, Verdict

URN = "urn:oid:"
ANY = "*"
"""Among the open systems of a list: codes of any other system may belong to it."""

Codes = Mapping[str, Mapping[str, str]]
"""System (its URL) → code → label."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one version of a list without reading it.

    oid: "1.2.250…", "" when it has none. published and shipped: numbers of codes, the publisher's
    and ours. completeness: French, as shown. open: systems of which it may hold more codes than we
    have; folds: whether case does not matter in the codes of this code system.
    """

    kind: Literal["CodeSystem", "ValueSet"]
    url: str
    version: str
    oid: str
    name: str
    published: int
    shipped: int
    completeness: str
    open: frozenset[str]
    folds: bool
    source: str
    licence: str

    @property
    def complete(self) -> bool:
        """Whether a code that is not in it is certainly no member."""
        return not self.open

    @property
    def canonical(self) -> str:
        """ "url|version". """
        return f"{self.url}|{self.version}" if self.version else self.url

    @property
    def aliases(self) -> Iterator[str]:
        """Every name it goes by, folded; for those of the NOS, "jdv-j06" and "j06" too."""
        leaf = fold(self.url.rpartition("/")[2])
        yield from (fold(self.url), fold(self.name), leaf)
        if leaf.startswith(("jdv-", "tre-")):
            kind, number, *_ = leaf.split("-")
            yield from (f"{kind}-{number}", number)


def fold(name: str) -> str:
    """What the spellings of one name have in common: scheme, case, dash or underscore aside."""
    bare = name.removeprefix("https://").removeprefix("http://")
    return bare.casefold().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Systems:
    """folding: code systems whose codes ignore case; paired: URLs of those whose OID is known."""

    folding: frozenset[str]
    paired: frozenset[str]

    def may_be_one(self, system: str, other: str) -> bool:
        """Whether a URL and an OID can be two names of one code system, as far as known."""
        one_is_oid = system.startswith(URN) != other.startswith(URN)
        return one_is_oid and self.paired.isdisjoint((system, other))


class CodeList:
    """One version of a code system or of a value set, as read."""

    __slots__ = ("_folded", "_systems", "about", "closed", "codes")

    def __init__(
        self, about: About, codes: Codes, closed: Mapping[str, tuple[str, str]], systems: Systems
    ) -> None:
        """closed: code → since, until."""
        self.about, self.codes, self.closed, self._systems = about, codes, closed, systems
        self._folded = {
            system: {code.casefold(): code for code in each}
            for system, each in codes.items() if system in systems.folding
        }

    @property
    def kind(self) -> Literal["CodeSystem", "ValueSet"]:
        return self.about.kind

    @property
    def url(self) -> str:
        return self.about.url

    @property
    def version(self) -> str:
        return self.about.version

    @property
    def oid(self) -> str:
        return self.about.oid

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def complete(self) -> bool:
        return self.about.complete

    def __len__(self) -> int:
        return self.about.shipped

    def __iter__(self) -> Iterator[Concept]:
        for system, each in self.codes.items():
            for code, label in each.items():
                yield Concept(system, code, label)

    def spelled(self, system: str, code: str) -> str | None:
        """The code as the list spells it, None when it does not have it."""
        codes = self.codes.get(system)
        if codes is not None and code in codes:
            return code
        folded = self._folded.get(system)
        return None if folded is None else folded.get(code.casefold())

    def verdict(self, system: str, code: str) -> Verdict:
        """Whether the code is a member. system: a URL that code systems go by here, "" for any."""
        if system:
            if self.spelled(system, code) is not None:
                return "member"
            if not self.about.open.isdisjoint((system, ANY)) or any(
                self._systems.may_be_one(system, each) and self.spelled(each, code) is not None
                for each in self.codes
            ):
                return "unknown"
            return "not-member"
        for codes in self.codes.values():
            if code in codes:
                return "member"
        if any(self.spelled(each, code) is not None for each in self._folded):
            return "member"
        return "unknown" if self.about.open else "not-member"
