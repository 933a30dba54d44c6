"""Bindings: whether a coded value is in the value set that an element asks for.

Local lists first, then the port `codes`. A list known only in part never says that a code is not
in it: the finding is then that it was not checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.fhir.validation.issues import At, Fault, place, shown
from services.fhir.validation.primitives import TESTS
from services.fhir.validation.value_sets import Answer, ValueSet
from services.fhir.validation.walk import Walk

Check = Callable[[Any, At, Walk], None]

_OPEN = frozenset({
    "http://hl7.org/fhir/ValueSet/mimetypes", "http://hl7.org/fhir/ValueSet/all-languages",
    "http://hl7.org/fhir/ValueSet/languages",
})
"""Grammars rather than lists: every well-formed code is in them."""

_MHD_STATUS = "https://profiles.ihe.net/ITI/MHD/ValueSet/DocumentReferenceStats"
_FIXED = {_MHD_STATUS: ValueSet({
    "http://hl7.org/fhir/document-reference-status": {"current", "superseded"},
})}
"""Lists of packages that are not published with the French ones (IHE MHD 4.2.3)."""

_PLAIN = frozenset({"code", "string", "uri", "url", "canonical", "id"})


class Binder:
    """One binding. find() gives the value set, None when it is not known here."""

    __slots__ = ("_find", "_found", "_known", "canonical", "code", "strength")

    def __init__(
        self, strength: str, canonical: str, code: str, find: Callable[[], ValueSet | None]
    ) -> None:
        self.strength, self.canonical, self.code = strength, canonical, code
        self._find = find
        self._found: ValueSet | bool | None = False
        self._known: frozenset[str] | None = None

    def base(self, profile: str) -> Check:
        """The check of an element of R4 itself."""
        structural = self.strength == "required" and self.code == "code"
        return self.check(profile, structural=structural, base=True)

    def check(self, profile: str, *, structural: bool = False, base: bool = False) -> Check:
        """Report to the walk what the binding does not accept."""
        def check(value: Any, at: At, walk: Walk) -> None:
            if walk.superseded and not base:
                # The profile's own binding takes the place of that of the base.
                walk.superseded.pop(place(at), None)
            answer = self.answer(value, walk)
            if walk.closed:
                walk.tell_once("code.closed", at, "", walk.closed, profile)
                walk.closed = ""
            if answer == "member":
                return
            if base and self.strength == "extensible" and answer == "not-member":
                walk.superseded[place(at)] = Fault(
                    "binding.extensible", "warning", place(at), profile, self.canonical,
                    said(value),
                )
            elif answer == "unknown":
                walk.tell_once("binding.unresolvable", at, self.canonical, said(value), profile)
            else:
                walk.fault(f"binding.{self.strength}", at, self.canonical, said(value),
                           profile=profile, structural=structural)

        return _nothing if self.open else check

    @property
    def open(self) -> bool:
        """Whether it lets in whatever is well formed."""
        return self.canonical.partition("|")[0] in _OPEN

    def sound(self, value: Any) -> bool:
        """Whether a code without system is of the list, and so written: nothing else to ask."""
        known = self._known
        if known is None:
            found = self._local() if self.code == "code" else None
            codes = set[str]().union(*found.codes.values()) if found is not None else set[str]()
            known = self._known = frozenset(filter(TESTS["code"], codes))
        return type(value) is str and value in known

    def answer(self, value: Any, walk: Walk) -> Answer:
        """The verdict on one value. Nothing to judge is no fault."""
        if self.code in _PLAIN:
            return self._one(None, value, walk) if type(value) is str else "member"
        if type(value) is not dict:
            return "member"
        if self.code == "CodeableConcept":
            return self._concept(value, walk)
        if self.code in {"Coding", "Quantity"}:
            return self._coding(value, walk)
        return "member"

    def _coding(self, value: Any, walk: Walk) -> Answer:
        code = value.get("code") if type(value) is dict else None
        if type(code) is not str:
            return self._none() if self.code == "Coding" and code is None else "member"
        system = value.get("system")
        return self._one(system, code, walk) if type(system) is str else "not-member"

    def _concept(self, value: dict[str, Any], walk: Walk) -> Answer:
        codings = value.get("coding")
        if type(codings) is not list or not codings:
            return self._none()
        answers = [
            self._coding(each, walk) for each in codings
            if type(each) is dict and type(each.get("code")) is str
        ]
        if "member" in answers:
            return "member"
        if not answers:
            return self._none()
        return "unknown" if "unknown" in answers else "not-member"

    def _none(self) -> Answer:
        """No code that is in the list: a fault when the list is known."""
        return "not-member" if self._local() is not None else "unknown"

    def _local(self) -> ValueSet | None:
        if self._found is False:
            self._found = self._find()
        return self._found if isinstance(self._found, ValueSet) else None

    def _one(self, system: str | None, code: str, walk: Walk) -> Answer:
        local = self._local()
        if local is not None:
            answer = local.check(system, code)
            if answer != "unknown":
                return answer
        if walk.codes is None:
            return "unknown"
        if local is not None and system and (alias := local.alias(system)):
            # The set lets the whole system in, or its table under another name.
            answer = walk.codes.check(alias, alias, code)
            return answer if alias == system else "member" if answer == "member" else "unknown"
        answer = walk.codes.check(self.canonical, system or "", code)
        if answer == "unknown" and local is not None and system in local.whole:
            answer = walk.codes.check(system or "", system or "", code)
        if answer == "member" and system:
            status = walk.codes.status(system, code)
            if status.state == "closed":
                walk.closed = f"{shown(system)}#{shown(code)}" + (
                    f" ({status.until})" if status.until else ""
                )
        return answer


def said(value: Any) -> str:
    """The codes of a value, as quoted."""
    if type(value) is str:
        return f"« {shown(value)} »"
    codings = value.get("coding", [value]) if type(value) is dict else []
    found = [
        f"{shown(each.get('system', 'sans système'))}#{shown(each['code'])}" for each in codings
        if type(each) is dict and "code" in each
    ] if type(codings) is list else []
    return ", ".join(found) or "aucun code"


def _nothing(value: Any, at: At, walk: Walk) -> None:
    return


def fixed_value_set(canonical: str) -> ValueSet | None:
    """A list written here because no package carries it."""
    return _FIXED.get(canonical.partition("|")[0])
