"""Every rule, on something it accepts and something it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.e_prescription.codes import EprescType, Resultat
from services.e_prescription.domain.delivrance import Demande, DemandeLigne
from services.e_prescription.domain.execution import Suivi
from services.e_prescription.domain.prescription import Ligne, PatientPrescrit, Prescription
from services.e_prescription.rules import delivrance, identite, message, prescription
from services.kernel.rules import Rule
from services.population import Matricule, Patient

LINE = Ligne("L1", EprescType.MEDICAMENT, 2, 1, None, None, {})
WRITTEN = PatientPrescrit("PAT-TROIS", "DOMINIQUE", "1979-03-28", "279035121518989")
SHEET = Prescription("0" * 18, date(2026, 3, 2), WRITTEN, "99900000011", "", False, (LINE,))
KNOWN = Patient(
    "p", Matricule("2790351215189", "89", "1.2.250.1.213.1.4.10"), "PAT-TROIS", ("DOMINIQUE",),
    "F", "1979-03-28",
)
CHILD = replace(WRITTEN, date_naissance="2021-03-03")
BIRTHDAY = replace(WRITTEN, date_naissance="2020-03-02")
OUTCOME = DemandeLigne("lignes[0]", "L1", Resultat.DELIVRE, None, "", None, None, {})


def sheet(patient: PatientPrescrit = WRITTEN, **line: Any) -> prescription.Redaction:
    changed = replace(SHEET, patient=patient, lignes=(replace(LINE, **line),))
    return prescription.Redaction(changed, date(2026, 3, 2))


def done(on: date = date(2026, 3, 2), executed: int = 0, **outcome: Any) -> delivrance.Delivrance:
    each = replace(OUTCOME, **outcome)
    return delivrance.Delivrance(
        Demande("0" * 18, on, "", "", (each,)), [(each, Suivi(LINE, executed, None, False))],
        date(2026, 3, 2), date(2026, 3, 20),
    )


def breaches(rule: Rule, subject: object) -> list[str]:
    return [each.at for each in rule.findings(subject)]


@pytest.mark.parametrize(("rule", "accepted", "refused", "at"), [
    (message.fields_are_known, [], ["lignes[0].x"], "lignes[0].x"),
    (message.billing_number_or_finess, message.Consultation("991000696", ""),
     message.Consultation("", ""), "contexte.identifiantFacturation"),
    (prescription.drafted_in_the_past, sheet(),
     prescription.Redaction(SHEET, date(2026, 3, 1)), "dateRedaction"),
    (prescription.non_substitution_has_a_reason, sheet(non_substituable="CIF"),
     sheet(non_substituable=""), "lignes[0].nonSubstituable"),
    (prescription.non_substitution_has_a_reason, sheet(), sheet(non_substituable="MTE-PH"),
     "lignes[0].nonSubstituable"),
    (prescription.efg_is_for_young_children, sheet(CHILD, non_substituable="EFG"),
     sheet(BIRTHDAY, non_substituable="EFG"), "lignes[0].nonSubstituable"),
    (prescription.efg_is_for_young_children,
     sheet(replace(WRITTEN, date_naissance="1950-00-00"), non_substituable="EFG"),
     sheet(non_substituable="EFG"), "lignes[0].nonSubstituable"),
    (prescription.treatment_lasts_a_year_at_most, sheet(duree_jours=183),
     sheet(duree_jours=184), "lignes[0].dureeJours"),
    (identite.prescriber_is_the_caller, identite.Declaration("x", "", "99900000011"),
     identite.Declaration("x", "99900000029", "99900000011"), "x"),
    (identite.executant_is_the_caller, identite.Declaration("x", "1", "1"),
     identite.Declaration("x", "2", "1"), "x"),
    (identite.patient_is_known, identite.Designation(WRITTEN, KNOWN),
     identite.Designation(WRITTEN, None), "patient"),
    (identite.traits_are_those_of_the_ins, identite.Designation(WRITTEN, KNOWN),
     identite.Designation(replace(WRITTEN, nom_famille="AUTRE"), KNOWN), "patient.nomFamille"),
    (delivrance.executed_after_drafting, done(), done(date(2026, 3, 1)), "dateExecution"),
    (delivrance.executed_after_drafting, done(date(2026, 3, 20)), done(date(2026, 3, 21)),
     "dateExecution"),
    (delivrance.changed_posology_was_agreed,
     done(resultat=Resultat.DELIVRE_POSOLOGIE_MODIFIEE, accord=date(2026, 3, 2)),
     done(resultat=Resultat.DELIVRE_POSOLOGIE_MODIFIEE),
     "lignes[0].accordPrescripteur.date"),
    (delivrance.refusal_has_a_reason, done(resultat=Resultat.NON_DELIVRE_PATIENT),
     done(resultat=Resultat.NON_DELIVRE_PHARMACEUTIQUE, motif=" "), "lignes[0].motif"),
    (delivrance.product_is_not_expired, done(peremption=date(2026, 3, 2)),
     done(peremption=date(2026, 3, 1)), "lignes[0].datePeremption"),
    (delivrance.one_delivery_at_a_time, done(quantite=2), done(quantite=3),
     "lignes[0].quantite"),
    (delivrance.partial_delivery_says_so, done(resultat=Resultat.DELIVRE_PARTIEL, quantite=1),
     done(quantite=1), "lignes[0].resultat"),
])
def test_rule(rule: Rule, accepted: object, refused: object, at: str) -> None:
    assert breaches(rule, accepted) == []
    assert breaches(rule, refused) == [at]
