"""Labels of the professions (TRE_G15 and JDV_J65, OID 1.2.250.1.71.1.2.7), and usual codes."""

from __future__ import annotations

PROFESSIONS = {
    "10": "Médecin",
    "21": "Pharmacien",
    "26": "Audioprothésiste",
    "28": "Opticien-lunetier",
    "31": "Assistant dentaire",
    "32": "Physicien médical",
    "35": "Aide-soignant",
    "36": "Ambulancier",
    "37": "Auxiliaire de puériculture",
    "38": "Préparateur en pharmacie hospitalière",
    "39": "Préparateur en pharmacie (officine)",
    "40": "Chirurgien-dentiste",
    "50": "Sage-femme",
    "60": "Infirmier",
    "69": "Infirmier psychiatrique",
    "70": "Masseur-kinésithérapeute",
    "80": "Pédicure-podologue",
    "81": "Orthoprothésiste",
    "82": "Podo-orthésiste",
    "83": "Orthopédiste-orthésiste",
    "84": "Oculariste",
    "85": "Épithésiste",
    "86": "Technicien de laboratoire médical",
    "91": "Orthophoniste",
    "92": "Orthoptiste",
    "94": "Ergothérapeute",
    "95": "Diététicien",
    "96": "Psychomotricien",
    "98": "Manipulateur ERM",
}


def profession_label(code: str) -> str:
    """The label, or "" for no code and for a code outside this list."""
    return PROFESSIONS.get(code, "")


STRUCTURES = {
    "cabinet": "SA07",
    "maison_sante": "SA52",
    "centre_sante": "SA05",
    "hopital_ej": "SA01",
    "hopital": "SA01",
    "pharmacie": "SA33",
    "laboratoire": "SA25",
    "samu": "SA01",
    "ehpad": "SA17",
    "optique": "SA42",
}
"""Our kinds of structure → their usual sector (TRE_R02)."""

WITHOUT_FINESS = ("cabinet", "optique")
"""Kinds that are numbered by their SIRET."""

SECTIONS = {"pharmacie": "A", "hopital": "H", "laboratoire": "G"}
"""Kind of structure → usual section of a pharmacist (TRE_G05)."""

GRANTS = (
    "authorization_code", "refresh_token", "urn:openid:params:grant-type:ciba",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)
"""What a client of Pro Santé Connect may be allowed."""
SPACES = ("communautaire", "edc")
"""Where a client is registered: to log people in, or also to call APIs (espace de confiance)."""
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "tls_client_auth")
"""How a client of Pro Santé Connect may prove itself."""
PROFILES = ("2021", "2023-02", "2023-11", "2026")
"""Dates at which Pro Santé Connect is known well enough to be served as it was."""

SOIGNANT, MEDICO_ADMINISTRATIF = "GENR01", "GENR13"
"""Genres of activity (TRE_R22): with a profession, and without."""

LIBERAL = ("cabinet", "maison_sante", "pharmacie", "laboratoire", "optique")
"""Kinds of structure where professionals are usually self-employed."""
