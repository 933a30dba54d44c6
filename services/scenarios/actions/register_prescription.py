"""register_prescription: EP4, under a number that the prescriber's software made."""

from __future__ import annotations

from typing import Any

from services.kernel.typography import count
from services.scenarios.answers import content, refusal
from services.scenarios.author import activity_of
from services.scenarios.definition import Step
from services.scenarios.numero import new_number
from services.scenarios.stage import Facts, Prescription, Stage


def register_prescription(stage: Stage, step: Step) -> Facts:
    """with: lignes, as EP4 takes them. Facts: status, etat, identifiant, longueur_numero."""
    session, identity = stage.session(step), stage.the_identity()
    activity = activity_of(session)
    lignes = tuple(
        {**ligne, "idLigne": str(rank)} for rank, ligne in enumerate(step.arguments["lignes"], 1)
    )
    numero = new_number(stage.vendor)
    body: dict[str, Any] = {
        "contexte": {"codeSpecialite": "01", "secteurActivite": activity["codeSecteurDactivite"]},
        "identifiant": numero,
        "dateRedaction": stage.today(),
        "patient": {
            "nomFamille": identity.traits.nom_naissance, "prenom": identity.traits.prenom,
            "dateNaissance": identity.traits.date_naissance,
            "ins": {"oid": identity.oid, "matricule": identity.ins},
        },
        "professionnel": {"rpps": session.id_nat.removeprefix("8")},
        "oppositionConsultationExecution": False,
        "lignes": list(lignes),
    }
    response = stage.vendor.call(
        "POST", "/e-prescription/v1/ep4_creer", token=session.access_token, json=body
    )
    facts: Facts = {
        "status": response.status_code, "longueur_numero": len(numero),
    }
    if response.status_code != 201:
        stage.say(f"Refusé : {refusal(response)}")
        return facts
    answer = content(response)
    stage.prescription = Prescription(numero, lignes)
    stage.say(f"Prescription {numero}, {count(len(lignes), 'ligne')}, état {answer['etat']}.")
    return {**facts, "etat": answer["etat"], "meme_numero": answer["identifiant"] == numero}
