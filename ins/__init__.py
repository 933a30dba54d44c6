"""INS: search and verification of national health identities, as the INSi téléservice does it."""

from ins import errors, rniv
from ins.codes import TEST_HOSTS
from ins.control import build_router
from ins.fhir import BASE
from ins.fhir import ins_verify_batch as batch
from ins.fhir.definitions import operation
from ins.fhir.ins_verify import verify
from ins.fhir.iti_78_search import search
from ins.fhir.iti_119_match import match
from ins.fhir.messages import named
from ins.fhir.metadata import metadata
from ins.fhir.validate import validate
from ins.rniv.fhir.apcv import Identities
from ins.rules import (
    acces,
    assertion,
    carte,
    contextes,
    datamatrix,
    demande,
    enveloppe,
    lexique,
    lot,
    suites,
    verification,
)
from ins.wire.datamatrix import BASE as DATAMATRIX
from ins.wire.datamatrix import ecriture, lecture
from ins.wire.faults import TLSI
from ins.wire.lps import lps
from ins.wire.vie import start, stop
from ins.wire.ws_ins1 import rechercher_par_carte
from ins.wire.ws_ins2 import rechercher_par_traits
from ins.wire.ws_ins3 import verifier
from ins.wire.ws_ins4 import deposer
from ins.wire.ws_ins5 import recuperer
from ins.wire.wsdl import schema, wsdl
from services.fhir.dialect import FHIR
from services.fhir.formats import BothDialect, in_both
from services.kernel.dialects import JSON
from services.kernel.errors import catalogue
from services.kernel.rules import rules_of
from services.kernel.transactions import Service

SERVICE = Service(
    id="ins",
    name="Identité nationale de santé (INSi)",
    prefixes={
        BASE: BothDialect(FHIR), "/ins/lps": TLSI, "/ins/schemas": TLSI, DATAMATRIX: JSON,
        **rniv.PREFIXES,
    },
    transactions=(
        *map(in_both, (
            *map(named, (match, verify, batch.deposit, batch.result)), search, batch.cancel,
            metadata,
        )),
        operation, validate, lps, rechercher_par_carte, rechercher_par_traits, verifier, deposer,
        recuperer, wsdl, schema, ecriture, lecture, *rniv.TRANSACTIONS,
    ),
    errors=(*catalogue(errors), *rniv.ERRORS),
    rules=(
        *rules_of(enveloppe, contextes, acces, assertion, carte, verification, demande, lexique,
                  lot, suites, datamatrix),
        *rniv.RULES,
    ),
    requirements=(suites.MESSAGES,),
    control=build_router,
    ports=lambda sandbox: {"identities": Identities(sandbox)},
    start=start,
    stop=stop,
    listeners=(rniv.LISTENER,),
    hosts=dict.fromkeys(TEST_HOSTS, "/ins"),
)
