"""The APIs whose authorization servers are played here. Look-up only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Form = Literal["ci-sis", "keycloak"]

EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TYPE = "urn:ietf:params:oauth:token-type:access_token"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
SUBJECT_TYPES = (ACCESS_TYPE, JWT_TYPE)
GRANTS = (EXCHANGE_GRANT, "refresh_token")
PSC_ALIAS = "psc"
"""What `subject_issuer` says for Pro Santé Connect."""

ROOT = "/psc/edc/realms/{api}"
CONNECT = ROOT + "/protocol/openid-connect"
DMP_TOKEN = "/dmp/api-lps/oauth/token"
"""Where the DMP has its own, as its integrators know it."""

STANDARD = ("openid", "email", "profile")
# DEFAULT(business scopes): none is public; here each API has one, which is its name.


@dataclass(frozen=True, slots=True)
class Api:
    """One API and its authorization server.

    id: id of the service here, and last segment of the issuer; form: whose rules the server has
    unless the tenant says otherwise: those of the CI-SIS (`scope` mandatory), or those of the
    conformity server, an engine that wants `subject_issuer`; scopes: those it can grant.
    """

    id: str
    name: str
    form: Form = "ci-sis"

    @property
    def scopes(self) -> tuple[str, ...]:
        return (*STANDARD, self.id)


APIS: Mapping[str, Api] = {
    each.id: each for each in (
        Api("signsessiondata", "API de conformité de l'espace de confiance", "keycloak"),
        Api("dmp", "DMP"), Api("ins", "INSi"), Api("mssante", "MSSanté"),
        Api("e_prescription", "Ordonnance numérique"),
    )
}
