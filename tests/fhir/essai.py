"""A small service that declares FHIR types and has nothing of its own: what the machinery gives."""

from __future__ import annotations

from dataclasses import replace

from services.fhir import errors
from services.fhir.api import dialect_of, transactions_of
from services.fhir.criteria import Criterion, Parameter
from services.fhir.declaration import Change, FhirApi, Json, ResourceType
from services.kernel import errors as kernel_errors
from services.kernel.exchange import Exchange
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, observe, rule
from services.kernel.transactions import Service

BASE = "/essai/fhir"
CARD = "https://example.test/carte"
EVERYTHING = (
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create",
    "search-type",
)
CONDITIONALS = ("create", "update", "delete", "patch")


@rule(
    "ESSAI-1", severity="warning", message="Un patient a un nom.", source=SOCLE.at("essai"),
)
def named(resource: Json):  # type: ignore[no-untyped-def]
    if not resource.get("name"):
        yield Mismatch("Patient.name", "un nom", "(absent)")


def look(exchange: Exchange, resource: Json) -> None:
    observe(exchange, (named,), resource)


async def check(exchange: Exchange, change: Change) -> None:
    """Refuses who is called Interdit, completes a language that is absent."""
    resource = change.resource
    if resource is None:
        return
    families = {name.get("family") for name in resource.get("name", [])}
    if "Interdit" in families:
        raise errors.INVALID_STRUCTURE("Ce nom est interdit.", at="Patient.name[0].family")
    if "Incomplet" in families:
        change.resource = {**resource, "language": "fr"}


async def admit(exchange: Exchange, interaction: str, rtype: str) -> None:
    """Everyone, but for a header that plays someone without rights."""
    if exchange.header("x-sans-droit"):
        raise kernel_errors.TOKEN_MISSING(at="Authorization")


async def restrict(exchange: Exchange, rtype: str) -> list[Criterion]:
    """A header hides what is confidential."""
    if not exchange.header("x-restreint"):
        return []
    return [Criterion("token", "_secret", ("c",), (("non",),))]


def secrecy(resource: Json) -> list[str]:
    labels = resource.get("meta", {}).get("security", [])
    return ["oui" if any(one.get("code") == "R" for one in labels) else "non"]


HIDDEN = (Parameter("_secret", "token", read=secrecy),)
NAME = Parameter("name", "string", paths=("name",))
IDENTIFIER = Parameter(
    "identifier", "token", selective=True, paths=("identifier",), modifiers=("of-type",)
)
GENDER = Parameter(
    "gender", "token", paths=("gender",), system="http://hl7.org/fhir/administrative-gender"
)

PATIENT = ResourceType(
    "Patient", EVERYTHING,
    (
        NAME, IDENTIFIER, GENDER,
        Parameter("family", "string", paths=("name.family",)),
        Parameter("given", "string", paths=("name.given",)),
        Parameter("birthdate", "date", paths=("birthDate",)),
        Parameter("active", "token", paths=("active",)),
        Parameter("telecom", "token", paths=("telecom",)),
        Parameter("address-city", "string", paths=("address.city",)),
        Parameter(
            "general-practitioner", "reference", targets=("Practitioner", "Organization"),
            paths=("generalPractitioner",),
        ),
        Parameter("organization", "reference", targets=("Organization",),
                  paths=("managingOrganization",)),
        Parameter("card", "string", paths=(f"extension('{CARD}').value",)),
        Parameter("profile", "uri", paths=("meta.profile",)),
    ),
    profiles=("https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient",),
    includes=("Patient:general-practitioner", "Patient:organization"),
    revincludes=("Observation:subject",), hidden=HIDDEN, update_creates=True,
    conditional=CONDITIONALS, observe=look, before_store=check,
)
PRACTITIONER = ResourceType(
    "Practitioner", EVERYTHING, (NAME, IDENTIFIER), hidden=HIDDEN, conditional=CONDITIONALS,
    codes={"search-type": "ESSAI-90", "read": "ESSAI-90"},
)
ORGANIZATION = ResourceType(
    "Organization", EVERYTHING,
    (
        NAME, IDENTIFIER,
        Parameter("partof", "reference", targets=("Organization",), paths=("partOf",)),
    ),
    includes=("Organization:partof",), revincludes=("Organization:partof",), hidden=HIDDEN,
    update_creates=True,
)
OBSERVATION = ResourceType(
    "Observation", EVERYTHING,
    (
        IDENTIFIER,
        Parameter("code", "token", paths=("code",), modifiers=("text",)),
        Parameter("status", "token", paths=("status",)),
        Parameter("date", "date", paths=("effectiveDateTime", "effectivePeriod")),
        Parameter("subject", "reference", targets=("Patient", "Device"), paths=("subject",)),
        Parameter("performer", "reference", targets=("Practitioner", "Organization"),
                  paths=("performer",)),
        Parameter("value-quantity", "quantity", paths=("valueQuantity", "valueRange")),
        Parameter("count", "number", paths=("valueInteger",)),
    ),
    includes=("Observation:subject", "Observation:performer"), hidden=HIDDEN, update_creates=True,
)
BASIC = ResourceType("Basic", ("read", "create"), ())

API = FhirApi(
    "essai", BASE, "Essai", "Un service d'essai.",
    (PATIENT, PRACTITIONER, ORGANIZATION, OBSERVATION, BASIC),
    ("batch", "transaction", "history-system"),
    admit=admit, restrict=None,
)
CLOSED = FhirApi(
    "ferme", "/ferme/fhir", "Fermé", "Ce que tous ne voient pas.",
    tuple(
        replace(each, interactions=tuple(i for i in EVERYTHING if i != "history-type"))
        for each in (PATIENT, PRACTITIONER, ORGANIZATION, OBSERVATION)
    ),
    ("batch", "transaction"),
    admit=admit, restrict=restrict,
)
SERVICE = Service(
    id="essai", name="Essai", prefixes={API.base: dialect_of(API)},
    transactions=transactions_of(API), rules=(named,),
)
CLOSED_SERVICE = Service(
    id="ferme", name="Fermé", prefixes={CLOSED.base: dialect_of(CLOSED)},
    transactions=transactions_of(CLOSED),
)
