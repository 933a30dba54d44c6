"""French sentences for what the library and the store refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.population.draft import Taken

_LABELS = {
    "id": "L'identifiant", "matricule": "Le matricule", "id_nat": "L'identifiant national",
    "finess": "Le FINESS",
}
_FAULTS = {
    "missing": "Obligatoire.",
    "extra_forbidden": "Membre inconnu.",
    "literal_error": "Attendu : {expected}.",
    "string_type": "Un texte est attendu.",
    "string_too_long": "Au plus {max_length} caractères.",
    "too_short": "Au moins {min_length}.",
    "too_long": "Au plus {max_length}.",
    "list_type": "Une liste est attendue.",
    "texte": "Un texte sans caractère de contrôle est attendu.",
    "bool_type": "true ou false est attendu.",
    "bool_parsing": "true ou false est attendu.",
}


def taken_label(taken: Taken) -> str:
    """Which number is another's."""
    return f"{_LABELS.get(taken.at, taken.at)} {taken.value} est déjà pris dans cet espace."


def fault_message(fault: Mapping[str, Any]) -> str:
    """A pydantic fault."""
    known = _FAULTS.get(fault["type"], "Valeur refusée.")
    return known.format(**fault.get("ctx", {}))
