"""The text of `socle identities`."""

from __future__ import annotations

from services.population.describe import SERVICES, render, render_one

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


def test_one_service_with_its_requests() -> None:
    request = {"nom_naissance": "HOUILLES", "prenom": "PIERRE", "sexe": "M",
               "date_naissance": "1993-01-27", "lieu_naissance": "", "production": "01",
               "cnda": "insi_102", "note": "premier"}
    text = render_one(IDENTITIES, "ins", [request])
    assert text.startswith("INSi (ins)\n  279035121518989  PAT-TROIS")
    assert text.endswith("01 | insi_102  HOUILLES, PIERRE, M, 1993-01-27 (premier)")
    assert "DMP" not in render_one(IDENTITIES, "ins", [])
