"""The port `codes`: every name of a list or of a code system, and the look-ups behind it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from services.kernel.ports import CodeStatus, Verdict
from services.terminologies.domain import URN, About, CodeList, Systems, fold
from services.terminologies.store import Archive

UNKNOWN = CodeStatus("unknown")
ACTIVE = CodeStatus("active")
MOST_NAMES = 10_000
"""Names remembered as they were asked: spellings have no end."""


class Lists:
    """Code lists by name. Lists are read once, when first asked for, and never change."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._loaded: dict[int, CodeList] = {}
        self._asked: dict[str, CodeList] = {}
        self._numbers: dict[str, int] = {}
        self._code_systems: dict[str, int] = {}
        self._systems = dict(archive.systems)
        for number, each in enumerate(archive.abouts):
            if each.kind == "CodeSystem":
                self._code_systems[each.url] = number
                if each.oid:
                    self._systems[URN + each.oid] = each.url
        oids = {name: url for name, url in self._systems.items() if name.startswith(URN)}
        self._systems |= {name.removeprefix(URN): url for name, url in oids.items()}
        self._known = Systems(
            frozenset(each.url for each in archive.abouts if each.folds),
            frozenset(url for url in oids.values() if not url.startswith(URN)),
        )
        for kind in ("CodeSystem", "ValueSet"):  # what both are called is a value set
            for number, each in enumerate(archive.abouts):
                if each.kind == kind:
                    self._numbers |= dict.fromkeys(_exact_names(each), number)

    # What the port promises: see services.kernel.ports.CodeValidation.

    def check(self, value_set: str, system: str, code: str) -> Verdict:
        found = self._asked.get(value_set)
        if found is None:
            found = self._ask(value_set)
            if found is None:
                return self._check_other_version(value_set, system, code)
        codes = found.codes.get(system)
        if codes is not None and code in codes:
            return "member"
        return found.verdict(self._systems.get(system, system), code)

    def display(self, system: str, code: str) -> str:
        found = self._code_system(system)
        if found is None:
            return ""
        spelled = found.spelled(found.url, code)
        return "" if spelled is None else found.codes[found.url][spelled]

    def status(self, system: str, code: str) -> CodeStatus:
        found = self._code_system(system)
        spelled = None if found is None else found.spelled(found.url, code)
        if found is None or spelled is None:
            return UNKNOWN
        closed = found.closed.get(spelled)
        return ACTIVE if closed is None else CodeStatus("closed", *closed)

    def list_of(self, name: str) -> CodeList | None:
        found = self._asked.get(name)
        return self._ask(name) if found is None else found

    # For what lists the lists.

    def __iter__(self) -> Iterator[About]:
        return iter(self._archive.abouts)

    def matching(self, query: str) -> Iterator[About]:
        """Lists whose address, name or OID holds the query, in any spelling."""
        wanted = fold(query).removeprefix(URN)
        for each in self:
            if wanted in fold(f"{each.url} {each.name} {each.oid}"):
                yield each

    def _check_other_version(self, value_set: str, system: str, code: str) -> Verdict:
        """The newest version speaks for one that is not here, but not against a code."""
        address, _, version = value_set.partition("|")
        newest = self.list_of(address) if version else None
        if newest is None:
            return "unknown"
        verdict = newest.verdict(self._systems.get(system, system), code)
        return verdict if verdict == "member" else "unknown"

    def _ask(self, name: str) -> CodeList | None:
        """Find a list by any of its names, and remember the name."""
        number = self._numbers.get(name)
        if number is None:
            address, _, version = name.partition("|")
            number = self._aliases.get(fold(address))
            if number is not None and version:
                number = self._numbers.get(f"{self._archive.abouts[number].url}|{version}")
        if number is None:
            return None
        found = self._load(number)
        if len(self._asked) < MOST_NAMES:
            self._asked[name] = found
        return found

    def _code_system(self, name: str) -> CodeList | None:
        number = self._code_systems.get(self._systems.get(name, name))
        return None if number is None else self._load(number)

    def _load(self, number: int) -> CodeList:
        found = self._loaded.get(number)
        if found is None:
            read = self._archive.read(number)
            closed = {code: (since, until) for code, (since, until) in read["closed"].items()}
            about = self._archive.abouts[number]
            found = self._loaded[number] = CodeList(about, read["codes"], closed, self._known)
        return found

    @cached_property
    def _aliases(self) -> dict[str, int]:
        """Names that people write → list; one that denotes two lists denotes none."""
        found: dict[str, int] = {}
        shared: set[str] = set()
        for kind in ("CodeSystem", "ValueSet"):
            for number, each in enumerate(self._archive.abouts):
                for alias in each.aliases if each.kind == kind else ():
                    before = self._archive.abouts[found.get(alias, number)]
                    if before.kind == kind and before.url != each.url:
                        shared.add(alias)
                    found[alias] = number
        for name, url in self._archive.systems.items():
            if url in self._code_systems:
                found.setdefault(fold(name), self._code_systems[url])
        return {alias: number for alias, number in found.items() if alias not in shared}


def _exact_names(each: About) -> Iterator[str]:
    yield each.url
    yield each.canonical
    if each.oid:
        yield from (each.oid, URN + each.oid)
