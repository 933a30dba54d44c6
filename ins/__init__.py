"""INS: search of national health identities by traits, as the INSi téléservice does it."""

from ins import errors
from ins.codes import TEST_HOSTS
from ins.fhir import BASE
from ins.fhir.iti_78_search import search
from ins.fhir.iti_119_match import match
from ins.fhir.metadata import metadata
from ins.rules import demande, lexique
from services.fhir.dialect import FHIR
from services.kernel.errors import catalogue
from services.kernel.rules import rules_of
from services.kernel.transactions import Service

SERVICE = Service(
    id="ins",
    name="Identité nationale de santé (INSi)",
    prefixes={BASE: FHIR},
    transactions=(match, search, metadata),
    errors=tuple(catalogue(errors)),
    rules=rules_of(demande, lexique),
    hosts=dict.fromkeys(TEST_HOSTS, "/ins"),
)
