"""What can be seen of how a client proves itself on the back channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pro_sante_connect.rules.documents import MUTUAL_TLS, OAUTH, REFERENTIEL, REFERENTIEL_EDC
from services.kernel.rules import Mismatch, rule


@dataclass(frozen=True, slots=True)
class Proof:
    """What came with a call. needs_certificate: whether a secret is not enough; cn: of the
    certificate, "" without one; methods: parameters and headers that hold a secret; edc: whether
    the client is of the espace de confiance; correlation: its X-Correlation-Id.
    """

    client_id: str
    needs_certificate: bool = False
    cn: str = ""
    methods: tuple[str, ...] = ()
    edc: bool = False
    correlation: str = ""


@rule(
    "EXI PSC 24", severity="error",
    message="Le logiciel présente son certificat ORG AUTH_CLI à chaque appel de serveur à serveur.",
    source=REFERENTIEL.requires("EXI PSC 24"),
)
def certificate_is_presented(proof: Proof) -> Iterator[Mismatch]:
    if proof.needs_certificate and not proof.cn:
        yield Mismatch("certificat client", f"CN {proof.client_id}", "(absent)")


@rule(
    "PSC-CERTIFICAT-CN", severity="warning",
    message="Le CN du certificat est le client_id du logiciel.",
    source=(REFERENTIEL.at("authentification des clients"), MUTUAL_TLS.at("§2.1.2")),
)
def certificate_is_the_clients(proof: Proof) -> Iterator[Mismatch]:
    if proof.cn and proof.cn != proof.client_id:
        yield Mismatch("certificat client", f"CN {proof.client_id}", f"CN {proof.cn}")


@rule(
    "PSC-DEUX-SECRETS", severity="warning",
    message="Un seul moyen porte le secret : l'en-tête Authorization ou le formulaire.",
    source=OAUTH.at("§2.3"),
)
def secret_is_given_once(proof: Proof) -> Iterator[Mismatch]:
    if len(proof.methods) > 1:
        yield Mismatch("client_secret", "un seul moyen", " et ".join(proof.methods))


@rule(
    "EXI EDC PSC 115", severity="warning",
    message="Un identifiant de corrélation suit chaque demande de bout en bout.",
    source=REFERENTIEL_EDC.requires("EXI EDC PSC 115"),
)
def call_is_correlated(proof: Proof) -> Iterator[Mismatch]:
    if proof.edc and not proof.correlation:
        yield Mismatch("X-Correlation-Id", "un identifiant par demande", "(absent)")
