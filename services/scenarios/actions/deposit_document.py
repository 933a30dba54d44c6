"""deposit_document: feed the DMP with the CDA, in one lot (IHE MHD ITI-65, PDSm)."""

from __future__ import annotations

from services.kernel.clock import iso
from services.scenarios.answers import codes, content, refusal
from services.scenarios.author import author_of
from services.scenarios.definition import Step
from services.scenarios.documents.pdsm import deposit_bundle
from services.scenarios.stage import Facts, Stage

ALREADY_THERE = "XDSDocumentUniqueIdError"


def deposit_document(stage: Stage, step: Step) -> Facts:
    """Facts: depose, status, statuts (of the three entries).

    A document of the same unique id is not deposited twice: the step then holds if the one that
    is there is the same, which the fetch verifies byte for byte.
    """
    session, document = stage.session(step), stage.the_document()
    vendor = stage.vendor
    uuids = tuple(vendor.ids.uuid4() for _ in range(4))
    bundle = deposit_bundle(
        document, stage.the_identity(), author_of(session), iso(vendor.clock.now()), uuids
    )
    response = stage.call_dmp(
        step, "POST", "/dmp/fhir", json=bundle,
        headers={"Content-Type": "application/fhir+json"},
    )
    body = content(response)
    if response.status_code != 200:
        stage.deposited = ALREADY_THERE in codes(body)
        stage.say(
            "Déjà dans le DMP de cet espace sous cet identifiant : la récupération dira s'il est "
            "identique." if stage.deposited else f"Refusé : {refusal(response)}"
        )
        return {"depose": stage.deposited, "status": response.status_code}
    statuses = sorted({entry["response"]["status"][:3] for entry in body["entry"]})
    stage.deposited = statuses == ["201"]
    stage.say(f"Lot enregistré : {len(body['entry'])} ressources créées.")
    return {"depose": stage.deposited, "status": response.status_code}
