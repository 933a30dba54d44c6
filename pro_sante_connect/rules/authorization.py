"""What can be seen of a client's habits in its authorization request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pro_sante_connect.codes import CONNECT, EIDAS1, WALLET
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.redirection import is_loopback
from services.kernel.rules import Mismatch, rule

NONCE_CHARACTERS = 22
"""128 bits in base64url."""


@dataclass(frozen=True, slots=True)
class Observed:
    """An authorization request of a known client, on its way to a trusted address."""

    parameters: Parameters
    path: str


@rule(
    "EXI PSC 6", severity="error",
    message="Le niveau demandé par acr_values doit être eidas1, le seul admis.",
    source="Référentiel Pro Santé Connect, EXI PSC 6",
)
def level_is_eidas1(seen: Observed) -> Iterator[Mismatch]:
    given = seen.parameters.get("acr_values")
    if given != EIDAS1:
        yield Mismatch("acr_values", EIDAS1, given or "(absent)")


@rule(
    "PSC-STATE", severity="warning", official=False,
    message="Sans state, le logiciel ne reconnaît pas une réponse forgée par un autre site.",
    source="Règle de Socle, bonne pratique : RFC 6749 §10.12, RFC 9700 §4.7",
)
def state_is_sent(seen: Observed) -> Iterator[Mismatch]:
    if not seen.parameters.get("state"):
        yield Mismatch("state", "une valeur imprévisible", "(absent)")


@rule(
    "PSC-NONCE", severity="warning", official=False,
    message="Sans nonce, le logiciel ne reconnaît pas un ID token rejoué.",
    source="Règle de Socle, bonne pratique : OpenID Connect Core §15.5.2",
)
def nonce_is_sent(seen: Observed) -> Iterator[Mismatch]:
    if not seen.parameters.get("nonce"):
        yield Mismatch("nonce", "une valeur imprévisible", "(absent)")


@rule(
    "PSC-NONCE-COURT", severity="warning", official=False,
    message="Un nonce de moins de 128 bits se devine.",
    source="Règle de Socle, bonne pratique : OpenID Connect Core §15.5.2",
)
def nonce_is_long(seen: Observed) -> Iterator[Mismatch]:
    nonce = seen.parameters.get("nonce")
    if nonce and len(nonce) < NONCE_CHARACTERS:
        yield Mismatch("nonce", f"au moins {NONCE_CHARACTERS} caractères", str(len(nonce)))


@rule(
    "PSC-PKCE", severity="information", official=False,
    message="PKCE protège le code même si un autre logiciel le lit ; PSC l'accepte.",
    source="Règle de Socle, bonne pratique : RFC 9700 §2.1.1",
)
def challenge_is_sent(seen: Observed) -> Iterator[Mismatch]:
    if not seen.parameters.get("code_challenge"):
        yield Mismatch("code_challenge", "empreinte S256 d'un code_verifier", "(absent)")


@rule(
    "PSC-PKCE-PLAIN", severity="warning", official=False,
    message="La méthode plain ne protège pas d'un lecteur de la demande : utilisez S256.",
    source="Règle de Socle, bonne pratique : RFC 7636 §7.2",
)
def challenge_is_hashed(seen: Observed) -> Iterator[Mismatch]:
    method = seen.parameters.get("code_challenge_method")
    if seen.parameters.get("code_challenge") and method != "S256":
        yield Mismatch("code_challenge_method", "S256", method or "(absent : plain)")


@rule(
    "PSC-SCOPE", severity="warning", official=False,
    message="La documentation n'ouvre aux services que la portée openid scope_all.",
    source="Règle de Socle, d'après la documentation technique de Pro Santé Connect",
)
def scope_is_documented(seen: Observed) -> Iterator[Mismatch]:
    asked = set(seen.parameters.get("scope").split())
    if asked != {"openid", "scope_all"}:
        found = seen.parameters.get("scope") or "(absent)"
        yield Mismatch("scope", "openid scope_all", found)


@rule(
    "PSC-ACR-NOM", severity="warning", official=False,
    message="Le paramètre acr n'existe pas : le niveau se demande par acr_values.",
    source="Règle de Socle, d'après OpenID Connect Core §3.1.2.1 (l'exemple du volet transport "
           "du CI-SIS porte ce mauvais nom)",
)
def level_has_its_name(seen: Observed) -> Iterator[Mismatch]:
    given = seen.parameters.get("acr")
    if given:
        yield Mismatch("acr", "acr_values", f"acr={given}")


@rule(
    "PSC-REDIRECT-HTTP", severity="warning", official=False,
    message="Le code passe en clair vers cette adresse : une adresse https est attendue.",
    source="Règle de Socle, bonne pratique : RFC 9700 §2.6",
)
def redirect_is_protected(seen: Observed) -> Iterator[Mismatch]:
    uri = seen.parameters.get("redirect_uri")
    if uri.lower().startswith("http://") and not is_loopback(uri):
        yield Mismatch("redirect_uri", "https://…", uri)


@rule(
    "PSC-PORTEFEUILLE", severity="warning", official=False,
    message="Cette adresse est celle du moteur : en réalité elle n'ouvre pas le portefeuille.",
    source="Règle de Socle, d'après wallet-openid-configuration : authorization_endpoint",
)
def wallet_is_used(seen: Observed) -> Iterator[Mismatch]:
    if seen.path.startswith(CONNECT):
        yield Mismatch("authorization_endpoint", WALLET, seen.path)
