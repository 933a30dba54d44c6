"""log_in: the actor connects to Pro Santé Connect by the authorization code flow."""

from __future__ import annotations

from services.scenarios import login
from services.scenarios.author import activity_of, exercise_of
from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage


def log_in(stage: Stage, step: Step) -> Facts:
    """Facts: identifiant (SubjectNameID), profession (first exercise)."""
    session = login.log_in(stage.vendor, stage.person(step).id_nat)
    stage.sessions[step.actor] = session
    place = activity_of(session).get("raisonSocialeSite", "sans structure")
    stage.say(f"{place} : id_token et userinfo vérifiés.")
    return {
        "identifiant": session.userinfo["SubjectNameID"],
        "profession": exercise_of(session).get("codeProfession", ""),
    }
