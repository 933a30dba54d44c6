"""The text of `socle identities`."""

from __future__ import annotations

from services.population.describe import SERVICES, render

IDENTITIES = {
    "patients": [{
        "matricule": "2790351215189", "cle": "89", "nom_naissance": "PAT-TROIS",
        "prenoms": ["DOMINIQUE", "MARIE-LOUISE"], "behaviours": {"ins": "00.", "dmp": "Actif."},
    }],
    "professionals": [{
        "id_nat": "899900000011", "nom": "EXEMPLAIRE", "prenom": "Claire",
        "behaviours": {"dmp": "Autorisée."},
    }],
    "structures": [{"id_nat": "1990200016", "nom": "PHARMACIE", "behaviours": {}}],
    "clients": [{"client_id": "socle-demo", "client_secret": "secret"}],
}


def test_each_service_lists_identity_and_behaviour_in_columns() -> None:
    text = render(IDENTITIES)
    assert "INSi (ins)\n  279035121518989  PAT-TROIS DOMINIQUE MARIE-LOUISE → 00." in text
    assert "\n  899900000011     EXEMPLAIRE Claire                → Autorisée." in text
    assert "socle-demo / secret" in text


def test_a_service_without_behaviour_is_not_named() -> None:
    text = render(IDENTITIES)
    assert SERVICES["mssante"] not in text
    assert "PHARMACIE" not in text


def test_an_empty_sandbox_is_still_a_table() -> None:
    empty = {"patients": [], "professionals": [], "structures": [], "clients": []}
    assert render(empty).count("\n") == 2
