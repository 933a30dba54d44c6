"""What the assertion of a professional must be, to any téléservice that relies on it.

One condition each, for the rules of a service to declare; who has no assertion breaks none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.kernel.rules import Mismatch
from services.soap.calling import Identite, is_recent
from services.soap.saml import SECURITY_AT


def signature(ps: Identite | None) -> Iterator[Mismatch]:
    """Its card signed it, and nobody changed it since."""
    if ps is not None and ps.flaw:
        yield Mismatch(f"{ps.at}/Signature", "une signature juste", ps.flaw)


def titulaire(ps: Identite | None) -> Iterator[Mismatch]:
    """It names the holder of that card. Naming nobody is another breach: see `nom`."""
    if ps is not None and ps.titulaire and ps.name_id not in ("", ps.titulaire):
        yield Mismatch(f"{ps.at}/Subject/NameID", ps.titulaire, ps.name_id)


def seule(intrus: Iterable[str]) -> Iterator[Mismatch]:
    """It is alone in wsse:Security, but for that of a carte Vitale. intrus: what else is there."""
    for each in intrus:
        yield Mismatch(f"{SECURITY_AT}/{each}", "une assertion de chaque sorte, rien d'autre", each)


def age(ps: Identite | None, minutes: int) -> Iterator[Mismatch]:
    """It was made at most so long ago, and not in the future."""
    if ps is not None and not is_recent(ps.age, minutes):
        yield Mismatch(
            f"{ps.at}/@IssueInstant", f"il y a {minutes} minutes au plus",
            ps.issue_instant or "(absent)",
        )


def nom(ps: Identite | None, jeton: str | None) -> Iterator[Mismatch]:
    """It names somebody. jeton: the owner of the access token beside it, whom it then names; None
    without a token."""
    if ps is not None and (not ps.name_id or jeton not in (None, ps.name_id)):
        expected = jeton or "l'identifiant national"
        yield Mismatch(f"{ps.at}/Subject/NameID", expected, ps.name_id or "(absent)")


def facturation(ps: Identite | None) -> Iterator[Mismatch]:
    """It says by which number the professional bills."""
    if ps is not None and not ps.facturation:
        yield Mismatch(f"{ps.at}/AttributeStatement", "identifiantFacturation", "(absent)")
