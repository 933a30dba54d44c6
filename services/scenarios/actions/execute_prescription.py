"""execute_prescription: EP1, every line delivered in full."""

from __future__ import annotations

from services.kernel.typography import count
from services.scenarios.answers import content, refusal
from services.scenarios.author import activity_of
from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage


def execute_prescription(stage: Stage, step: Step) -> Facts:
    """Facts: status, etat."""
    session, prescription = stage.session(step), stage.the_prescription()
    finess = activity_of(session).get("numeroFinessSite", "")
    response = stage.vendor.call(
        "POST", "/e-prescription/v1/ep1_transmettreExecution", token=session.access_token, json={
            "contexte": {},
            "identifiant": prescription.numero,
            "dateExecution": stage.today(),
            "executant": {"rpps": session.id_nat.removeprefix("8"), "finess": finess},
            "lignes": [
                {"idLigne": ligne["idLigne"], "resultat": "DELIVRE",
                 "quantite": ligne.get("quantite", 1), "codeCip": ligne.get("cip13", "")}
                for ligne in prescription.lignes
            ],
        },
    )
    if response.status_code != 201:
        stage.say(f"Refusé : {refusal(response)}")
        return {"status": response.status_code}
    answer = content(response)
    stage.say(f"{count(len(answer['lignes']), 'ligne délivrée')}, état {answer['etat']}.")
    return {"status": 201, "etat": answer["etat"]}
