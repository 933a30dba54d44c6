"""What can be seen of a client's habits when it closes a session."""

from __future__ import annotations

from collections.abc import Iterator

from pro_sante_connect.codes import LANGUAGE
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.rules.documents import LOGOUT
from services.kernel.rules import Mismatch, rule


@rule(
    "PSC-DECONNEXION-HINT", severity="warning",
    message="Sans id_token_hint, le professionnel doit confirmer la fermeture de sa session.",
    source=LOGOUT.at("§2"),
)
def session_is_named(asked: Parameters) -> Iterator[Mismatch]:
    # A page of ours that comes back names the session itself, or only changes its language.
    ours = asked.get("request") or asked.get(LANGUAGE)
    if not asked.get("id_token_hint") and not ours:
        yield Mismatch("id_token_hint", "l'ID token de la session", "(absent)")


@rule(
    "PSC-DECONNEXION-STATE", severity="information",
    message="Sans state, le logiciel ne reconnaît pas le retour de sa propre déconnexion.",
    source=LOGOUT.at("§2"),
)
def return_is_recognised(asked: Parameters) -> Iterator[Mismatch]:
    if asked.get("post_logout_redirect_uri") and not asked.get("state"):
        yield Mismatch("state", "une valeur imprévisible", "(absent)")
