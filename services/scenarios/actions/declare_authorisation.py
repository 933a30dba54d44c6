"""declare_authorisation: the patient lets the professional consult the DMP (after TD0.3)."""

from __future__ import annotations

from services.cda.header import PROFESSIONAL_ROOT
from services.scenarios.answers import content, refusal
from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage


def declare_authorisation(stage: Stage, step: Step) -> Facts:
    """Facts: status, etat (of the Consent)."""
    session, identity = stage.session(step), stage.the_identity()
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope",
            "code": "patient-privacy",
        }]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"identifier": {"system": identity.system, "value": identity.ins}},
        "policyRule": {"text": "Autorisation recueillie auprès du patient."},
        "provision": {"type": "permit", "actor": [{
            "role": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code": "IRCP",
            }]},
            "reference": {"identifier": {
                "system": f"urn:oid:{PROFESSIONAL_ROOT}", "value": session.id_nat,
            }},
        }]},
    }
    response = stage.call_dmp(
        step, "POST", "/dmp/fhir/Consent", json=consent,
        headers={"Content-Type": "application/fhir+json"},
    )
    if response.status_code != 201:
        stage.say(f"Refusé : {refusal(response)}")
        return {"status": response.status_code}
    stage.authorised = True
    stage.say(f"{identity.traits.prenom} {identity.traits.nom_naissance} autorise {session.who}.")
    return {"status": 201, "etat": content(response)["status"]}
