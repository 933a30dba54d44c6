"""`?q=`: one fragment looked for in what people are called and numbered, case and accents aside."""

from __future__ import annotations

from services.population.models import Client, Mailbox, Patient, Professional, Structure
from services.population.traits import translittere

Findable = Patient | Professional | Structure | Mailbox | Client


def plain(text: str) -> str:
    """Upper case without accents or ligatures, single spaces: `Zoé  L’Œuvre` → `ZOE L'OEUVRE`."""
    return " ".join(translittere(text).split())


def words_of(one: Findable) -> str:
    """What a query is compared with."""
    return plain(" ".join(_named(one)))


def matches(one: Findable, q: str) -> bool:
    return not q or plain(q) in words_of(one)


def like_pattern(q: str) -> str:
    r"""The LIKE pattern for `q`, with `\` as escape character."""
    escaped = plain(q).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _named(one: Findable) -> tuple[str, ...]:
    match one:
        case Patient():
            return (one.nom_naissance, one.liste_prenoms, one.nom_utilise, one.ins, one.id)
        case Professional():
            return (one.nom, one.prenom, one.nom, one.id_nat, one.id)
        case Structure():
            return (one.nom, one.commune, one.id_nat, one.siret, one.id)
        case Mailbox():
            return (one.address, one.title, one.owner_id)
        case Client():
            return (one.client_id, one.name)
