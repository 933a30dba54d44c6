"""What can be seen of a client's habits in its authorization request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pro_sante_connect.codes import CONNECT, EIDAS1, WALLET
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.redirection import is_loopback
from pro_sante_connect.rules.documents import (
    HTTP,
    METADONNEES,
    OAUTH,
    OAUTH_SECURITY,
    OPENID,
    PKCE,
    REFERENTIEL,
    TECHNIQUE,
    URI,
)
from services.kernel.rules import Mismatch, rule

NONCE_CHARACTERS = 22
"""128 bits in base64url."""


@dataclass(frozen=True, slots=True)
class Observed:
    """An authorization request of a known client, on its way to a trusted address.

    nonce_seen: whether the client has sent this nonce before; registered: whether the address is
    registered as it is, and not by what it begins with; spaced: whether its query has spaces that
    are not encoded.
    """

    parameters: Parameters
    path: str
    nonce_seen: bool = False
    registered: bool = True
    spaced: bool = False


@rule(
    "EXI PSC 6", severity="error",
    message="Le niveau demandé par acr_values doit être eidas1, le seul admis.",
    source=REFERENTIEL.requires("EXI PSC 6"),
)
def level_is_eidas1(seen: Observed) -> Iterator[Mismatch]:
    given = seen.parameters.get("acr_values")
    if given != EIDAS1:
        yield Mismatch("acr_values", EIDAS1, given or "(absent)")


@rule(
    "PSC-STATE", severity="warning",
    message="Sans state, le logiciel ne reconnaît pas une réponse forgée par un autre site.",
    source=(OAUTH.at("§10.12"), OAUTH_SECURITY.at("§4.7")),
)
def state_is_sent(seen: Observed) -> Iterator[Mismatch]:
    if not seen.parameters.get("state"):
        yield Mismatch("state", "une valeur imprévisible", "(absent)")


@rule(
    "PSC-NONCE", severity="warning",
    message="Sans nonce, le logiciel ne reconnaît pas un ID token rejoué.",
    source=OPENID.at("§15.5.2"),
)
def nonce_is_sent(seen: Observed) -> Iterator[Mismatch]:
    if not seen.parameters.get("nonce"):
        yield Mismatch("nonce", "une valeur imprévisible", "(absent)")


@rule(
    "PSC-NONCE-COURT", severity="warning",
    message="Un nonce de moins de 128 bits se devine.",
    source=OPENID.at("§15.5.2"),
)
def nonce_is_long(seen: Observed) -> Iterator[Mismatch]:
    nonce = seen.parameters.get("nonce")
    if nonce and len(nonce) < NONCE_CHARACTERS:
        yield Mismatch("nonce", f"au moins {NONCE_CHARACTERS} caractères", str(len(nonce)))


@rule(
    "PSC-PKCE", severity="information",
    message="PKCE protège le code même si un autre logiciel le lit ; PSC l'accepte.",
    source=OAUTH_SECURITY.at("§2.1.1"),
)
def challenge_is_sent(seen: Observed) -> Iterator[Mismatch]:
    if not seen.parameters.get("code_challenge"):
        yield Mismatch("code_challenge", "empreinte S256 d'un code_verifier", "(absent)")


@rule(
    "PSC-PKCE-PLAIN", severity="warning",
    message="La méthode plain ne protège pas d'un lecteur de la demande : utilisez S256.",
    source=PKCE.at("§7.2"),
)
def challenge_is_hashed(seen: Observed) -> Iterator[Mismatch]:
    method = seen.parameters.get("code_challenge_method")
    if seen.parameters.get("code_challenge") and method != "S256":
        yield Mismatch("code_challenge_method", "S256", method or "(absent : plain)")


@rule(
    "PSC-SCOPE", severity="warning",
    message="La documentation n'ouvre aux services que la portée openid scope_all.",
    source=TECHNIQUE,
)
def scope_is_documented(seen: Observed) -> Iterator[Mismatch]:
    asked = set(seen.parameters.get("scope").split())
    if asked != {"openid", "scope_all"}:
        found = seen.parameters.get("scope") or "(absent)"
        yield Mismatch("scope", "openid scope_all", found)


@rule(
    "PSC-ACR-NOM", severity="warning",
    message="Le paramètre acr n'existe pas : le niveau se demande par acr_values.",
    source=OPENID.at("§3.1.2.1 (l'exemple du volet transport du CI-SIS porte ce mauvais nom)"),
)
def level_has_its_name(seen: Observed) -> Iterator[Mismatch]:
    given = seen.parameters.get("acr")
    if given:
        yield Mismatch("acr", "acr_values", f"acr={given}")


@rule(
    "PSC-REDIRECT-HTTP", severity="warning",
    message="Le code passe en clair vers cette adresse : une adresse https est attendue.",
    source=OAUTH_SECURITY.at("§2.6"),
)
def redirect_is_protected(seen: Observed) -> Iterator[Mismatch]:
    uri = seen.parameters.get("redirect_uri")
    if uri.lower().startswith("http://") and not is_loopback(uri):
        yield Mismatch("redirect_uri", "https://…", uri)


@rule(
    "PSC-PORTEFEUILLE", severity="warning",
    message="Cette adresse est celle du moteur : en réalité elle n'ouvre pas le portefeuille.",
    source=METADONNEES.at("authorization_endpoint"),
)
def wallet_is_used(seen: Observed) -> Iterator[Mismatch]:
    if seen.path.startswith(CONNECT):
        yield Mismatch("authorization_endpoint", WALLET, seen.path)


@rule(
    "PSC-NONCE-REJOUE", severity="warning", observable="state",
    message="Un nonce sert une fois : répété, il ne distingue plus un ID token rejoué.",
    source=OPENID.at("§15.5.2"),
)
def nonce_is_new(seen: Observed) -> Iterator[Mismatch]:
    if seen.nonce_seen:
        yield Mismatch("nonce", "une valeur neuve", "déjà reçu de ce logiciel")


@rule(
    "PSC-REDIRECT-JOKER", severity="warning", observable="state",
    message="Le bac à sable seul tolère /* : la production compare l'adresse entière.",
    source=(TECHNIQUE.at("adresses de retour"), OAUTH_SECURITY.at("§4.1.3")),
)
def redirect_is_registered_as_it_is(seen: Observed) -> Iterator[Mismatch]:
    if not seen.registered:
        yield Mismatch("redirect_uri", "une adresse enregistrée", seen.parameters.get(
            "redirect_uri"))


@rule(
    "PSC-CLAIMS", severity="information",
    message="Tous les logiciels reçoivent les mêmes attributs : claims n'en ajoute aucun.",
    source=METADONNEES.at("claims_parameter_supported"),
)
def claims_are_not_chosen(seen: Observed) -> Iterator[Mismatch]:
    if seen.parameters.get("claims"):
        yield Mismatch("claims", "(absent)", "présent")


@rule(
    "PSC-ESPACE-NUE", severity="warning",
    message="Une espace s'écrit %20 ou + dans une adresse : nue, elle termine la ligne pour "
            "d'autres serveurs.",
    source=(URI.at("§2"), HTTP.at("§3.2")),
)
def spaces_are_encoded(seen: Observed) -> Iterator[Mismatch]:
    if seen.spaced:
        yield Mismatch("query", "%20 ou +", "une espace nue")
