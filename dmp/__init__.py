"""The DMP: the patient's shared record, in FHIR (PDSm) for now, on one store of documents."""

from dmp import errors
from dmp.fhir import BASE
from dmp.fhir.authorise import authorise
from dmp.fhir.consents import authorisations
from dmp.fhir.iti_65_provide import provide_document_bundle
from dmp.fhir.iti_66_find_lists import find_document_lists
from dmp.fhir.iti_67_find_documents import find_document_references
from dmp.fhir.iti_68_retrieve import retrieve_document
from dmp.fhir.iti_105_publish import simplified_publish
from dmp.fhir.metadata import capabilities
from dmp.fhir.patient import existence
from dmp.fhir.validate import validate
from dmp.rules import RULES
from services.fhir.dialect import FHIR
from services.kernel.errors import catalogue
from services.kernel.transactions import Service

SERVICE = Service(
    id="dmp",
    name="DMP",
    prefixes={BASE: FHIR},
    transactions=(
        provide_document_bundle, simplified_publish, find_document_lists,
        find_document_references, retrieve_document, existence, authorise, authorisations,
        validate, capabilities,
    ),
    errors=tuple(catalogue(errors)),
    rules=RULES,
    state="alimentation et consultation en FHIR (PDSm) ; SOAP (XDS) à venir",
)
