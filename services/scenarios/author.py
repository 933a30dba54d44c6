"""Who acts, as a document's author: from the userinfo of Pro Santé Connect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.cda import CdaAuthor, CdaStructure
from services.scenarios.documents.codes import specialty_of
from services.scenarios.login import Session


def exercise_of(session: Session) -> Mapping[str, Any]:
    """The first exercise; empty for a person without one."""
    exercises = session.userinfo.get("SubjectRefPro", {}).get("exercices", [])
    found: Mapping[str, Any] = exercises[0] if exercises else {}
    return found


def activity_of(session: Session) -> Mapping[str, Any]:
    """The first activity of the first exercise; empty when there is none."""
    activities = exercise_of(session).get("activities", [])
    found: Mapping[str, Any] = activities[0] if activities else {}
    return found


def author_of(session: Session) -> CdaAuthor:
    """The professional with specialty and structure, as CDA and XDS want them."""
    exercise, activity = exercise_of(session), activity_of(session)
    know_how = exercise.get("codeSavoirFaire", "")
    code = f"G15_{exercise.get('codeProfession', '')}" + (f"/{know_how}" if know_how else "")
    return CdaAuthor(
        session.id_nat,
        exercise.get("nomDexercice") or session.userinfo.get("family_name", ""),
        exercise.get("prenomDexercice") or session.userinfo.get("given_name", ""),
        specialty_of(code),
        CdaStructure(
            activity.get("ancienIdentifiantDeLaStructure", ""),
            activity.get("raisonSocialeSite", ""),
        ),
    )
