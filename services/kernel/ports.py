"""Ports: what one service needs from another. `services/catalog.py` fills them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from services.kernel.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Caller:
    """The professional behind an access token.

    expires_at: microseconds, tenant's clock; card: `CPS`, `CPE` or `CPF`; thumbprint: SHA-256
    (hexadecimal) of the certificate that the token is bound to, "" for none; api: id of the service
    that a token got by exchange is for, "" for one of Pro Santé Connect itself.
    """

    id_nat: str
    given_name: str
    family_name: str
    profession: str
    client_id: str
    session_id: str
    scope: str
    expires_at: int
    card: str = "CPS"
    thumbprint: str = ""
    api: str = ""


class TokenVerifier(Protocol):
    """Who stands behind an access token (filled by Pro Santé Connect)."""

    async def verify(self, tenant: Tenant, token: str) -> Caller | None:
        """The caller, or None when the token is unknown, expired, ended or another tenant's."""
        ...


Verdict = Literal["member", "not-member", "unknown"]


@dataclass(frozen=True, slots=True)
class Concept:
    """One code of a list. label: "" when no publication gives one."""

    system: str
    code: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class CodeStatus:
    """Whether a code is in use. since, until: "YYYY-MM-DD", "" when not known.

    A closed code is still a member of its lists: old documents carry it. It deserves a warning.
    """

    state: Literal["active", "closed", "unknown"]
    since: str = ""
    until: str = ""


class CodeList(Protocol):
    """One version of a code system or of a value set, and how much of it is here."""

    @property
    def kind(self) -> Literal["CodeSystem", "ValueSet"]: ...
    @property
    def url(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def oid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def complete(self) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Concept]: ...


class CodeValidation(Protocol):
    """Code lists (filled by `services.terminologies`). In memory: nothing here waits.

    Lists and systems go by URL ("…|version" chooses one), OID ("1.2.250…" or "urn:oid:1.2.250…")
    or official name ("JDV_J06", "TRE_G15-ProfessionSante").
    """

    def check(self, value_set: str, system: str, code: str) -> Verdict:
        """Whether a code is in a value set, or in a code system.

        system: "" where the message gives none (a FHIR `code`): any system of the list.
        "unknown" when the list is not here, or not whole for this system, or here in other
        versions only: nothing can then be held against the code.
        """
        ...

    def display(self, system: str, code: str) -> str:
        """The label of a code, "" when unknown."""
        ...

    def status(self, system: str, code: str) -> CodeStatus:
        """Whether the publisher has closed the code."""
        ...

    def list_of(self, name: str) -> CodeList | None:
        """The list that goes by this name (its newest version unless one is chosen), or None."""
        ...


class QualifiedIdentities(Protocol):
    """Identities that the appli carte Vitale qualifies at once (filled by INS). FHIR, JSON."""

    async def qualified(self, tenant: Tenant, matricule: str) -> dict[str, Any] | None:
        """A Patient with its matricule (15 characters), its traits and the status of a qualified
        identity; None when nobody has it."""
        ...

    async def qualify(
        self, tenant: Tenant, id: str, matricule: str, by: str, *, accept: bool
    ) -> dict[str, Any] | tuple[str, ...]:
        """The same of the local identity `id`, which becomes qualified; the differences, French,
        when its traits are not those of the matricule and are not accepted. by: national id of who
        does it."""
        ...


class CardRegister(Protocol):
    """Virtual cartes Vitale (filled by the service of the appli carte Vitale)."""

    async def knows(self, tenant: Tenant, serial: str) -> bool | None:
        """Whether a card has this number; None when nobody keeps cards here."""
        ...


class _NoCards:
    async def knows(self, tenant: Tenant, serial: str) -> bool | None:
        return None


class _NoIdentities:
    async def qualified(self, tenant: Tenant, matricule: str) -> dict[str, Any] | None:
        return None

    async def qualify(
        self, tenant: Tenant, id: str, matricule: str, by: str, *, accept: bool
    ) -> dict[str, Any] | tuple[str, ...]:
        return ()


class _Unfilled:
    async def verify(self, tenant: Tenant, token: str) -> Caller | None:
        return None


class _NoLists:
    def check(self, value_set: str, system: str, code: str) -> Verdict:
        return "unknown"

    def display(self, system: str, code: str) -> str:
        return ""

    def status(self, system: str, code: str) -> CodeStatus:
        return CodeStatus("unknown")

    def list_of(self, name: str) -> CodeList | None:
        return None


NO_LISTS: CodeValidation = _NoLists()
"""Knows nothing, and says so."""


@dataclass(slots=True)
class Ports:
    """One attribute per port. An unfilled port refuses, or says that it does not know."""

    tokens: TokenVerifier = field(default_factory=_Unfilled)
    codes: CodeValidation = NO_LISTS
    identities: QualifiedIdentities = field(default_factory=_NoIdentities)
    cards: CardRegister = field(default_factory=_NoCards)
