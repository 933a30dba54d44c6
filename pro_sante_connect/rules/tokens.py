"""What can be seen of what a client does with tokens and codes, in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pro_sante_connect.rules.documents import (
    BEARER,
    CIBA_CORE,
    INTROSPECTION,
    OAUTH,
    OAUTH_SECURITY,
    TRANSPORT,
)
from services.kernel.rules import Mismatch, rule


@dataclass(frozen=True, slots=True)
class Shown:
    """A token on userinfo or introspection. claims: None when it is not ours; now: seconds."""

    claims: Mapping[str, Any] | None
    now: int
    in_query: bool = False
    introspected: bool = False


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A code or a refresh token at the token endpoint. age, lifetime: seconds; access_seconds:
    lifetime of the access token that came with it."""

    kind: str
    replayed: bool = False
    age: int = 0
    lifetime: int = 60
    access_seconds: int = 120


@dataclass(frozen=True, slots=True)
class Polled:
    """A CIBA poll. waited: seconds since the last one, None for the first."""

    waited: float | None
    interval: int


@rule(
    "PSC-JETON-EXPIRE", severity="warning", observable="state",
    message="Un jeton d'accès n'est plus présenté après son terme : il se rafraîchit avant.",
    source=(BEARER.at("§3.1"), TRANSPORT.at("cas d'erreur 1a")),
)
def token_is_in_time(shown: Shown) -> Iterator[Mismatch]:
    if shown.claims and not shown.introspected and shown.claims["exp"] <= shown.now:
        late = shown.now - shown.claims["exp"]
        yield Mismatch("Authorization", "un jeton en cours", f"expiré depuis {late} s")


@rule(
    "PSC-JETON-AUTRE", severity="error",
    message="L'identité se demande avec le jeton d'accès, pas avec un autre jeton.",
    source=BEARER.at("§2"),
)
def token_is_an_access_token(shown: Shown) -> Iterator[Mismatch]:
    if shown.claims and not shown.introspected and shown.claims.get("typ") != "Bearer":
        yield Mismatch("Authorization", "typ Bearer", f"typ {shown.claims.get('typ')}")


@rule(
    "PSC-INTROSPECTION-AUTRE", severity="warning",
    message="Seuls un jeton d'accès ou un jeton de rafraîchissement s'introspectent.",
    source=INTROSPECTION.at("§2.1"),
)
def introspected_is_a_token(shown: Shown) -> Iterator[Mismatch]:
    if shown.claims and shown.introspected and shown.claims.get("typ") == "ID":
        yield Mismatch("token", "un jeton d'accès", "un ID token")


@rule(
    "PSC-JETON-ADRESSE", severity="error",
    message="Un jeton dans l'adresse finit dans les journaux : il se met dans l'en-tête.",
    source=(BEARER.at("§2.3"), OAUTH_SECURITY.at("§4.3.2")),
)
def token_is_in_the_header(shown: Shown) -> Iterator[Mismatch]:
    if shown.in_query:
        yield Mismatch("query.access_token", "en-tête Authorization", "dans l'adresse")


@rule(
    "PSC-CODE-REJOUE", severity="error", observable="state",
    message="Un code se présente une fois : le rejouer ferme ce que le logiciel tient.",
    source=OAUTH.at("§4.1.2"),
)
def code_is_given_once(given: Exchanged) -> Iterator[Mismatch]:
    if given.kind == "code" and given.replayed:
        yield Mismatch("code", "un code neuf", "code déjà présenté")


@rule(
    "PSC-CODE-TARDIF", severity="warning", observable="state",
    message="Un code s'échange aussitôt : il vit une minute.",
    source=OAUTH.at("§4.1.2"),
)
def code_is_given_in_time(given: Exchanged) -> Iterator[Mismatch]:
    if given.kind == "code" and given.age >= given.lifetime:
        yield Mismatch("code", f"moins de {given.lifetime} s", f"{given.age} s")


@rule(
    "PSC-REFRESH-REJOUE", severity="error", observable="state",
    message="Chaque rafraîchissement donne un nouveau jeton, et l'ancien ne sert plus.",
    source=OAUTH_SECURITY.at("§4.14.2"),
)
def refresh_is_given_once(given: Exchanged) -> Iterator[Mismatch]:
    if given.kind == "refresh_token" and given.replayed:
        yield Mismatch("refresh_token", "le dernier jeton reçu", "jeton déjà échangé")


@rule(
    "PSC-REFRESH-SONDAGE", severity="information", observable="state",
    message="Rafraîchir un jeton à peine reçu interroge le service pour rien : attendez qu'il "
            "approche de son terme.",
    source=TRANSPORT.at("renouvellement de session"),
)
def refresh_is_no_polling(given: Exchanged) -> Iterator[Mismatch]:
    if given.kind == "refresh_token" and given.age * 2 < given.access_seconds:
        yield Mismatch(
            "refresh_token", f"au moins {given.access_seconds // 2} s après le précédent",
            f"{given.age} s",
        )


@rule(
    "PSC-CIBA-RAFALE", severity="error", observable="state",
    message="L'intervalle rendu par la demande CIBA sépare deux interrogations.",
    source=CIBA_CORE.at("§7.3"),
)
def polls_are_apart(polled: Polled) -> Iterator[Mismatch]:
    if polled.waited is not None and polled.waited < polled.interval:
        yield Mismatch("auth_req_id", f"{polled.interval} s", f"{polled.waited:.1f} s")
