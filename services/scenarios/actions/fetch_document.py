"""fetch_document: the document's bytes (IHE MHD ITI-68)."""

from __future__ import annotations

from hashlib import sha256

from services.scenarios.answers import refusal
from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage


def fetch_document(stage: Stage, step: Step) -> Facts:
    """Facts: status, sha256, octets."""
    location = stage.location
    if "://" not in location:
        location = f"/dmp/fhir/{location}"
    response = stage.call_dmp(
        step, "GET", location, headers={"Accept": "text/xml, */*;q=0.5"}
    )
    if response.status_code != 200:
        stage.say(f"Refusé : {refusal(response)}")
        return {"status": response.status_code}
    digest = sha256(response.content).hexdigest()
    same = digest == stage.the_document().sha256
    stage.say(
        f"{len(response.content)} octets, SHA-256 {digest[:16]}… : "
        + ("identique au document déposé." if same else "différent du document déposé.")
    )
    return {"status": 200, "sha256": digest, "octets": len(response.content)}
