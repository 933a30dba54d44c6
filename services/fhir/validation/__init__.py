"""Validation of FHIR R4 resources against R4 and the French profiles. See docs/reference.

`Validator(library)` compiles definitions when they are first used; `shipped()` gives the
packages that come with Socle, `added(folder)` those of the user.
"""

from __future__ import annotations

from services.fhir.validation.issues import SYSTEM, Fault
from services.fhir.validation.library import Library, added, shipped
from services.fhir.validation.validator import Report, Validator

__all__ = ["SYSTEM", "Fault", "Library", "Report", "Validator", "added", "shipped"]
