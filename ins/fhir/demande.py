"""From a FHIR Patient (FR Core) to a search by traits. Structure was checked before."""

from __future__ import annotations

from collections.abc import Iterator

from ins import codes, errors
from ins.domain.recherche import Demande, Lieu, Traits
from ins.fhir.elements import Json, extensions
from ins.wire.lecture import cles_fausses
from services.population.matricule import looks_real

IDENTIFIERS_READ = 20
"""Identifiers of the patient that are looked up: nobody has more."""

_PARAMETERS = {
    "resource": "resource", "onlyCertainMatches": "valueBoolean", "count": "valueInteger",
}
"""Parameter of the operation → member that holds its value."""
_OID = "urn:oid:"


def read_demande(received: Json) -> Demande:
    """The request of a `Parameters` or of a bare Patient. Raises PATIENT_ABSENT.

    `matricules_inconnus` holds the matricules that look real: the caller keeps the unknown ones.
    """
    patient, at, others = _patient(received)
    return _demande(patient, at, others)


def read_patient(patient: Json, at: str) -> Demande:
    """The same of a Patient that stands in another resource, at that FHIRPath."""
    return _demande(patient, at, {})


def _demande(patient: Json, at: str, others: dict[str, Lieu]) -> Demande:
    name, name_at, unmarked = _name(patient, at)
    given = [(each, f"{name_at}.given[{rank}]") for rank, each in enumerate(name.get("given", ()))
             if each.strip()]
    birth_list = next(
        (Lieu(one.get("valueString", ""), path)
         for one, path in extensions(name, codes.LISTE_PRENOMS, name_at)), None
    )
    date, date_at = _date(patient, at)
    place, place_at, postal_code = _place(patient, at)
    gender, family = str(patient.get("gender", "")), name.get("family", "")
    if not given and birth_list:
        given = [(birth_list.value, birth_list.at)]
    return Demande(
        Traits(
            family if family.strip() else "", tuple([each for each, _ in given]),
            codes.SEXES.get(gender, gender), date, place,
        ),
        at={
            "nom_naissance": f"{name_at}.family", "prenoms": f"{name_at}.given",
            "sexe": f"{at}.gender", "date_naissance": date_at, "lieu_naissance": place_at,
            "candidats": others["candidats"].at if "candidats" in others else "",
        },
        prenoms_at=tuple([path for _, path in given]),
        liste_prenoms=birth_list,
        statuts=tuple(_statuses(patient, at)),
        matricules_inconnus=tuple(_matricules(patient, at)),
        noms_sans_usage=unmarked,
        ignores=tuple(lieu for key, lieu in others.items() if key != "candidats"),
        code_postal=postal_code,
        candidats="candidats" in others,
        cles_fausses=cles_fausses(_ins(patient, at)),
    )


def patient_of(received: Json) -> tuple[Json, str]:
    """The Patient of a `Parameters`, or the bare one, and its FHIRPath. Raises PATIENT_ABSENT."""
    return _patient(received)[:2]


def _patient(received: Json) -> tuple[Json, str, dict[str, Lieu]]:
    """The Patient, its FHIRPath, and the other parameters that a rule looks at."""
    if received["resourceType"] == "Patient":
        return received, "Patient", {}
    found: tuple[Json, str] | None = None
    others: dict[str, Lieu] = {}
    seen: set[str] = set()
    for rank, parameter in enumerate(received.get("parameter", ())):
        here, name = f"Parameters.parameter[{rank}]", parameter.get("name", "")
        resource = parameter.get("resource", {})
        if name == "resource" and resource.get("resourceType") == "Patient" and found is None:
            found = resource, f"{here}.resource.ofType(Patient)"
        elif name not in _PARAMETERS:
            others[here] = Lieu(name or "(sans nom)", f"{here}.name")
        elif name in seen or not _is_right(name, parameter):
            others[here] = Lieu(_told(name, parameter, again=name in seen), here)
        elif name == "onlyCertainMatches" and parameter["valueBoolean"] is False:
            others["candidats"] = Lieu("false", f"{here}.value")
        seen.add(name)
    if found is None:
        raise errors.PATIENT_ABSENT(
            at="Parameters.parameter", expected="name = resource, avec un Patient",
            found="aucun Patient",
        )
    return *found, others


def _is_right(name: str, parameter: Json) -> bool:
    """Whether it has a value of its type; a count is of one at least."""
    value = parameter.get(_PARAMETERS[name])
    return value is not None and (name != "count" or value > 0)


def _told(name: str, parameter: Json, *, again: bool) -> str:
    """What is wrong with a parameter that is not read."""
    held = ", ".join(f"{key} {value}" if key in ("valueInteger", "valueString") else key
                     for key, value in parameter.items() if key != "name")
    return f"{name}, encore" if again else f"{name} : {held or '(vide)'}"


def _name(patient: Json, at: str) -> tuple[Json, str, tuple[Lieu, ...]]:
    """The official name; else the first that is marked for no use, which is told, as are official
    names after the first."""
    names = [(one, f"{at}.name[{rank}]") for rank, one in enumerate(patient.get("name", ()))]
    official = [each for each in names if each[0].get("use") == "official"]
    if official:
        others = tuple([Lieu("un autre nom official", here) for _, here in official[1:]])
        return *official[0], others
    for one, here in names:
        if "use" not in one:
            return one, here, (Lieu("", here),)
    return {}, f"{at}.name", ()


def _date(patient: Json, at: str) -> tuple[str, str]:
    """A lunar date goes before the civil date that completes it."""
    for one, here in extensions(patient, codes.DATE_LUNAIRE, at):
        return one.get("valueString", ""), f"{here}.value"
    return patient.get("birthDate", ""), f"{at}.birthDate"


def _place(patient: Json, at: str) -> tuple[str, str, str]:
    """COG code of the birth place, its FHIRPath, and the postal code beside it."""
    for one, here in extensions(patient, codes.LIEU_NAISSANCE, at):
        address = one.get("valueAddress", {})
        postal_code = address.get("postalCode", "")
        for insee, inside in extensions(address, codes.CODE_INSEE, f"{here}.value"):
            code = insee.get("valueCoding", {}).get("code", "")
            return code, f"{inside}.value.code", postal_code
        return "", f"{here}.value", postal_code
    return "", f"{at}.extension", ""


def _statuses(patient: Json, at: str) -> Iterator[Lieu]:
    for one, here in extensions(patient, codes.FIABILITE, at):
        for status, inside in extensions(one, "identityStatus", here):
            code = status.get("valueCoding", {}).get("code", "")
            yield Lieu(code, f"{inside}.value.code")
        for comment, inside in extensions(one, "comment", here):
            for each in comment.get("valueCodeableConcept", {}).get("coding", ()):
                yield Lieu(each.get("code", ""), f"{inside}.value.coding.code")


def _ins(patient: Json, at: str) -> Iterator[Lieu]:
    for rank, one in enumerate(patient.get("identifier", ())[:IDENTIFIERS_READ]):
        if one.get("system", "").removeprefix(_OID) in codes.TYPES_MATRICULE:
            yield Lieu(one.get("value", ""), f"{at}.identifier[{rank}].value")


def _matricules(patient: Json, at: str) -> Iterator[Lieu]:
    for rank, one in enumerate(patient.get("identifier", ())[:IDENTIFIERS_READ]):
        value, oid = one.get("value", ""), one.get("system", "").removeprefix(_OID)
        if len(value) == 15 and looks_real(value[:13], value[13:], oid):
            yield Lieu(value, f"{at}.identifier[{rank}].value")
