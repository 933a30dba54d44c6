"""create_patient: the document's patient is unknown to the tenant, and is added to it."""

from __future__ import annotations

from typing import Any

from services.scenarios.definition import Step
from services.scenarios.stage import Facts, NotOnStage, Stage
from services.scenarios.traits import of_document


def create_patient(stage: Stage, step: Step) -> Facts:
    """Facts: cree, matricule. The sandbox completes what the document does not say."""
    if stage.document is None:
        raise NotOnStage("aucun document n'est donné")
    written = stage.document.header.patient
    traits = of_document(written)
    body: dict[str, Any] = {
        "nom_naissance": traits.nom_naissance, "prenoms": list(traits.prenoms),
        "sexe": traits.sexe, "date_naissance": traits.date_naissance,
        "lieu_naissance": traits.lieu_naissance,
    }
    if written.ins:
        body |= {"matricule": written.ins[:13], "cle": written.ins[13:], "oid": written.oid}
    stage.known = stage.vendor.control("POST", "/patients", body)
    created = stage.known["matricule"] + stage.known["cle"]
    stage.say(
        f"{traits.nom_naissance} {traits.prenom} était inconnu de cet espace : "
        f"patient créé, INS {created} ({stage.known['oid']})."
    )
    return {"cree": True, "matricule": created}
