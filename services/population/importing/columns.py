"""The columns of CSV files, and how a cell says a member of the JSON shapes.

`dmp.status` is the member `status` of `dmp`; lists are separated by spaces; an empty cell says
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Reader = Callable[[str], object]
YES, NO = ("oui", "true", "1", "vrai", "o"), ("non", "false", "0", "faux", "n")


class BadCell(Exception):
    """Cells that cannot be read: (column, French sentence) each."""

    def __init__(self, *cells: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{name} : {message}" for name, message in cells))
        self.cells = cells


def _text(cell: str) -> str:
    return cell


def _words(cell: str) -> list[str]:
    return cell.split()


def _flag(cell: str) -> bool:
    if cell.lower() in YES:
        return True
    if cell.lower() in NO:
        return False
    raise ValueError("oui ou non attendu")


def _date(cell: str) -> str:
    """`AAAA-MM-JJ`, or `JJ/MM/AAAA` as French tools write it."""
    day, _, rest = cell.partition("/")
    month, _, year = rest.partition("/")
    return f"{year}-{month.zfill(2)}-{day.zfill(2)}" if year else cell


def _code(cell: str) -> dict[str, str]:
    return {"code": cell}


def _places(cell: str) -> list[dict[str, str]]:
    """Structures, each by its id or its national identifier."""
    return [{"id": word, "id_nat": word} for word in cell.split()]


def _boxes(cell: str) -> list[dict[str, str]]:
    return [{"address": word} for word in cell.split()]


def _numbers(cell: str) -> list[dict[str, str]]:
    return [{"matricule": word} for word in cell.split()]


def _texts(*names: str) -> dict[str, Reader]:
    return dict.fromkeys(names, _text)


COLUMNS: Mapping[str, Mapping[str, Reader]] = {
    "patients": {
        **_texts("id", "matricule", "cle", "oid", "nom_naissance"), "prenoms": _words,
        "sexe": str.upper, "date_naissance": _date, **_texts("lieu_naissance", "nom_utilise"),
        "historique": _numbers, "dmp.status": _text, "dmp.closed_on": _date,
        "dmp.closed_reason": _text, "dmp.opposed": _words, "dmp.minor": _flag,
    },
    "professionals": {
        **_texts("id", "id_nat", "rpps", "civilite", "nom", "prenom", "card"),
        "profession": _code, "specialite": _text, "structures": _places, "regulation": _flag,
        "mailboxes": _boxes,
    },
    "structures": {
        **_texts("id", "id_nat", "technical_id", "nom", "kind", "secteur", "finess",
                 "finess_ej", "siret", "voie_numero", "voie_type", "voie_libelle",
                 "code_postal", "commune", "commune_cog", "telephone"),
        "mailboxes": _boxes,
    },
    "mailboxes": {**_texts("address", "type", "owner_id", "title"), "delegates": _words},
    "clients": {
        **_texts("client_id", "client_secret", "name"), "any_loopback": _flag,
        "redirect_uris": _words, "post_logout_redirect_uris": _words, "flows": _words,
        "wildcard": _flag, "space": _text, "profile": _text,
        **_texts("backchannel_logout_uri", "frontchannel_logout_uri"), "api_scopes": _words,
    },
}
"""Kind → column → how its cells are read."""


def columns_of(plural: str) -> list[str]:
    """The columns of that kind."""
    return list(COLUMNS[plural])


def members_of(plural: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Cells by column as members of the JSON shape. Raises BadCell."""
    members: dict[str, Any] = {}
    bad = []
    for name, cell in given.items():
        text = cell.strip()
        if not text:
            continue
        try:
            value = COLUMNS[plural][name](text)
        except ValueError as error:
            bad.append((name, f"{text[:50]} : {error}."))
            continue
        parent, _, child = name.rpartition(".")
        (members.setdefault(parent, {}) if parent else members)[child] = value
    if bad:
        raise BadCell(*bad)
    return members
