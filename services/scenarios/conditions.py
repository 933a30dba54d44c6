"""Conditions that a step's `when` may name: without it the step is not part of the story."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.scenarios.stage import Stage

Condition = Callable[[Stage], bool]


def patient_unknown(stage: Stage) -> bool:
    """The look-up was made, and nobody in the tenant has the document's matricule."""
    return bool(stage.sessions) and stage.identity is None and stage.known is None


def identity_open(stage: Stage) -> bool:
    """The look-up by the document's traits did not give the patient."""
    return bool(stage.sessions) and stage.identity is None


def authorisation_missing(stage: Stage) -> bool:
    """The authorisation was looked for, and is not there."""
    return stage.authorised is False


CONDITIONS: Mapping[str, Condition] = {
    condition.__name__: condition
    for condition in (patient_unknown, identity_open, authorisation_missing)
}
