"""What identities are found by, and what operations are sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ins import codes
from ins.fhir.elements import Json
from services.fhir import errors
from services.fhir.criteria import Parameter
from services.fhir.resource import parse
from services.fhir.structure import require
from services.kernel.exchange import Exchange

_FIABILITE = f"extension('{codes.FIABILITE}')"
GENDER = "http://hl7.org/fhir/administrative-gender"

PARAMETRES = (
    Parameter("identifier", "token", "Identifiant local (IPP), ou matricule INS d'une identité "
              "qualifiée", selective=True, paths=("identifier",), modifiers=("of-type",)),
    Parameter("family", "string", "Nom de naissance ou d'usage", paths=("name.family",)),
    Parameter("given", "string", "Prénom", paths=("name.given",)),
    Parameter("name", "string", "Nom ou prénom", paths=("name",)),
    Parameter("birthdate", "date", "Date de naissance", paths=("birthDate",)),
    Parameter("gender", "token", "Sexe", paths=("gender",), system=GENDER),
    Parameter("active", "token", "Non fusionnée", paths=("active",)),
    Parameter("link", "reference", "Identité fusionnée", targets=("Patient",),
              paths=("link.other",)),
    Parameter(
        "identity-status", "token", "Statut de confiance et attributs, tels que rendus",
        paths=(f"{_FIABILITE}.extension('identityStatus').value",),
    ),
)

Parametres = dict[str, Any]


def lire_parametres(exchange: Exchange, known: Iterable[str]) -> Parametres:
    """name → value (or resource) of a `Parameters` body; none when there is no body.

    Raises what `parse` and `require` do, and PARAMETER_INVALID for a name that is not known or
    comes twice.
    """
    if not exchange.body:
        return {}
    received = parse(exchange, "Parameters")
    require(received)
    found: Parametres = {}
    for rank, each in enumerate(received.get("parameter", ())):
        name = str(each.get("name", ""))
        if name not in known or name in found:
            raise errors.PARAMETER_INVALID(
                at=f"Parameters.parameter[{rank}].name", expected=", ".join(known) or "(aucun)",
                found=name[:80],
            )
        found[name] = _value(each)
    return found


def texte(given: Parametres, name: str) -> str:
    """A code or a string; "" when absent. Raises PARAMETER_INVALID."""
    value = given.get(name, "")
    if not isinstance(value, str):
        raise errors.PARAMETER_INVALID(at=f"Parameters.parameter.where(name = '{name}').value",
                                       expected="un code ou un texte", found=str(value)[:80])
    return value


def booleen(given: Parametres, name: str, default: bool | None = None) -> bool | None:
    """Raises PARAMETER_INVALID."""
    value = given.get(name, default)
    if value is not None and not isinstance(value, bool):
        raise errors.PARAMETER_INVALID(at=f"Parameters.parameter.where(name = '{name}').value",
                                       expected="true ou false", found=str(value)[:80])
    return value


def reference(given: Parametres, name: str) -> str:
    """Id of the Patient that a Reference names, or "". Raises PARAMETER_INVALID."""
    value = given.get(name)
    if value is None:
        return ""
    target = value.get("reference", "") if isinstance(value, dict) else ""
    rtype, _, id = target.rpartition("/")
    if rtype.rpartition("/")[2] != "Patient" or not id:
        raise errors.PARAMETER_INVALID(at=f"Parameters.parameter.where(name = '{name}').value",
                                       expected="Patient/…", found=str(target)[:80])
    return id


def _value(parameter: Json) -> Any:
    if "resource" in parameter:
        return parameter["resource"]
    return next((value for key, value in parameter.items() if key.startswith("value")), "")
