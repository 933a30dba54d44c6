"""Reading the transaction Bundle of ITI-65: one SubmissionSet, its documents, the people named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dmp import errors
from dmp.fhir.elements import Json, get, has_more_values, items, text
from services.fhir import errors as fhir_errors
from services.fhir.structure import check
from services.kernel.errors import together

PEOPLE = ("Patient", "Practitioner", "PractitionerRole", "Organization", "Device", "RelatedPerson")
_TYPES = ("List", "DocumentReference", "Binary", "Parameters", *PEOPLE)
_SUBMISSION_SET = "submissionset"

# DEFAULT(size of a lot): source unknown.
FICHES_MAX = 100
VALUES_MAX = 10_000
"""Values of one resource: a real one has a few hundred."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of the Bundle. at: its FHIRPath; names: what references may call it; type: of
    the resource, read once."""

    at: str
    resource: Json
    names: tuple[str, ...] = ()
    target: str = ""
    """`request.url`, for a PATCH."""
    type: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", text(self.resource, "resourceType"))


@dataclass(frozen=True, slots=True)
class Envoi:
    """What one call sends. lot: None for a publication without SubmissionSet (ITI-105);
    by_name, people: every entry, and the people among them, by each of its names."""

    entries: tuple[Entry, ...]
    documents: tuple[Entry, ...]
    lot: Entry | None = None
    by_name: Mapping[str, Entry] = field(default_factory=dict)
    people: Mapping[str, Json] = field(default_factory=dict)

    @property
    def patches(self) -> Iterator[Entry]:
        return (one for one in self.entries if one.type == "Parameters")


def read_envoi(bundle: Json) -> Envoi:
    """The Bundle, in order. Raises INVALID_STRUCTURE, TOO_MANY_VALUES or METADATA."""
    crowded = has_more_values(bundle, VALUES_MAX)
    bare = [without(one, "resource") for one in items(bundle, "entry")]
    require_structure({**bundle, "entry": bare} if bare else bundle, "Bundle", crowded=crowded)
    if text(bundle, "type") != "transaction":
        raise fhir_errors.INVALID_STRUCTURE(
            at="Bundle.type", expected="transaction", found=text(bundle, "type") or "(absent)"
        )
    entries = tuple(
        _entry(one, f"Bundle.entry[{rank}]", crowded)
        for rank, one in enumerate(items(bundle, "entry"))
    )
    by_name: dict[str, Entry] = {}
    for one in entries:
        for name in one.names:
            if by_name.setdefault(name, one) is not one:
                raise fhir_errors.INVALID_STRUCTURE(
                    "Deux entrées portent la même adresse.", at=one.at, found=name
                )
    documents = tuple(one for one in entries if one.type == "DocumentReference")
    if not 0 < len(documents) <= FICHES_MAX:
        raise errors.METADATA(
            at="Bundle.entry", expected=f"1 à {FICHES_MAX} DocumentReference",
            found=str(len(documents)),
        )
    people = {name: one.resource for name, one in by_name.items() if one.type in PEOPLE}
    return Envoi(entries, documents, _lot(entries), by_name, people)


def _entry(entry: object, at: str, crowded: bool) -> Entry:
    resource, method = get(entry, "resource"), text(entry, "request", "method")
    rtype = text(resource, "resourceType")
    if not isinstance(resource, dict) or rtype not in _TYPES:
        raise fhir_errors.INVALID_STRUCTURE(
            "Cette entrée n'a pas sa place dans un lot de soumission.", at=f"{at}.resource",
            expected=", ".join(_TYPES), found=rtype or "(absent)",
        )
    expected = "PATCH" if rtype == "Parameters" else "POST"
    if method != expected and rtype not in PEOPLE:
        raise fhir_errors.INVALID_STRUCTURE(
            at=f"{at}.request.method", expected=expected, found=method or "(absent)"
        )
    require_structure(
        without(resource, "data") if rtype == "Binary" else resource, f"{at}.resource",
        crowded=crowded,
    )
    id, full_url = text(resource, "id"), text(entry, "fullUrl")
    names = tuple(filter(None, (full_url, f"{rtype}/{id}" if id else "")))
    return Entry(f"{at}.resource", resource, names, text(entry, "request", "url"))


def without(value: object, name: str) -> Any:
    """The same object without this member, if it is one."""
    if not isinstance(value, dict) or not isinstance(value.get(name), str | dict):
        return value
    return {key: one for key, one in value.items() if key != name}


def require_structure(resource: Json, at: str, *, crowded: bool = True) -> None:
    """Raises TOO_MANY_VALUES, or INVALID_STRUCTURE with every fault of the resource, `at` its
    place. crowded: False when the resource is known to have few values."""
    if crowded and has_more_values(resource, VALUES_MAX):
        raise fhir_errors.TOO_MANY_VALUES(at=at, expected=f"{VALUES_MAX} valeurs au plus")
    faults = check(resource)
    if faults:
        own = text(resource, "resourceType")
        raise together(
            fhir_errors.INVALID_STRUCTURE(each.message, at=at + each.expression.removeprefix(own))
            for each in faults
        )


def _lot(entries: tuple[Entry, ...]) -> Entry:
    """The one SubmissionSet. A folder is refused: no DMP transaction takes one."""
    found = None
    for one in entries:
        if one.type != "List":
            continue
        kinds = {text(coding, "code") for coding in items(one.resource, "code", "coding")}
        if _SUBMISSION_SET not in kinds or found is not None:
            raise errors.METADATA(
                "Un envoi porte un seul lot de soumission, et le DMP n'a pas de classeurs.",
                at=f"{one.at}.code", expected=f"une List {_SUBMISSION_SET}",
                found=", ".join(sorted(kinds)) or "(absent)",
            )
        found = one
    if found is None:
        raise errors.METADATA(
            "Le lot de soumission est absent.", at="Bundle.entry",
            expected=f"une List {_SUBMISSION_SET}",
        )
    return found
