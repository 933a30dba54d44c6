"""What can be seen of a client's habits in a call to the token endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pro_sante_connect.rules.documents import OAUTH, REFERENTIEL
from services.kernel.rules import Mismatch, rule

SECRETS = ("client_secret", "code", "refresh_token", "code_verifier")


@dataclass(frozen=True, slots=True)
class BackChannelCall:
    """Headers that tell a browser, and the names in the query. Absent headers are ""."""

    origin: str = ""
    fetch_site: str = ""
    fetch_mode: str = ""
    user_agent: str = ""
    query_names: tuple[str, ...] = ()


@rule(
    "EXI PSC 22", severity="error",
    message="Le client_id et son secret restent sur un serveur : cet appel vient d'un navigateur.",
    source=REFERENTIEL.requires("EXI PSC 22"),
)
def call_is_not_from_a_browser(call: BackChannelCall) -> Iterator[Mismatch]:
    # Node's own fetch sends Sec-Fetch-Mode from servers too: alone, it proves nothing.
    mode = call.fetch_mode if call.user_agent.startswith("Mozilla/") else ""
    for header, value in (
        ("Origin", call.origin), ("Sec-Fetch-Site", call.fetch_site), ("Sec-Fetch-Mode", mode)
    ):
        if value:
            yield Mismatch(header, "(absent)", value)
            return


@rule(
    "PSC-SECRET-ADRESSE", severity="error",
    message="Un secret dans l'adresse finit dans les journaux : il se met dans le corps.",
    source=OAUTH.at("§2.3.1 et §3.2"),
)
def secrets_are_in_the_body(call: BackChannelCall) -> Iterator[Mismatch]:
    for name in call.query_names:
        if name in SECRETS:
            yield Mismatch(f"query.{name}", "dans le corps", "dans l'adresse")
