"""Carte Vitale and appli carte Vitale (apCV): virtual cards and reader, proximity reading."""

from services.apcv import errors
from services.apcv.control import build_router
from services.apcv.fhir import BASE
from services.apcv.fhir.apcv_read import apcv_read
from services.apcv.fhir.definitions import definition
from services.apcv.fhir.metadata import metadata
from services.apcv.fhir.validate import validate
from services.apcv.rules import acces, appel, lecture
from services.apcv.wire import AUTH, SCHEMAS, SIGN, TELEPHONE, VITALE
from services.apcv.wire.auth import auth, authentifier, detruire, restituer
from services.apcv.wire.cartes import Register
from services.apcv.wire.faults import APCV
from services.apcv.wire.sign import sign, signer
from services.apcv.wire.telephone import telephone
from services.apcv.wire.telephone_codes import start
from services.apcv.wire.vitale import assertion, read_vitale
from services.apcv.wire.wsdl import schema, wsdl
from services.fhir.dialect import FHIR
from services.kernel.dialects import HTML, JSON
from services.kernel.errors import catalogue
from services.kernel.rules import rules_of
from services.kernel.transactions import Service

SERVICE = Service(
    id="apcv",
    name="Carte Vitale et appli carte Vitale",
    prefixes={AUTH: APCV, SIGN: APCV, SCHEMAS: APCV, VITALE: JSON, BASE: FHIR,
              TELEPHONE: HTML},
    transactions=(
        read_vitale, assertion, auth, authentifier, restituer, detruire, sign, signer, wsdl,
        schema, apcv_read, validate, metadata, definition, telephone,
    ),
    errors=(*catalogue(errors), *errors.LECTEUR.values()),
    rules=rules_of(appel, acces, lecture),
    control=build_router,
    ports=lambda sandbox: {"cards": Register(sandbox)},
    start=start,
    hosts={"qualiflps.ecv-xp.sesam-vitale.fr": "/apcv"},
)
