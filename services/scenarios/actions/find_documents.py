"""find_documents: the patient's documents in force (IHE MHD ITI-67)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.scenarios.answers import content, refusal
from services.scenarios.definition import Step
from services.scenarios.documents.pdsm import master_identifier
from services.scenarios.stage import Facts, Stage

PAGES = 50


def find_documents(stage: Stage, step: Step) -> Facts:
    """Facts: status, trouve (the document of the story is among them)."""
    document = stage.the_document()
    wanted = master_identifier(document)
    url: str = "/dmp/fhir/DocumentReference"
    query: dict[str, str] | None = {
        "patient.identifier": stage.the_identity().token, "status": "current",
    }
    for _ in range(PAGES):
        response = stage.call_dmp(step, "GET", url, params=query)
        if response.status_code != 200:
            stage.say(f"Refusé : {refusal(response)}")
            return {"status": response.status_code, "trouve": False}
        bundle = content(response)
        found = _among(bundle, wanted)
        if found is not None:
            stage.location = found["content"][0]["attachment"]["url"]
            stage.say(f"Trouvé : {found['content'][0]['attachment'].get('title', '')}.")
            return {"status": 200, "trouve": True}
        following = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
        if not following:
            break
        url, query = following[0], None
    stage.say("Le document n'est pas parmi ceux du patient.")
    return {"status": 200, "trouve": False}


def _among(bundle: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any] | None:
    for entry in bundle.get("entry", ()):
        resource: dict[str, Any] = entry.get("resource", {})
        master = resource.get("masterIdentifier", {})
        if resource.get("resourceType") == "DocumentReference" and (
            master.get("value") == wanted["value"]
        ):
            return resource
    return None
