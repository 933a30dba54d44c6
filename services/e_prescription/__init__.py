"""Ordonnance numérique: register, consult and execute prescriptions, as labelled JSON."""

from services.e_prescription import errors
from services.e_prescription.rules import delivrance, identite, message, prescription
from services.e_prescription.wire.ep1_transmettre_execution import ep1_transmettre_execution
from services.e_prescription.wire.ep3_consulter import ep3_consulter
from services.e_prescription.wire.ep4_creer import ep4_creer
from services.e_prescription.wire.generate_identifiant_unique import generate_identifiant_unique
from services.kernel.dialects import JSON
from services.kernel.errors import catalogue
from services.kernel.rules import rules_of
from services.kernel.transactions import Service

SERVICE = Service(
    id="e_prescription",
    name="Ordonnance numérique",
    prefixes={"/e-prescription": JSON},
    transactions=(
        ep4_creer, ep3_consulter, ep1_transmettre_execution, generate_identifiant_unique,
    ),
    errors=tuple(catalogue(errors)),
    rules=rules_of(message, prescription, identite, delivrance),
    state="EP4, EP3 et EP1 en JSON étiqueté ; façades SOAP et FHIR à venir",
)
