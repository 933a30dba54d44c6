"""consult_prescription: EP3, by its number."""

from __future__ import annotations

from services.scenarios.answers import content, refusal
from services.scenarios.author import activity_of
from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage


def consult_prescription(stage: Stage, step: Step) -> Facts:
    """Facts: status, etat, lignes (their number), matricule."""
    session, prescription = stage.session(step), stage.the_prescription()
    response = stage.vendor.call(
        "POST", "/e-prescription/v1/ep3_consulter", token=session.access_token, json={
            "contexte": {},
            "identifiant": prescription.numero,
            "professionnel": {
                "rpps": session.id_nat.removeprefix("8"),
                "structure": {"finess": activity_of(session).get("numeroFinessSite", "")},
            },
        },
    )
    if response.status_code != 200:
        stage.say(f"Refusé : {refusal(response)}")
        return {"status": response.status_code}
    answer = content(response)
    stage.say(
        f"État {answer['etat']} : "
        + " ; ".join(f"{ligne.get('libelle', ligne['idLigne'])} ({ligne['etat']})"
                     for ligne in answer["lignes"])
    )
    return {
        "status": 200, "etat": answer["etat"], "lignes": len(answer["lignes"]),
        "matricule": answer["patient"]["ins"]["matricule"],
    }
