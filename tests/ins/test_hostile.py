"""Whatever Patient is sent, reading and judging it never breaks."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ins import codes
from ins.domain.recherche import rechercher
from ins.fhir.demande import read_demande
from ins.rules import demande as rules_demande
from ins.rules import lexique
from services.fhir import structure
from services.kernel.errors import Refusal
from services.kernel.rules import rules_of
from services.population.base import base

texts = st.text(min_size=1, max_size=12) | st.sampled_from(["ZOE", "1950-00-00", "63220", "DOUT"])
codings = st.fixed_dictionaries({}, optional={"system": texts, "code": texts})
urls = st.sampled_from([
    codes.LISTE_PRENOMS, codes.LIEU_NAISSANCE, codes.CODE_INSEE, codes.DATE_LUNAIRE,
    codes.FIABILITE, "identityStatus", "urn:autre",
])
plain = st.fixed_dictionaries({"url": urls}, optional={
    "valueString": texts, "valueCoding": codings, "valueBoolean": st.booleans(),
})
nested = st.fixed_dictionaries({"url": urls}, optional={
    "extension": st.lists(plain, min_size=1, max_size=2),
    "valueAddress": st.fixed_dictionaries({}, optional={
        "postalCode": texts, "extension": st.lists(plain, min_size=1, max_size=2),
    }),
})
extensions = st.lists(plain | nested, min_size=1, max_size=3)
names = st.fixed_dictionaries({}, optional={
    "use": st.sampled_from(["official", "usual", "maiden"]), "family": texts,
    "given": st.lists(texts, min_size=1, max_size=3), "extension": extensions,
})
patients = st.fixed_dictionaries({"resourceType": st.just("Patient")}, optional={
    "name": st.lists(names, max_size=2), "extension": extensions,
    "gender": st.sampled_from(["male", "female", "other", "unknown"]),
    "birthDate": st.dates().map(str) | st.sampled_from(["1975", "1975-12"]),
    "identifier": st.lists(
        st.fixed_dictionaries({}, optional={"system": texts, "value": texts}), max_size=2
    ),
})


@given(patients, st.booleans())
def test_any_patient_is_read_and_judged(patient: dict[str, Any], wrapped: bool) -> None:
    received = patient
    if wrapped:
        parameter = [{"name": "resource", "resource": patient}, {"name": "resource"}]
        received = {"resourceType": "Parameters", "parameter": parameter}
    if structure.check(received):
        return
    with contextlib.suppress(Refusal):
        demande = read_demande(received)
        for rule in rules_of(rules_demande, lexique):
            for finding in rule.findings(demande):
                assert finding.at.startswith(("Patient", "Parameters"))
        rechercher(demande.traits, base().patients.values())
