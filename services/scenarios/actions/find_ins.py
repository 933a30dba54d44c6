"""find_ins: look up the INS with four traits, then with the place of birth too if several people
have them, as Sentinelle.02 wants. with: {traits = "document" | "population"}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from services.scenarios.answers import codes, content, refusal
from services.scenarios.definition import Step
from services.scenarios.results import Finding
from services.scenarios.stage import Facts, Identity, NotOnStage, Stage, Traits
from services.scenarios.traits import missing, of_document, of_population

FR_CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition"
SEVERAL = "02"
GENDERS = {"M": "male", "F": "female"}
SOURCE = "Règle de Socle, d'après le référentiel INS : les traits de l'INSi prévalent"


def find_ins(stage: Stage, step: Step) -> Facts:
    """Facts: traits_complets, status, code_cr ("00", "01", "02"), ins."""
    traits = _traits(stage, step.arguments["traits"])
    absent = missing(traits)
    if absent:
        stage.say(f"Le document ne donne pas : {', '.join(absent)}.")
        return {"traits_complets": False}
    response = _asked(stage, step, replace(traits, lieu_naissance=""))
    if traits.lieu_naissance and response.is_success and _code_cr(content(response)) == SEVERAL:
        response = _asked(stage, step, traits)
    facts: Facts = {"traits_complets": True, "status": response.status_code}
    if response.status_code != 200:
        stage.say(f"Refusé : {refusal(response)}")
        return facts
    bundle = content(response)
    stage.searched = True
    facts["code_cr"] = _code_cr(bundle)
    identity = _identity(bundle, traits)
    stage.say(_account(traits, str(facts["code_cr"]), identity))
    if identity is None:
        _remember_known(stage)
    elif _agrees(stage, identity):
        stage.identity = identity
        facts["ins"] = identity.ins
    return facts


def _asked(stage: Stage, step: Step, traits: Traits) -> httpx.Response:
    return stage.vendor.call(
        "POST", "/ins/fhir/Patient/$match", token=stage.token(step), json=_parameters(traits),
        headers={"Content-Type": "application/fhir+json"},
    )


def _traits(stage: Stage, source: str) -> Traits:
    if source == "population":
        if stage.known is None:
            raise NotOnStage("aucun patient de la population n'est désigné")
        return of_population(stage.known)
    if stage.document is not None:
        return of_document(stage.document.header.patient)
    return of_population(stage.vendor.control("GET", "/identities")["patients"][0])


def _parameters(traits: Traits) -> dict[str, Any]:
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "name": [{
            "use": "official", "family": traits.nom_naissance, "given": [traits.prenom],
        }],
        "gender": GENDERS[traits.sexe],
        "birthDate": traits.date_naissance,
    }
    if traits.lieu_naissance:
        patient["extension"] = [{
            "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
            "valueAddress": {"extension": [{
                "url": f"{FR_CORE}/fr-core-address-insee-code",
                "valueCoding": {"code": traits.lieu_naissance},
            }]},
        }]
    return {"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": patient},
        {"name": "onlyCertainMatches", "valueBoolean": True},
    ]}


def _code_cr(bundle: Mapping[str, Any]) -> str:
    for entry in bundle.get("entry", ()):
        resource = entry.get("resource", {})
        if resource.get("resourceType") == "Patient":
            return "00"
        for code in codes(resource):
            if code.startswith("CR"):
                return code.removeprefix("CR")
    return ""


def _identity(bundle: Mapping[str, Any], traits: Traits) -> Identity | None:
    for entry in bundle.get("entry", ()):
        for identifier in entry.get("resource", {}).get("identifier", ()):
            system = identifier.get("system", "")
            if system.startswith("urn:oid:1.2.250.1.213.1.4.") and identifier.get("use") != "old":
                return Identity(identifier["value"], system.removeprefix("urn:oid:"), traits)
    return None


def _account(traits: Traits, code_cr: str, identity: Identity | None) -> str:
    answer = f"INS {identity.ins} ({identity.oid})" if identity else "aucune identité"
    return f"{traits} : code {code_cr}, {answer}."


def _agrees(stage: Stage, identity: Identity) -> bool:
    """Whether the answer is the document's patient; a known other matricule is asked again."""
    written = stage.document.header.patient.ins if stage.document else ""
    if not written or written == identity.ins:
        return True
    stage.findings.append(Finding(
        "SOCLE-PARCOURS-INS", "warning", "recordTarget/patientRole/id", identity.ins, written,
        "L'INS du document n'est pas celui que l'INSi répond pour ses traits.", SOURCE,
    ))
    stage.say(f"Constat : le document porte l'INS {written}, l'INSi répond {identity.ins}.")
    if stage.known is None and written[:13] != identity.ins[:13]:
        _remember_known(stage)
        return stage.known is None
    return True


def _remember_known(stage: Stage) -> None:
    """Find the document's matricule in the population, whose traits then prevail."""
    if stage.document is None or stage.known is not None:
        return
    matricule = stage.document.header.patient.ins[:13]
    identities = stage.vendor.control("GET", "/identities")["patients"]
    stage.known = next((p for p in identities if matricule and p["matricule"] == matricule), None)
    if stage.known is not None:
        known, said = of_population(stage.known), of_document(stage.document.header.patient)
        stage.findings.append(Finding(
            "SOCLE-PARCOURS-TRAITS", "warning", "recordTarget/patientRole/patient", str(known),
            str(said), "Le matricule du document est connu avec d'autres traits.", SOURCE,
        ))
        stage.say(
            f"Constat : le matricule {matricule} est connu avec d'autres traits ({known}) ; "
            "ils prévalent."
        )
