"""The local identity store (RNIV): identities of an establishment, by FHIR and by HL7 v2.

A part of the service `ins`: what it calls of INSi it calls in the same process
(docs/decisions/0017-identity-store.md).
"""

from ins.rniv import errors
from ins.rniv.fhir.api import API, interactions
from ins.rniv.fhir.cda import cda
from ins.rniv.fhir.definitions import definition
from ins.rniv.fhir.flag import downgrade, flag
from ins.rniv.fhir.identity_status import identity_status
from ins.rniv.fhir.ins_retrieve import ins_retrieve, verify_ins
from ins.rniv.fhir.merge import merge, unmerge
from ins.rniv.fhir.pam import pam as pam_message
from ins.rniv.fhir.validate_identity import qualify, validate_identity
from ins.rniv.rules import actes, pam, saisie
from ins.rniv.wire import pam as iti_30
from ins.rniv.wire.mllp import close_connections, protocol_factory
from services.fhir.api import dialect_of
from services.kernel.errors import catalogue
from services.kernel.rules import rules_of
from services.kernel.transactions import Listener

PREFIXES = {API.base: dialect_of(API)}
TRANSACTIONS = (
    *interactions(), ins_retrieve, verify_ins, validate_identity, qualify, flag, downgrade, merge,
    unmerge, identity_status, pam_message, cda, definition, *iti_30.TRANSACTIONS,
)
ERRORS = tuple(catalogue(errors))
RULES = rules_of(saisie, actes, pam)
LISTENER = Listener("mllp", protocol_factory, close_connections)
