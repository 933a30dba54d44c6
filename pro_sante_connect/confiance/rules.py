"""What can be seen of how a software exchanges its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pro_sante_connect.rules.documents import TOKEN_EXCHANGE, TRANSPORT
from services.kernel.rules import Mismatch, rule


@dataclass(frozen=True, slots=True)
class Exchange:
    """A token exchange. holder: client that the token was issued to; reused: whether this API's
    server has had it before; actor_lacks: members missing in the actor token."""

    client_id: str
    holder: str
    scope: str
    reused: bool = False
    actor_lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal of an API's token. age: seconds since the former; seconds: its lifetime."""

    age: int
    seconds: int
    replayed: bool = False


@rule(
    "EDC-ECHANGE-PORTEE", severity="warning",
    message="La demande d'échange nomme les portées métier voulues : scope est obligatoire au "
            "volet de transport.",
    source=TRANSPORT.at("échange de jetons, paramètre scope"),
)
def scope_is_asked(seen: Exchange) -> Iterator[Mismatch]:
    if not seen.scope:
        yield Mismatch("scope", "les portées de l'API", "(absent)")


@rule(
    "EDC-ECHANGE-UNIQUE", severity="warning", observable="state",
    message="Le jeton de Pro Santé Connect s'échange une fois par API : ensuite sert le jeton de "
            "l'API, une à quatre heures.",
    source=TRANSPORT.at("étape d'échange de jetons"),
)
def token_is_exchanged_once(seen: Exchange) -> Iterator[Mismatch]:
    if seen.reused:
        yield Mismatch("subject_token", "un jeton pas encore échangé ici", "déjà échangé")


@rule(
    "EDC-ECHANGE-PORTEUR", severity="error",
    message="Un logiciel échange les jetons qui lui ont été remis, pas ceux d'un autre.",
    source=(TRANSPORT.at("règles du serveur d'autorisation"), TOKEN_EXCHANGE.at("§5")),
)
def token_is_the_clients(seen: Exchange) -> Iterator[Mismatch]:
    if seen.holder != seen.client_id:
        yield Mismatch("subject_token", f"azp {seen.client_id}", f"azp {seen.holder}")


@rule(
    "EDC-ECHANGE-ACTEUR", severity="warning",
    message="actor_token dit le logiciel et la situation d'exercice : iss, exp, sub, lps_nom, "
            "lps_id, lps_version, situation_exercice.",
    source=TRANSPORT.at("échange de jetons, paramètre actor_token"),
)
def actor_is_complete(seen: Exchange) -> Iterator[Mismatch]:
    for name in seen.actor_lacks:
        yield Mismatch(f"actor_token.{name}", "présent", "(absent)")


@rule(
    "EDC-RENOUVELLEMENT", severity="information", observable="state",
    message="Un jeton d'API vit une à quatre heures : il se renouvelle à l'approche de son terme.",
    source=TRANSPORT.at("durée de vie des jetons"),
)
def renewal_is_needed(seen: Renewal) -> Iterator[Mismatch]:
    if seen.age * 20 < seen.seconds:
        yield Mismatch("refresh_token", f"au moins {seen.seconds // 20} s après le précédent",
                       f"{seen.age} s")


@rule(
    "EDC-RENOUVELLEMENT-REJOUE", severity="error", observable="state",
    message="Chaque renouvellement donne un nouveau jeton, et l'ancien ne sert plus.",
    source=TRANSPORT.at("renouvellement"),
)
def renewal_is_asked_once(seen: Renewal) -> Iterator[Mismatch]:
    if seen.replayed:
        yield Mismatch("refresh_token", "le dernier jeton reçu", "jeton déjà échangé")
