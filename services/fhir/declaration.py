"""What a service declares of its FHIR interface; interactions, routes, index rows and the
CapabilityStatement are made from it.

    Patient = ResourceType(
        "Patient", ("read", "search-type", "create"),
        (Parameter("family", "string", "Nom", paths=("name.family",)),),
    )
    API = FhirApi("essai", "/essai/fhir", "Essai", "Description.", (Patient,))
    SERVICE = Service(…, prefixes={API.base: dialect_of(API)}, transactions=transactions_of(API))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from services.fhir.criteria import Criterion, Parameter
from services.kernel.authentication import bearer
from services.kernel.errors import Fidelity
from services.kernel.transactions import MEBIBYTE

if TYPE_CHECKING:
    from services.kernel.database import Write
    from services.kernel.exchange import Exchange

Json = dict[str, Any]
TypeInteraction = Literal[
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create",
    "search-type",
]
SystemInteraction = Literal["transaction", "batch", "history-system"]
Conditional = Literal["create", "update", "delete", "patch"]

ALWAYS = (
    Parameter("_id", "token", "Identifiant logique", selective=True),
    Parameter("_lastUpdated", "date", "Instant de la dernière version"),
)
"""Parameters that every type has."""


@dataclass(slots=True)
class Change:
    """One write on its way to the store, as hooks see it.

    interaction: create, update, patch or delete; resource: what is to be stored, None for a
    deletion; a hook that changes it assigns another object, so that untouched bytes are kept;
    former: the version replaced, None when there is none; writes: what hooks add to the same
    database transaction.
    """

    interaction: TypeInteraction
    rtype: str
    rid: str
    resource: Json | None
    former: Json | None
    writes: list[Write] = field(default_factory=list)


Observe = Callable[["Exchange", Json], None]
BeforeStore = Callable[["Exchange", Change], Awaitable[None]]
Admit = Callable[["Exchange", str, str], Awaitable[None]]
Restrict = Callable[["Exchange", str], Awaitable[Sequence[Criterion]]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: name without `$`, canonical of its definition (`OperationDefinition/…`
    when the base itself serves it), French documentation."""

    name: str
    definition: str
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What a service does with one type of resource.

    profiles: canonical URLs; includes, revincludes: as `_include` spells them
    ("PractitionerRole:organization"); hidden: parameters indexed for `restrict` and not offered;
    update_creates: whether PUT makes what is not there; conditional: interactions that take a
    search instead of an id; observe: runs the rules on what was received, before anyone is
    authenticated; before_store: validates, authorises, completes (raises a Refusal); codes:
    official transaction codes by interaction, `{service}.{interaction}` otherwise.
    """

    name: str
    interactions: tuple[TypeInteraction, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    operations: tuple[Operation, ...] = ()
    profiles: tuple[str, ...] = ()
    documentation: str = ""
    includes: tuple[str, ...] = ()
    revincludes: tuple[str, ...] = ()
    hidden: tuple[Parameter, ...] = ()
    update_creates: bool = False
    conditional: tuple[Conditional, ...] = ()
    observe: Observe | None = None
    before_store: BeforeStore | None = None
    codes: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name that a search may use."""
        return next((each for each in (*ALWAYS, *self.parameters) if each.name == name), None)


async def authenticated(exchange: Exchange, interaction: str, rtype: str) -> None:
    """The default `admit`: anyone with a valid access token."""
    if exchange.caller is None:
        await bearer(exchange)


@dataclass(frozen=True, slots=True)
class FhirApi:
    """One FHIR base of a service.

    service: its id, owner of the stored resources; base: "/dmp/fhir"; interactions: of the whole
    base; admit: who may call, by interaction and type (raises a Refusal); restrict: criteria that
    what a caller sees must meet, added to every search, read and inclusion; max_body: bytes.

    With `restrict`, former versions follow the current one, whoever sees it sees them; histories
    of types or of the base cannot be offered: they would show what not everyone sees.
    """

    service: str
    base: str
    title: str
    description: str
    types: tuple[ResourceType, ...]
    interactions: tuple[SystemInteraction, ...] = ()
    admit: Admit = authenticated
    restrict: Restrict | None = None
    spec: str = "FHIR R4 (4.0.1), RESTful API"
    fidelity: Fidelity = "derived"
    guides: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    max_body: int = 8 * MEBIBYTE
    by_name: Mapping[str, ResourceType] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {each.name: each for each in self.types})
        wide = [each.name for each in self.types if "history-type" in each.interactions]
        if self.restrict is not None and (wide or "history-system" in self.interactions):
            raise ValueError(f"restrict with histories of more than a resource: {wide}")


@dataclass(frozen=True, slots=True)
class Offer:
    """What one search may ask beside its own parameters: ways to the other types of its base."""

    type: ResourceType
    types: Mapping[str, ResourceType]
