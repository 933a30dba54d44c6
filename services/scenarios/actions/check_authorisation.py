"""check_authorisation: is the professional authorised for this DMP (after TD0.2, TD1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.scenarios.answers import content, refusal
from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage


def check_authorisation(stage: Stage, step: Step) -> Facts:
    """Facts: status. Remembers the answer, which decides whether the patient is asked."""
    session, identity = stage.session(step), stage.the_identity()
    response = stage.call_dmp(
        step, "GET", "/dmp/fhir/Consent",
        params={"patient.identifier": identity.token},
    )
    if response.status_code != 200:
        stage.say(f"Refusé : {refusal(response)}")
        return {"status": response.status_code}
    entries = content(response).get("entry", ())
    stage.authorised = any(_permits(entry["resource"], session.id_nat) for entry in entries)
    stage.say("Autorisation en cours." if stage.authorised else "Pas encore d'autorisation.")
    return {"status": 200}


def _permits(consent: Mapping[str, Any], id_nat: str) -> bool:
    provision = consent.get("provision", {})
    actors = (
        actor.get("reference", {}).get("identifier", {}).get("value")
        for actor in provision.get("actor", ())
    )
    permitted = consent.get("status") == "active" and provision.get("type") == "permit"
    return permitted and id_nat in actors
