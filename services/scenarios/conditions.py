"""What a step's `when` and `needs` may name.

Without its `when` a step is not part of the story; without its `needs` it is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.scenarios.definition import Step
from services.scenarios.stage import Stage

Condition = Callable[[Stage], bool]


def patient_unknown(stage: Stage) -> bool:
    """INSi answered without an identity, and nobody in the tenant has the document's matricule."""
    return identity_open(stage) and stage.known is None


def identity_open(stage: Stage) -> bool:
    """INSi answered, and the document's traits did not give the patient."""
    return stage.searched and stage.identity is None


def authorisation_missing(stage: Stage) -> bool:
    """The authorisation was looked for, and is not there."""
    return stage.authorised is False


CONDITIONS: Mapping[str, Condition] = {
    condition.__name__: condition
    for condition in (patient_unknown, identity_open, authorisation_missing)
}

NEEDS: Mapping[str, str] = {
    "sessions": "la connexion de l'acteur", "identity": "l'identité du patient",
    "known": "le patient dans la population", "document": "le document",
    "prescription": "la prescription", "deposited": "le dépôt du document",
    "location": "la fiche du document", "message_id": "le message envoyé",
}
"""Name on stage → what it is called when it is missing."""


def lacking(stage: Stage, step: Step) -> list[str]:
    """What the step needs and is not on stage, in French."""
    return [
        NEEDS[name] for name in step.needs
        if not (step.actor in stage.sessions if name == "sessions" else getattr(stage, name))
    ]
