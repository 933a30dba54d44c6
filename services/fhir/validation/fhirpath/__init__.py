"""FHIRPath, as far as the constraints of R4 and of the French packages use it.

An expression is parsed once (`grammar`) and compiled into nested functions (`compiler`) that read
JSON with the R4 model (`model`). What is not understood raises `Undecidable`: a constraint is then
told as not checked, never passed over. Source: FHIRPath N1 (v2.0.0), FHIR R4 §2.30 (fhirpath.html).

One deliberate difference: `<=` and `>=` of two instants that agree as far as the coarser goes are
true, where the language says nothing; what cannot be told wrong is no error.
"""

from services.fhir.validation.fhirpath.compiler import Compiled, compiled
from services.fhir.validation.fhirpath.environment import Environment, TooCostly
from services.fhir.validation.fhirpath.grammar import Undecidable
from services.fhir.validation.fhirpath.model import Model, Node

__all__ = [
    "Compiled", "Environment", "Model", "Node", "TooCostly", "Undecidable", "compiled",
]
